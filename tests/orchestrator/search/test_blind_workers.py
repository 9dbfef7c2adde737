"""A model that cheats: it searches its own process for the labels of the clips that it is tested on, and must
not find them. In a process that has them it does find them, so that the search is known to be one."""

import json
import pickle

import numpy as np
import pytest

from orchestrator.runners import ray as ray_runner
from orchestrator.runners.ray import RayRunner
from orchestrator.runners.sizing import Need
from orchestrator.search import inline, tune
from orchestrator.study import plugins
from orchestrator.study.study import Study
from orchestrator.workspace.store import FoldStore
from preprocessing.plugins import read
from tests.orchestrator.tables import QUICK, table
from tests.registries import untouched
from tests.sweeps import Watcher, plan

SEARCHER = '''
"""Looks at what this process can reach, until it has found them: by the garbage collector, by the frames of
the stack, and by the references to Ray's object store that it finds among them."""
import gc, json, os, sys
from pathlib import Path

import numpy as np
from torch import nn

WANTED = json.loads(Path({wanted!r}).read_text())  # person -> labels of her clips, in order
OUT = Path({out!r})
PARAMETERS = {{}}
PUBLISHED = {{}}
ABLATIONS = {{"full": {{}}}}


def space(trial):
    pass


def sequences(thing):
    """Whole numbers in the thing, as a list, if it is one of them."""
    kind = type(thing)  # not isinstance: it would ask a lazy module for its class, which imports it
    if kind is np.ndarray and thing.ndim == 1 and thing.dtype.kind in "iu":
        yield thing.tolist()
    elif kind in (list, tuple) and thing and all(type(one) is int for one in thing):
        yield list(thing)
    elif kind is dict and thing and all(type(one) is int for one in thing.values()):
        yield list(thing.values())


def holds(thing, labels):
    text = ",".join(map(str, labels))
    return any(text in ",".join(map(str, one)) for one in sequences(thing))


def reachable():
    """Every object that the garbage collector knows, what these hold at first hand (arrays, which it does not
    know), the variables of all frames, and what lies behind references to Ray's object store."""
    frame, known = sys._getframe(), gc.get_objects()
    while frame is not None:
        known += [*frame.f_locals.values()]
        frame = frame.f_back
    for one in known:
        if one is WANTED or any(one is labels for labels in WANTED.values()):
            continue
        yield one
        if type(one).__name__ == "ObjectRef" and not one.is_nil():
            import ray
            if not ray.is_initialized():
                continue  # left by a Ray that has ended, in a process that runs several
            inside = ray.get(one)
            yield inside
            yield from gc.get_referents(inside)
        for held in gc.get_referents(one):
            if type(held) is np.ndarray:
                yield held


class Searcher(nn.Module):
    paper, n_parameters, uses_aus = "Nobody undated", 171, False
    takes, default_features = {{"roi_flow": (None, 14, 2)}}, "roi_flow14"

    def __init__(self, n_classes, *, n_rois=14):
        super().__init__()
        self.head = nn.Linear(2 * n_rois, n_classes)

    def forward(self, x):
        if not self.training:
            frame, folds = sys._getframe(), set()
            while frame is not None:  # whom it is tested on stands in the fold's job
                for one in frame.f_locals.values():
                    folds |= {{one.fold}} if type(one).__name__ == "FoldJob" else set()
                frame = frame.f_back
            for fold in folds - {{path.stem.replace('_', '/') for path in OUT.glob('*.json')}}:
                found = next((type(one).__name__ for one in reachable() if holds(one, WANTED[fold])), "")
                (OUT / (fold.replace("/", "_") + ".json")).write_text(json.dumps([os.getpid(), found]))
        return self.head(x.mean(1).flatten(1))


MODEL = Searcher
'''


@pytest.fixture(scope="module")
def searcher(tmp_path_factory):
    folder = tmp_path_factory.mktemp("searcher")
    rng = np.random.default_rng(3)
    data = table(people=4, clips=12)
    y = rng.integers(0, 3, len(data.y))
    data = type(data)(**{**{name: getattr(data, name) for name in data.__dataclass_fields__}, "y": y})
    wanted = {
        who: [int(c) for c, own in zip(y, data.subjects, strict=True) if own == who] for who in data.subjects
    }
    (folder / "wanted.json").write_text(json.dumps(wanted))
    (folder / "out").mkdir()
    file = folder / "label_searcher.py"
    file.write_text(SEARCHER.format(wanted=str(folder / "wanted.json"), out=str(folder / "out")))
    plugin = read(str(file))
    with untouched():
        plugins.install([plugin])
        yield plugin, data, folder / "out"


def found(out):
    return {path.stem: json.loads(path.read_text()) for path in out.glob("*.json")}


