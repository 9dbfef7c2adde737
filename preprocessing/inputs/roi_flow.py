"""ROI flow sequence: the dominant motion of 14 or 18 facial windows over a clip. The input of STAG.

Source  STAG sections 3.2-3.3, eq. 8-11: dense flow between consecutive frames, a percentile threshold inside
        each window, the mean over the dominant pixels, T standardised; its abstract: discriminative frames by
        magnitude-based selection.
Output  float32 (T, N, 2): u to the right, v down, in pixels of the 256 px crop per frame of the clip; the
        names ending in _iod divide by the distance of the inner eye corners (52 px by construction of the
        crop).
Differs the percentile and T are lost in the text: the 30 % of a window's pixels that move most, T = 16. A
        clip's n - 1 flows are standardised by integrating them, reading the path at T + 1 even times and
        differencing: each step is the mean motion of its interval, so a fast movement between two steps is
        not skipped and the total displacement is exact. The names ending in _discriminative take instead the
        T steps between neighbouring frames whose magnitude, mean over the windows, is largest, in the order
        of time; how they are selected is not in the paper's text. A clip of at most T steps keeps all of
        them, standardised as above. Flow is computed on the part of the crop that holds all windows and 16 px
        around them: against the whole crop the motion of a window differs by at most 0.001 px (measured), in
        two thirds of the time. Where frames are missing, the flow between the neighbours that are there is
        divided by their distance and counts that often. From a flow picture: one step, the 3 x 3 mean at the
        channel's place (regions.PICTURE_CENTRES), less the picture's median, because the pictures are
        min-max scaled each on its own and have lost their zero.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from preprocessing.align import EYE_DISTANCE
from preprocessing.gaps import BRIDGED
from preprocessing.inputs.settings import Settings
from preprocessing.inputs.view import Frame, Input, Shared
from preprocessing.regions import CHANNELS, PICTURE_CENTRES, around, windows
from preprocessing.schema import Clip


class RoiFlow(Input):
    kind = "roi_flow"
    gaps = BRIDGED
    needs_landmarks = True
    needs_flow = True
    settings = ("steps", "keep")
    picture_unit = "grey levels of the flow picture, median removed"

    def __init__(self, n_rois: int, *, by_eye_distance: bool = False, discriminative: bool = False):
        self.n_rois, self.discriminative = n_rois, discriminative
        self.channels = tuple(CHANNELS[n_rois])
        self.scale = 1 / EYE_DISTANCE if by_eye_distance else 1.0
        self.unit = (
            "inner-eye distances per frame" if by_eye_distance else "pixels of the 256 px crop per frame"
        )
        if discriminative:
            self.picture_unit = ""  # one picture leaves nothing to select

    def shape(self, settings: Settings) -> tuple[int, ...]:
        return (settings.steps, self.n_rois, 2)

    def picture_shape(self) -> tuple[int, ...]:
        return (1, self.n_rois, 2)

    def collector(self, clip: Clip, settings: Settings) -> _Sequence:
        return _Sequence(self, settings)

    def from_picture(self, picture: NDArray[Any]) -> NDArray[Any]:
        """picture uint8 (28, 28, 3): u, v, strain -> float32 (1, N, 2)."""
        flow = picture[..., :2].astype(np.float32)
        flow -= np.median(flow, axis=(0, 1))
        out = np.empty((1, self.n_rois, 2), np.float32)
        for i, name in enumerate(self.channels):
            x, y = (round(c) for c in PICTURE_CENTRES[name])
            out[0, i] = flow[y - 1 : y + 2, x - 1 : x + 2].mean(axis=(0, 1))
        return out


class _Sequence:
    def __init__(self, of: RoiFlow, settings: Settings):
        self.of, self.settings = of, settings
        self.before: Frame | None = None
        self.motion: list[NDArray[Any]] = []

    def see(self, frame: Frame, shared: Shared) -> None:
        if self.before is not None:
            apart = frame.number - self.before.number  # a frame that is missing lies on the way
            moved = motion(shared, self.before, frame)[: self.of.n_rois] / apart
            self.motion += [moved] * apart
        self.before = frame

    def result(self, shared: Shared) -> NDArray[Any]:
        path, steps = np.stack(self.motion), self.settings.steps
        chosen = (
            select(path, steps) if self.of.discriminative and len(path) > steps else standardise(path, steps)
        )
        return (chosen * self.of.scale).astype(np.float32)


def motion(shared: Shared, first: Frame, second: Frame) -> NDArray[Any]:
    """Dominant motion float64 (18, 2) of the 18 windows of ``first``, in crop pixels to ``second`` (eq.
    8-11)."""

    def compute() -> NDArray[Any]:
        if first.landmarks is None:
            raise ValueError("ROI flow needs landmarks of every frame")
        boxes = windows(first.landmarks)
        box = around(boxes)
        field = shared.flow(first, second, box)
        return dominant(field, boxes - np.array([*box[:2], *box[:2]]), shared.settings.keep)

    return shared.once(("motion", first.number, second.number), compute)


def dominant(field: NDArray[Any], boxes: NDArray[Any], keep: float) -> NDArray[Any]:
    """Mean flow (n, 2) of the share ``keep`` of each window's pixels with the largest magnitude (eq. 9-11).

    field (h, w, 2); boxes int (n, 4). The threshold is the 1 - keep quantile, so ties at it are kept.
    """
    squared = field[..., 0] ** 2 + field[..., 1] ** 2
    out = np.empty((len(boxes), 2))
    sizes = boxes[:, 2:] - boxes[:, :2]
    flat = field.reshape(-1, 2)
    # windows of one size at once: there are few sizes
    for width, height in {tuple(size) for size in sizes.tolist()}:
        rows = np.flatnonzero((sizes == (width, height)).all(axis=1))
        inside = (np.arange(height)[:, None] * field.shape[1] + np.arange(width)).ravel()
        # (windows, pixels of a window)
        pixels = (boxes[rows, 1] * field.shape[1] + boxes[rows, 0])[:, None] + inside
        magnitude = squared.take(pixels)
        rank = math.ceil((1 - keep) * (len(inside) - 1))
        large = magnitude >= np.partition(magnitude, rank, axis=1)[:, rank, None]
        out[rows] = (large[:, None].astype(field.dtype) @ flat.take(pixels, axis=0))[:, 0] / np.count_nonzero(
            large, axis=1
        )[:, None]
    return out


def select(motion: NDArray[Any], steps: int) -> NDArray[Any]:
    """(n, N, 2) motion per frame, n > steps -> (steps, N, 2): the steps of largest mean magnitude, in order;
    of equals the first."""
    magnitude = np.hypot(motion[..., 0], motion[..., 1]).mean(axis=1)
    return motion[np.sort(np.argsort(-magnitude, kind="stable")[:steps])]


def standardise(motion: NDArray[Any], steps: int) -> NDArray[Any]:
    """(n, N, 2) motion per frame -> (steps, N, 2), still per frame: the mean motion in each of ``steps``
    equal spans of time."""
    n = len(motion)
    path = np.concatenate(
        [np.zeros_like(motion[:1]), np.cumsum(motion, axis=0)]
    )  # displacement since the first frame, (n + 1, N, 2)
    times = np.linspace(0, n, steps + 1)
    low = np.minimum(times.astype(int), n - 1)
    part = (times - low)[:, None, None]
    return np.diff(path[low] * (1 - part) + path[low + 1] * part, axis=0) * (steps / n)


INPUTS: dict[str, Input] = {
    "roi_flow14": RoiFlow(14),
    "roi_flow18": RoiFlow(18),
    "roi_flow14_iod": RoiFlow(14, by_eye_distance=True),
    "roi_flow18_iod": RoiFlow(18, by_eye_distance=True),
    "roi_flow14_discriminative": RoiFlow(14, discriminative=True),
    "roi_flow18_discriminative": RoiFlow(18, discriminative=True),
}
