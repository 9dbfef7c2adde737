"""What a sweep leaves in MLflow: nested runs, curves, scores, tables; the same after a resume; no result lost
on a failure."""

import dataclasses
import re
import socket
import subprocess
import sys
import threading
import time
import uuid
from pathlib import Path

import mlflow
import numpy as np
import pytest
from mlflow import MlflowClient

from orchestrator.results import report
from orchestrator.selection import records, scores
from orchestrator.selection.choose import available, choose
from orchestrator.study.table import OWN_ANNOTATION
from orchestrator.tracking import tracker as tracking
from orchestrator.tracking.tracked_metrics import CURVE_POINTS, flat
from orchestrator.tracking.tracker import Tracker, TrackingError, reach
from tests.orchestrator.selection.records_by_hand import record
from tests.orchestrator.selection.test_rules import HONEST, TRUTH, two_trials
from tests.waiting import LIMIT

CLASSES = ("neg", "pos")
SUMMARY = {
    "name": "s",
    "model": "stag",
    "corpus": "c",
    "feature_set": "roi_flow14-1",
    "protocol": "loso",
    "au": "none",
    "clips": 4,
    "subjects": 2,
    "folds": 2,
    "classes": list(CLASSES),
    "configuration": {"0": {"lr": 1}},
    "timing": {"wall_s": 1.0},
}


def scores_of(trials):
    return {
        rule: scores.score(choose(rule, trials, None if rule in HONEST else TRUTH), trials, TRUTH, CLASSES)
        for rule in available(trials)
    }


def runs(client, tracker, level):
    found = client.search_runs([tracker.experiment_id], f"tags.`mer.level` = '{level}'", max_results=1000)
    return [run for run in found if tracker.run_id in (run.info.run_id, *parents(client, run))]


def parents(client, run):
    while parent := run.data.tags.get("mlflow.parentRunId"):
        run = client.get_run(parent)
        yield run.info.run_id


@pytest.fixture
def sweep():
    own = {"au": "annotated", "au_remark": OWN_ANNOTATION}
    return {**SUMMARY, **own, "name": f"sweep-{uuid.uuid4().hex[:8]}", "set": {"recipe.epochs": 3}}


def test_a_sweep_its_trials_and_its_folds_are_nested_runs(mlflow_uri, sweep, tmp_path):
    tracker = Tracker(mlflow_uri, sweep)
    trials = two_trials()
    assert [tracker.trial(trial) for trial in trials] == [True, True]
    files = report.write(tmp_path, SUMMARY, scores_of(trials))
    tracker.finish(tmp_path)

    client = MlflowClient(mlflow_uri)
    top = client.get_run(tracker.run_id)
    assert top.info.status == "FINISHED"
    assert top.info.run_name == f"{sweep['name']} (AUs annotated ({OWN_ANNOTATION}))"
    assert top.data.params["au_remark"] == OWN_ANNOTATION
    assert top.data.params["set.recipe.epochs"] == "3"
    assert top.data.params["classes"] == '["neg","pos"]'
    for rule, score in scores_of(trials).items():
        assert top.data.metrics[f"{rule}.uf1"] == pytest.approx(score["uf1"])
        assert top.data.metrics[f"{rule}.recall.pos"] == pytest.approx(score["per_class"]["pos"]["recall"])
    assert {Path(f.path).name for f in client.list_artifacts(tracker.run_id, "report")} == {
        f.name for f in files
    }

    by_index = {run.data.tags["mer.trial"]: run for run in runs(client, tracker, "trial")}
    assert sorted(by_index) == ["0", "1"]
    curve = client.get_metric_history(by_index["0"].info.run_id, "validation_uf1")
    assert [(m.step, m.value) for m in curve] == [
        (1, pytest.approx(1 / 3)),
        (2, pytest.approx(11 / 15)),
        (3, pytest.approx(11 / 15)),
    ]
    assert by_index["0"].data.metrics["best_validation.uf1"] == pytest.approx(11 / 15)
    assert by_index["0"].data.metrics["best_epoch"] == 2
    assert by_index["0"].data.params == {"lr": "1"}

    folds = runs(client, tracker, "fold")
    assert sorted(
        (r.data.params["fold"], r.data.tags["mlflow.parentRunId"] == by_index["0"].info.run_id) for r in folds
    ) == [
        ("a", False),
        ("a", True),
        ("b", False),
        ("b", True),
    ]
    fold = next(
        r
        for r in folds
        if r.data.params["fold"] == "a" and r.data.tags["mlflow.parentRunId"] == by_index["0"].info.run_id
    )
    history = client.get_metric_history(fold.info.run_id, "validation_loss")
    assert [m.value for m in history] == pytest.approx([0.9, 0.5, 0.7])
    assert len(client.get_metric_history(fold.info.run_id, "train_loss")) == 3


