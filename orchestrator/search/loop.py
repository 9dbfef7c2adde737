"""The one loop over a trial's folds, whoever runs them: in this process (inline.py), or in those that Ray
Tune starts (trial_process.py). Light to import.
"""

from __future__ import annotations

import typing
from collections.abc import Generator, Sequence
from contextlib import closing

from orchestrator.search.events import FoldEnded
from orchestrator.search.schedulers import Evidence
from orchestrator.search.schedulers.evidence import Pool
from orchestrator.selection.records import Sums, remembered
from orchestrator.study.jobs import FoldJob
from orchestrator.study.record import FoldRecord


class TrialProgress:
    """The folds of a trial so far, and their score: pooled validation UF1, or 0 where no one validates (then
    one trial is all)."""

    def __init__(self, judged: bool):
        self.judged = judged  # whether folds have validation people
        self.done = 0
        self.evidence: Evidence | None = None  # what a scheduler may know of the last result
        self.pool, self.sums = Pool(), Sums()

    @property
    def score(self) -> float:
        return self.pool.score

    def add(self, result: FoldRecord) -> None:
        """Lets go of the result's arrays, which are in the store."""
        self.done += 1
        if self.judged:
            self.evidence = Evidence.of(result)
            self.pool.add(self.evidence)
            self.sums.add(result)
        remembered(result)
        result.let_go()


class Runner(typing.Protocol):
    """Runs folds somewhere. Yields (result, whether it was there before) as they end; closed early, it leaves
    nothing running."""

    def run(self, jobs: Sequence[FoldJob]) -> Generator[tuple[FoldRecord, bool], None, None]: ...


class Judge(typing.Protocol):
    """Says whether a trial goes on: control.Control, or a stand-in for one in another process."""

    def reports(self, trial: int, evidence: Evidence) -> bool: ...
    def completed(self, trial: int) -> None: ...


def folds_of_trial(
    trial: int, jobs: Sequence[FoldJob], runner: Runner, judge: Judge, progress: TrialProgress
) -> Generator[FoldEnded, None, None]:
    """Run a trial's folds in their order until all have ended or the judge stops it.

    progress  a new one, which the caller may ask afterwards. Raises what the runner raises.
    """
    with closing(runner.run(jobs)) as folds:
        for result, reused in folds:
            progress.add(result)
            done, evidence = progress.done, progress.evidence
            stop = evidence is not None and judge.reports(trial, evidence)
            state: typing.Literal["running", "complete", "stopped"] = "running"
            if done == len(jobs):
                state = "complete"
            elif stop:
                state = "stopped"
            if state != "running":
                folds.close()  # its running folds give their places back before anything else is done
            if state == "complete":
                judge.completed(trial)
            score = None if state == "running" else progress.score
            yield FoldEnded(trial, result, reused, done, len(jobs), score, state)
            if state != "running":
                return
