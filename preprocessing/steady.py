"""What of a face's motion is the head's own, and a crop that follows the head.

``similarity``  the turn, size and shift that brings landmarks of a frame, which expressions do not move, onto
                those of another: a crop by it stands still on a moving head.
``head_motion`` the turn, size and shift that most of a flow field obeys, begun at the nose bridge, which no
                muscle moves, and fitted robustly: what an expression moves is a small part, and is left out.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

# nose bridge, and inner and outer eye corners
RIGID = (27, 28, 29, 30, 36, 39, 42, 45)
BRIDGE = (27, 28, 29)
GRID = 8  # pixels between two places where the field is read
ROUNDS = 6
CUT = 4.685  # Tukey's biweight: 95 % efficient where errors are normal
LEAST = 0.05  # pixels: flow of a face that stands still is no better


def similarity(source: NDArray[Any], target: NDArray[Any]) -> NDArray[Any]:
    """float64 (2, 3): the similarity transform that brings ``source`` (n, 2) closest to ``target`` (n, 2) in
    least squares. Raises ValueError where all source points are one."""
    return _matrix(_solved(np.asarray(source, np.float64), np.asarray(target, np.float64), None))


def head_motion(flow: NDArray[Any], landmarks: NDArray[Any]) -> NDArray[Any]:
    """float64 (2, 3): p -> where the head carries p, by a flow field float32 (H, W, 2) from the frame with
    these landmarks (68, 2), both in pixels of the field.

    Raises ValueError where the face lies outside of the field.
    """
    height, width = flow.shape[:2]
    low = np.clip(np.floor(landmarks.min(0)), 0, (width - 1, height - 1)).astype(int)
    high = np.clip(np.ceil(landmarks.max(0)), 0, (width - 1, height - 1)).astype(int)
    if (high - low < 4 * GRID).any():
        raise ValueError("the face lies outside of the crop, so that nothing tells how the head moves")
    x, y = np.meshgrid(np.arange(low[0], high[0], GRID), np.arange(low[1], high[1], GRID))
    places = np.stack([x.ravel(), y.ravel()], 1).astype(np.float64)
    moved = flow[y.ravel(), x.ravel()].astype(np.float64)
    bridge = np.clip(np.round(landmarks[list(BRIDGE)]), 2, (width - 3, height - 3)).astype(int)
    seen = [flow[v - 2 : v + 3, u - 2 : u + 3].reshape(-1, 2) for u, v in bridge]
    fitted = np.tile(np.median(np.concatenate(seen), 0), (len(places), 1))
    values = np.zeros(4)
    for _ in range(ROUNDS):
        off = np.hypot(*(moved - fitted).T)
        scale = max(LEAST, 1.4826 * float(np.median(off)))
        weights = np.clip(1 - (off / (CUT * scale)) ** 2, 0, None) ** 2
        if np.count_nonzero(weights) < 8:  # the bridge moves as nothing else does: it tells nothing
            weights = np.ones(len(off))
        values = _solved(places, places + moved, weights)
        fitted = _carried(places, _matrix(values)) - places
    return _matrix(values)


def without_head(flow: NDArray[Any], landmarks: NDArray[Any]) -> NDArray[Any]:
    """The field float32 (H, W, 2) less the head's own motion. Raises as ``head_motion``."""
    height, width = flow.shape[:2]
    matrix = head_motion(flow, landmarks)
    turn, shift = matrix[:, :2] - np.eye(2), matrix[:, 2]
    x, y = np.arange(width), np.arange(height)[:, None]
    u = flow[..., 0] - (turn[0, 0] * x + turn[0, 1] * y + shift[0])
    v = flow[..., 1] - (turn[1, 0] * x + turn[1, 1] * y + shift[1])
    left: NDArray[Any] = np.stack([u, v], -1).astype(np.float32)
    return left


def _solved(source: NDArray[Any], target: NDArray[Any], weights: NDArray[Any] | None) -> NDArray[Any]:
    """(a, b, x, y) of x' = a x - b y + x0, y' = b x + a y + y0, in least squares."""
    w = np.ones(len(source)) if weights is None else weights
    total = w.sum()
    middle: NDArray[Any] = (w @ source) / total
    goal: NDArray[Any] = (w @ target) / total
    p, q = source - middle, target - goal
    size = float(w @ (p**2).sum(1))
    if size < 1e-9:
        raise ValueError("all landmarks lie in one place; the face is lost")
    a = float(w @ (p * q).sum(1)) / size
    b = float(w @ (p[:, 0] * q[:, 1] - p[:, 1] * q[:, 0])) / size
    return np.array([a, b, goal[0] - a * middle[0] + b * middle[1], goal[1] - b * middle[0] - a * middle[1]])


def _matrix(values: NDArray[Any]) -> NDArray[Any]:
    a, b, x, y = values
    return np.array([[a, -b, x], [b, a, y]])


def _carried(points: NDArray[Any], matrix: NDArray[Any]) -> NDArray[Any]:
    carried: NDArray[Any] = points @ matrix[:, :2].T + matrix[:, 2]
    return carried
