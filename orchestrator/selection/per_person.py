"""What each person's own clips score, for papers that average over people. Of the few clips of one class that
most people have this says little: UF1, UAR and WAR pool all people first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.selection import metrics


def uar(
    people: Iterable[str], seeds: Iterable[Any], truth: Iterable[Any], predicted: Iterable[Any]
) -> tuple[list[str], NDArray[Any]]:
    """(people (P,) as they first stand, float64 (S, P): metrics.uar_of_people under each seed, those sorted).

    All four (n,), one place a prediction; every seed has the same people.
    """
    of_seed: dict[Any, list[tuple[str, Any, Any]]] = {}
    for who, seed, true, called in zip(people, seeds, truth, predicted, strict=True):
        of_seed.setdefault(seed, []).append((who, true, called))
    each = []
    for seed in sorted(of_seed):
        whose, true, called = zip(*of_seed[seed], strict=True)
        each.append(metrics.uar_of_people(true, called, whose))
    names = list(each[0])
    return names, np.array([[one[name] for name in names] for one in each])


def mean_and_sd(each: Sequence[Sequence[float]] | NDArray[Any]) -> dict[str, float]:
    """{"mean", "sd"} over people, or folds, as means over seeds. each: (S, P). The deviation is that of these
    very people (ddof 0)."""
    return {
        "mean": float(np.mean([np.mean(own) for own in each])),
        "sd": float(np.mean([np.std(own) for own in each])),
    }
