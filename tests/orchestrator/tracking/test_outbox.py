"""What waits for MLflow: written beside the sweep, in order when it answers again, from what is on disk, by
one writer at a time, and looked for at the end."""

import dataclasses
import fcntl
import json
import threading
import time

import pytest

from orchestrator.search.events import FoldEnded, Outcome, TrialEnded
from orchestrator.tracking import connection, kept_model, outbox, tracker
from orchestrator.tracking.errors import TrackingError
from orchestrator.tracking.outbox import LOCK, Outbox
from orchestrator.tracking.record import RECORD, read_record
from orchestrator.workspace.store import FoldStore
from tests.orchestrator.selection.test_rules import two_trials
from tests.waiting import until

URI = "http://anna:s3cret@host:5000"
ABOUT = {"name": "s", "model": "stag", "corpus": "c", "classes": ["neg", "pos"], "au": "none"}


class MLflow:
    """Stands in for the server and its Tracker: what it was given, whether it is up, what it refuses, what it
    has lost."""

    def __init__(self):
        self.up, self.refuses, self.dies_at, self.got, self.lost = True, (), "", [], ()
        self.asked = self.opened = 0
        self.notes = []

    def reach(self, uri):
        self.asked += 1
        if not self.up:
            raise TrackingError("MLflow at http://***@host:5000 failed: connection refused")

    def __call__(self, uri, about, id):  # a new Tracker
        self.about, self.id = about, id
        self.opened += 1
        return self

    def take(self, what):
        if what == self.dies_at:
            self.up = False
        if not self.up or what in self.refuses:
            raise TrackingError(f"refused {what}")
        self.got.append(what)

    def has(self, what):
        return any(one.startswith(what) for one in self.got) and what not in self.lost

    def begins(self):
        pass

    def trial(self, index, config, folds, state):
        self.take(f"trial {index} {state} {len(folds)} {config}")

    def holds_trial(self, index, state, jobs):
        return self.has(f"trial {index} {state} {len(jobs)}")

    def model(self, folder):
        self.take("model")

    def holds_model(self, folder):
        return self.has("model")

    def finish(self, folder):
        self.take("scores")

    def holds_scores(self, folder):
        return self.has("scores")

    def failed(self, why):
        self.take(why)

    def holds_failure(self, why):
        return self.has(why)


@pytest.fixture
def mlflow(monkeypatch):
    made = MLflow()
    monkeypatch.setattr(connection, "reach", made.reach)
    monkeypatch.setattr(tracker, "Tracker", made)
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


def tell(outbox, *told):
    """Trials end one after the other, each when MLflow has been told of the one before. Returns whether it
    had everything, each time."""
    had = []
    for trial in told:
        outbox.trial(trial)
        outbox.settle()
        had.append(outbox.sent)
    return had


def finish(outbox, monkeypatch):
    monkeypatch.setattr(kept_model, "keep_model", lambda *a, **k: None)
    outbox.finish(None, "stag", lambda: None)


def wrote(*indices):
    return [f"trial {i} complete 2 {{'lr': {2 if i == 1 else 1}}}" for i in indices]


def test_what_waits_is_written_in_order_once_mlflow_answers_again(mlflow, store, folder, monkeypatch):
    said = []
    one, two, three = trials(store)
    mlflow.up = False
    outbox = Outbox.start(URI, ABOUT, folder, store, (lambda note: said.append(note.text)))
    outbox.settle()
    assert tell(outbox, one, two) == [False, False]
    assert (mlflow.got, len(said)) == ([], 1) and "nothing is lost" in said[0]
    assert mlflow.asked == 3  # once at each write, however much waits: an answer may take PATIENCE seconds
    mlflow.up = True
    assert tell(outbox, three) == [True]
    assert mlflow.got == wrote(0, 1, 2) and "back" in said[1]
    finish(outbox, monkeypatch)
    assert mlflow.got == [*wrote(0, 1, 2), "model", "scores"] and outbox.sent


def test_a_trial_that_failed_is_known_on_disk_until_it_ends_well(mlflow, store, folder):
    outbox = Outbox.start(URI, ABOUT, folder, store, pytest.fail)
    outbox.listen(TrialEnded(Outcome(1, {}, {"recipe": {"lr": 0.5}}, error="no memory", state="failed")))
    assert read_record(folder)["others"] == {"1": {"recipe": {"lr": 0.5}}}
    assert "trial 1" not in outbox.waiting
    again = Outbox.start(URI, ABOUT, folder, store, pytest.fail)
    assert tell(again, trials(store)[1]) == [True]
    assert read_record(folder)["others"] == {} and "1" in read_record(folder)["trials"]


