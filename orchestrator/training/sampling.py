"""Which training clips an epoch sees, in which batches."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.training.parts.oversample import drawn, oversampled


def epoch_order(labels: NDArray[Any], oversample: float, rng: np.random.Generator) -> NDArray[Any]:
    """Indices of one epoch, int64 (n,), shuffled: every clip once, or as ``parts/oversample.py`` says."""
    if oversample == 0:
        return rng.permutation(len(labels))
    return oversampled(labels, oversample, rng)


def drawn_counts(labels: NDArray[Any], n_classes: int, oversample: float) -> NDArray[Any]:
    """Clips of each class in every ``epoch_order``, int64 (C,)."""
    counts = np.bincount(labels, minlength=n_classes)
    if oversample == 0:
        return counts
    counts[counts > 0] = drawn(counts[counts > 0], oversample)
    return counts


def batches(order: NDArray[Any], batch_size: int) -> list[NDArray[Any]]:
    """``order`` in batches of at most ``batch_size``, as equal as can be: no batch of one clip is left over
    at the end."""
    return np.array_split(order, -(-len(order) // batch_size))
