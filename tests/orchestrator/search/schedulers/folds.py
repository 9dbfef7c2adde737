"""Evidence by hand: how many of a fold's validation clips were called right, epoch by epoch."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from orchestrator.search.schedulers.evidence import Evidence


def fold(
    name: str, right: int | Sequence[int], of: int = 10, *, seed: int = 0, loss: Sequence[float] | None = None
) -> Evidence:
    """``right`` of ``of`` clips of each of two classes are called right, so that UF1 is right / of; one
    number per epoch."""
    each = [right] if isinstance(right, int) else list(right)
    counts = np.array([[[r, of - r], [of - r, r]] for r in each], np.int64)
    losses = np.zeros(len(each)) if loss is None else np.asarray(loss, np.float64)
    return Evidence(name, seed, np.arange(1, len(each) + 1, dtype=np.int32), counts, losses, 2 * of)
