"""Normalisation of model inputs. Whatever is estimated is estimated on the training clips alone.

Input   roi_flow float32 (n, T, N, 2), components on the last axis; flow_picture float32 (n, 3, H, W), components on axis 1.
Output  float32, same shape. ``recipe.normalise``: "none" as stored; "scale" divided by the training clips' root mean square per
        component (zero motion stays zero); "standardise" minus their mean, divided by their standard deviation, per component;
        "minmax255" each picture's components to 0..255 on their own (nothing is estimated; a constant component becomes 0).
"""

from __future__ import annotations

import numpy as np

OPTIONS = ("none", "scale", "standardise", "minmax255")


def fit(x: np.ndarray, option: str, kind: str) -> dict[str, np.ndarray]:
    """What ``apply`` needs, from training clips: {} or {"shift": float32 (C,), "scale": float32 (C,)}.

    Raises ValueError for an unknown option and for minmax255 on anything but pictures.
    """
    if option not in OPTIONS:
        raise ValueError(f"recipe.normalise must be one of {OPTIONS}, got {option!r}")
    if option == "minmax255" and kind != "flow_picture":
        raise ValueError(f"recipe.normalise = 'minmax255' is for flow pictures, not for {kind}; use 'scale'")
    if option in ("none", "minmax255"):
        return {}
    axes = (0, 1, 2) if kind == "roi_flow" else (0, 2, 3)
    values = x.astype(np.float64)
    shift = values.mean(axes) if option == "standardise" else np.zeros(x.shape[-1] if kind == "roi_flow" else x.shape[1])
    scale = values.std(axes) if option == "standardise" else np.sqrt((values**2).mean(axes))
    scale = np.where(scale > 0, scale, 1.0)  # a component without any motion stays as it is
    return {"shift": shift.astype(np.float32), "scale": scale.astype(np.float32)}


def apply(x: np.ndarray, option: str, kind: str, fitted: dict[str, np.ndarray]) -> np.ndarray:
    """Normalised copy of ``x`` with what ``fit`` returned."""
    if option == "none":
        return x.astype(np.float32)
    if option == "minmax255":
        low, high = x.min((2, 3), keepdims=True), x.max((2, 3), keepdims=True)
        return ((x - low) / np.where(high > low, high - low, 1) * 255).astype(np.float32)
    shape = (1, 1, 1, -1) if kind == "roi_flow" else (1, -1, 1, 1)
    return ((x - fitted["shift"].reshape(shape)) / fitted["scale"].reshape(shape)).astype(np.float32)
