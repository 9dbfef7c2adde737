"""How much each component of an input moves, and whether a new clip is within what training has shown.

A clip's amount of a component (u, v, red ...) is the root mean square of its values as stored. Training clips
span a range of it; a new clip outside of this range, with a factor of MARGIN to either side, is nothing that
the model has learnt from: no motion at all, a head that turns, another unit of flow, a black picture.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.training.kinds import KINDS

MARGIN = 2.0
_FLOW, _COLOURS = ("u", "v", "strain"), ("red", "green", "blue")
_SHOWN = {"u": "horizontal motion (u)", "v": "vertical motion (v)"}  # names that say little
NAMES = {
    "roi_flow": ("u", "v"),
    "flow_picture": _FLOW,
    "image": _COLOURS,
    "frame_pair": _COLOURS,
    "roi_maps": _FLOW,
    "roi_stack": tuple(f"{name} of region {region}" for region in (1, 2, 3) for name in _FLOW),
}


def amounts(x: NDArray[Any], kind: str) -> NDArray[Any]:
    """Clips (n, ...) as stored -> float64 (n, C). Clip by clip: large pictures are float16 or uint8."""
    axis = KINDS[kind].components - 1
    rows = [np.moveaxis(clip, axis, 0).reshape(clip.shape[axis], -1).astype(np.float64) for clip in x]
    return np.array([np.sqrt((row**2).mean(1)) for row in rows])


def measured(x: NDArray[Any], kind: str) -> dict[str, list[float]]:
    """Name of a component -> [least, most] of its amount in training clips (n, ...)."""
    of = amounts(x, kind)
    return {
        name: [float(low), float(high)]
        for name, low, high in zip(NAMES[kind], of.min(0), of.max(0), strict=True)
    }


def shown(name: str) -> str:
    """A component as a message names it: "horizontal motion (u) of region 1"."""
    first, *rest = name.split(" ", 1)
    return " ".join([_SHOWN.get(first, first), *rest])


def outside(x: NDArray[Any], kind: str, unit: str, ranges: Mapping[str, Sequence[float]]) -> str:
    """Why one clip (...) as stored is outside of the training range, or "". ranges: {} where none is
    known."""
    if not ranges:
        return ""
    for name, amount in zip(ranges, amounts(x[None], kind)[0], strict=True):
        low, high = ranges[name]
        if not low / MARGIN <= amount <= high * MARGIN:
            return (
                f"{shown(name)} is far {'less' if amount < low else 'more'} than in any training "
                f"clip: its root mean square is {amount:.3g}, theirs were {low:.3g} to {high:.3g} ({unit}); "
                f"beyond {MARGIN:g} times that range the model has learnt nothing, and abstains"
            )
    return ""
