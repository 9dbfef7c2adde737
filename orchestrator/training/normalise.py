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

from orchestrator.training.parts.minmax255 import check_picture, minmax255
from orchestrator.training.parts.per_component import measured, scaled

OPTIONS = ("none", "scale", "standardise", "minmax255")


def fit(x: NDArray[Any], option: str, kind: str) -> dict[str, NDArray[Any]]:
    """What ``apply`` needs, from training clips: {} or {"shift": float32 (C,), "scale": float32 (C,)}.

    Raises ValueError for an unknown option and for minmax255 on anything but pictures.
    """
    if option not in OPTIONS:
        raise ValueError(f"recipe.normalise must be one of {OPTIONS}, got {option!r}")
    if option == "none":
        return {}
    if option == "minmax255":
        check_picture(kind)
        return {}
    return measured(x, kind, centred=option == "standardise")


def apply(x: NDArray[Any], option: str, kind: str, fitted: dict[str, NDArray[Any]]) -> NDArray[Any]:
    """Normalised copy of ``x`` with what ``fit`` returned."""
    x = x.astype(np.float32)
    if option == "none":
        return x
    return minmax255(x, kind) if option == "minmax255" else scaled(x, kind, fitted)
