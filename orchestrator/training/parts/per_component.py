"""Normalisation by what the training clips have per component: their root mean square, or their mean and
standard deviation."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.training.kinds import KINDS


def measured(x: NDArray[Any], kind: str, *, centred: bool) -> dict[str, NDArray[Any]]:
    """{"shift": float32 (C,), "scale": float32 (C,)} of training clips (n, ...); the shift is 0 unless
    ``centred``."""
    axis = KINDS[kind].components
    planes = np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1)
    shift = planes.mean(1, dtype=np.float64) if centred else np.zeros(len(planes))
    scale = np.array(
        [
            np.sqrt(((plane.astype(np.float64) - s) ** 2).mean())
            for plane, s in zip(planes, shift, strict=True)
        ]
    )
    scale = np.where(scale > 0, scale, 1.0)  # a component without any motion stays as it is
    return {"shift": shift.astype(np.float32), "scale": scale.astype(np.float32)}


def scaled(x: NDArray[Any], kind: str, fitted: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Clips float32 (n, ...) less the shift, divided by the scale."""
    shape = [1] * x.ndim
    shape[KINDS[kind].components] = -1
    return (x - fitted["shift"].reshape(shape)) / fitted["scale"].reshape(shape)
