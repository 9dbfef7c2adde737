"""The loop over a trial's folds, with a runner and a judge by hand."""

from types import SimpleNamespace

import pytest

from orchestrator.search.loop import TrialProgress, folds_of_trial
from orchestrator.study.record import FoldRecord
from tests.orchestrator.selection.records_by_hand import record

JOBS = [SimpleNamespace(fold=str(n)) for n in range(3)]


class Ready:
    """Runs nothing; writes down when its folds have ended or were closed."""

    def __init__(self):
        self.log = []

    def run(self, jobs):
        try:
            for job in jobs:
                yield FoldRecord.of(record(job.fold, [[0]], [[0, 1]], [0, 1])), job.fold == "0"
        finally:
            self.log.append("closed")


class StopsAfter:
    def __init__(self, runner, folds):
        self.runner, self.folds = runner, folds

    def reports(self, trial, evidence):
        self.runner.log.append(evidence.fold)
        return len([entry for entry in self.runner.log if entry.isdigit()]) >= self.folds

    def completed(self, trial):
        self.runner.log.append("completed")


def run(after, *, judged=True):
    runner = Ready()
    events = []
    for event in folds_of_trial(7, JOBS, runner, StopsAfter(runner, after), TrialProgress(judged)):
        runner.log.append("told")
        events.append(event)
    return runner.log, events


def test_a_complete_trial_gives_its_places_back_before_it_is_told_and_is_told_once():
    log, events = run(after=9)
    assert log == ["0", "told", "1", "told", "2", "closed", "completed", "told"]
    assert [event.state for event in events] == ["running", "running", "complete"]
    assert [(event.trial, event.done, event.of, event.reused) for event in events] == [
        (7, 1, 3, True),
        (7, 2, 3, False),
        (7, 3, 3, False),
    ]
    assert events[-1].score == pytest.approx(1)


def test_a_stopped_trial_begins_no_other_fold_and_is_not_complete():
    log, events = run(after=2)
    assert log == ["0", "told", "1", "closed", "told"]
    assert [event.state for event in events] == ["running", "stopped"]


def test_the_last_fold_completes_a_trial_that_the_judge_would_stop():
    log, events = run(after=3)
    assert events[-1].state == "complete" and "completed" in log


def test_without_validation_people_nobody_is_asked_and_the_score_is_0():
    log, events = run(after=1, judged=False)
    assert [event.score for event in events] == [None, None, 0] and "0" not in log
