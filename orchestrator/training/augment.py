"""Other valid clips with the same expression: left-right mirrored, turned by a few degrees, resized. On
stored inputs, before normalisation.

Input   clips of any kind, (n, ...) as stored; kinds.KINDS says which components are vectors.
Output  same shape (``resize``: other rows and columns), float32. Where the face goes its vectors go:
        mirrored, horizontal motion u changes its sign and left and right change places; turned, (u, v) turn
        by the same angle. Strain and colours keep their values. Labels stay, the action units too: the stored
        vector has no sides, a mark at the left and one at the right are the same element
        (preprocessing.action_units.vector).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray

from orchestrator.training.kinds import KINDS

SWAPPED = {"left": "right", "right": "left"}
ANGLES = (5.0, -5.0, 10.0, -10.0)  # degrees; MESTI-MEGANet, section III-C


def mirror(x: NDArray[Any], kind: str, channels: tuple[str, ...]) -> NDArray[Any]:
    """Mirrored copy of ``x``; mirrored twice it is ``x`` again.

    A channel's partner is found by name: ``left_brow_2`` <-> ``right_brow_2``, ``mouth_left`` <->
    ``mouth_right``; a name without left or right is its own partner. A flow picture whose u was min-max
    scaled to 0..255 has lost its zero; the scaling of -u is 255 - u, and that is what it gets. Raises
    ValueError for a channel without a partner.
    """
    if kind == "roi_flow":
        return x[:, :, partners(channels)] * np.array([-1, 1], np.float32)
    flipped = x[..., ::-1].copy()
    planes = np.moveaxis(flipped, KINDS[kind].components, 0)  # a view
    for horizontal, _ in KINDS[kind].vectors:
        u = planes[horizontal]
        scaled = (
            (u.min((-2, -1), keepdims=True) == 0)
            & (u.max((-2, -1), keepdims=True) == 255)
            & (kind == "flow_picture")
        )
        planes[horizontal] = np.where(scaled, np.float32(255), np.float32(0)) - u
    return flipped


def rotate(x: NDArray[Any], kind: str, degrees: float) -> NDArray[Any]:
    """Copy of ``x`` turned by ``degrees`` about the middle, clockwise as seen (rows count downwards). Borders
    are repeated.

    roi_flow has no picture to turn; its windows stay and their vectors turn, as for a head held askew. Raises
    ValueError for a flow picture that was min-max scaled to 0..255: its vectors have lost their zero and
    their common scale.
    """
    if kind == "flow_picture" and len(x) and ((x.min((-2, -1)) == 0) & (x.max((-2, -1)) == 255))[:, :2].all():
        raise ValueError(
            "published flow pictures are min-max scaled, so their vectors cannot be turned; set "
            "recipe.rotate=0"
        )
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    turned = x.astype(np.float32)
    if KINDS[kind].picture:
        rows, columns = x.shape[-2:]
        flat = torch.from_numpy(turned.reshape(-1, 1, rows, columns))
        back = torch.tensor([[cos, sin * rows / columns, 0.0], [-sin * columns / rows, cos, 0.0]])
        grid = F.affine_grid(back.expand(len(flat), 2, 3), list(flat.shape), align_corners=False)
        turned = (
            F.grid_sample(flat, grid, padding_mode="border", align_corners=False).numpy().reshape(x.shape)
        )
    planes = np.moveaxis(turned, KINDS[kind].components, 0)  # a view
    for u, v in KINDS[kind].vectors:
        planes[u], planes[v] = cos * planes[u] - sin * planes[v], sin * planes[u] + cos * planes[v]
    return turned


def resize(x: NDArray[Any], kind: str, size: int) -> NDArray[Any]:
    """Pictures (n, ..., H, W) -> float32 (n, ..., size, size), smoothed where they shrink. Values keep their
    unit.

    Other inputs, and size 0, are given back as they are.
    """
    if size == 0 or not KINDS[kind].picture or x.shape[-2:] == (size, size):
        return x
    flat = torch.from_numpy(x.astype(np.float32).reshape(-1, 1, *x.shape[-2:]))
    small = F.interpolate(flat, (size, size), mode="bilinear", antialias=True, align_corners=False)
    return small.numpy().reshape(*x.shape[:-2], size, size)


def partners(channels: tuple[str, ...]) -> list[int]:
    """For each channel the index of its mirror partner."""
    names = ["_".join(SWAPPED.get(word, word) for word in name.split("_")) for name in channels]
    missing = sorted(set(names) - set(channels))
    if missing:
        raise ValueError(
            f"cannot mirror: no channel {missing[0]!r} among {channels}; set recipe.mirror=0 and "
            "recipe.tta=false"
        )
    return [channels.index(name) for name in names]
