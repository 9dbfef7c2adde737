"""Where the numbers of a clip's input lie on the face and in time: the one form that every explanation has.

A place is a window of roi_flow, a cell of a picture of the face, or a cell of a region's map; a step is a
step of roi_flow or a window of time, one for a picture. Boxes are in pixels of the 256 px crop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from orchestrator.results.explain.canonical import LANDMARKS
from preprocessing.align import CROP
from preprocessing.regions import CHANNELS, REGIONS, regions, windows

PARTS = ("brows", "eyes", "nose", "mouth", "rest")
GRID, REGION_GRID = 14, 6  # cells a side of a picture of the face, and of a region's map
EVEN = 1.1  # the largest to the smallest value where no place stands out
COARSE = 28  # pixels: above it, occlusion covers 2 x 2 cells of the face, 3 x 3 of a region at once
BLOCK, REGION_BLOCK = 2, 3
_REGION_PART = {"eyes": "eyes", "eyebrows": "brows", "mouth": "mouth"}
# inner eye distances are 52 px: the room around a part's landmarks within which a cell is of that part
_AROUND = {"brows": (17, 27, 7.0), "eyes": (36, 48, 6.0), "nose": (30, 36, 9.0), "mouth": (48, 68, 11.0)}
_SPANS = {
    1: ("onset to apex",),
    2: ("onset to apex", "apex to offset"),
    4: ("onset to mid", "mid to apex", "apex to mid", "mid to offset"),
}


@dataclass(frozen=True)
class Places:
    """T steps and P places of one kind of input.

    index    int64, shape of one clip: step * P + place of each number.
    coarse   the same for occlusion: numbers that are covered together.
    names    (P,). boxes float (P, 4): x0, y0, x1, y1 on the crop; NaN where nobody says.
    parts    (P,): of PARTS. steps: (T,).
    cells    places are cells of a picture, not windows.
    """

    index: NDArray[np.int64]
    coarse: NDArray[np.int64]
    names: tuple[str, ...]
    boxes: NDArray[np.float64]
    parts: tuple[str, ...]
    steps: tuple[str, ...]
    cells: bool

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.steps), len(self.names)

    def total(self, values: Tensor) -> Tensor:
        """Sum within each place of numbers (n, *clip), or what is one of these after broadcasting: (n, T,
        P)."""
        flat = values.expand(len(values), *self.index.shape).flatten(1)
        made = flat.new_zeros(len(flat), int(np.prod(self.shape)))
        made = made.index_add(1, torch.from_numpy(self.index.ravel()), flat)
        total: Tensor = made.unflatten(1, self.shape)
        return total

    def mean(self, values: Tensor) -> Tensor:
        """Likewise, the mean."""
        sizes = np.bincount(self.index.ravel(), minlength=int(np.prod(self.shape))).reshape(self.shape)
        mean: Tensor = self.total(values) / torch.from_numpy(sizes.astype(np.float32))
        return mean

    def by_part(self, shares: NDArray[Any]) -> NDArray[Any]:
        """Importance (..., T, P) -> (..., parts): the mean over a part's places of what they count in all
        steps, as shares that sum to 1. A part without a place has 0. The mean, since a part with more places
        would else count more."""
        over = shares.sum(-2)
        made = np.zeros((*over.shape[:-1], len(PARTS)))
        for number, part in enumerate(PARTS):
            if (own := np.array([one == part for one in self.parts])).any():
                made[..., number] = over[..., own].mean(-1)
        total = made.sum(-1, keepdims=True)
        by_part: NDArray[Any] = made / np.where(total > 0, total, 1)
        return by_part


def even(values: NDArray[Any]) -> NDArray[np.bool_]:
    """bool (...): whether in values (..., P) no place stands out: all count for something, nearly alike."""
    least, most = values.min(-1), values.max(-1)
    made: NDArray[np.bool_] = (least > 0) & (most <= EVEN * least)
    return made


def of_input(
    kind: str,
    channels: Sequence[str],
    shape: Sequence[int],
    *,
    published: bool = False,
    landmarks: NDArray[Any] | None = None,
) -> Places:
    """Places of clips of this kind and shape (of one clip, as the model sees it).

    published  ready flow pictures of the MEGC 2019 composite, which have a crop of their own.
    landmarks  float (68, 2), crop pixels, of the face that is looked at; the canonical face if None.
    Raises ValueError for a kind that nobody here knows.
    """
    points = np.asarray(LANDMARKS if landmarks is None else landmarks, np.float64)
    if kind == "roi_flow":
        return _of_windows(channels, shape, points)
    if kind in ("flow_picture", "image", "frame_pair"):
        return _of_pictures(kind, shape, points, published)
    if kind in ("roi_maps", "roi_stack"):
        return _of_regions(kind, shape, points)
    raise ValueError(f"an input of kind {kind!r} has no places on the face that are known here")


def _of_windows(channels: Sequence[str], shape: Sequence[int], points: NDArray[Any]) -> Places:
    steps, n, components = shape
    known = dict(zip(CHANNELS[18], windows(points), strict=True))
    boxes = np.array([known.get(name, [np.nan] * 4) for name in channels], np.float64)
    index = np.broadcast_to(np.arange(steps * n).reshape(steps, n, 1), (steps, n, components)).copy()
    parts = tuple(next((p for p in PARTS[:-1] if p.removesuffix("s") in name), "rest") for name in channels)
    names = tuple(f"step {t + 1}" for t in range(steps))
    return Places(index, index, tuple(channels), boxes, parts, names, cells=False)


def _of_pictures(kind: str, shape: Sequence[int], points: NDArray[Any], published: bool) -> Places:
    height, width = shape[-2:]
    side = min(GRID, height, width)
    cells = _cells(height, width, side)
    block = BLOCK if min(height, width) > COARSE and side == GRID else 1
    coarse = _cells(height, width, side // block)
    corners = np.array([[x, y, x + 1, y + 1] for y in range(side) for x in range(side)]) * (CROP / side)
    if published:  # regions.PICTURE_CENTRES says how their crop lies in ours
        x, y = (corners[:, [0, 2]] * 28 / CROP - 14) / 0.142 + 128, (corners[:, [1, 3]] * 28 / CROP - 7)
        corners = np.stack([x[:, 0], y[:, 0] / 0.105 + 92, x[:, 1], y[:, 1] / 0.105 + 92], 1)
    names = tuple(f"row {y + 1} column {x + 1}" for y in range(side) for x in range(side))
    step = ("apex against onset",) if kind == "frame_pair" else ("onset to apex",)
    if kind == "image":
        step = ("picture",)
    index, covered = (np.broadcast_to(one, tuple(shape)).copy() for one in (cells, coarse))
    return Places(index, covered, names, corners, _parts(corners, points), step, cells=True)


def _of_regions(kind: str, shape: Sequence[int], points: NDArray[Any]) -> Places:
    windows_, side = (shape[0] if kind == "roi_maps" else 1), min(REGION_GRID, *shape[-2:])
    height, width = shape[-2:]
    block = REGION_BLOCK if min(height, width) > COARSE and side == REGION_GRID else 1
    made = []
    for cells in (side, side // block):
        own, at = _cells(height, width, cells), np.arange(windows_ * len(REGIONS))
        whole = at.reshape(windows_, len(REGIONS), 1, 1, 1) * cells**2 + own
        made.append(np.broadcast_to(whole, (windows_, len(REGIONS), 3, height, width)).reshape(tuple(shape)))
    boxes, names, parts = [], [], []
    for (x0, y0, x1, y1), region in zip(regions(points), REGIONS, strict=True):
        dx, dy = (x1 - x0) / side, (y1 - y0) / side
        for y in range(side):
            for x in range(side):
                boxes.append([x0 + x * dx, y0 + y * dy, x0 + (x + 1) * dx, y0 + (y + 1) * dy])
                names.append(f"{region} row {y + 1} column {x + 1}")
                parts.append(_REGION_PART[region])
    return Places(
        made[0].copy(), made[1].copy(), tuple(names), np.array(boxes), tuple(parts),
        _SPANS.get(windows_, tuple(f"window {w + 1}" for w in range(windows_))), cells=True,
    )  # fmt: skip


def _cells(height: int, width: int, side: int) -> NDArray[np.int64]:
    rows, columns = (np.arange(length) * side // length for length in (height, width))
    return rows[:, None] * side + columns


def _parts(boxes: NDArray[Any], points: NDArray[Any]) -> tuple[str, ...]:
    """The part of each box: that whose landmarks its centre lies among, of several the nearest."""
    centres = (boxes[:, :2] + boxes[:, 2:]) / 2
    found = []
    for centre in centres:
        near = {}
        for part, (first, last, room) in _AROUND.items():
            own = points[first:last]
            halves = [own[: len(own) // 2], own[len(own) // 2 :]] if part in ("brows", "eyes") else [own]
            for half in halves:
                low, high = half.min(0) - room, half.max(0) + room
                if ((low <= centre) & (centre <= high)).all():
                    near[part] = float(np.linalg.norm(half - centre, axis=1).min())
        found.append(min(near, key=near.__getitem__) if near else "rest")
    return tuple(found)
