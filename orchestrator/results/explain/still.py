"""A clip as the model sees it, and the same clip with nothing happening: what importance is measured against.

Flow: no motion. Onset and apex: the onset twice. A sum over frames: a clip without change, which is 0. A
single frame cannot be without expression by itself: it is blurred, so that its detail is lost.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from orchestrator.study.recipe import Recipe
from orchestrator.training.kinds import KINDS
from orchestrator.training.normalise import apply
from orchestrator.training.prediction import prepare, resized

BLUR = 8  # a frame is averaged over an eighth of its side, twice


def seen(
    x: NDArray[Any],
    normaliser: dict[str, NDArray[Any]],
    recipe: Recipe,
    kind: str,
    channels: tuple[str, ...],
    *,
    published: bool = False,
) -> tuple[torch.Tensor, torch.Tensor]:
    """(clips, the same without what happens in them), both float32 (n, *clip), normalised alike.

    x          (n, ...) as stored. published: ready flow pictures, whose zero is lost: their median stands
               for it.
    """
    shown = prepare(x, normaliser, recipe, kind, channels, mirrored=False)[0]
    small = resized(x, kind, recipe).astype(np.float32)
    still = _still(small, kind, as_camera=x.dtype == np.uint8, published=published)
    if recipe.normalise == "minmax255":  # each picture has its own scale, which is that of the clip here
        about = KINDS[kind]
        axes = (about.components, -2, -1) if about.jointly else (-2, -1)
        low, high = small.min(axes, keepdims=True), small.max(axes, keepdims=True)
        still = (still - low) / np.where(high > low, high - low, 1) * np.float32(255)
    else:
        still = apply(still, recipe.normalise, kind, normaliser)
    return shown, torch.from_numpy(np.ascontiguousarray(still, np.float32))


def _still(x: NDArray[Any], kind: str, *, as_camera: bool, published: bool) -> NDArray[Any]:
    if kind == "frame_pair":
        return np.repeat(x[:, :1], 2, axis=1)
    if kind == "image" and as_camera:
        width = max(1, x.shape[-1] // BLUR // 2)
        picture = torch.from_numpy(x)
        for _ in range(2):
            padded = F.pad(picture, (width, width, width, width), mode="replicate")
            picture = F.avg_pool2d(padded, 2 * width + 1, stride=1)
        blurred: NDArray[Any] = picture.numpy()
        return blurred
    if kind == "flow_picture" and published:
        middle: NDArray[Any] = np.median(x, axis=(-2, -1), keepdims=True)
        return np.broadcast_to(middle, x.shape).copy()
    return np.zeros_like(x)
