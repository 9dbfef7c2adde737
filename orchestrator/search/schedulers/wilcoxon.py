"""Racing by a signed-rank test: a trial stops once its folds say that it will not beat a rival on the same
folds.

Source  Wilcoxon 1945, doi:10.2307/3001968, as a stopping rule in Optuna's WilcoxonPruner: one-sided test,
        paired by fold, against the best trial so far. Racing over folds: Birattari et al. 2002, "A Racing
        Algorithm for Configuring Metaheuristics", GECCO.
Differs - The score is the pooled validation UF1, which is no mean over folds, so what is ranked is each
fold's pseudo-value in the
          jackknife of the difference (Tukey 1958): n D - (n - 1) D_i, D of all n shared folds, D_i without
          fold i. A fold's own UF1 says less: it has few people, and classes that they do not show.
        - Against the best of the completed trials the question is whether the trial can win by more than
          ``indifference``: near ties stop as well. Against trials that are still under way it is whether it
          can win at all, as those may be stopped later, and losses would add up.
        - The difference itself must lie on the same side as the test's verdict.
        - No test is corrected for there being many. p and indifference are what benchmarks/racing.py shows to
          do well: there 22 to 31 % of the folds find a trial within 0.01 of the winner in every replay. p =
          0.05 costs a fifth to a third more; with an indifference of 0.01 the loss is above 0.01 in some, as
          the estimate's error comes on top.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.search.schedulers.evidence import Evidence, Pool, aligned, best_uf1, pooled_uf1

Folds = dict[tuple[str, int, int], Evidence]


class SignedRankRace:
    """p: stop below this p-value, at most 0.5; n folds give at least 2^-n, so it sets the fewest folds too.
    indifference: UF1."""

    def __init__(self, p: float = 0.1, indifference: float = 0.005):
        self.p, self.indifference = p, indifference
        self.folds: dict[int, Folds] = {}  # of trials under way, and of the best completed one
        # (one, other) -> one's folds that other has too, added up: a trial that is ahead of another, as most
        # are most of the time, is not looked at fold by fold
        self.pools: dict[tuple[int, int], Pool] = {}
        self.best: int | None = None
        self.stopped: set[int] = set()

    def reports(self, trial: int, evidence: Evidence) -> bool:
        """True if the trial has lost against a rival, now or before."""
        if trial in self.stopped:
            return True
        own = self.folds.setdefault(trial, {})
        rivals = [other for other in self.folds if other != trial]
        if evidence.key not in own:
            for other in rivals:
                if theirs := self.folds[other].get(evidence.key):
                    self.pools.setdefault((trial, other), Pool()).add(evidence)
                    self.pools.setdefault((other, trial), Pool()).add(theirs)
        own[evidence.key] = evidence
        if any(self._loses(trial, other) for other in rivals):
            self.stopped.add(trial)
            self._leaves(trial)
        return trial in self.stopped

    def _loses(self, trial: int, other: int) -> bool:
        margin = self.indifference if other == self.best else 0.0
        if (pool := self.pools.get((trial, other))) is None:
            return False
        if pool.score - self.pools[other, trial].score >= margin:
            return False
        return _loses(self.folds[trial], self.folds[other], margin, self.p)

    def _leaves(self, trial: int) -> None:
        self.folds.pop(trial, None)
        for pair in [pair for pair in self.pools if trial in pair]:
            del self.pools[pair]

    def completed(self, trial: int) -> None:
        """The best completed trial stays, to race against; the others have served."""
        if trial not in self.folds or trial == self.best:
            return
        if self.best is None:
            self.best = trial
            return
        behind, self.best = sorted((trial, self.best), key=lambda t: pooled_uf1(self.folds[t].values()))
        self._leaves(behind)

    def failed(self, trial: int) -> None:
        """It is no rival any more."""
        self._leaves(trial)


def _loses(own: Folds, other: Folds, margin: float, p: float) -> bool:
    """Whether own's score minus other's, on the folds that both have, is below the margin by the test."""
    shared = [key for key in own if key in other]
    n = len(shared)
    if 0.5**n >= p:
        return False
    mine, theirs = (_scores([folds[key] for key in shared]) for folds in (own, other))
    difference = mine - theirs  # of all folds, then without each
    if difference[0] >= margin:
        return False
    return signed_rank(n * difference[0] - (n - 1) * difference[1:] - margin) < p


def _scores(folds: list[Evidence]) -> NDArray[Any]:
    """Pooled UF1, float64 (1 + n,): of all n folds, then without each of them."""
    counts, diverged = (
        np.concatenate([part.sum(axis=0)[None], part.sum(axis=0) - part]) for part in aligned(folds)
    )
    return best_uf1(counts, diverged)


def signed_rank(differences: NDArray[Any]) -> float:
    """Chance of a sum of positive differences' ranks as small as this, if every sign were a coin's. Exact;
    ties share their ranks.

    differences  float (n,); a zero counts as positive, which stops no trial.
    """
    size = np.abs(differences)
    twice = [int(2 * (size < s).sum() + (size == s).sum() + 1) for s in size]  # ranks times 2: whole numbers
    observed = sum(rank for rank, d in zip(twice, differences, strict=True) if d >= 0)
    chance = np.zeros(observed + 1)  # of each sum: of those above, none leads to one below
    chance[0] = 1.0
    for rank in twice:
        chance[rank:] = (chance[rank:] + chance[:-rank]) / 2
        chance[:rank] /= 2
    return float(chance.sum())


SCHEDULER = SignedRankRace
