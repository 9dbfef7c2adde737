"""No racing: every trial runs all its folds. The default, and the only one whose choice among trials no
validation score has moved."""

from __future__ import annotations

from orchestrator.search.schedulers.evidence import Evidence


class NoRacing:
    """Never stops a trial."""

    def reports(self, trial: int, evidence: Evidence) -> bool:
        """False: the trial goes on."""
        return False

    def completed(self, trial: int) -> None:
        """Nothing is remembered."""

    def failed(self, trial: int) -> None:
        """Nothing is remembered."""


SCHEDULER = NoRacing
