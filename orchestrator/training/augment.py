"""The left-right mirrored clip: another valid face with the same expression. Works on stored inputs, before normalisation.

Input   roi_flow float32 (n, T, N, 2): u, v in pixels per frame or in inter-ocular distances;
        flow_picture float32 (n, 3, H, W): u, v, strain.
Output  same shape. Horizontal motion u changes its sign, left and right change places; v and strain keep their values.
"""

from __future__ import annotations

import numpy as np

SWAPPED = {"left": "right", "right": "left"}


def mirror(x: np.ndarray, kind: str, channels: tuple[str, ...]) -> np.ndarray:
    """Mirrored copy of ``x``; mirrored twice it is ``x`` again.

    A channel's partner is found by name: ``left_brow_2`` <-> ``right_brow_2``, ``mouth_left`` <-> ``mouth_right``; a name without
    left or right is its own partner. A flow picture whose u was min-max scaled to 0..255 has lost its zero; the scaling of -u is
    255 - u, and that is what it gets. Raises ValueError for a channel without a partner.
    """
    if kind == "roi_flow":
        return x[:, :, partners(channels)] * np.array([-1, 1], np.float32)
    flipped = x[..., ::-1].copy()
    u = flipped[:, 0]
    scaled = (u.min((1, 2)) == 0) & (u.max((1, 2)) == 255)
    flipped[:, 0] = np.where(scaled, np.float32(255), np.float32(0))[:, None, None] - u
    return flipped


def partners(channels: tuple[str, ...]) -> list[int]:
    """For each channel the index of its mirror partner."""
    names = ["_".join(SWAPPED.get(word, word) for word in name.split("_")) for name in channels]
    missing = sorted(set(names) - set(channels))
    if missing:
        raise ValueError(f"cannot mirror: no channel {missing[0]!r} among {channels}; set recipe.mirror=0 and recipe.tta=false")
    return [channels.index(name) for name in names]
