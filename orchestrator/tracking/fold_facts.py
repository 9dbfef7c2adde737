"""What of a fold's result goes to MLflow: some KB, where the result itself is some MB, so that a trial of 600
folds is at hand when MLflow is ready for it.

A trial's folds are two files of its run: FOLDS, a row a fold, which MLflow shows as a table, and CURVES, a
row a fold and epoch. A run a fold, as older programs made, costs MLflow a hundred times the time and space.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from orchestrator.results import report
from orchestrator.selection.records import Rank, best, ranks, rows_at
from orchestrator.study.record import FoldRecord

FOLDS, CURVES = "folds.csv", "curves.parquet"


@dataclass(frozen=True)
class FoldFacts:
    """Of one fold's result; E epochs, C classes. Nothing of it knows a test label or a test prediction.

    job_id, fold, seed, member, seconds, notes, epochs, train_loss, validation_loss: as in FoldRecord.
    test_clips, validation_clips  how many.
    counts  unsigned (E, C, C): validation confusion matrix of each epoch, None without validation
            people.
    """

    job_id: str
    fold: str
    seed: int
    member: int
    seconds: float
    notes: tuple[str, ...]
    test_clips: int
    validation_clips: int
    epochs: NDArray[Any]
    train_loss: NDArray[Any]
    validation_loss: NDArray[Any]
    counts: NDArray[Any] | None

    @classmethod
    def of(cls, result: FoldRecord) -> FoldFacts:
        clips = len(result.validation)
        counts = result.validation_counts if clips else None
        return cls(
            result.job_id,
            result.fold,
            result.seed,
            result.member,
            result.seconds,
            result.notes,
            len(result.test),
            clips,
            result.epochs,
            result.train_loss,
            result.validation_loss,
            counts,
        )

    @property
    def ranks(self) -> list[Rank]:
        """(UF1, -loss) on the fold's own validation people, for each evaluated epoch; [] without any."""
        return [] if self.counts is None else ranks(self.counts.astype(np.int64), self.validation_loss)


def pooled(folds: Sequence[FoldFacts]) -> tuple[NDArray[Any], list[Rank], NDArray[Any]]:
    """As selection.records.pooled_ranks, of those folds that have validation people (one at least): (epochs
    (G,), their ranks, confusion matrices int64 (G, C, C))."""
    judged = [(fold, fold.counts) for fold in folds if fold.counts is not None]
    grid = np.unique(np.concatenate([fold.epochs for fold, _ in judged]))
    pooled: Any = 0
    losses = []
    for fold, counts in judged:
        at = rows_at(fold.epochs, grid)
        pooled = pooled + counts[at].astype(np.int64)
        losses.append(fold.validation_loss[at])
    loss = np.average(losses, axis=0, weights=[fold.validation_clips for fold, _ in judged])
    return grid, ranks(pooled, loss), pooled


def write_table(folds: Sequence[FoldFacts], file: Path) -> None:
    """FOLDS: a row a fold, in the order given. validation_uf1 and validation_loss are those of best_epoch;
    train_loss is the last epoch's. Never a test score. Raises OSError."""
    rows = []
    for fold in folds:
        row: dict[str, Any] = {"fold": fold.fold, "seed": fold.seed}
        if any(one.member for one in folds):
            row["model"] = fold.member
        if own := fold.ranks:
            at = best(own)
            row |= {
                "validation_uf1": round(own[at][0], 6),
                "best_epoch": int(fold.epochs[at]),
                "validation_loss": round(float(fold.validation_loss[at]), 6),
            }
        row |= {
            "train_loss": round(float(fold.train_loss[-1]), 6),
            "last_epoch": int(fold.epochs[-1]),
            "validation_clips": fold.validation_clips,
            "test_clips": fold.test_clips,
            "seconds": round(fold.seconds, 3),
            "job": fold.job_id,
            "notes": "; ".join(fold.notes),
        }
        rows.append(row)
    report.write_csv(file, rows)


def write_curves(folds: Sequence[FoldFacts], file: Path) -> None:
    """CURVES: fold, seed, model, epoch, train_loss, validation_loss, validation_uf1 (NaN without validation
    people), float32. Raises OSError."""
    often = [len(fold.epochs) for fold in folds]

    def each(values: list[Any]) -> Any:
        return np.repeat(np.array(values), often)

    uf1 = [
        np.array([one for one, _ in fold.ranks]) if fold.ranks else np.full(len(fold.epochs), np.nan)
        for fold in folds
    ]
    pd.DataFrame(
        {
            "fold": pd.Categorical(each([fold.fold for fold in folds])),
            "seed": each([fold.seed for fold in folds]).astype(np.int32),
            "model": each([fold.member for fold in folds]).astype(np.int32),
            "epoch": np.concatenate([fold.epochs for fold in folds]).astype(np.int32),
            "train_loss": np.concatenate([fold.train_loss for fold in folds]).astype(np.float32),
            "validation_loss": np.concatenate([fold.validation_loss for fold in folds]).astype(np.float32),
            "validation_uf1": np.concatenate(uf1).astype(np.float32),
        }
    ).to_parquet(file, index=False, compression="zstd")
