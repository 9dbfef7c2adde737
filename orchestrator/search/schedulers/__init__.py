"""Schedulers by name: whether a trial goes on after a fold, one a file. A scheduler sees validation evidence
alone (evidence.py).

Racing saves folds of configurations that cannot win. It decides by the validation people of all folds seen,
among whom is every held-out person of other folds: like the sampler tpe it is efficient, not strictly nested.
So ``none`` is the default.
"""

from __future__ import annotations

import typing
from collections.abc import Callable

from orchestrator.common.registry import Registry
from orchestrator.search.schedulers import asha, none, wilcoxon
from orchestrator.search.schedulers.evidence import Evidence


class Scheduler(typing.Protocol):
    """Decides by what has been reported so far, and by nothing else: equal calls in equal order give equal
    answers.

    Trials run side by side and their folds come interleaved. A fold reported again, as by a restarted trial,
    counts once. A stopped trial may still report folds that were under way; the answer stays True.
    """

    def reports(self, trial: int, evidence: Evidence) -> bool:
        """A fold of the trial has ended. Returns whether to stop the trial now."""

    def completed(self, trial: int) -> None:
        """All folds of the trial have ended."""

    def failed(self, trial: int) -> None:
        """The trial has ended with an error: nobody is to be measured by it from now on."""


SCHEDULERS: Registry[Callable[[], Scheduler]] = Registry(
    "scheduler", {"none": none.SCHEDULER, "asha": asha.SCHEDULER, "wilcoxon": wilcoxon.SCHEDULER}
)
DEFAULT = "none"

__all__ = ["DEFAULT", "SCHEDULERS", "Evidence", "Scheduler"]