def study():
    return Study("label_searcher", "loso", 2, 1, {"recipe.epochs": 2})


def test_in_one_process_with_the_table_it_finds_them(searcher, tmp_path):
    _, data, out = searcher
    inline.search(study(), data, FoldStore(tmp_path / "folds"), plan(tmp_path / "sweep", 1), Watcher())
    assert len(found(out)) == 4 and all(kind for _, kind in found(out).values())
    for path in out.glob("*.json"):
        path.unlink()


def test_a_worker_of_ray_does_not_have_them(searcher, tmp_path, local_ray):
    plugin, data, out = searcher
    watcher = Watcher()
    outcomes = tune.with_ray(
        study(), data, FoldStore(tmp_path / "folds"), plan(tmp_path / "sweep", 1), watcher, plugins=(plugin,)
    )
    assert [outcome.error for outcome in outcomes] == [""]
    told = found(out)
    assert len(told) == 4  # every fold has searched
    assert {fold: kind for fold, (_, kind) in told.items() if kind} == {}


def as_bytes(labels):
    """The labels as they could lie in a pickle: as numbers of any width, or as a list."""
    widths = (np.int8, np.int16, np.int32, np.int64, np.float32)
    listed = b"".join(b"K" + bytes([label]) for label in labels)
    return [*(np.array(labels, kind).tobytes() for kind in widths), listed]


def labels_of(data, who):
    return [int(c) for c, own in zip(data.y, data.subjects, strict=True) if own == who]


class Recorder:
    """In the place of the runner's task: keeps its real arguments, and runs it."""

    def __init__(self):
        self.arguments = []

    def options(self, **asked):
        self.asked = asked
        return self

    def remote(self, *arguments):
        self.arguments.append(arguments)
        return ray_runner._folds.options(**self.asked).remote(*arguments)


@pytest.mark.parametrize("pack", [1, 2])
def test_the_real_arguments_of_fold_tasks_hold_no_label_of_whom_they_test(
    searcher, tmp_path, local_ray, pack
):
    """Of a pack: of nobody who is in no fold of it as a training or validation person."""
    import ray

    _, data, _ = searcher
    jobs = Study("stag", "loso", 2, 1, QUICK).jobs(data, {})
    recorder, shared = Recorder(), ray.put(data.shared)
    runner = RayRunner(FoldStore(tmp_path), shared, data.annotations, Need(pack=pack), task=recorder)
    assert len(list(runner.run(jobs))) == len(jobs)
    assert len(recorder.arguments) == len(jobs) / pack
    for tasks, inputs, *rest in recorder.arguments:
        assert inputs is shared and [type(one) for one in rest] == [Need, str]
        tested = set.intersection(
            *({task.job.fold} for task in tasks)
        )  # a pack of two tests nobody who is in neither
        held = pickle.dumps(tasks)
        assert not any(clip.encode() in held for clip in data.clip_ids)
        for who in tested:
            assert not any(text in held for text in as_bytes(labels_of(data, who)))
    seen = pickle.dumps(ray.get(shared))
    for who in set(data.subjects):
        assert not any(text in seen for text in as_bytes(labels_of(data, who)))


@pytest.mark.long
def test_a_racing_trial_is_given_and_reports_no_label(searcher, tmp_path, local_ray, monkeypatch):
    import ray

    _, data, _ = searcher
    given, reported, real = {}, [], tune.tune.with_parameters
    monkeypatch.setattr(
        tune.tune, "with_parameters", lambda trainable, **kept: given.update(kept) or real(trainable, **kept)
    )
    follow = tune.Follow.on_trial_result
    monkeypatch.setattr(
        tune.Follow, "on_trial_result",
        lambda self, *, result, **info: reported.append(result.get("ended"))
        or follow(self, result=result, **info),
    )  # fmt: skip
    quick = Study("stag", "loso", 2, 1, QUICK)
    outcomes = tune.with_ray(
        quick, data, FoldStore(tmp_path / "folds"), plan(tmp_path / "sweep", 2, "asha"), Watcher()
    )
    assert {o.state for o in outcomes} <= {"complete", "stopped"}
    assert ray.get(given.pop("handles"))[0].x.shape == data.x.shape
    (actor,) = given.pop("control")
    assert actor is not None
    held = pickle.dumps({name: value for name, value in given.items() if name != "jobs"})
    jobs = pickle.dumps(given["jobs"])
    ended = [one for one in reported if one]
    results = pickle.dumps(ended)
    assert ended and all(one.keys() == {"job", "reused", "done", "of"} for one in ended)
    for who in set(data.subjects):
        for text in as_bytes(labels_of(data, who)):
            assert text not in held and text not in jobs and text not in results
