"""What a sweep leaves in MLflow: nested runs, curves, scores, tables; the same after a resume; no result lost
on a failure. Whether it is there is looked at, and not remembered."""

import dataclasses
import re
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from orchestrator.results import report
from orchestrator.selection import records, scores
from orchestrator.selection.choose import available, choose
from orchestrator.study.table import OWN_ANNOTATION
from orchestrator.tracking import connection
from orchestrator.tracking.connection import reach
from orchestrator.tracking.errors import TrackingError
from orchestrator.tracking.fold_facts import CURVES, FOLDS, FoldFacts
from orchestrator.tracking.tracked_metrics import CURVE_POINTS, flat
from orchestrator.tracking.tracker import Tracker
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


def log(tracker, trial, state="complete"):
    tracker.trial(trial.index, trial.config, [FoldFacts.of(result) for result in trial.results], state)


def held(tracker, trial, state="complete"):
    return tracker.holds_trial(trial.index, state, [result.job_id for result in trial.results])


def file_of(client, run, name, folder):
    """Where a file of a run lies on this machine."""
    return client.download_artifacts(run.info.run_id, name, str(folder))


def test_a_sweep_and_its_trials_are_nested_runs_and_the_folds_are_files_of_their_trial(
    mlflow_uri, sweep, tmp_path
):
    tracker = Tracker(mlflow_uri, sweep)
    trials = two_trials()
    for trial in trials:
        log(tracker, trial)
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
        assert top.data.metrics[f"{rule}/uf1"] == pytest.approx(score["uf1"])
        assert top.data.metrics[f"{rule}/recall/pos"] == pytest.approx(score["per_class"]["pos"]["recall"])
    nested = scores_of(trials)["nested"]["uf1"]
    assert top.data.metrics["uf1"] == top.data.metrics["Result/uf1"] == pytest.approx(nested)
    assert f"| **nested** | blind | {nested:.4f} [" in top.data.tags["mlflow.note.content"]
    assert {Path(f.path).name for f in client.list_artifacts(tracker.run_id, "report")} == {
        f.name for f in files
    }

    by_index = {run.data.tags["mer.trial"]: run for run in runs(client, tracker, "trial")}
    assert sorted(by_index) == ["0", "1"] and not runs(client, tracker, "fold")
    curve = client.get_metric_history(by_index["0"].info.run_id, "Validation/uf1")
    assert [(m.step, m.value) for m in curve] == [
        (1, pytest.approx(1 / 3)),
        (2, pytest.approx(11 / 15)),
        (3, pytest.approx(11 / 15)),
    ]
    assert by_index["0"].data.metrics["best_validation/uf1"] == pytest.approx(11 / 15)
    assert by_index["0"].data.metrics["best_validation/epoch"] == 2
    assert by_index["0"].data.params == {"lr": "1"}

    table = pd.read_csv(file_of(client, by_index["0"], FOLDS, tmp_path))
    assert list(table["fold"]) == ["a", "b"] and list(table["job"]) == ["a-0", "b-0"]
    assert list(table["seconds"]) == [0.5, 0.5] and list(table["test_clips"]) == [2, 2]
    curves = pd.read_parquet(file_of(client, by_index["0"], CURVES, tmp_path))
    own = curves[curves["fold"] == "a"]
    assert list(own["epoch"]) == [1, 2, 3]
    assert list(own["validation_loss"]) == pytest.approx([0.9, 0.5, 0.7])
    row = table.iloc[0]
    at = own[own["epoch"] == row["best_epoch"]].iloc[0]
    assert (
        row["validation_uf1"] == pytest.approx(at["validation_uf1"], abs=1e-6) == own["validation_uf1"].max()
    )


def test_nothing_of_a_trial_knows_a_test_score(mlflow_uri, sweep, tmp_path):
    tracker, other = (
        Tracker(mlflow_uri, sweep),
        Tracker(mlflow_uri, {**sweep, "name": sweep["name"] + "-blind"}),
    )
    trial = two_trials()[0]
    blind = tuple(dataclasses.replace(r, test_probs=np.zeros_like(r.test_probs)) for r in trial.results)
    log(tracker, trial)
    log(other, dataclasses.replace(trial, results=blind))
    client = MlflowClient(mlflow_uri)
    ((seen,), (unseen,)) = (runs(client, one, "trial") for one in (tracker, other))
    assert seen.data.metrics == unseen.data.metrics
    for name in (FOLDS, CURVES):
        both = [Path(file_of(client, run, name, tmp_path)).read_bytes() for run in (seen, unseen)]
        assert both[0] == both[1]


