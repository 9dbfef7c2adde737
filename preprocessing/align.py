"""Landmarks -> the geometry of the crop; frame -> canonical face.

Source  STAG section 3.2, eq. 3-4: the inner eye corners (points 39 and 42) fix scale and centre of a 256 x
        256 face crop.
Differs the paper's scale and offset are lost in its text: the inner eye corners lie 52 px apart, their
        midpoint at (128, 96), which puts brows and chin of an adult face inside the crop. The eye line is
        made horizontal. The geometry is taken from the clip's first frame and kept: a crop that followed
        every frame's landmarks would add their jitter to the flow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

CROP = 256  # pixels, square
EYE_DISTANCE = 52.0  # pixels between points 39 and 42 in the crop
EYE_MIDDLE = (128.0, 96.0)  # x, y of their midpoint in the crop


@dataclass(frozen=True)
class Crop:
    """Similarity transform frame -> crop as a 2 x 3 matrix (x' = M [x, y, 1])."""

    matrix: NDArray[Any]

    @property
    def scale(self) -> float:
        """Crop pixels per frame pixel."""
        return float(np.hypot(self.matrix[0, 0], self.matrix[1, 0]))

    def of_reduced(self, reduce: int) -> Crop:
        """The same crop of a frame read at 1/reduce of its size, whose pixel covers reduce x reduce pixels of
        the full frame."""
        turn, shift = self.matrix[:, :2], self.matrix[:, 2]
        return Crop(np.hstack([turn * reduce, (turn @ np.full(2, (reduce - 1) / 2) + shift)[:, None]]))

    def image(self, frame: NDArray[Any]) -> NDArray[Any]:
        """uint8 (H, W[, 3]) -> uint8 (256, 256[, 3]). What lies outside the frame repeats its border."""
        return cv2.warpAffine(
            frame, self.matrix, (CROP, CROP), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
        )

    def points(self, points: NDArray[Any]) -> NDArray[Any]:
        """(n, 2) frame pixels -> (n, 2) crop pixels."""
        return (points @ self.matrix[:, :2].T + self.matrix[:, 2]).astype(np.float32)


def crop_of(landmarks: NDArray[Any]) -> Crop:
    """The crop that one frame's 68 landmarks (frame pixels) define. Raises ValueError when the inner eye
    corners coincide."""
    left, right = landmarks[39].astype(np.float64), landmarks[42].astype(np.float64)
    along = right - left
    distance = float(np.hypot(*along))
    if distance < 4:
        raise ValueError(
            f"inner eye corners {distance:.1f} px apart; at least 4 px are needed to scale a face: use "
            "larger frames"
        )
    cos, sin = along / distance * (EYE_DISTANCE / distance)
    turn = np.array([[cos, sin], [-sin, cos]])
    shift = np.array(EYE_MIDDLE) - turn @ ((left + right) / 2)
    return Crop(np.hstack([turn, shift[:, None]]))
