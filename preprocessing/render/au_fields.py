"""Action units as local displacement fields.

Each AU is a sum of Gaussian windows, centred on landmarks, that carry a direction (Ekman, Friesen & Hager,
FACS manual, 2002: the appearance change of each AU, reduced to its main movement of the skin). Written for
the subject's right side and mirrored.

Differs: real skin also bulges and wrinkles; here it only moves. Numbers without a muscle's extent in the
manual are ours. Output: fields of shape (h, w, 2), (x, y) in units of the AU's amplitude: the largest vector
has length 1.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from preprocessing.render.portrait import OPPOSITE

LID = 45  # not an emotion's AU: the upper lid's downward movement of a partial blink


class Part(NamedTuple):
    """One window. Lengths in face pixels; ``out`` is away from the midline, ``down`` is down the picture."""

    points: tuple[int, ...]  # landmarks of the subject's right side (or of the midline), averaged
    direction: tuple[float, float]  # (out, down), relative strength included
    sigma: tuple[float, float]  # (x, y)
    offset: tuple[float, float] = (0.0, 0.0)  # (out, down) from the landmarks


AU_PARTS: dict[int, tuple[Part, ...]] = {
    1: (Part((20, 21), (0.1, -1.0), (16, 15)),),
    2: (Part((17, 18), (0.0, -1.0), (15, 15)), Part((19,), (0.0, -0.4), (13, 13))),
    4: (Part((21,), (-0.8, 0.6), (14, 14)), Part((19, 20), (-0.2, 0.7), (18, 14))),
    5: (Part((37, 38), (0.0, -1.0), (15, 7)),),
    6: (Part((36, 41), (-0.15, -1.0), (22, 15), (0, 20)), Part((40, 41), (0.0, -0.5), (14, 7))),
    7: (Part((40, 41), (0.0, -1.0), (15, 7)), Part((37, 38), (0.0, 0.5), (14, 6))),
    9: (
        Part((31,), (0.0, -1.0), (12, 14)),
        Part((28, 39), (-0.2, -0.7), (12, 14)),
        Part((21,), (-0.3, 0.5), (12, 12)),
        Part((50,), (0.0, -0.4), (13, 9)),
    ),
    10: (Part((49, 50), (0.0, -1.0), (15, 11)), Part((31, 48), (0.0, -0.6), (12, 14))),
    12: (Part((48,), (0.7, -0.8), (17, 16)), Part((48,), (0.2, -0.4), (20, 18), (10, -28))),
    14: (Part((48,), (-1.0, 0.0), (13, 15), (9, 0)),),
    15: (Part((48,), (0.1, 1.0), (16, 15)),),
    17: (Part((8, 57), (0.0, -1.0), (24, 17)), Part((57,), (0.0, -0.5), (18, 9))),
    20: (Part((48,), (1.0, 0.15), (20, 17)),),
    23: (
        Part((48,), (-0.7, 0.0), (14, 12)),
        Part((51,), (0.0, 0.7), (20, 7)),
        Part((57,), (0.0, -0.7), (20, 8)),
    ),
    24: (Part((51,), (0.0, 0.8), (24, 8)), Part((57,), (0.0, -1.0), (24, 9))),
    25: (Part((57,), (0.0, 1.0), (22, 11)), Part((51,), (0.0, -0.5), (22, 8))),
    26: (Part((8, 57), (0.0, 1.0), (36, 24)), Part((57,), (0.0, 0.5), (24, 12))),
    LID: (Part((37, 38), (0.0, 1.0), (15, 7)),),
}


def au_fields(
    au: int, landmarks: NDArray[np.float64], grid: NDArray[np.float64], unit: float
) -> NDArray[np.float32]:
    """Right-side and left-side halves of an AU's field, float32 (2, h, w, 2); their sum has a largest vector
    of length 1.

    landmarks (68, 2) and grid (h, w, 2) in frame pixels, ``unit`` frame pixels per face pixel. A window on
    the midline belongs half to each side. Raises KeyError for an AU that is not in AU_PARTS.
    """
    halves = np.zeros((2, *grid.shape))
    for part in AU_PARTS[au]:
        points = np.array(part.points)
        for side, (chosen, sign) in enumerate(((points, -1.0), (OPPOSITE[points], 1.0))):
            central = np.array_equal(np.sort(OPPOSITE[points]), np.sort(points))
            flip = np.array([0.0 if central else sign, 1.0])
            centre = landmarks[chosen].mean(0) + flip * part.offset * unit
            window = np.exp(-0.5 * (((grid - centre) / (np.array(part.sigma) * unit)) ** 2).sum(-1))
            halves[side] += window[..., None] * (flip * part.direction) * (0.5 if central else 1.0)
    return (halves / np.linalg.norm(halves.sum(0), axis=-1).max()).astype(np.float32)
