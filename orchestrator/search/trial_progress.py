"""How a trial stands after each of its folds. Of both ways to run a search (search.inline, trial_process);
light to import."""

from __future__ import annotations

from orchestrator.search.schedulers import Evidence
from orchestrator.search.schedulers.evidence import pooled_uf1
from orchestrator.study.jobs import FoldResult


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
