"""Typed forms of the few OpenCV calls that move pixels."""

from __future__ import annotations

from typing import Any, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

T = TypeVar("T", np.uint8, np.float32, np.float64)


def warp(
    image: NDArray[T],
    at: NDArray[Any],
    interpolation: int = cv2.INTER_LINEAR,
    border: int = cv2.BORDER_REFLECT,
) -> NDArray[T]:
    """``image`` (h, w) or (h, w, c) at positions ``at`` (n, m, 2), (x, y) in its pixels: (n, m) or (n, m, c),
    same dtype."""
    x, y = (np.ascontiguousarray(at[..., axis], np.float32) for axis in (0, 1))
    return np.asarray(cv2.remap(image, x, y, interpolation, borderMode=border), image.dtype)


def affine(points: NDArray[T], matrix: NDArray[np.float64]) -> NDArray[T]:
    """Positions (n, m, 2) through a 2 x 3 matrix, same dtype."""
    return np.asarray(cv2.transform(points, matrix), points.dtype)


def inverse(matrix: NDArray[np.float64]) -> NDArray[np.float64]:
    """Inverse of a 2 x 3 affine matrix."""
    return np.asarray(cv2.invertAffineTransform(matrix), np.float64)
