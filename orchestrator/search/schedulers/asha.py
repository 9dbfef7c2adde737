"""Asynchronous successive halving over folds: at rungs of 3, 9, 27, 81 folds only the best third of the
trials goes on.

Source  Li et al. 2020, "A System for Massively Parallel Hyperparameter Tuning", MLSys, algorithm 2,
        arXiv:1810.05934: rung k at r eta^k units of resource; here r = 3 folds, eta = 3, s = 0. Score: pooled
        validation UF1 of the trial's folds so far.
Differs The paper pauses a trial at a rung and may promote it later. Here, as in Ray Tune's ASHAScheduler, a
        trial is judged once, on arrival, against those that have arrived before it: nothing is paused, and
        early arrivals go on more easily. Trials arriving at a rung have run the same first folds only up to
        folds still under way.
"""

from __future__ import annotations

from orchestrator.search.schedulers.evidence import Evidence, Pool


class AsynchronousHalving:
    """first: folds at the lowest rung, 1 or more. eta: one of so many goes on, 2 or more."""

    def __init__(self, first: int = 3, eta: int = 3):
        self.first, self.eta = first, eta
        self.folds: dict[int, set[tuple[str, int, int]]] = {}  # that have been reported
        self.pools: dict[int, Pool] = {}
        self.rungs: dict[int, dict[int, float]] = {}  # number of folds -> trial -> its score there
        self.stopped: set[int] = set()

    def reports(self, trial: int, evidence: Evidence) -> bool:
        """True if the trial has just reached a rung and is not among its best third so far, or was stopped
        before."""
        if trial in self.stopped:
            return True
        folds, pool = self.folds.setdefault(trial, set()), self.pools.setdefault(trial, Pool())
        if evidence.key not in folds:
            folds.add(evidence.key)
            pool.add(evidence)
        if not self._is_rung(len(folds)):
            return False
        rung = self.rungs.setdefault(len(folds), {})
        if trial in rung:
            return False
        rung[trial] = pool.score
        better = sum(score > rung[trial] for score in rung.values())
        if better >= max(1, len(rung) // self.eta):
            self.stopped.add(trial)
        return trial in self.stopped

    def completed(self, trial: int) -> None:
        """Nothing changes: its rungs are known."""

    def failed(self, trial: int) -> None:
        """Its scores leave the rungs."""
        for rung in self.rungs.values():
            rung.pop(trial, None)

    def _is_rung(self, n: int) -> bool:
        while n > self.first and n % self.eta == 0:
            n //= self.eta
        return n == self.first


SCHEDULER = AsynchronousHalving
