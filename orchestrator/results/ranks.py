"""Mean ranks of several sides over many corpora, with Nemenyi's critical difference (Demšar 2006, JMLR 7).

Its unit is the corpus, so that it says something only where there are many: below FEWEST nobody is ranked.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from orchestrator.results.joining import Joined
from orchestrator.statistics.people import scored

FEWEST = 5  # corpora


@dataclass(frozen=True)
class Ranks:
    """mean: side -> mean rank by UF1, 1 is the best. critical: two mean ranks that differ by more differ at
    .05. p: of Friedman's test that all are alike; None for two sides. corpora: how many."""

    mean: dict[str, float]
    critical: float
    p: float | None
    corpora: int


def ranked(both: Joined, names: Sequence[str]) -> Ranks | None:
    """None for fewer than FEWEST corpora."""
    from scipy import stats

    n, k = len(both.corpora), len(names)
    if n < FEWEST:
        return None
    parts = [both.of_corpus(name).counts() for name in both.corpora]
    uf1 = np.array([[float(scored(held.sum(0))["uf1"]) for held in part] for part in parts])  # (n, k)
    mean = stats.rankdata(-uf1, axis=1).mean(0)
    q = stats.studentized_range.ppf(0.95, k, np.inf) / math.sqrt(2)
    all_equal = bool((uf1 == uf1[:, :1]).all())
    p = float(stats.friedmanchisquare(*uf1.T).pvalue) if k > 2 and not all_equal else None
    return Ranks(
        dict(zip(names, map(float, mean), strict=True)), float(q * math.sqrt(k * (k + 1) / (6 * n))), p, n
    )