def test_no_run_of_a_trial_or_a_fold_holds_a_test_score(mlflow_uri, sweep):
    tracker, other = (
        Tracker(mlflow_uri, sweep),
        Tracker(mlflow_uri, {**sweep, "name": sweep["name"] + "-blind"}),
    )
    trial = two_trials()[0]
    blind = tuple(dataclasses.replace(r, test_probs=np.zeros_like(r.test_probs)) for r in trial.results)
    tracker.trial(trial)
    other.trial(dataclasses.replace(trial, results=blind))
    client = MlflowClient(mlflow_uri)
    for level in ("trial", "fold"):
        seen, unseen = (
            sorted(str(sorted(r.data.metrics.items())) for r in runs(client, t, level))
            for t in (tracker, other)
        )
        assert seen == unseen


def test_a_resumed_sweep_continues_its_run_and_logs_nothing_twice(mlflow_uri, sweep, tmp_path):
    first, second = two_trials()
    started = Tracker(mlflow_uri, sweep)
    started.trial(first)
    half = dataclasses.replace(second, results=second.results[:1])
    started.trial(half)
    started.failed("power cut")

    tracker = Tracker(mlflow_uri, sweep)
    assert tracker.run_id == started.run_id
    assert tracker.trial(first) is False
    assert tracker.trial(second) is True  # it has a fold more now
    for _ in range(2):
        report.write(tmp_path, SUMMARY, scores_of([first, second]))
        tracker.finish(tmp_path)
    client = MlflowClient(mlflow_uri)
    assert len(runs(client, tracker, "trial")) == 2
    assert len(runs(client, tracker, "fold")) == 4
    assert client.get_run(tracker.run_id).info.status == "FINISHED"

    mlflow.set_tracking_uri(mlflow_uri)  # load_table searches there, whatever its client's address
    table = client.load_table(tracker.experiment_id, "predictions.json", run_ids=[tracker.run_id])
    assert len(table) == 6 * 4  # six rules, four clips, not doubled by the second finish
    row = table[(table["rule"] == "nested") & (table["clip_id"] == "a/0")].iloc[0]
    assert (row["truth"], row["predicted"], row["trial"], row["epoch"]) == ("neg", "pos", 0, 2)


def test_a_trial_cut_off_while_it_was_logged_is_logged_anew(mlflow_uri, sweep, monkeypatch):
    trial = two_trials()[0]
    tracker = Tracker(mlflow_uri, sweep)

    def cut(result, parent):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tracker, "_fold", cut)
        with pytest.raises(KeyboardInterrupt):
            tracker.trial(trial)
    again = Tracker(mlflow_uri, sweep)
    assert again.trial(trial) is True
    client = MlflowClient(mlflow_uri)
    assert [len(runs(client, again, level)) for level in ("trial", "fold")] == [1, 2]


def test_long_curves_are_thinned_to_one_batch_and_unmeasured_losses_are_left_out(mlflow_uri, sweep):
    n = 800
    bare = record("a", [[0]] * n)  # no validation people: NaN losses
    judged = record("b", [[0]] * n, [[0, 1]] * n, [0, 1])
    tracker = Tracker(mlflow_uri, sweep)
    tracker.trial(records.TrialRecord(0, {}, (bare,)))
    tracker.trial(records.TrialRecord(1, {}, (judged,)))
    client = MlflowClient(mlflow_uri)
    folds = {run.data.params["fold"]: run for run in runs(client, tracker, "fold")}
    assert "validation_loss" not in folds["a"].data.metrics
    steps = [m.step for m in client.get_metric_history(folds["b"].info.run_id, "validation_uf1")]
    assert len(steps) == CURVE_POINTS
    assert (min(steps), max(steps)) == (1, n)


