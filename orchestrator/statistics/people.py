"""Predictions as one confusion matrix a person and seed, and what pooled sums of them score.

UF1 is pooled and does not split by person: most people have one to three clips of one class. So a person is
never scored; people are drawn, swapped or left out whole, and what is left is pooled and scored again.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from orchestrator.selection import metrics

SCORES = ("uf1", "uar", "war")


def counts(
    people: Sequence[Any] | NDArray[Any],
    seeds: Sequence[Any] | NDArray[Any],
    truth: ArrayLike,
    predicted: ArrayLike,
    n_classes: int,
) -> NDArray[Any]:
    """int64 (P, S, C, C): each person's confusion matrix under each seed, people and seeds in sorted order.

    All four (n,), one place a prediction; truth and predicted are class indices 0 .. C-1. A clip that is
    tested several times under a seed counts each time. Raises MetricError as metrics.validate.
    """
    rows, columns = metrics.validate(truth, predicted, n_classes)
    names, person = np.unique(np.asarray(people), return_inverse=True)
    numbers, seed = np.unique(np.asarray(seeds), return_inverse=True)
    made = np.zeros((len(names), len(numbers), n_classes, n_classes), np.int64)
    np.add.at(made, (person, seed, rows, columns), 1)
    return made


def scored(matrices: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """uf1, uar, war, each (...), and f1 (..., C): of pooled matrices (..., S, C, C), as means over seeds."""
    each = metrics.scores(matrices)
    hits = np.trace(matrices, axis1=-2, axis2=-1)
    whole = np.maximum(matrices.sum((-1, -2)), 1)
    return {
        "uf1": each["f1"].mean((-1, -2)),
        "uar": each["recall"].mean((-1, -2)),
        "war": (hits / whole).mean(-1),
        "f1": each["f1"].mean(-2),
    }


def alike(one: NDArray[Any], other: NDArray[Any]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both with the same number of seeds, so that they can be swapped: each seed is repeated, which changes
    no mean over seeds. (P, S, C, C) each."""
    seeds = math.lcm(one.shape[1], other.shape[1])
    return tuple(np.repeat(held, seeds // held.shape[1], axis=1) for held in (one, other))  # type: ignore[return-value]
