"""FoldResults written by hand: the classes that a model calls, epoch by epoch, instead of a training."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orchestrator.study.jobs import FoldResult
from orchestrator.study.record import FoldRecord


def probs(called: Sequence[Sequence[int]], n_classes: int) -> np.ndarray:
    """float32 (E, n, C): 0.7 for the class called, the rest shared."""
    calls = np.asarray(called, int).reshape(len(called), -1)
    return (np.eye(n_classes)[calls] * (0.7 - 0.3 / (n_classes - 1)) + 0.3 / (n_classes - 1)).astype(
        np.float32
    )


def record(
    fold: str,
    test: Sequence[Sequence[int]],
    validation: Sequence[Sequence[int]] | None = None,
    truth: Sequence[int] = (),
    *,
    loss: Sequence[float] | None = None,
    seed: int = 0,
    n_classes: int = 2,
    epochs: Sequence[int] | None = None,
) -> FoldResult:
    """test, validation: classes called, (E, t) and (E, v). truth: classes of the v validation clips."""
    n_epochs = len(test)
    validation = validation if validation is not None else [[]] * n_epochs
    default = np.zeros(n_epochs) if truth else np.full(n_epochs, np.nan)
    return FoldResult(
        job_id=f"{fold}-{seed}",
        fold=fold,
        seed=seed,
        validation=tuple(f"{fold}-v/{i}" for i in range(len(truth))),
        test=tuple(f"{fold}/{i}" for i in range(len(test[0]))),
        validation_truth=np.asarray(truth, np.int64),
        epochs=np.asarray(epochs or range(1, n_epochs + 1), np.int32),
        train_loss=np.linspace(1, 0.1, n_epochs).astype(np.float32),
        validation_loss=np.asarray(default if loss is None else loss, np.float32),
        validation_probs=probs(validation, n_classes),
        test_probs=probs(test, n_classes),
        seconds=0.5,
    )


def as_kept(record: FoldRecord, result: FoldResult) -> bool:
    """Whether a record is what is kept of the result: to the bit, and counts in the place of single clips."""
    texts = ("job_id", "fold", "seed", "member", "validation", "test", "seconds", "notes")
    arrays = ("epochs", "train_loss", "validation_loss", "test_probs")
    pairs = [(getattr(record, name), getattr(result, name)) for name in arrays]
    pairs += [(record.outputs[name], values) for name, values in result.outputs.items()]
    return (
        all(getattr(record, name) == getattr(result, name) for name in texts)
        and all(a.dtype == b.dtype and np.array_equal(a, b, equal_nan=True) for a, b in pairs)
        and np.array_equal(record.validation_counts, result.validation_counts)
        and record.outputs.keys() == result.outputs.keys()
    )
