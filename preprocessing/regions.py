"""68 landmarks -> the windows whose dominant motion is one channel each.

Source  STAG section 3.2, eq. 5-7: six regions (brows, eyes, nose tip, mouth), finer windows at key landmarks inside them.
Output  {channel name: (x0, y0, x1, y1)} in crop pixels, half open, inside the crop.
Differs the paper counts "4 left-eyebrow, 4 right-eyebrow, 6 mouth, 2 nose-tip, 1 left-eye, 1 right-eye", which are 18, and calls
        its better variant 14. 4 + 4 + 6 are the 14: brows and mouth alone, while the 18 add nose and eyes (its discussion says that
        the further regions of 18 are redundant ones). So 14 = brows + mouth, 18 = all six regions. "left" is the left of the
        image, as in the paper. The windows' size is not given: half a side of 0.16 inner-eye distances (about 8 px).
"""

from __future__ import annotations

import numpy as np

from preprocessing.align import CROP, EYE_DISTANCE

HALF = 0.16 * EYE_DISTANCE

# Channel -> the landmarks whose mean is the window's centre. Brow windows sit between neighbouring brow points, outer to inner.
_BROWS: dict[str, tuple[int, ...]] = {f"left_brow_{i}": (17 + i, 18 + i) for i in range(4)}
_BROWS |= {f"right_brow_{i}": (26 - i, 25 - i) for i in range(4)}
_MOUTH: dict[str, tuple[int, ...]] = {
    "mouth_left": (48,), "mouth_right": (54,), "mouth_top_left": (50,), "mouth_top_right": (52,),
    "mouth_bottom_left": (58,), "mouth_bottom_right": (56,),
}  # fmt: skip
_NOSE: dict[str, tuple[int, ...]] = {"nose_left": (31,), "nose_right": (35,)}
_EYES: dict[str, tuple[int, ...]] = {"left_eye": tuple(range(36, 42)), "right_eye": tuple(range(42, 48))}

CHANNELS: dict[int, dict[str, tuple[int, ...]]] = {14: _BROWS | _MOUTH, 18: _BROWS | _MOUTH | _NOSE | _EYES}

# Where the channels lie in the 28 x 28 flow pictures of the MEGC 2019 composite, whose face crop is tighter and wider than
# ours: x, y in pixels of the picture. From the mean face of our crop by x' = 14 + 0.142 (x - 128), y' = 7 + 0.105 (y - 92), the
# scales that put brows, eyes, nose, mouth and chin on their marks in the mean strain picture of 278 published clips.
PICTURE_CENTRES: dict[str, tuple[float, float]] = {
    "left_brow_0": (2.6, 4.5), "left_brow_1": (4.2, 3.7), "left_brow_2": (6.5, 3.7), "left_brow_3": (9.3, 4.0),
    "mouth_left": (7.9, 15.8), "mouth_top_left": (11.9, 15.6), "mouth_bottom_left": (11.9, 19.0),
    "nose_left": (10.9, 13.4), "left_eye": (7.3, 7.0),
}  # fmt: skip
PICTURE_CENTRES |= {
    name.replace("left", "right"): (27.0 - x, y) for name, (x, y) in PICTURE_CENTRES.items()
}  # the pictures are 28 px wide: column x mirrors to 27 - x


def windows(landmarks: np.ndarray, n_rois: int) -> dict[str, tuple[int, int, int, int]]:
    """Windows of the ``n_rois`` channels for one frame. landmarks float (68, 2) crop pixels. n_rois 14 or 18."""
    boxes = {}
    for name, points in CHANNELS[n_rois].items():
        x, y = landmarks[list(points)].mean(axis=0)
        # Eyes are wider than one window: their whole extent is the region (paper: points 36-41 and 42-47).
        wide = HALF if len(points) < 3 else max(HALF, float(np.ptp(landmarks[list(points), 0])) / 2)
        x0, x1 = sorted(int(np.clip(round(v), 0, CROP)) for v in (x - wide, x + wide))
        y0, y1 = sorted(int(np.clip(round(v), 0, CROP)) for v in (y - HALF, y + HALF))
        if x1 - x0 < 4 or y1 - y0 < 4:
            raise ValueError(
                f"channel {name} lies at ({x:.0f}, {y:.0f}), outside the {CROP} px crop; the face is turned or cut off"
            )
        boxes[name] = (x0, y0, x1, y1)
    return boxes