def test_mlflow_dying_during_a_write_leaves_that_write_and_all_after_it(mlflow, store, folder, monkeypatch):
    said = []
    outbox = Outbox.start(URI, ABOUT, folder, store, (lambda note: said.append(note.text)))
    mlflow.dies_at = wrote(1)[0]
    assert tell(outbox, *trials(store)) == [True, False, False]
    finish(outbox, monkeypatch)
    assert mlflow.got == wrote(0) and outbox.waiting == ["trial 1", "trial 2", "model", "scores"]
    command = (
        f"python -m orchestrator.send s --workspace {folder.parents[1]} --tracking-uri 'http://***@host:5000'"
    )
    assert "MLflow lacks: trial 1 to scores" in said[-1] and command in said[-1]


def test_a_write_that_mlflow_refuses_does_not_hold_up_the_others(mlflow, store, folder, monkeypatch):
    said = []
    outbox = Outbox.start(URI, ABOUT, folder, store, (lambda note: said.append(note.text)))
    mlflow.refuses = wrote(1)
    assert tell(outbox, *trials(store)) == [True, False, False]
    finish(outbox, monkeypatch)
    assert mlflow.got == [*wrote(0, 2), "model", "scores"] and outbox.waiting == ["trial 1"]
    assert mlflow.opened > 1  # the run may be what is missing
    assert sum("refused" in line for line in said) == 1


def test_a_sweep_never_waits_for_mlflow_and_its_notes_come_in_its_own_thread(
    mlflow, store, folder, monkeypatch
):
    """A write that takes long: folds and trials end meanwhile, and only the sweep's end waits for it."""
    said, go, first = [], threading.Event(), trials(store)[0]
    monkeypatch.setattr(mlflow, "begins", lambda: go.wait(60))
    outbox = Outbox.start(
        URI, ABOUT, folder, store, lambda note: said.append((note.text, threading.current_thread()))
    )
    mlflow.notes.append("the workspace was moved")
    for trial in trials(store):
        for number, result in enumerate(trial.results, 1):
            outbox.listen(FoldEnded(trial.index, result, False, number, 2, 0.0, "running"))
        outbox.listen(TrialEnded(Outcome(trial.index, {}, trial.config, trial.results)))
    assert (mlflow.got, said) == ([], [])
    assert outbox.waiting == ["sweep", "trial 0", "trial 1", "trial 2"]
    monkeypatch.setattr(FoldStore, "load", lambda *_: pytest.fail("what was at hand is read again"))
    go.set()
    outbox.settle()
    assert mlflow.got == wrote(0, 1, 2) and outbox.sent and not outbox._facts
    assert said == [("the workspace was moved", threading.main_thread())]
    outbox.trial(first)
    outbox.settle()
    assert mlflow.got == wrote(0, 1, 2)  # MLflow has it


def test_what_mlflow_does_not_take_in_time_is_lacking_and_the_sweep_ends(mlflow, store, folder, monkeypatch):
    go, said = threading.Event(), []
    monkeypatch.setattr(outbox, "STILL", 0.3)
    monkeypatch.setattr(mlflow, "failed", lambda why: go.wait(60) and mlflow.got.append(why))
    one = Outbox.start(URI, ABOUT, folder, store, (lambda note: said.append(note.text)))
    one.failed("every trial failed")
    assert one.waiting == ["failed"] and "MLflow lacks: failed" in said[-1]
    go.set()
    one.settle()
    assert one.sent


def test_more_folds_than_are_kept_at_hand_are_read_from_the_store(mlflow, store, folder, monkeypatch):
    monkeypatch.setattr(outbox, "AT_HAND", 3)
    mlflow.up = False
    one = Outbox.start(URI, ABOUT, folder, store, print)
    for trial in trials(store):
        for number, result in enumerate(trial.results, 1):
            one.listen(FoldEnded(trial.index, result, False, number, 2, 0.0, "running"))
        one.listen(TrialEnded(Outcome(trial.index, {}, trial.config, trial.results)))
    assert len(one._facts) == 3
    mlflow.up = True
    one._beside.ask()
    one.settle()
    assert mlflow.got == wrote(0, 1, 2)


def test_what_mlflow_took_and_has_not_is_written_again_and_told(mlflow, store, folder, monkeypatch):
    """Deleted in its page while the sweep ran, or by whatever took it and lost it."""
    said = []
    one = Outbox.start(URI, ABOUT, folder, store, (lambda note: said.append(note.text)))
    tell(one, *trials(store))
    mlflow.got.remove(wrote(1)[0])
    finish(one, monkeypatch)
    assert one.sent and mlflow.got == [*wrote(0, 2), "model", "scores", *wrote(1)]

    mlflow.lost = ("trial 2 complete 2",)
    later = Outbox.of(URI, folder, (lambda note: said.append(note.text)))
    later.flush()
    later.say_rest()
    assert later.waiting == ["trial 2"] and "took trial 2, and does not have it" in said[-2]


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
    assert later.sent and mlflow.about == ABOUT and mlflow.id == json.loads(text)["id"] != ""


