"""Rare classes more often in an epoch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray


def drawn(counts: NDArray[Any], oversample: float) -> NDArray[Any]:
    """How many clips of each class an epoch has, int64 (C,), of ``counts`` that there are, int (C,), each 1
    or more.

    A class with n_c clips gets a share of the epoch proportional to n_c ** (1 - oversample): at 0 every clip
    comes once, at 1 every class equally often. An epoch has n clips whatever the oversampling, so it always
    costs the same.
    """
    shares = counts ** (1 - oversample)
    wanted = shares / shares.sum() * counts.sum()
    draws = np.floor(wanted).astype(int)
    # the largest remainders
    draws[np.argsort(draws - wanted, kind="stable")[: counts.sum() - draws.sum()]] += 1
    return draws


def oversampled(labels: NDArray[Any], oversample: float, rng: np.random.Generator) -> NDArray[Any]:
    """Indices of one epoch, int64 (n,), shuffled: as many of each class as ``drawn`` says. Within a class no
    clip comes twice before all have come once."""
    classes, counts = np.unique(labels, return_counts=True)
    draws = drawn(counts, oversample)
    order = [
        np.concatenate([rng.permutation(members) for _ in range(-(-n // len(members)))])[:n]
        for members, n in ((np.flatnonzero(labels == c), n) for c, n in zip(classes, draws, strict=True))
        if n
    ]
    return rng.permutation(np.concatenate(order))
