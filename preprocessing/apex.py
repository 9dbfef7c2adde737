"""Apex spotting: a stand-in for the apex of a clip that nobody annotated (SMIC-HS, part C of CAS(ME)^3),
better than the middle frame.

Source  the idea of Liong et al., "Automatic apex frame spotting in micro-expression database", ACPR 2015,
        doi:10.1109/ACPR.2015.7486586 (D&C-RoIs): difference of facial regions to the onset frame, over time.
Input   the aligned frames of one clip, one after the other.
Output  the frame number of the apex: a frame of the clip, never its onset.
Differs D&C-RoIs compares with the onset alone and searches the peaks by halving. Here each frame is compared
        with a straight line from the onset's to the offset's picture, which takes out what drifts through a
        clip, a slow turn of the head or of the light; the mean of each region is taken out as well, against
        flicker. On 42 rendered clips the mean error, as a share of the clip, is at difficulty 0 / 0.5 / 1:
        0.02 / 0.06 / 0.10; compared with the onset alone 0.02 / 0.22 / 0.35, and halving made that worse
        (0.02 / 0.27 / 0.35). The middle frame has 0.06, because those apexes lie near the middle; where the
        apex lies early or late it is as far off as it lies (test_apex.py).
"""

from __future__ import annotations

import typing
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.regions import REGIONS, regions

if TYPE_CHECKING:  # else a circle: the settings ask here which methods there are
    from preprocessing.inputs.view import Frame

SIZE = (32, 16)  # width, height in pixels that a region is reduced to: averages out sensor noise
# a blink is the largest movement of many clips
SEEN = tuple(i for i, name in enumerate(REGIONS) if name != "eyes")


class Spotter(typing.Protocol):
    """Sees every frame of one clip in order, with landmarks; then names the apex."""

    def see(self, frame: Frame) -> None: ...
    def result(self) -> int: ...


class RoiDifference:
    """Largest squared grey difference of eyebrows and mouth to a straight line from the onset's picture to
    the offset's."""

    def __init__(self) -> None:
        self.numbers: list[int] = []
        self.parts: list[NDArray[Any]] = []  # 4 KiB a frame
        self.boxes: list[list[int]] | None = None

    def see(self, frame: Frame) -> None:
        """Raises ValueError for a frame without landmarks."""
        if frame.landmarks is None:
            raise ValueError("apex spotting needs landmarks")
        if self.boxes is None:  # the crop stands still, so the first frame's boxes hold
            self.boxes = regions(frame.landmarks)[list(SEEN)].tolist()
        grey = frame.grey
        parts = np.array(
            [
                cv2.resize(grey[y0:y1, x0:x1].astype(np.float32), SIZE, interpolation=cv2.INTER_AREA)
                for x0, y0, x1, y1 in self.boxes
            ]
        )
        parts -= parts.mean((1, 2), keepdims=True)  # of all regions at once: a third of the time
        self.numbers.append(frame.number)
        self.parts.append(parts)

    def result(self) -> int:
        """Raises ValueError if fewer than two frames were seen."""
        if len(self.numbers) < 2:
            raise ValueError(f"{len(self.numbers)} frame(s) seen; an apex needs at least two")
        ends = min(2, len(self.parts) // 2)  # frames averaged at each end: one frame is noisy
        first, last = np.mean(self.parts[:ends], axis=0), np.mean(self.parts[-ends:], axis=0)
        first_number = self.numbers[0]  # frames may be missing
        even = np.linspace(0, 1, self.numbers[-1] - first_number + 1)
        share = even[np.array(self.numbers) - first_number]
        scores = np.array(
            [
                ((part - (1 - s) * first - s * last) ** 2).mean()
                for part, s in zip(self.parts, share, strict=True)
            ]
        )
        return self.numbers[_peak(scores)]


def _peak(scores: NDArray[Any]) -> int:
    """Index >= 1 of the largest score, smoothed over a tenth of the clip; of equals the first; the middle if
    nothing changes."""
    if scores.max() < 1e-6:  # squared grey levels; rounding alone is less
        return max(1, (len(scores) - 1) // 2)
    width = max(1, round(len(scores) / 10)) // 2 * 2 + 1
    smooth = np.convolve(np.pad(scores, width // 2, mode="edge"), np.full(width, 1 / width), mode="valid")
    return 1 + int(smooth[1:].argmax())


SPOTTERS: dict[str, Callable[[], Spotter]] = {"roi_difference": RoiDifference}
