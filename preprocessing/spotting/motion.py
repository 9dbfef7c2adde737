"""Frames of a long video -> curves that peak where a part of the face moves and moves back.

Source  MDMD: Wang et al., Neurocomputing 230 (2017) and its use as the MEGC baseline: a frame is compared
        with those k before and k after it, k being half of an expression. Regional flow less that of the
        nose: He, ACM MM 2021, doi:10.1145/3474085.3479225, the spotter that won the MEGC of that year.
Input   frames at about 30 a second (``Rate``), uint8 BGR (H, W, 3).
Output  a ``Row`` a sample: for two scales and five groups of windows the length, in pixels of the 256 px
        crop, of half the difference between the motion up to this sample and the motion after it. A part
        that moves by D and moves back gives D at its apex, one that moves and stays D / 2, a steady drift 0.
Differs each sample's crop follows the head (steady.similarity over landmarks smoothed in time), and of each
        flow field the head's own motion is taken (steady.without_head), where MDMD aligns by the first
        frame and He by the nose tip. The long scale is the sum of five short flows, so that one field a
        sample serves both. Motion of a window is its mean, not its main direction.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Protocol

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.align import Crop, crop_of
from preprocessing.flow import FLOWS, Flow
from preprocessing.landmarks import FaceError
from preprocessing.regions import CHANNELS, windows
from preprocessing.steady import RIGID, similarity, without_head

SAMPLES = 30.0  # a second, at most about this many
LAG = 0.2  # seconds: half of a micro-expression
SCALES = {"micro": 1, "macro": 5}  # in lags: 0.2 s and 1 s
SMOOTH = 2  # samples to each side over which the rigid landmarks are averaged
NAMES = tuple(CHANNELS[18])
GROUPS = {
    group: [NAMES.index(name) for name in NAMES if name.startswith(starts)]
    for group, starts in {
        "left brow": ("left_brow",),
        "right brow": ("right_brow",),
        "mouth": ("mouth",),
        "nose": ("nose",),
        "eyes": ("left_eye", "right_eye"),
    }.items()
}


@dataclass(frozen=True)
class Rate:
    """How a video is sampled: every ``step``-th frame of ``fps``; ``lag`` samples are LAG seconds."""

    fps: float

    @property
    def step(self) -> int:
        return max(1, round(self.fps / SAMPLES))

    @property
    def samples(self) -> float:
        """A second."""
        return self.fps / self.step

    @property
    def lag(self) -> int:
        return max(2, round(LAG * self.samples))

    @property
    def behind(self) -> int:
        """Samples before and after one that its row depends on."""
        return 2 * max(SCALES.values()) * self.lag + SMOOTH


class Follows(Protocol):
    """landmarks.Landmarker, or what stands for it in a test."""

    def start(self, frame: NDArray[Any]) -> NDArray[Any]: ...
    def follow(self, frame: NDArray[Any], step: int) -> NDArray[Any]: ...


@dataclass(frozen=True)
class Row:
    """One sample. curves float32 (scales, groups), NaN where a face was missing; head: pixels of the crop
    that the head has gone in one lag; lost: why this sample has no face, or ""."""

    sample: int
    curves: NDArray[Any]
    head: float
    lost: str


@dataclass
class _Seen:
    image: NDArray[Any]
    points: NDArray[Any] | None
    lost: str
    reference: NDArray[Any] | None  # rigid landmarks in the crop to which this sample is brought


@dataclass
class _Held:
    grey: NDArray[Any]
    points: NDArray[Any]
    centre: NDArray[Any]


class Motion:
    """Takes samples in order, gives rows in order, some behind. Holds a second or two of 256 px crops."""

    def __init__(self, rate: Rate, landmarker: Follows, *, first: int = 0, flow: Flow | None = None) -> None:
        """first: number of the first sample that will be seen."""
        self.rate, self.landmarker = rate, landmarker
        self.flow = flow or FLOWS["dis"]()
        lag, most = rate.lag, max(SCALES.values())
        self._first = self._next = first
        self._seen: deque[_Seen] = deque(maxlen=2 * SMOOTH + 1)
        self._crops: deque[_Held | None] = deque(maxlen=lag + 1)
        # before the first frame and after the last a face is taken as still
        self._still = np.zeros((len(NAMES), 2))
        self._flows = deque([self._still] * (most * lag), maxlen=2 * most * lag + 1)
        self._facts: deque[tuple[float, str]] = deque(maxlen=most * lag + 1)
        self._cropped = self._emitted = first
        self._tracking = False
        self._reference: NDArray[Any] | None = None

    def restart(self) -> None:
        """Look for the face anew at the next sample: what follows then depends on no frame before but by the
        flow between them."""
        self._tracking = False

    def see(self, image: NDArray[Any]) -> Iterator[Row]:
        """The next sample."""
        points, lost = self._find(image)
        self._seen.append(_Seen(image, points, lost, self._reference))
        self._next += 1
        if self._next - self._first > SMOOTH:
            yield from self._cut(len(self._seen) - 1 - SMOOTH)

    def end(self) -> Iterator[Row]:
        """The rows that wait for samples that do not come."""
        for _ in range(min(SMOOTH, self._next - self._first)):
            if self._cropped < self._next:
                yield from self._cut(len(self._seen) - (self._next - self._cropped))
        for _ in range(max(SCALES.values()) * self.rate.lag):
            yield from self._push(self._still, 0.0, "")
            if self._emitted == self._next:
                return

    def _find(self, image: NDArray[Any]) -> tuple[NDArray[Any] | None, str]:
        try:
            if self._tracking:
                return self.landmarker.follow(image, self._next), ""
            points = self.landmarker.start(image)
            crop = crop_of(points)
        except ValueError as error:  # FaceError, or eyes too close together
            if self._tracking and isinstance(error, FaceError):
                self._tracking = False
                return self._find(image)  # it may be there, further away than tracking looks
            return None, str(error)
        self._tracking = True
        self._reference = crop.points(points)[list(RIGID)].astype(np.float64)
        return points, ""

    def _cut(self, place: int) -> Iterator[Row]:
        """The sample at ``place`` of those seen, cropped, and the flow to it from the one a lag before."""
        one = self._seen[place]
        self._cropped += 1
        held = None
        if one.points is not None and one.reference is not None:
            held = self._crop(one.image, one.points, one.reference, place)
        self._crops.append(held)
        begun = len(self._crops) > self.rate.lag
        before = self._crops[0] if begun else None
        flow, head = self._still if not begun and held is not None else np.full_like(self._still, np.nan), 0.0
        lost = one.lost
        if held is not None and before is not None:
            try:
                field = without_head(self.flow(before.grey, held.grey), before.points)
                boxes = windows(before.points)
                flow = np.array([field[y0:y1, x0:x1].mean((0, 1)) for x0, y0, x1, y1 in boxes])
                head = float(np.hypot(*(held.centre - before.centre)))
            except ValueError as error:  # the face is cut off by the frame, or turned away
                lost = str(error)
        yield from self._push(flow, head, lost)

    def _crop(self, image: NDArray[Any], points: NDArray[Any], reference: NDArray[Any], place: int) -> _Held:
        around = [
            held.points
            for held in list(self._seen)[max(0, place - SMOOTH) : place + SMOOTH + 1]
            if held.points is not None and held.reference is reference
        ]
        rigid = np.mean([held[list(RIGID)] for held in around], axis=0)
        crop = Crop(similarity(rigid, reference))
        grey = cv2.cvtColor(crop.image(image), cv2.COLOR_BGR2GRAY)
        return _Held(grey, crop.points(points), rigid.mean(0) * crop.scale)

    def _push(self, flow: NDArray[Any], head: float, lost: str) -> Iterator[Row]:
        lag, most = self.rate.lag, max(SCALES.values())
        self._flows.append(flow)
        self._facts.append((head, lost))
        behind = most * lag
        if len(self._facts) <= behind:
            return
        head, lost = self._facts[0]
        yield Row(
            self._emitted, np.array([self._response(behind, n * lag) for n in SCALES.values()]), head, lost
        )
        self._emitted += 1

    def _response(self, at: int, length: int) -> NDArray[Any]:
        """float32 (groups,): half the motion over ``length`` samples up to ``at`` less that after it, the
        mean of a group's two strongest windows."""
        lag, flows = self.rate.lag, self._flows
        back = range(0, length, lag)
        before = sum(flows[at - j] for j in back)
        after = sum(flows[at + lag + j] for j in back)
        moved = np.linalg.norm((before - after) / 2, axis=1)
        return np.array([np.sort(moved[of])[-2:].mean() for of in GROUPS.values()], np.float32)
