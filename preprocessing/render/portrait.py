"""The portrait that all invented people are made from, its 68 landmarks, and its upright coordinates.

Source: ``skimage.data.astronaut()``, NASA's portrait of Eileen Collins, public domain, shipped inside the
scikit-image wheel. The landmarks were measured once with MediaPipe FaceMesh 0.10.21 (mapped to the 68-point
scheme, mean over four enlarged crops, spread below 1 pixel) and are constants here, so that rendering needs
no face detector.

Coordinates: *portrait* pixels (512 x 512) and *face* pixels (320 x 320, upright, face centred; see
config.py). (x, y), y down.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
import skimage.data
from numpy.typing import NDArray

from preprocessing.render.config import DEFAULT_SIZE
from preprocessing.render.warp import affine, inverse

_CENTRE = (224.0, 127.0)  # portrait pixels: the middle of the face region goes to the middle of the frame
_SCALE = 2.4  # face pixels per portrait pixel: forehead to chin is then about 256
_ROLL = np.radians(2.6)  # the portrait's head leans by this much: mean over the lines of eyes, mouth and nose
MIDLINE = DEFAULT_SIZE / 2  # face pixels: x of the axis of symmetry

_PORTRAIT_LANDMARKS = np.array(
    [
        [179.4, 102.3],
        [179.2, 111.1],
        [179.4, 120.3],
        [181.2, 135.6],
        [184.1, 145.5],
        [190.3, 156.8],
        [196.1, 163.3],
        [206.6, 172.9],
        [222.1, 177.8],
        [238.0, 174.5],
        [249.6, 166.1],
        [256.0, 160.2],
        [263.3, 149.5],
        [268.5, 134.8],
        [270.2, 125.0],
        [271.1, 115.9],
        [271.6, 107.0],  # jaw 0-16
        [188.1, 91.2],
        [192.1, 88.2],
        [198.3, 87.0],
        [206.4, 88.1],
        [215.8, 90.0],  # subject's right brow 17-21
        [236.0, 91.9],
        [245.5, 91.0],
        [253.5, 90.8],
        [259.5, 92.7],
        [263.2, 95.9],  # left brow 22-26
        [224.9, 103.4],
        [224.4, 113.2],
        [224.0, 120.4],
        [223.7, 126.3],  # nose bridge 27-30
        [213.6, 129.6],
        [217.6, 132.2],
        [223.6, 133.3],
        [229.8, 132.8],
        [234.1, 130.6],  # nose base 31-35
        # right eye 36-41
        [195.4, 101.0],
        [199.5, 98.6],
        [206.6, 98.6],
        [213.7, 103.8],
        [207.0, 104.6],
        [200.2, 104.1],
        # left eye 42-47
        [237.1, 105.3],
        [245.0, 100.4],
        [252.3, 101.0],
        [256.2, 104.3],
        [250.5, 106.8],
        [243.6, 106.4],
        [202.3, 139.6],
        [211.5, 139.4],
        [217.2, 139.5],
        [223.5, 140.7],
        [230.1, 139.9],
        [236.2, 140.2],
        [245.8, 140.9],
        [239.5, 149.5],
        [229.3, 155.2],
        [222.9, 155.6],
        [216.6, 154.6],
        [207.4, 148.2],  # outer lip 48-59
        [203.7, 140.2],
        [217.8, 142.9],
        [223.5, 143.7],
        [229.5, 143.3],
        [244.3, 141.5],
        [228.8, 150.3],
        [223.1, 150.6],
        [217.6, 149.9],  # inner lip 60-67
    ]
)

# Index of the same point on the other side of the face.
OPPOSITE = np.array([
    16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0,
    26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 27, 28, 29, 30, 35, 34, 33, 32, 31,
    45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40,
    54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55, 64, 63, 62, 61, 60, 67, 66, 65,
])  # fmt: skip


def face_to_portrait() -> NDArray[np.float64]:
    """2 x 3 affine matrix from face pixels to portrait pixels: undoes the scale and brings back the
    portrait's lean."""
    cos, sin = np.cos(_ROLL) / _SCALE, np.sin(_ROLL) / _SCALE
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([turn, np.array(_CENTRE) - turn @ np.array([MIDLINE, MIDLINE])])


def base_landmarks(mirrored: bool) -> NDArray[np.float64]:
    """The 68 landmarks of the upright portrait, or of its mirror image, (68, 2) in face pixels."""
    points = affine(_PORTRAIT_LANDMARKS[None], inverse(face_to_portrait()))[0]
    if mirrored:
        points = points[OPPOSITE] * [-1, 1] + [2 * MIDLINE, 0]
    return points


@lru_cache(maxsize=1)
def portrait() -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
    """The portrait as float32 BGR (512, 512, 3) in 0..255, and two masks, float32 (512, 512) in 0..1.

    First mask: how much a pixel is skin. Second: how much it is an eye or a tooth. The rest is hair, clothes
    and background.
    """
    image = np.ascontiguousarray(skimage.data.astronaut()[..., ::-1])
    y, cr, cb = np.moveaxis(np.asarray(cv2.cvtColor(image, cv2.COLOR_BGR2YCrCb), np.float32), -1, 0)
    redness = np.clip((cr - cb - 12) / 14, 0, 1) * np.clip((y - 60) / 50, 0, 1)
    closed = cv2.morphologyEx(
        redness, cv2.MORPH_CLOSE, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (13, 13))
    )  # highlights
    oval = np.zeros(y.shape, np.float32)  # face and neck without hair: hair has the same hue
    cv2.ellipse(oval, (223, 132), (45, 51), 0, 0, 360, [1.0], -1)
    cv2.rectangle(oval, (186, 150), (256, 190), [1.0], -1)
    cv2.rectangle(oval, (184, 84), (267, 125), [1.0], -1)  # the forehead's corners
    skin = cv2.GaussianBlur(closed * cv2.GaussianBlur(oval, (0, 0), 3), (0, 0), 1.2)
    openings = np.zeros(y.shape, np.float32)
    for first, last in ((36, 42), (42, 48), (60, 68)):
        cv2.fillPoly(openings, [np.round(_PORTRAIT_LANDMARKS[first:last]).astype(np.int32)], [1.0])
    openings = np.asarray(cv2.GaussianBlur(openings, (0, 0), 0.8), np.float32)
    return image.astype(np.float32), np.clip(skin, 0, 1) * (1 - openings), openings
