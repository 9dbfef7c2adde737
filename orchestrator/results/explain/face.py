"""Importance on a face: places as coloured boxes, landmarks as lines. Matplotlib without pyplot."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import PatchCollection
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from orchestrator.results.explain.canonical import LANDMARKS, LINES
from orchestrator.results.explain.places import even
from preprocessing.align import CROP

INK, SHADES = "#22262b", "YlOrRd"
LIGHT = 0.3  # of the scale of shades: all places where none stands out


def draw(
    axes: Axes,
    boxes: NDArray[Any],
    values: NDArray[Any],
    title: str,
    *,
    picture: NDArray[Any] | None = None,
    landmarks: NDArray[Any] | None = None,
) -> PatchCollection:
    """Boxes (P, 4), crop pixels, shaded by values (P,) of 0 or more; NaN boxes are left out. Where no place
    stands out all are light, and the title says so.

    picture    uint8 (256, 256, 3) RGB below them; the canonical face as lines where there is none.
    """
    points = np.asarray(LANDMARKS if landmarks is None else landmarks)
    if picture is not None:
        axes.imshow(picture)
    known = np.isfinite(boxes).all(1)
    top = darkest(values[known])
    held = PatchCollection(
        [Rectangle((x0, y0), x1 - x0, y1 - y0) for x0, y0, x1, y1 in boxes[known]],
        cmap=SHADES,
        linewidth=0,
    )
    held.set_array(values[known])
    held.set_clim(0, top)
    if picture is not None:  # what counts for nothing lets the face through
        held.set_alpha(np.clip(values[known] / top, 0, 1) * 0.75)
    axes.add_collection(held)
    for line in LINES:
        axes.plot(
            points[list(line), 0],
            points[list(line), 1],
            color=INK,
            linewidth=0.5 if picture is not None else 1,
        )
    axes.set_xlim(0, CROP)
    axes.set_ylim(CROP, 0)
    axes.set_aspect("equal")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_title(titled(title, values[known]), fontsize=8)
    return held


def darkest(values: NDArray[Any]) -> float:
    """Value of the darkest shade of a map of values of 0 or more: the largest, or one far above them where
    no place stands out, since all would be dark."""
    most = float(values.max(initial=0)) or 1.0
    return most / LIGHT if values.size and even(values.ravel()) else most


def titled(title: str, values: NDArray[Any]) -> str:
    """The title of a map of these values; a line more where no place stands out."""
    return f"{title}\neven: no region stands out" if values.size and even(values.ravel()) else title
