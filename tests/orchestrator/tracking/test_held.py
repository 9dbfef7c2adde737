"""Whether MLflow has a trial, or the scores, is looked at: what was deleted or changed there is not there."""

from pathlib import Path

import pytest
from mlflow import MlflowClient

from orchestrator.results import report
from orchestrator.study.jobs import digest
from orchestrator.tracking.fold_facts import CURVES, FOLDS
from orchestrator.tracking.tracker import Tracker
from tests.orchestrator.selection.test_rules import two_trials
from tests.orchestrator.tracking.test_tracker import SUMMARY, held, log, runs, scores_of


@pytest.mark.long
def test_what_was_deleted_or_changed_in_mlflow_is_not_taken_to_be_there(mlflow_uri, sweep, tmp_path):
    trials, client = two_trials(), MlflowClient(mlflow_uri)
    tracker = Tracker(mlflow_uri, sweep, "looked")

    def place(run, name):
        return Path(run.info.artifact_uri.removeprefix("file://")) / name

    def gone(run):
        place(run, FOLDS).unlink()

    def changed(run):
        place(run, FOLDS).write_text(place(run, FOLDS).read_text().replace("0.5", "0.6"))

    def shorter(run):
        place(run, CURVES).write_bytes(place(run, CURVES).read_bytes()[:-1])

    def deleted(run):
        client.delete_run(run.info.run_id)

    def metric(run):
        client.log_metric(run.info.run_id, "another", 1.0)

    for harm in (gone, changed, shorter, deleted, metric):
        log(tracker, trials[0])
        assert held(tracker, trials[0])
        (run,) = runs(client, tracker, "trial")
        harm(run)
        assert not held(tracker, trials[0]), harm.__name__

    report.write(tmp_path, SUMMARY, scores_of(trials))
    for name in ("report/summary.csv", "predictions.json"):
        tracker.finish(tmp_path)
        assert tracker.holds_scores(tmp_path)
        place(client.get_run(tracker.run_id), name).unlink()
        assert not tracker.holds_scores(tmp_path), name
    tracker.finish(tmp_path)
    report.write(tmp_path, {**SUMMARY, "clips": 5}, scores_of(trials))
    assert not tracker.holds_scores(tmp_path)  # it has other scores now


@pytest.mark.long
def test_what_an_older_program_sent_as_a_run_a_fold_stays_as_it_is_while_it_is_whole(
    mlflow_uri, sweep, tmp_path
):
    trial, client = two_trials()[0], MlflowClient(mlflow_uri)
    jobs = sorted(result.job_id for result in trial.results)
    tracker = Tracker(mlflow_uri, sweep)
    tags = {"mer.level": "trial", "mer.trial": "0", "mer.content": digest(["complete", jobs])}
    run = tracker.start("trial 0", tags, tracker.run_id)
    folds = [tracker.start(job, {"mer.level": "fold"}, run) for job in jobs]
    for one in (*folds, run):
        client.set_terminated(one)
    assert held(tracker, trial)
    client.delete_run(folds[0])
    assert not held(tracker, trial)

    report.write(tmp_path, SUMMARY, scores_of([trial]))
    for rule, score in scores_of([trial]).items():
        for name in ("uf1", "uar", "war"):
            client.log_metric(tracker.run_id, f"{rule}.{name}", score[name])
    client.log_text(tracker.run_id, "{}", "predictions.json")
    client.set_terminated(tracker.run_id)
    assert tracker.holds_scores(tmp_path)
    client.log_metric(tracker.run_id, "nested.uf1", 0.9)
    assert not tracker.holds_scores(tmp_path)