def test_a_failure_of_mlflow_is_a_tracking_error_with_its_words_and_without_a_password(
    mlflow_uri, sweep, tmp_path, monkeypatch
):
    (tmp_path / "file").write_text("")
    for uri in (
        f"sqlite:///{tmp_path}/file/mlflow.db",
        "ftp://nowhere/x",
        f"file:{tmp_path}/mlruns",
        "mssql://here/db",
    ):
        with pytest.raises(TrackingError, match=re.escape(f"MLflow at {uri} failed: ")):
            Tracker(uri, sweep)
    tracker = Tracker(mlflow_uri, sweep)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device: http://anna:s3cret@host/api")

    monkeypatch.setattr(tracker.client, "log_batch", full)
    with pytest.raises(TrackingError, match=r"No space left on device: http://\*\*\*@host/api"):
        tracker.trial(two_trials()[0])


def test_a_run_cut_off_before_its_parameters_gets_them_later(mlflow_uri, sweep, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Tracker, "_write", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            Tracker(mlflow_uri, sweep)
    run_id = Tracker(mlflow_uri, sweep).run_id
    assert MlflowClient(mlflow_uri).get_run(run_id).data.params["model"] == "stag"


HOLD = """
import pathlib, sqlite3, sys, time
held = sqlite3.connect(sys.argv[1], isolation_level=None)
held.execute("BEGIN EXCLUSIVE")
print("locked", flush=True)
time.sleep(float(sys.argv[2]))
pathlib.Path(sys.argv[3]).touch()
"""


def test_a_database_locked_by_another_process_is_waited_for_but_not_for_long(
    mlflow_uri, sweep, monkeypatch, tmp_path
):
    """The other one leaves a mark just before it lets go."""
    tracker = Tracker(mlflow_uri, sweep)
    first, second = two_trials()

    def lock(seconds, mark):
        path = mlflow_uri.removeprefix("sqlite:///")
        command = [sys.executable, "-c", HOLD, path, str(seconds), str(mark)]
        process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        assert process.stdout.readline() == "locked\n"
        return process

    assert tracking.PATIENCE > 3
    monkeypatch.setattr(tracking, "PATIENCE", LIMIT)
    process = lock(3, tmp_path / "let go")
    reach(mlflow_uri)
    assert (tmp_path / "let go").exists()
    tracker.trial(first)
    process.wait()

    monkeypatch.setattr(tracking, "PATIENCE", 0.5)
    process = lock(LIMIT, tmp_path / "let go at last")
    with pytest.raises(TrackingError, match="database is locked"):
        reach(mlflow_uri)
    process.kill()
    process.wait()
    assert not (tmp_path / "let go at last").exists()
    reach(mlflow_uri)
    assert tracker.trial(second) is True


def test_a_server_that_goes_away_between_two_requests_is_not_waited_for(sweep, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = f"http://127.0.0.1:{gone.getsockname()[1]}"
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(TrackingError, match="failed"):
        Tracker(address, sweep)  # without reach before it
    assert sum(pauses) < 3


def test_a_server_that_answers_nothing_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(tracking, "PATIENCE", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as mute:  # takes the connection, like a machine that hangs
        # who waits longer than that is told of a connection that was cut, and not of time that has run out
        cut = threading.Timer(15, mute.shutdown, [socket.SHUT_RDWR])
        cut.start()
        with pytest.raises(TrackingError, match=r"http://\*\*\*@127.0.0.1.* failed: .*timed out"):
            reach(f"http://anna:s3cret@127.0.0.1:{mute.getsockname()[1]}")
        cut.cancel()
        cut.join()


def test_sections_become_flat_parameters():
    assert flat({"recipe": {"lr": 1e-3, "swa": {"on": True}}, "classes": ("a", "b")}) == {
        "recipe.lr": "0.001", "recipe.swa.on": "True", "classes": '["a","b"]',
    }  # fmt: skip
