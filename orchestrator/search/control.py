"""What the trials of a running sweep have to agree on: whether one of them goes on."""

from __future__ import annotations

from collections.abc import Sequence

from orchestrator.search.schedulers import SCHEDULERS, Evidence
from orchestrator.study import plugins
from preprocessing.plugins import Plugin


class Control:
    """One per sweep, in a process of its own where Ray runs the sweep (tune.py). Sees no test prediction:
    Evidence has none."""

    def __init__(self, scheduler: str, brought: Sequence[Plugin] = ()):
        """brought: the user's plugins, one of which may be the scheduler."""
        plugins.install(brought, only=("SCHEDULER",), schedulers=SCHEDULERS)
        self.scheduler = SCHEDULERS[scheduler]()

    def reports(self, trial: int, evidence: Evidence) -> bool:
        """A fold of the trial has ended; whether to stop the trial."""
        return self.scheduler.reports(trial, evidence)

    def completed(self, trial: int) -> None:
        self.scheduler.completed(trial)

    def failed(self, trial: int) -> None:
        self.scheduler.failed(trial)
