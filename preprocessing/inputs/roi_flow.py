"""ROI flow sequence: the dominant motion of 14 or 18 facial windows over a clip. The input of STAG.

Source  STAG sections 3.2-3.3, eq. 8-11: dense flow between consecutive frames, a percentile threshold inside each window, the
        mean over the dominant pixels, T standardised.
Output  float32 (T, N, 2): u to the right, v down, in pixels of the 256 px crop per frame of the clip; the names ending in _iod
        divide by the distance of the inner eye corners (52 px by construction of the crop).
Differs the percentile and T are lost in the text: the 30 % of a window's pixels that move most, T = 16. A clip's n - 1 flows
        are standardised by integrating them, reading the path at T + 1 even times and differencing: each step is the mean
        motion of its interval, so a fast movement between two steps is not skipped and the total displacement is exact.
        From a flow picture: one step, the 3 x 3 mean at the channel's place (regions.PICTURE_CENTRES), less the picture's
        median, because the pictures are min-max scaled each on its own and have lost their zero.
"""

from __future__ import annotations

import numpy as np

from preprocessing.align import EYE_DISTANCE
from preprocessing.flow import Flow
from preprocessing.inputs.view import Collector, Frame, Settings
from preprocessing.regions import CHANNELS, PICTURE_CENTRES, windows
from preprocessing.schema import Clip


class RoiFlow:
    kind = "roi_flow"

    def __init__(self, n_rois: int, *, by_eye_distance: bool = False):
        self.n_rois = n_rois
        self.channels = tuple(CHANNELS[n_rois])
        self.scale = 1 / EYE_DISTANCE if by_eye_distance else 1.0
        self.unit = "inner-eye distances per frame" if by_eye_distance else "pixels of the 256 px crop per frame"
        self.picture_unit = "grey levels of the flow picture, median removed"

    def shape(self, settings: Settings) -> tuple[int, ...]:
        return (settings.steps, self.n_rois, 2)

    def picture_shape(self) -> tuple[int, ...]:
        return (1, self.n_rois, 2)

    def collector(self, clip: Clip, settings: Settings) -> Collector:
        return _Sequence(self, settings)

    def from_picture(self, picture: np.ndarray) -> np.ndarray:
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
        self.motion: list[np.ndarray] = []

    def see(self, frame: Frame, flow: Flow) -> None:
        if self.before is not None:
            field = flow(self.before.grey, frame.grey)
            boxes = windows(self.before.landmarks, self.of.n_rois)
            self.motion.append(np.stack([dominant(field[y0:y1, x0:x1], self.settings.keep) for x0, y0, x1, y1 in boxes.values()]))
        self.before = frame

    def result(self, flow: Flow) -> np.ndarray:
        return (standardise(np.stack(self.motion), self.settings.steps) * self.of.scale).astype(np.float32)


def dominant(field: np.ndarray, keep: float) -> np.ndarray:
    """Mean flow (2,) of the share ``keep`` of a window's pixels with the largest magnitude (eq. 9-11). field (h, w, 2)."""
    vectors = field.reshape(-1, 2)
    magnitude = np.hypot(vectors[:, 0], vectors[:, 1])
    return vectors[magnitude >= np.quantile(magnitude, 1 - keep)].mean(axis=0)


def standardise(motion: np.ndarray, steps: int) -> np.ndarray:
    """(n, N, 2) motion per frame -> (steps, N, 2), still per frame: the mean motion in each of ``steps`` equal spans of time."""
    n = len(motion)
    path = np.concatenate(
        [np.zeros_like(motion[:1]), np.cumsum(motion, axis=0)]
    )  # displacement since the first frame, (n + 1, N, 2)
    times = np.linspace(0, n, steps + 1)
    low = np.minimum(times.astype(int), n - 1)
    part = (times - low)[:, None, None]
    return np.diff(path[low] * (1 - part) + path[low + 1] * part, axis=0) * (steps / n)
