"""Several comparisons, several corpora, several seeds; and how many people a gain needs."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy import stats

from orchestrator.statistics.intervals import LEVEL

POWER = 0.8  # chance that a study of so many people shows the gain


def holm(p: Sequence[float]) -> list[float]:
    """p values adjusted for their number (Holm 1979), in the order given: each is at most .05 where it still
    holds among all."""
    order = np.argsort(p, kind="stable")
    stepped = np.maximum.accumulate(np.asarray(p, np.float64)[order] * np.arange(len(p), 0, -1))
    made = np.empty(len(p))
    made[order] = np.minimum(stepped, 1.0)
    return [float(one) for one in made]


def stouffer(p: Sequence[float], gains: Sequence[float], people: Sequence[int]) -> float:
    """Two-sided p of one difference that was tested on several corpora with other people.

    p: two-sided, one a corpus. gains: the differences there, of which the sign counts: corpora that
    contradict each other cancel. people: how many each has; weights are their square roots.
    """
    up = [one / 2 if gain > 0 else 1 - one / 2 for one, gain in zip(p, gains, strict=True)]
    # a p of exactly 1 has no finite z on the other side
    up = [min(max(one, 1e-300), 1 - 1e-16) for one in up]
    one_sided = float(stats.combine_pvalues(up, "stouffer", weights=np.sqrt(people)).pvalue)
    return min(1.0, 2 * min(one_sided, 1 - one_sided))


def paired_t_over_seeds(one: Sequence[float], other: Sequence[float]) -> float:
    """Two-sided p of Student's paired t over seeds, as some papers give it. It says whether other seeds on
    these very people would differ, and nothing of other people. nan where all pairs differ by the same."""
    return float(stats.ttest_rel(one, other).pvalue) if np.ptp(np.subtract(one, other)) else math.nan


def wilcoxon_over_seeds(one: Sequence[float], other: Sequence[float]) -> float:
    """Likewise Wilcoxon's signed ranks. 1 where nothing differs. With 5 seeds it cannot fall below .0625."""
    return float(stats.wilcoxon(one, other).pvalue) if np.any(np.subtract(one, other)) else 1.0


def people_needed(gain: float, sd: float) -> float:
    """How many people of this kind would show a gain of so much: in four of five studies of that size its
    95 % interval does not hold 0.

    gain: not 0, as 0.03 of UF1. sd: what one person adds to it (intervals.Difference.sd). Infinite for 0.
    """
    if gain == 0:
        return math.inf
    z = stats.norm.ppf((1 + LEVEL) / 2) + stats.norm.ppf(POWER)
    return float(max(2, math.ceil((z * sd / gain) ** 2)))
