"""What the parts of a running sweep have to agree on: whether a trial goes on, and whether the sweep is to end."""

from __future__ import annotations

from orchestrator.schedulers import SCHEDULERS, Evidence


class Control:
    """One per sweep, in a process of its own where Ray runs the sweep (runners/ray.py). Sees no test prediction: Evidence has none."""

    def __init__(self, scheduler: str):
        self.scheduler = SCHEDULERS[scheduler]()
        self.draining = False

    def reports(self, trial: int, evidence: Evidence) -> bool:
        """A fold of the trial has ended; whether to stop the trial."""
        return self.scheduler.reports(trial, evidence)

    def completed(self, trial: int) -> None:
        self.scheduler.completed(trial)

    def failed(self, trial: int) -> None:
        self.scheduler.failed(trial)

    def drain(self) -> None:
        """From now on no fold starts; those that run may end."""
        self.draining = True

    def drains(self) -> bool:
        return self.draining
