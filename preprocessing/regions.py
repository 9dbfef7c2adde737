"""68 landmarks -> the windows whose dominant motion is one channel each.

Source  STAG section 3.2, eq. 5-7: six regions (brows, eyes, nose tip, mouth), finer windows at key landmarks
        inside them.
Output  boxes x0, y0, x1, y1 in crop pixels, half open, inside the crop.
Differs the paper counts "4 left-eyebrow, 4 right-eyebrow, 6 mouth, 2 nose-tip, 1 left-eye, 1 right-eye",
        which are 18, and calls its better variant 14. 4 + 4 + 6 are the 14: brows and mouth alone, while the
        18 add nose and eyes (its discussion says that the further regions of 18 are redundant ones). So 14 =
        brows + mouth, 18 = all six regions. "left" is the left of the image, as in the paper. The windows'
        size is not given: half a side of 0.16 inner-eye distances (about 8 px).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from preprocessing.align import CROP, EYE_DISTANCE

HALF = 0.16 * EYE_DISTANCE

# Channel -> the landmarks whose mean is the window's centre. Brow windows sit between neighbouring brow
# points, outer to inner.
_BROWS: dict[str, tuple[int, ...]] = {f"left_brow_{i}": (17 + i, 18 + i) for i in range(4)}
_BROWS |= {f"right_brow_{i}": (26 - i, 25 - i) for i in range(4)}
_MOUTH: dict[str, tuple[int, ...]] = {
    "mouth_left": (48,), "mouth_right": (54,), "mouth_top_left": (50,), "mouth_top_right": (52,),
    "mouth_bottom_left": (58,), "mouth_bottom_right": (56,),
}  # fmt: skip
_NOSE: dict[str, tuple[int, ...]] = {"nose_left": (31,), "nose_right": (35,)}
_EYES: dict[str, tuple[int, ...]] = {"left_eye": tuple(range(36, 42)), "right_eye": tuple(range(42, 48))}

CHANNELS: dict[int, dict[str, tuple[int, ...]]] = {14: _BROWS | _MOUTH, 18: _BROWS | _MOUTH | _NOSE | _EYES}

# Where the channels lie in the 28 x 28 flow pictures of the MEGC 2019 composite, whose face crop is tighter
# and wider than ours: x, y in pixels of the picture. From the mean face of our crop by x' = 14 + 0.142 (x -
# 128), y' = 7 + 0.105 (y - 92), the scales that put brows, eyes, nose, mouth and chin on their marks in the
# mean strain picture of 278 published clips.
PICTURE_CENTRES: dict[str, tuple[float, float]] = {
    "left_brow_0": (2.6, 4.5),
    "left_brow_1": (4.2, 3.7),
    "left_brow_2": (6.5, 3.7),
    "left_brow_3": (9.3, 4.0),
    "mouth_left": (7.9, 15.8),
    "mouth_top_left": (11.9, 15.6),
    "mouth_bottom_left": (11.9, 19.0),
    "nose_left": (10.9, 13.4),
    "left_eye": (7.3, 7.0),
}
PICTURE_CENTRES |= {
    name.replace("left", "right"): (27.0 - x, y) for name, (x, y) in PICTURE_CENTRES.items()
}  # the pictures are 28 px wide: column x mirrors to 27 - x


_NAMES = tuple(CHANNELS[18])
_MEAN = np.array(
    [[(point in points) / len(points) for point in range(68)] for points in CHANNELS[18].values()]
)
_WIDE = {_NAMES.index(name): list(points) for name, points in _EYES.items()}

# The three regions of the ROI hybrid (roi_maps), and the room left around their landmarks in inner-eye
# distances.
REGIONS: dict[str, list[int]] = {
    "eyes": list(range(36, 48)),
    "eyebrows": list(range(17, 27)),
    "mouth": list(range(48, 68)),
}
ROOM = 0.25
AROUND = 16  # pixels


def windows(landmarks: NDArray[Any]) -> NDArray[Any]:
    """Windows of the 18 channels for one frame, int (18, 4): x0, y0, x1, y1 in the order of CHANNELS[18], of
    which 14 come first.

    landmarks float (68, 2) crop pixels. Raises ValueError when a window lies outside the crop.
    """
    centres = _MEAN @ landmarks
    half = np.full((len(_NAMES), 2), HALF)
    for (
        row,
        points,
    ) in (
        _WIDE.items()
    ):  # an eye is wider than one window: its whole extent is the region (paper: points 36-41, 42-47)
        half[row, 0] = max(HALF, float(np.ptp(landmarks[points, 0])) / 2)
    boxes = np.clip(np.round(np.hstack([centres - half, centres + half])), 0, CROP).astype(int)
    return _inside(boxes, _NAMES, centres)


def regions(landmarks: NDArray[Any]) -> NDArray[Any]:
    """Boxes of the three REGIONS for one frame, int (3, 4): x0, y0, x1, y1. landmarks float (68, 2) crop
    pixels.

    Raises ValueError when a region lies outside the crop.
    """
    room = ROOM * EYE_DISTANCE
    parts = [landmarks[points] for points in REGIONS.values()]
    corners = np.array([[*part.min(axis=0) - room, *part.max(axis=0) + room] for part in parts])
    boxes = np.clip(np.round(corners), 0, CROP).astype(int)
    return _inside(boxes, tuple(REGIONS), (corners[:, :2] + corners[:, 2:]) / 2)


def around(boxes: NDArray[Any]) -> tuple[int, int, int, int]:
    """The part of the crop that a flow method has to see for what it says inside ``boxes`` int (n, 4): AROUND
    pixels on each side."""
    x0, y0 = (max(0, int(v) - AROUND) for v in boxes[:, :2].min(axis=0))
    x1, y1 = (min(CROP, int(v) + AROUND) for v in boxes[:, 2:].max(axis=0))
    return x0, y0, x1, y1


def _inside(boxes: NDArray[Any], names: tuple[str, ...], centres: NDArray[Any]) -> NDArray[Any]:
    small = (boxes[:, 2:] - boxes[:, :2] < 4).any(axis=1)
    if small.any():
        i = int(small.argmax())
        x, y = centres[i]
        raise ValueError(
            f"{names[i]} lies at ({x:.0f}, {y:.0f}), outside the {CROP} px crop; the face is turned or cut "
            "off"
        )
    return boxes
