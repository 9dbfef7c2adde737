"""Another valid clip with the same expression: left-right mirrored. On stored inputs, before normalisation.

Input   clips of any kind, (n, ...) as stored; kinds.KINDS says which components are vectors.
Output  same shape, float32. Where the face goes its vectors go: horizontal motion u changes its sign, left
        and right change places. Strain and colours keep their values. Labels stay, the action units too: the
        stored vector has no sides, a mark at the left and one at the right are the same element
        (preprocessing.action_units.vector).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.training.kinds import KINDS

SWAPPED = {"left": "right", "right": "left"}


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
