"""The frames of a clip in one pass, in order, aligned to the face of the first, with their landmarks."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.align import crop_of
from preprocessing.frames import read_clip
from preprocessing.inputs.settings import MIDDLE, Settings
from preprocessing.inputs.view import Frame
from preprocessing.landmarks import Landmarker
from preprocessing.schema import Clip


class Fewer(Exception):
    """A video gives fewer frames than its packets said, and is whole for all that: they are to be counted."""


class Aligned:
    """The frames of a clip with their landmarks, in order: an iterable for one pass.

    The geometry of the crop is that of the first frame. After it the landmark model runs only where its
    points are used, and then once in ``landmarks_every`` seconds; the frames between wait until their
    landmarks can be interpolated. read: the clip as it is read. final: number of the last frame that is
    there; where there are fewer, Fewer is raised.
    """

    def __init__(
        self, clip: Clip, read: Clip, final: int, landmarker: Landmarker, settings: Settings, tracks: bool
    ):
        self.clip, self.landmarker, self.settings, self.tracks = clip, landmarker, settings, tracks
        self.read, self.final = read, final
        # the spotter looks at every frame: cut at once it is in the processor's cache still, and is smaller
        self.cuts = settings.apex != MIDDLE and clip.apex is None
        self.every = max(1, round(settings.landmarks_every * clip.fps)) if tracks and clip.fps else 1
        self.height = self.width = 0

    def __iter__(self) -> Iterator[Frame]:
        images = self._images()
        number, image = next(images)
        self.height, self.width = image.shape[:2]
        found = self.landmarker.start(image)
        crop = crop_of(found)
        points = crop.points(found)
        reduce = 4 if crop.scale <= 1 / 4 else 2 if crop.scale <= 1 / 2 else 1
        # the crop needs no more: fewer pixels to decode, to look at and to warp, and no aliasing
        if reduce > 1:
            images, crop = self._images(reduce), crop.of_reduced(reduce)
            number, image = next(images)
        table = (
            equalising(cv2.cvtColor(crop.image(image), cv2.COLOR_BGR2GRAY))
            if self.settings.equalise
            else None
        )
        yield Frame(number, points, image, crop, table)
        waiting: list[Frame] = []
        looked = first = number
        for number, image in images:
            if not self.tracks:
                yield Frame(number, None, image, crop, table)
                continue
            frame = Frame(number, None, image, crop, table)
            waiting.append(frame.without_picture() if self.cuts else frame)
            if number - looked < self.every and number != self.final:
                continue
            before, points = points, crop.points(self.landmarker.follow(image, number - first))
            for held in waiting:
                share = np.float32((held.number - looked) / (number - looked))
                held.landmarks = before + (points - before) * share
                yield held
            looked = number
            waiting.clear()
        if number != self.final:
            raise Fewer

    def _images(self, reduce: int = 1) -> Iterator[tuple[int, NDArray[Any]]]:
        first = self.clip.onset or 0
        return islice(read_clip(self.read, reduce), self.final - first + 1)


def equalising(grey: NDArray[Any]) -> NDArray[Any]:
    """Look-up table uint8 (256,) that equalises the histogram of ``grey`` uint8 (H, W): the same as
    cv2.equalizeHist on it."""
    count = np.bincount(grey.ravel(), minlength=256)
    below = np.cumsum(count) - count[np.flatnonzero(count)[0]]
    table: NDArray[Any] = np.round(np.clip(below, 0, None) * (255 / max(below[-1], 1))).astype(np.uint8)
    return table
