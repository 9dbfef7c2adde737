"""Clips of heads that move: a crop that follows the head, flow less the head's own motion, and finer flow.
Settings beside the usual ones, and a pipeline of their own, so that not a bit of what is usual changes.

stabilise=rigid  every frame is cropped by landmarks that expressions do not move (steady.RIGID), averaged
                 over SMOOTH seconds, so that they lie where they lie in the first frame; the usual crop
                 stands still.
motion=relative  of every flow field the head's own motion is taken (steady.without_head).
flow=dis_fine    DIS down to the full resolution, with five refinements: the smallest error of the three.

A crop that follows carries the landmarks' own errors, about a pixel between two frames, so rigid is for use
with relative. On still heads the usual settings lose nothing, and their numbers stay: they are the default.
Figures: benchmarks/head_motion.py, docs/results.md.
Apex spotting sees the usual crop.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.align import Crop
from preprocessing.inputs.settings import Settings
from preprocessing.inputs.view import Box, Collector, Frame, Shared
from preprocessing.pace import Even
from preprocessing.pipeline import Pipeline
from preprocessing.schema import Clip
from preprocessing.steady import RIGID, similarity, without_head

if TYPE_CHECKING:
    from preprocessing.flow import Flow

SMOOTH = 0.1  # seconds
UNKNOWN = 2  # frames to either side, of a clip without a frame rate


def pipeline(names: tuple[str, ...], settings: Settings) -> Pipeline:
    """The pipeline that these settings ask for."""
    return HeadPipeline(names, settings) if settings.of_heads else Pipeline(names, settings)


def dis_fine() -> Flow:
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST)
    dis.setFinestScale(0)
    dis.setVariationalRefinementIterations(5)
    return lambda first, second: dis.calc(first, second, None)  # type: ignore[call-overload]


class HeadPipeline(Pipeline):
    """As Pipeline, for settings that are not the usual ones."""

    def __init__(self, names: tuple[str, ...], settings: Settings):
        fine = settings.flow == "dis_fine"
        # Pipeline knows the usual methods alone, and its code decides the version of what is usual
        super().__init__(names, replace(settings, flow="dis") if fine else settings)
        self.settings = settings
        if fine and self.flow is not None:
            self.flow = dis_fine()
        self.follows = settings.stabilise != "none" or settings.motion != "absolute"
        self.tracks = self.tracks or self.follows

    def collect(
        self, clip: Clip, make: Callable[[Clip], Mapping[str, Collector]], known: Even | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """As Pipeline's."""
        if not self.follows:
            return super().collect(clip, make, known)

        def steadied(whole: Clip) -> Mapping[str, Collector]:
            one: Any = _Steadied(make(whole), whole, self.settings)  # its result is all of theirs
            return {"all": one}

        values, facts = super().collect(clip, steadied, known)
        return values["all"], facts


class _Steadied:
    """Stands between the pipeline and the collectors of a clip. Holds the frames of SMOOTH seconds."""

    def __init__(self, inner: Mapping[str, Collector], clip: Clip, settings: Settings):
        self.inner, self.settings = inner, settings
        self.side = max(1, round(SMOOTH / 2 * clip.fps)) if clip.fps else UNKNOWN
        self.frames: deque[Frame] = deque(maxlen=2 * self.side + 1)
        self.seen = self.given = 0
        self.reference: NDArray[Any] | None = None
        self.shared: Shared | None = None

    def see(self, frame: Frame, shared: Shared) -> None:
        if self.shared is None:
            self.shared = _Relative(shared) if self.settings.motion == "relative" else shared
        if self.settings.stabilise == "none":
            self._give(frame)
            return
        self.frames.append(frame)
        self.seen += 1
        if self.seen - self.given > self.side:
            self._steady()

    def result(self, shared: Shared) -> dict[str, Any]:
        while self.given < self.seen:
            self._steady()
        return {name: one.result(self.shared or shared) for name, one in self.inner.items()}

    def _steady(self) -> None:
        place = len(self.frames) - (self.seen - self.given)
        # as many to either side: at an end of the clip a moving head would be averaged to where it is not
        side = min(self.side, place, len(self.frames) - 1 - place)
        around = list(self.frames)[place - side : place + side + 1]
        rigid = np.mean([_points(one)[list(RIGID)] for one in around], axis=0)
        if self.reference is None:
            self.reference = rigid
        self.given += 1
        self._give(_moved(self.frames[place], similarity(rigid, self.reference)))

    def _give(self, frame: Frame) -> None:
        assert self.shared is not None
        for one in self.inner.values():
            one.see(frame, self.shared)


class _Relative(Shared):
    """Flow of the crop less the head's own motion, by the landmarks of the first frame."""

    def __init__(self, shared: Shared):
        super().__init__(shared._flow, shared.clip, shared.settings)

    def flow(self, first: Frame, second: Frame, box: Box | None = None) -> NDArray[Any]:
        """As Shared's. The head is fitted to the whole crop: a box may hold nothing that stands still."""
        field = super().flow(first, second)
        key = ("relative", first.number, second.number)
        whole: NDArray[Any] = self.once(key, lambda: without_head(field, _points(first)))
        x0, y0, x1, y1 = box or (0, 0, *whole.shape[1::-1])
        return np.ascontiguousarray(whole[y0:y1, x0:x1])


def _points(frame: Frame) -> NDArray[Any]:
    if frame.landmarks is None:
        raise ValueError("a crop that follows the head needs the landmarks of every frame")
    return frame.landmarks


def _moved(frame: Frame, matrix: NDArray[Any]) -> Frame:
    """The frame with its crop carried by a transform of the crop's own pixels."""
    more = Crop(matrix)
    points = more.points(_points(frame))
    if not frame._image.size:  # cut out already: from the apex spotter
        return Frame.cut(frame.number, points, more.image(frame.grey), more.image(frame.colour))
    old = frame._crop.matrix
    turn, shift = matrix[:, :2] @ old[:, :2], matrix[:, :2] @ old[:, 2] + matrix[:, 2]
    return Frame(frame.number, points, frame._image, Crop(np.hstack([turn, shift[:, None]])), frame._table)
