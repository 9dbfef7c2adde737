"""What a fold tells a scheduler: how its validation people were called, epoch by epoch.

There is no field for test predictions, so that none can reach a scheduler.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.selection import metrics
from orchestrator.selection.records import rows_at, validation_counts
from orchestrator.study.record import FoldRecord


@dataclass(frozen=True)
class Evidence:
    """One fold's validation record. E epochs, C classes.

    epochs  int32 (E,): 1-based numbers of the epochs that were evaluated, rising.
    counts  int (E, C, C): validation confusion matrices, rows = truth, columns = prediction.
    loss    float (E,): cross-entropy on the validation clips; not finite where the training diverged.
    clips   number of validation clips.
    member  as in FoldJob.
    """

    fold: str
    seed: int
    epochs: NDArray[Any]
    counts: NDArray[Any]
    loss: NDArray[Any]
    clips: int
    member: int = 0

    @classmethod
    def of(cls, result: FoldRecord) -> Evidence:
        """The validation part of a fold's result."""
        return cls(
            result.fold,
            result.seed,
            result.epochs,
            validation_counts(result),
            result.validation_loss,
            len(result.validation),
            result.member,
        )

    @property
    def key(self) -> tuple[str, int, int]:
        """(fold, seed, member), by which folds of different trials are paired."""
        return self.fold, self.seed, self.member


def aligned(folds: Iterable[Evidence]) -> tuple[NDArray[Any], NDArray[Any]]:
    """Several folds of one trial at the G epochs that any of them evaluated; one that stopped early keeps its
    last epoch.

    Returns counts int64 (n, G, C, C), whose sum over folds is pooled, and where a fold has diverged, int64
    (n, G) of 0 and 1, whose sum is the number of such folds. As in records.pooled_ranks.
    """
    folds = list(folds)
    grid = np.unique(np.concatenate([e.epochs for e in folds]))
    rows = [rows_at(e.epochs, grid) for e in folds]
    counts = np.stack([e.counts[at] for e, at in zip(folds, rows, strict=True)]).astype(np.int64)
    diverged = np.stack([~np.isfinite(e.loss[at]) for e, at in zip(folds, rows, strict=True)]).astype(
        np.int64
    )
    return counts, diverged


def best_uf1(counts: NDArray[Any], diverged: NDArray[Any]) -> NDArray[Any]:
    """The best UF1 over epochs, float64 (...), of pooled counts (..., G, C, C); an epoch at which any fold
    has diverged has 0."""
    uf1 = metrics.f1(counts).mean(axis=-1)
    return np.where(diverged > 0, 0.0, uf1).max(axis=-1)


def pooled_uf1(folds: Iterable[Evidence]) -> float:
    """The trial's score on these folds: equal to records.pooled_validation_uf1 of their results."""
    counts, diverged = aligned(folds)
    return float(best_uf1(counts.sum(axis=0), diverged.sum(axis=0)))


class Pool:
    """``pooled_uf1`` of folds as they come: one more costs the same whether it is the second or the
    six-hundredth, and no fold is held."""

    def __init__(self) -> None:
        self.grid: NDArray[Any] = np.zeros(0, np.int32)
        self.counts: NDArray[Any] = np.zeros((0, 0, 0), np.int64)
        self.diverged: NDArray[Any] = np.zeros(0, np.int64)

    @property
    def score(self) -> float:
        """Of all folds so far; 0 of none. Worked out when asked for: most sums are asked at the end alone."""
        return float(best_uf1(self.counts, self.diverged)) if len(self.grid) else 0.0

    def add(self, fold: Evidence) -> None:
        if not len(self.grid):
            self.grid, n_classes = fold.epochs, fold.counts.shape[1]
            self.counts = np.zeros((len(self.grid), n_classes, n_classes), np.int64)
            self.diverged = np.zeros(len(self.grid), np.int64)
        elif not np.array_equal(self.grid, fold.epochs):
            grid = np.union1d(self.grid, fold.epochs)
            # between two epochs of the grid so far no fold has evaluated any: sums stay as at the earlier one
            at = rows_at(self.grid, grid)
            self.grid, self.counts, self.diverged = grid, self.counts[at], self.diverged[at]
        counts, diverged = fold.counts, ~np.isfinite(fold.loss)
        if len(fold.epochs) < len(self.grid):
            at = rows_at(fold.epochs, self.grid)
            counts, diverged = counts[at], diverged[at]
        self.counts += counts
        self.diverged += diverged
