"""A fold of long videos as a job: what its task holds, what its id hangs on, and that it is kept."""

import dataclasses
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import ray

from orchestrator.runners import spotfolds
from orchestrator.runners.pending import FoldFailed
from orchestrator.spotting import corpus, frame_cnn, jobs, kept
from orchestrator.spotting.metrics import Spotted
from preprocessing.spotting.peaks import Interval
from tests.orchestrator.spotting.videos import RATE, people

BOTH = ("peaks", "frame_cnn")


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(frame_cnn, "STEPS", 2)


def seen(videos):
    return {one.video: one.seen for one in videos}


def parts(one):
    """Everything that hangs on an object."""
    yield one
    if dataclasses.is_dataclass(one):
        one = vars(one)
    if isinstance(one, dict):
        one = [*one.keys(), *one.values()]
    if isinstance(one, list | tuple):
        for each in one:
            yield from parts(each)


def test_what_a_worker_gets_holds_nothing_that_is_true_of_the_tested_person():
    videos = people(4)
    for task in jobs.tasks(videos, BOTH, 2, 0):
        hers = {one.video for one in videos if one.person == task.person}
        true = [one for one in parts((task, seen(videos))) if isinstance(one, Spotted)]
        assert {one.video for one in true} == {one.video for one in videos} - hers and set(task.test) == hers
        assert not any(one.emotion for one in true)


def test_an_id_hangs_on_all_that_decides_and_not_on_what_is_true_of_the_person():
    videos = people(4)

    def ids(given, inner=2, seed=0, name="peaks"):
        return {one.person: one.job_id(seen(given)) for one in jobs.tasks(given, [name], inner, seed)}

    first = ids(videos)
    assert len(set(first.values())) == 4 and ids(videos[::-1]) == first
    assert not {*first.values()} & {*ids(videos, inner=3).values(), *ids(videos, seed=1).values()}
    assert not {*first.values()} & {*ids(videos, name="frame_cnn").values()}
    moved = [
        replace(one, true=tuple(replace(t, onset=t.onset - 1) for t in one.true))
        if one.person == "p2"
        else one
        for one in videos
    ]
    other = ids(moved)
    assert {person for person in first if other[person] == first[person]} == {"p2"}
    bent = videos[0].seen.curves.copy()
    bent[7, 0, 0] += np.float32(1e-6)
    curves = [replace(videos[0], seen=replace(videos[0].seen, curves=bent)), *videos[1:]]
    assert not {*first.values()} & {*ids(curves).values()}
    unclassed = [replace(one, true=tuple(replace(t, emotion="x") for t in one.true)) for one in videos]
    assert ids(unclassed) == first  # another recogniser computes no fold again


def test_a_fold_alone_is_that_of_the_whole_run():
    videos = people(4)
    asked = jobs.tasks(videos, BOTH, 2, 0)
    whole = list(jobs.inline(asked, seen(videos)))
    for task, fold in whole[1::3]:
        assert list(jobs.inline([task], seen(videos))) == [(task, fold)]


def test_a_second_run_computes_nothing_and_a_killed_one_goes_on(tmp_path, caplog):
    videos = people(4)
    asked, store = jobs.tasks(videos, BOTH, 2, 0), kept.Kept(tmp_path)
    ran = []

    def runner(most):
        def run(given, curves):
            for number, (task, fold) in enumerate(jobs.inline(given, curves)):
                if number == most:
                    raise KeyboardInterrupt
                ran.append((task.spotter, task.person))
                yield task, fold

        return run

    with pytest.raises(KeyboardInterrupt):
        kept.folds(asked, seen(videos), store, lambda: runner(3))
    told = []
    made = kept.folds(asked, seen(videos), store, lambda: runner(99), lambda *at: told.append(at))
    assert sorted(ran) == sorted((name, f"p{i}") for name in BOTH for i in range(4))
    assert told == [(3, 8), (4, 8), (5, 8), (6, 8), (7, 8), (8, 8)]
    again = kept.folds(asked, seen(videos), store, lambda: pytest.fail("nothing is missing"))
    assert again == made and list(made) == list(BOTH)
    fresh = [fold for _, fold in jobs.inline(asked, seen(videos))]
    assert [*again["peaks"], *again["frame_cnn"]] == fresh  # to the last digit

    path = next(tmp_path.rglob("*.json"))
    path.write_bytes(path.read_bytes().replace(b'"threshold"', b'"thresholt"'))
    assert kept.folds(asked, seen(videos), store, lambda: jobs.inline) == made
    assert "set aside" in caplog.text and len(list(tmp_path.rglob("*.damaged*"))) == 1


@pytest.mark.long
def test_ray_gives_what_this_process_gives_and_one_that_fails_takes_none_along(local_ray, tmp_path):
    videos = people(4)
    asked = jobs.tasks(videos, ["peaks"], 2, 0)
    here = {task.person: fold for task, fold in jobs.inline(asked, seen(videos))}
    there = {task.person: fold for task, fold in spotfolds.on_ray(asked, seen(videos), cpus=0.5)}
    assert there == here

    @ray.remote
    def fails(task, curves):
        if task.person == "p0":
            raise ValueError("no reason")
        return here[task.person]

    store = kept.Kept(tmp_path)
    with pytest.raises(FoldFailed, match=r"peaks without p0 failed(.|\n)*no reason"):
        kept.folds(asked, seen(videos), store, lambda: lambda *given: spotfolds.on_ray(*given, task=fails))
    left = []

    def rest(given, curves):
        left.extend(task.person for task in given)
        return jobs.inline(given, curves)

    assert kept.folds(asked, seen(videos), store, lambda: rest)["peaks"] == [here[f"p{i}"] for i in range(4)]
    assert left == ["p0"]


def test_what_a_recogniser_has_said_of_an_interval_is_not_asked_again(tmp_path, monkeypatch):
    said, opened = [], []

    def predictor(bundle):
        return lambda clip: (
            said.append((bundle, clip)) or SimpleNamespace(called=None if clip == 7 else "fear")
        )

    monkeypatch.setattr(corpus, "ClipPredictor", predictor)
    monkeypatch.setattr(corpus, "clips", lambda made, intervals: [one.onset for one in intervals])
    video = SimpleNamespace(source=tmp_path / "v.avi", rate=RATE)
    video.source.write_bytes(b"as it was")
    read = corpus.Read([], {"v.avi": video}, {}, [])

    def recognise(onsets, model="m1"):
        one = corpus.recognising(
            read,
            kept.Kept(tmp_path / "kept"),
            "recogniser",
            lambda person: model,
            lambda person: opened.append(person) or model,
        )
        return one("p0", "v.avi", [Interval("micro", at, at + 2, at + 4, 1.0, "mouth") for at in onsets])

    assert recognise([1, 7]) == ["fear", ""] and said == [("m1", 1), ("m1", 7)]
    assert recognise([7, 1]) == ["", "fear"] and len(said) == 2 and opened == ["p0"]  # not even made
    assert recognise([7, 9]) == ["", "fear"] and said[2:] == [("m1", 9)]
    assert recognise([1], "m2") == ["fear"] and said[3:] == [("m2", 1)]
    video.source.write_bytes(b"as it is now")
    assert recognise([1]) == ["fear"] and said[4:] == [("m1", 1)]
