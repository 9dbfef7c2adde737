"""Normalisation of model inputs. Whatever is estimated is estimated on the training clips alone.

Input   clips of any kind, (n, ...), as stored; kinds.KINDS says which axis holds the components.
Output  float32, same shape. ``recipe.normalise``: "none" as stored; "scale" divided by the training clips'
        root mean square per component (zero motion stays zero); "standardise" minus their mean, divided by
        their standard deviation, per component; "minmax255" each picture's components to 0..255 on their own,
        the colours of an image by one range (nothing is estimated; what is constant becomes 0).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.training.kinds import KINDS

OPTIONS = ("none", "scale", "standardise", "minmax255")


def fit(x: NDArray[Any], option: str, kind: str) -> dict[str, NDArray[Any]]:
    """What ``apply`` needs, from training clips: {} or {"shift": float32 (C,), "scale": float32 (C,)}.

    Raises ValueError for an unknown option and for minmax255 on anything but pictures.
    """
    if option not in OPTIONS:
        raise ValueError(f"recipe.normalise must be one of {OPTIONS}, got {option!r}")
    if option == "minmax255" and not KINDS[kind].picture:
        raise ValueError(f"recipe.normalise = 'minmax255' is for pictures, not for {kind}; use 'scale'")
    if option in ("none", "minmax255"):
        return {}
    axis = KINDS[kind].components
    planes = np.moveaxis(x, axis, 0).reshape(x.shape[axis], -1)
    shift = planes.mean(1, dtype=np.float64) if option == "standardise" else np.zeros(len(planes))
    scale = np.array(
        [
            np.sqrt(((plane.astype(np.float64) - s) ** 2).mean())
            for plane, s in zip(planes, shift, strict=True)
        ]
    )
    scale = np.where(scale > 0, scale, 1.0)  # a component without any motion stays as it is
    return {"shift": shift.astype(np.float32), "scale": scale.astype(np.float32)}


def apply(x: NDArray[Any], option: str, kind: str, fitted: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Normalised copy of ``x`` with what ``fit`` returned."""
    x = x.astype(np.float32)
    if option == "none":
        return x
    about = KINDS[kind]
    if option == "minmax255":
        axes = (about.components, -2, -1) if about.jointly else (-2, -1)
        low, high = x.min(axes, keepdims=True), x.max(axes, keepdims=True)
        return (x - low) / np.where(high > low, high - low, 1) * np.float32(255)
    shape = [1] * x.ndim
    shape[about.components] = -1
    return (x - fitted["shift"].reshape(shape)) / fitted["scale"].reshape(shape)
