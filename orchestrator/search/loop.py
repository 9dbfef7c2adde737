"""The one loop over a trial's folds, whoever runs them: in this process (inline.py), or in those that Ray
Tune starts (trial_process.py). Light to import.
"""

from __future__ import annotations

import typing
from collections.abc import Generator, Sequence
from contextlib import closing

from orchestrator.search.events import FoldEnded
from orchestrator.search.schedulers import Evidence
from orchestrator.search.schedulers.evidence import pooled_uf1
from orchestrator.study.jobs import FoldJob, FoldResult


class TrialProgress:
    """The folds of a trial so far, and their score: pooled validation UF1, or 0 where no one validates (then
    one trial is all)."""

    def __init__(self, judged: bool):
        self.judged = judged  # whether folds have validation people
        self.results: list[FoldResult] = []
        self.evidence: list[Evidence] = []  # what a scheduler may know of the results

    def add(self, result: FoldResult) -> float:
        self.results.append(result)
        if not self.judged:
            return 0.0
        self.evidence.append(Evidence.of(result))
        return pooled_uf1(self.evidence)


class Runner(typing.Protocol):
    """Runs folds somewhere. Yields (result, whether it was there before) as they end; closed early, it leaves
    nothing running."""

    def run(self, jobs: Sequence[FoldJob]) -> Generator[tuple[FoldResult, bool], None, None]: ...


class Judge(typing.Protocol):
    """Says whether a trial goes on: control.Control, or a stand-in for one in another process."""

    def reports(self, trial: int, evidence: Evidence) -> bool: ...
    def completed(self, trial: int) -> None: ...


def folds_of_trial(
    trial: int, jobs: Sequence[FoldJob], runner: Runner, judge: Judge, *, judged: bool
) -> Generator[FoldEnded, None, None]:
    """Run a trial's folds in their order until all have ended or the judge stops it.

    judged  whether folds have validation people. Raises what the runner raises.
    """
    progress = TrialProgress(judged)
    with closing(runner.run(jobs)) as folds:
        for result, reused in folds:
            score = progress.add(result)
            done = len(progress.results)
            stop = bool(progress.evidence) and judge.reports(trial, progress.evidence[-1])
            state: typing.Literal["running", "complete", "stopped"] = "running"
            if done == len(jobs):
                state = "complete"
            elif stop:
                state = "stopped"
            if state != "running":
                folds.close()  # its running folds give their places back before anything else is done
            if state == "complete":
                judge.completed(trial)
            yield FoldEnded(trial, result, reused, done, len(jobs), score, state)
            if state != "running":
                return