def test_a_sweep_that_failed_or_still_runs_is_sent_as_that(mlflow, store, folder):
    outbox = Outbox.start(URI, ABOUT, folder, store, print)
    assert Outbox.of(URI, folder, print).waiting == ["sweep"]
    outbox.failed("every trial failed")
    later = Outbox.of(URI, folder, print)
    later.flush()
    assert mlflow.got == ["every trial failed"]  # it is there


def test_a_resumed_sweep_keeps_what_the_earlier_one_had_and_has_not_ended(mlflow, store, folder, monkeypatch):
    one, two, _ = trials(store)
    outbox = Outbox.start(URI, ABOUT, folder, store, print)
    outbox.trial(one)
    outbox.trial(two)
    finish(outbox, monkeypatch)
    before = json.loads((folder / RECORD).read_text())["id"]
    again = Outbox.start(URI, ABOUT, folder, store, print)
    tell(again, dataclasses.replace(one, results=one.results[:1]))
    record = json.loads((folder / RECORD).read_text())
    assert record["id"] == before
    assert ({i: len(t["jobs"]) for i, t in record["trials"].items()}, record["ended"]) == (
        {"0": 1, "1": 2},
        "",
    )


def test_a_fold_result_that_is_gone_is_named_and_the_rest_is_sent(mlflow, store, folder):
    outbox = Outbox.start(URI, ABOUT, folder, store, print)
    tell(outbox, *trials(store))
    store.path("00000001b").unlink()
    mlflow.got.clear()
    said = []
    later = Outbox.of(URI, folder, (lambda note: said.append(note.text)))
    later.flush()
    later.tell()
    assert mlflow.got == wrote(0, 2) and later.waiting == ["trial 1"]
    assert "fold result 00000001b is not in" in said[0] and "orchestrator.resume" in said[0]


def test_fold_results_in_a_shared_store_are_found_again_and_missed_without_harm(
    mlflow, folder, tmp_path, monkeypatch
):
    shared = FoldStore(tmp_path / "shared" / "folds")
    outbox = Outbox.start(URI, ABOUT, folder, shared, print)
    tell(outbox, *trials(shared))
    mlflow.got.clear()
    later = Outbox.of(URI, folder, print)
    later.flush()
    assert mlflow.got == wrote(0, 1, 2)
    mlflow.got.clear()

    def unreachable(store, job):
        raise OSError("s3://bucket/folds cannot be read")

    monkeypatch.setattr(FoldStore, "load", unreachable)
    said = []
    later = Outbox.of(URI, folder, (lambda note: said.append(note.text)))
    later.flush()
    later.tell()
    assert (
        later.waiting == ["trial 0", "trial 1", "trial 2"] and "s3://bucket/folds cannot be read" in said[0]
    )


def test_two_processes_do_not_write_at_once(mlflow, store, folder):
    outbox = Outbox.start(URI, ABOUT, folder, store, print)
    outbox.settle()
    trial = trials(store)[0]
    with open(folder / LOCK) as other:
        fcntl.flock(other, fcntl.LOCK_EX)
        outbox.trial(trial)
        time.sleep(0.3)
        assert mlflow.got == []
    outbox.settle()
    assert mlflow.got == wrote(0)


def test_the_run_may_be_made_later_and_an_interrupted_sweep_does_not_wait_for_it(mlflow, folder, store):
    with Outbox.start(URI, ABOUT, folder, store, print, after=0.05) as outbox:
        assert mlflow.opened == 0 and outbox.waiting == ["sweep"]
        until(lambda: outbox.sent, "the run")
    with Outbox.start(URI, ABOUT, folder, store, print, after=600) as outbox:
        pass  # a sweep that ends before has its run made with what comes next
    outbox.failed("for no reason")
    assert mlflow.opened == 2 and outbox.sent
    with (
        pytest.raises(KeyboardInterrupt),
        Outbox.start(URI, ABOUT, folder, store, print, after=600) as outbox,
    ):
        raise KeyboardInterrupt
    assert mlflow.opened == 2 and outbox.waiting == ["sweep"]


def test_a_fault_of_ours_beside_the_sweep_is_raised_at_its_end(mlflow, folder, store, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("a fault")

    monkeypatch.setattr(mlflow, "trial", broken)
    outbox = Outbox.start(URI, ABOUT, folder, store, print)
    outbox.trial(trials(store)[0])
    with pytest.raises(ZeroDivisionError, match="a fault"):
        outbox.settle()
