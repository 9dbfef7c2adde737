"""What waits for MLflow: written in order when it answers again, from what is on disk, by one writer at a
time."""

import dataclasses
import fcntl
import json
import threading

import pytest

from orchestrator.common.errors import ConfigError
from orchestrator.inference import refit
from orchestrator.study.study import Study
from orchestrator.tracking import kept_model
from orchestrator.tracking import tracker as tracking
from orchestrator.tracking.outbox import LOCK, RECORD, Outbox
from orchestrator.tracking.tracker import TrackingError
from orchestrator.workspace.store import FoldStore
from tests.orchestrator.selection.test_rules import two_trials

URI = "http://anna:s3cret@host:5000"
ABOUT = {"name": "s", "model": "stag", "corpus": "c", "classes": ["neg", "pos"], "au": "none"}


class MLflow:
    """Stands in for the server and its Tracker: what it was given, whether it is up, what it refuses."""

    def __init__(self):
        self.up, self.refuses, self.dies_at, self.got = True, (), "", []
        self.asked = self.opened = 0

    def reach(self, uri):
        self.asked += 1
        if not self.up:
            raise TrackingError("MLflow at http://***@host:5000 failed: connection refused")

    def __call__(self, uri, about):  # a new Tracker
        self.about = about
        self.opened += 1
        return self

    def take(self, what):
        if what == self.dies_at:
            self.up = False
        if not self.up or what in self.refuses:
            raise TrackingError(f"refused {what}")
        self.got.append(what)

    def trial(self, trial, state):
        self.take(f"trial {trial.index} {state} {len(trial.results)} {trial.config}")

    def model(self, folder):
        self.take("model")

    def finish(self, folder):
        self.take("scores")

    def failed(self, why):
        self.take(why)


@pytest.fixture
def mlflow(monkeypatch):
    made = MLflow()
    monkeypatch.setattr(tracking, "reach", made.reach)
    monkeypatch.setattr(tracking, "Tracker", made)
    return made


@pytest.fixture
def store(tmp_path):
    return FoldStore(tmp_path / "folds")


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "sweeps" / "s").mkdir(parents=True)
    return tmp_path / "sweeps" / "s"


def trials(store):
    """Three trials with their fold results in the store, as a sweep has them."""
    first, second = two_trials()
    made = []
    for index, trial in enumerate((first, second, first)):
        results = tuple(dataclasses.replace(r, job_id=f"{index:08x}{r.fold}") for r in trial.results)
        for result in results:
            store.save(result)
        made.append(dataclasses.replace(trial, index=index, results=results))
    return made


def finish(outbox, monkeypatch):
    monkeypatch.setattr(refit, "refit", lambda *a: None)
    monkeypatch.setattr(kept_model, "keep_model", lambda *a, **k: None)
    outbox.finish(Study("stag", "loso", 2, 1, {}), None, [], "nested")


def wrote(*indices):
    return [f"trial {i} complete 2 {{'lr': {2 if i == 1 else 1}}}" for i in indices]


def test_what_waits_is_written_in_order_once_mlflow_answers_again(mlflow, store, folder, monkeypatch):
    said = []
    one, two, three = trials(store)
    mlflow.up = False
    outbox = Outbox.start(URI, ABOUT, folder, store, (lambda note: said.append(note.text)))
    assert (outbox.trial(one), outbox.trial(two)) == (False, False)
    assert (mlflow.got, len(said)) == ([], 1) and "nothing is lost" in said[0]
    assert mlflow.asked == 3  # once at each write, however much waits: an answer may take PATIENCE seconds
    mlflow.up = True
    assert outbox.trial(three)
    assert mlflow.got == wrote(0, 1, 2) and "back" in said[1]
    finish(outbox, monkeypatch)
    assert mlflow.got == [*wrote(0, 1, 2), "model", "scores"] and outbox.sent


def test_mlflow_dying_during_a_write_leaves_that_write_and_all_after_it(mlflow, store, folder, monkeypatch):
    said = []
    outbox = Outbox.start(URI, ABOUT, folder, store, (lambda note: said.append(note.text)))
    mlflow.dies_at = wrote(1)[0]
    assert [outbox.trial(trial) for trial in trials(store)] == [True, False, False]
    finish(outbox, monkeypatch)
    assert mlflow.got == wrote(0) and outbox.waiting == ["trial 1", "trial 2", "model", "scores"]
    command = (
        f"python -m orchestrator.send s --workspace {folder.parents[1]} --tracking-uri http://***@host:5000"
    )
    assert "MLflow lacks: trial 1 to scores" in said[-1] and command in said[-1]


def test_a_write_that_mlflow_refuses_does_not_hold_up_the_others(mlflow, store, folder, monkeypatch):
    said = []
    outbox = Outbox.start(URI, ABOUT, folder, store, (lambda note: said.append(note.text)))
    mlflow.refuses = wrote(1)
    assert [outbox.trial(trial) for trial in trials(store)] == [True, False, False]
    finish(outbox, monkeypatch)
    assert mlflow.got == [*wrote(0, 2), "model", "scores"] and outbox.waiting == ["trial 1"]
    assert mlflow.opened > 1  # the run may be what is missing
    assert sum("refused" in line for line in said) == 1