def test_a_resumed_sweep_continues_its_run_and_logs_nothing_twice(mlflow_uri, sweep, tmp_path):
    first, second = two_trials()
    started = Tracker(mlflow_uri, sweep, "one-id")
    log(started, first)
    half = dataclasses.replace(second, results=second.results[:1])
    log(started, half)
    started.failed("power cut")
    assert started.holds_failure("power cut") and not started.holds_failure("another")

    tracker = Tracker(mlflow_uri, sweep, "one-id")
    assert tracker.run_id == started.run_id
    assert held(tracker, first) and not held(tracker, first, "pruned")
    assert not held(tracker, second)  # it has a fold more now
    log(tracker, second)
    assert held(tracker, second)
    report.write(tmp_path, SUMMARY, scores_of([first, second]))
    assert not tracker.holds_scores(tmp_path)
    for _ in range(2):
        tracker.finish(tmp_path)
        assert tracker.holds_scores(tmp_path)
    client = MlflowClient(mlflow_uri)
    assert len(runs(client, tracker, "trial")) == 2
    assert client.get_run(tracker.run_id).info.status == "FINISHED"

    mlflow.set_tracking_uri(mlflow_uri)  # load_table searches there, whatever its client's address
    table = client.load_table(tracker.experiment_id, "predictions.json", run_ids=[tracker.run_id])
    assert len(table) == 6 * 4  # six rules, four clips, not doubled by the second finish
    row = table[(table["rule"] == "nested") & (table["clip_id"] == "a/0")].iloc[0]
    assert (row["truth"], row["predicted"], row["trial"], row["epoch"]) == ("neg", "pos", 0, 2)


def test_two_sweeps_of_one_name_do_not_share_a_run(mlflow_uri, sweep):
    """They are of two workspaces, and log to one server."""
    mine, other = Tracker(mlflow_uri, sweep, "mine"), Tracker(mlflow_uri, sweep, "other")
    assert mine.run_id != other.run_id
    assert Tracker(mlflow_uri, sweep, "mine").run_id == mine.run_id
    older = Tracker(mlflow_uri, sweep)  # a sweep that an older program began has no id, and takes neither
    assert older.run_id not in (mine.run_id, other.run_id)
    assert Tracker(mlflow_uri, sweep).run_id == older.run_id


def test_a_trial_cut_off_while_it_was_logged_is_logged_anew(mlflow_uri, sweep, monkeypatch):
    trial = two_trials()[0]
    tracker = Tracker(mlflow_uri, sweep, "cut")

    def cut(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(tracker.client, "log_artifacts", cut)
        with pytest.raises(KeyboardInterrupt):
            log(tracker, trial)
    again = Tracker(mlflow_uri, sweep, "cut")
    assert not held(again, trial)
    log(again, trial)
    assert held(again, trial)
    assert len(runs(MlflowClient(mlflow_uri), again, "trial")) == 1


def test_long_curves_are_thinned_and_unmeasured_losses_are_left_out(mlflow_uri, sweep, tmp_path):
    n = 800
    bare = record("a", [[0]] * n)  # no validation people: NaN losses
    judged = record("b", [[0]] * n, [[0, 1]] * n, [0, 1])
    tracker = Tracker(mlflow_uri, sweep)
    log(tracker, records.TrialRecord(0, {}, (bare,)))
    log(tracker, records.TrialRecord(1, {}, (bare, judged)))
    client = MlflowClient(mlflow_uri)
    held = {run.data.tags["mer.trial"]: run for run in runs(client, tracker, "trial")}
    assert set(held["0"].data.metrics) == {"folds/done", "folds/seconds"}
    steps = [m.step for m in client.get_metric_history(held["1"].info.run_id, "Validation/uf1")]
    assert len(steps) == CURVE_POINTS
    assert (min(steps), max(steps)) == (1, n)
    assert len(pd.read_parquet(file_of(client, held["1"], CURVES, tmp_path))) == 2 * n


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
        why = "( failed|: its driver pyodbc is not installed): "
        with pytest.raises(TrackingError, match=re.escape(f"MLflow at {uri}") + why):
            Tracker(uri, sweep)
    tracker = Tracker(mlflow_uri, sweep)

    def full(*args, **kwargs):
        raise OSError(28, "No space left on device: http://anna:s3cret@host/api")

    monkeypatch.setattr(tracker.client, "log_batch", full)
    with pytest.raises(TrackingError, match=r"No space left on device: http://\*\*\*@host/api"):
        log(tracker, two_trials()[0])


def test_a_run_cut_off_before_its_parameters_gets_them_later(mlflow_uri, sweep, monkeypatch):
    with monkeypatch.context() as patch:
        patch.setattr(Tracker, "write", lambda *a: (_ for _ in ()).throw(KeyboardInterrupt))
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

    assert connection.PATIENCE > 3
    monkeypatch.setattr(connection, "PATIENCE", LIMIT)
    process = lock(3, tmp_path / "let go")
    reach(mlflow_uri)
    assert (tmp_path / "let go").exists()
    log(tracker, first)
    process.wait()

    monkeypatch.setattr(connection, "PATIENCE", 0.5)
    process = lock(LIMIT, tmp_path / "let go at last")
    with pytest.raises(TrackingError, match="database is locked"):
        reach(mlflow_uri)
    process.kill()
    process.wait()
    assert not (tmp_path / "let go at last").exists()
    reach(mlflow_uri)
    log(tracker, second)
    assert held(tracker, second)


def test_a_server_that_goes_away_between_two_requests_is_not_waited_for(sweep, monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as gone:
        address = f"http://127.0.0.1:{gone.getsockname()[1]}"
    pauses = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    with pytest.raises(TrackingError, match="failed"):
        Tracker(address, sweep)  # without reach before it
    assert sum(pauses) < 3


def test_a_server_that_answers_nothing_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(connection, "PATIENCE", 0.3)
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
