"""Frames of a clip and their true displacement.

A frame is one backward warp of the person's neutral face: the pixel at ``q`` of frame t shows the neutral
face at ``H_t^-1(q - A_t(q))``, with ``H_t`` the head position and ``A_t`` the sum of the clip's movements at
time t. Content so moves by ``+A_t``. Rendering needs no inversion; the true displacement between two frames
solves ``y - A_b(y) = H_b(p)`` for ``y`` by fixed-point iteration (``A`` changes by less than one pixel per
pixel, so it converges).
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.render.config import RenderConfig, generator
from preprocessing.render.people import MARGIN, neutral_face, neutral_landmarks
from preprocessing.render.plan import ClipPlan, coarse_grid, pose_matrix, pose_points, unit_field
from preprocessing.render.warp import affine, inverse, warp

# enough for a field that shrinks the error to only 0.85 a step; the steepest (lids) have about 0.6
_ITERATIONS = 60
_CLOSE_ENOUGH = 1e-4  # frame pixels


class ClipRenderer:
    """Renders the frames of one clip; holds the fields of its movements."""

    def __init__(self, plan: ClipPlan, config: RenderConfig) -> None:
        self.plan, self.config = plan, config
        self.neutral_points = neutral_landmarks(config, plan.subject_index)
        grid = coarse_grid(config.size)
        landmarks = pose_points(self.neutral_points, plan.pose[0], config.size, config.unit)
        self._fields = np.stack([unit_field(unit, landmarks, grid, config.unit) for unit in plan.units])
        self._courses = np.stack([unit.course for unit in plan.units])
        self._pixels = pixels(config.size)

    def field(self, t: int) -> NDArray[np.float32]:
        """``A_t``: movement of the skin at 0-based frame t, head movement not included, (size, size, 2) in
        frame pixels."""
        coarse = np.tensordot(self._courses[:, t].astype(np.float32), self._fields, 1)
        return np.asarray(
            cv2.resize(coarse, (self.config.size, self.config.size), interpolation=cv2.INTER_CUBIC),
            np.float32,
        )

    def head(self, t: int) -> NDArray[np.float64]:
        """``H_t``, 2 x 3."""
        return pose_matrix(self.plan.pose[t], self.config.size, self.config.unit)

    def source(self, t: int) -> NDArray[np.float32]:
        """Position on the neutral face that each pixel of frame t shows, (size, size, 2) in frame pixels."""
        return affine(self._pixels - self.field(t), inverse(self.head(t)))

    def clean(self, t: int) -> NDArray[np.uint8]:
        """Frame t without flicker and sensor noise, uint8 BGR (size, size, 3)."""
        face = neutral_face(self.config, self.plan.subject_index)
        pad = np.float32(round(MARGIN * self.config.unit))
        return warp(face, self.source(t) + pad, cv2.INTER_CUBIC)

    def frame(self, t: int) -> NDArray[np.uint8]:
        """Frame t as the camera sees it, uint8 BGR (size, size, 3)."""
        picture = self.clean(t)
        bank = noise_bank(self.config)
        start = int(self.plan.noise[t] * (bank.size - picture.size))
        noise = bank[start : start + picture.size].reshape(picture.shape)
        return np.asarray(cv2.addWeighted(picture, float(self.plan.gain[t]), noise, 1.0, -128.0), np.uint8)


def true_flow(plan: ClipPlan, config: RenderConfig, frame_a: int, frame_b: int) -> NDArray[np.float32]:
    """Where each point seen in ``frame_a`` goes until ``frame_b``: float32 (size, size, 2), (x, y) in frame
    pixels.

    ``flow[y, x]`` belongs to pixel (x, y) of frame_a; the same point is seen at (x, y) + flow in frame_b.
    Contains the movements and the head. Frame numbers are absolute. Exact to about 0.001 pixels. Raises
    IndexError for a frame outside the clip.
    """
    a, b = plan.index(frame_a), plan.index(frame_b)
    renderer = ClipRenderer(plan, config)
    if a == b:
        return np.zeros((config.size, config.size, 2), np.float32)
    target = affine(renderer.source(a), renderer.head(b))
    return solve(target, renderer.field(b)) - renderer._pixels


def true_landmarks(plan: ClipPlan, config: RenderConfig, frame: int) -> NDArray[np.float32]:
    """The 68 landmarks in one frame, float32 (68, 2) in frame pixels: neutral landmarks moved like the skin
    under them."""
    t = plan.index(frame)
    renderer = ClipRenderer(plan, config)
    target = pose_points(renderer.neutral_points, plan.pose[t], config.size, config.unit)
    return solve(target[None].astype(np.float32), renderer.field(t))[0]


def solve(target: NDArray[np.float32], field: NDArray[np.float32]) -> NDArray[np.float32]:
    """``y`` with ``y - field(y) = target``."""
    y = target
    for _ in range(_ITERATIONS):
        before, y = y, target + _sample(field, y)
        if np.abs(y - before).max() < _CLOSE_ENOUGH:
            break
    return y


def _sample(field: NDArray[np.float32], at: NDArray[np.float32]) -> NDArray[np.float32]:
    """Bilinear values of ``field`` (h, w, 2) at positions (..., 2), the border repeated.

    Not cv2.remap: it rounds positions to 1/32 pixel, and in steep fields the iteration then jumps to and fro
    by 0.2 pixels.
    """
    last = np.array(field.shape[1::-1]) - 1
    at = np.clip(at, 0, last)
    low = np.minimum(at.astype(np.intp), last - 1)
    right, down = np.moveaxis(at - low, -1, 0)[..., None].astype(np.float32)
    x, y = low[..., 0], low[..., 1]
    top = field[y, x] * (1 - right) + field[y, x + 1] * right
    bottom = field[y + 1, x] * (1 - right) + field[y + 1, x + 1] * right
    return top * (1 - down) + bottom * down


@lru_cache(maxsize=4)
def noise_bank(config: RenderConfig) -> NDArray[np.uint8]:
    """Sensor noise around 128, uint8: four frames' worth; each frame takes a stretch from a random place
    (fast)."""
    values = generator(config.seed, "noise").standard_normal(4 * config.size * config.size * 3, np.float32)
    return np.clip(128.5 + config.level.noise * values, 0, 255).astype(np.uint8)


@lru_cache(maxsize=4)
def pixels(size: int) -> NDArray[np.float32]:
    axis = np.arange(size, dtype=np.float32)
    return np.stack(np.meshgrid(axis, axis), -1)