def test_another_process_sends_the_same_from_disk(mlflow, store, folder, monkeypatch):
    mlflow.up = False
    outbox = Outbox.start(URI, ABOUT, folder, store, print)
    for trial in trials(store):
        outbox.trial(trial, "pruned" if trial.index == 2 else "complete")
    finish(outbox, monkeypatch)
    text = (folder / RECORD).read_text()
    assert "s3cret" not in text and "host" not in text
    assert json.loads(text)["folds"] == ""  # the workspace may be moved

    mlflow.up = True
    later = Outbox.of(URI, folder, print)
    later.flush()
    assert mlflow.got == [*wrote(0, 1), "trial 2 pruned 2 {'lr': 1}", "model", "scores"]
    assert later.sent and mlflow.about == ABOUT


def test_a_sweep_that_failed_or_still_runs_is_sent_as_that(mlflow, store, folder):
    outbox = Outbox.start(URI, ABOUT, folder, store, print)
    assert Outbox.of(URI, folder, print).waiting == ["sweep"]
    outbox.failed("every trial failed")
    later = Outbox.of(URI, folder, print)
    later.flush()
    assert mlflow.got == ["every trial failed", "every trial failed"]


def test_a_resumed_sweep_keeps_what_the_earlier_one_had_and_has_not_ended(mlflow, store, folder, monkeypatch):
    one, two, _ = trials(store)
    outbox = Outbox.start(URI, ABOUT, folder, store, print)
    outbox.trial(one)
    outbox.trial(two)
    finish(outbox, monkeypatch)
    Outbox.start(URI, ABOUT, folder, store, print).trial(dataclasses.replace(one, results=one.results[:1]))
    record = json.loads((folder / RECORD).read_text())
    assert ({i: len(t["jobs"]) for i, t in record["trials"].items()}, record["ended"]) == (
        {"0": 1, "1": 2},
        "",
    )


def test_a_record_that_does_not_read_is_named_and_a_resumed_sweep_writes_it_anew(mlflow, store, folder):
    for text in ("{", "[]", "{}"):
        (folder / RECORD).write_text(text)
        with pytest.raises(ConfigError, match=r"mlflow\.json does not read .*--resume"):
            Outbox.of(URI, folder, print)
    Outbox.start(URI, ABOUT, folder, store, print)
    assert Outbox.of(URI, folder, print).record["about"] == ABOUT


def test_a_fold_result_that_is_gone_is_named_and_the_rest_is_sent(mlflow, store, folder):
    outbox = Outbox.start(URI, ABOUT, folder, store, print)
    for trial in trials(store):
        outbox.trial(trial)
    store.path("00000001b").unlink()
    mlflow.got.clear()
    said = []
    later = Outbox.of(URI, folder, (lambda note: said.append(note.text)))
    later.flush()
    assert mlflow.got == wrote(0, 2) and later.waiting == ["trial 1"]
    assert "fold result 00000001b is not in" in said[0] and "--resume" in said[0]


def test_fold_results_in_a_shared_store_are_found_again_and_missed_without_harm(
    mlflow, folder, tmp_path, monkeypatch
):
    shared = FoldStore(tmp_path / "shared" / "folds")
    outbox = Outbox.start(URI, ABOUT, folder, shared, print)
    for trial in trials(shared):
        outbox.trial(trial)
    mlflow.got.clear()
    later = Outbox.of(URI, folder, print)
    later.flush()
    assert mlflow.got == wrote(0, 1, 2)

    def unreachable(store, job):
        raise OSError("s3://bucket/folds cannot be read")

    monkeypatch.setattr(FoldStore, "load", unreachable)
    said = []
    later = Outbox.of(URI, folder, (lambda note: said.append(note.text)))
    later.flush()
    assert (
        later.waiting == ["trial 0", "trial 1", "trial 2"] and "s3://bucket/folds cannot be read" in said[0]
    )


def test_two_processes_do_not_write_at_once(mlflow, store, folder):
    outbox = Outbox.start(URI, ABOUT, folder, store, print)
    trial = trials(store)[0]
    with open(folder / LOCK) as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        writer = threading.Thread(target=outbox.trial, args=(trial,))
        writer.start()
        writer.join(0.3)
        assert writer.is_alive() and mlflow.got == []
    writer.join(10)
    assert mlflow.got == wrote(0)


def test_the_run_may_be_made_later_beside_what_the_sweep_does(mlflow, folder, store):
    with Outbox.start(URI, ABOUT, folder, store, print, after=0.05) as outbox:
        assert mlflow.opened == 0 and outbox.waiting == ["sweep"]
        outbox.beside.join()
        assert mlflow.opened == 1 and outbox.sent
    with Outbox.start(URI, ABOUT, folder, store, print, after=60) as outbox:
        pass  # a sweep that ends before does not wait for it, and what comes next makes the run
    assert mlflow.opened == 1 and not outbox.beside.is_alive()
    outbox.failed("for no reason")
    assert mlflow.opened == 2 and outbox.sent
