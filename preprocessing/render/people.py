"""Invented people: the portrait with another face shape, skin, hair, light and texture.

Shape is a smooth displacement, symmetric about the face's midline: a few named features (jaw width, eye
spacing, ...) and low waves. Half of the people are made from the mirrored portrait. Convention, here and in
motion.py: a field ``V`` says that what is seen at ``x`` comes from ``x - V(x)``, so content moves by ``+V``
and rendering needs no inversion.

Differs from real corpora: all people share one portrait, so hair style and background repeat; the class never
depends on them.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.render.config import RenderConfig, generator
from preprocessing.render.portrait import MIDLINE, OPPOSITE, base_landmarks, face_to_portrait, portrait
from preprocessing.render.warp import affine, warp

MARGIN = 32  # face pixels of picture kept around the frame, so that no movement ever shows a border

# feature: landmarks of the subject's right side, direction (outward, down), window (sigma x, sigma y),
# spread; face pixels
_FEATURES: dict[str, tuple[tuple[int, ...], tuple[float, float], tuple[float, float], float]] = {
    "jaw_width": ((4, 5), (1, 0), (42, 45), 8),
    "cheek_width": ((1, 2), (1, 0), (40, 40), 6),
    "chin_length": ((8,), (0, 1), (55, 34), 6),
    "eye_spacing": ((36, 39), (1, 0), (30, 20), 4.5),
    "eye_height": ((36, 39), (0, 1), (36, 24), 4),
    "eye_opening": ((37, 38), (0, -1), (15, 8), 1.8),
    "eye_slant": ((36,), (0, -1), (14, 12), 2.2),
    "brow_height": ((18, 19, 20), (0, -1), (32, 14), 4),
    "brow_slant": ((17, 18), (0, -1), (16, 12), 3),
    "brow_spacing": ((21,), (1, 0), (14, 12), 3),
    "nose_width": ((31,), (1, 0), (13, 16), 3.5),
    "nose_length": ((33,), (0, 1), (24, 20), 5),
    "mouth_width": ((48,), (1, 0), (19, 18), 5),
    "mouth_height": ((51, 57), (0, 1), (48, 22), 4),
    "mouth_curve": ((48,), (0, -1), (18, 15), 3),
    "lower_lip": ((57,), (0, 1), (22, 10), 2.2),
    "upper_lip": ((51,), (0, -1), (22, 9), 1.8),
}


def _window(
    grid: NDArray[np.float64], centre: NDArray[np.float64], sigma: tuple[float, float]
) -> NDArray[np.float64]:
    return np.exp(-0.5 * (((grid - centre) / sigma) ** 2).sum(-1))


def _shape_field(
    config: RenderConfig, index: int, grid: NDArray[np.float64], mirrored: bool
) -> NDArray[np.float64]:
    """Displacement (h, w, 2) of the person's features from the portrait's on ``grid`` (h, w, 2), face
    pixels."""
    rng = generator(config.seed, "shape", config.subject_name(index))
    base = base_landmarks(mirrored)
    # symmetric anchors for a symmetric change
    base = (base + base[OPPOSITE] * [-1, 1] + [2 * MIDLINE, 0]) / 2
    draw = np.clip(rng.standard_normal(len(_FEATURES)), -1.7, 1.7)
    field = np.zeros_like(grid)
    for (points, (out, down), sigma, spread), value in zip(_FEATURES.values(), draw, strict=True):
        right = base[list(points)].mean(0)
        if abs(right[0] - MIDLINE) < 1:
            field += value * spread * _window(grid, right, sigma)[..., None] * (0, down)
            continue
        left = right * [-1, 1] + [2 * MIDLINE, 0]
        for centre, sign in ((right, -1), (left, 1)):
            field += value * spread * _window(grid, centre, sigma)[..., None] * (sign * out, down)
    aspect, size = np.clip(rng.normal(0, [0.035, 0.025]), -0.07, 0.07)
    offset = grid - [MIDLINE, MIDLINE]
    field += offset * [size - aspect, size + aspect]
    for _ in range(3):  # low waves: even in x for the vertical part, odd for the horizontal part
        fx, fy = rng.uniform(0.3, 1.0, 2) * 2 * np.pi / 320
        phase, ax, ay = rng.uniform(0, 2 * np.pi), *rng.normal(0, 2.0, 2)
        wave = np.cos(fy * offset[..., 1] + phase)
        field += np.stack(
            [ax * np.sin(fx * offset[..., 0]) * wave, ay * np.cos(fx * offset[..., 0]) * wave], -1
        )
    while _smallest_stretch(field, grid) < 0.45:  # never fold the face or smear it
        field *= 0.85
    return field


def _smallest_stretch(field: NDArray[np.float64], grid: NDArray[np.float64]) -> float:
    """Smallest local area ratio of ``x - V(x)``; 0 or less would mean a fold."""
    step = grid[0, 1, 0] - grid[0, 0, 0]
    dy, dx = np.gradient(field, step, axis=(0, 1))
    return float(((1 - dx[..., 0]) * (1 - dy[..., 1]) - dx[..., 1] * dy[..., 0]).min())


def is_mirrored(config: RenderConfig, index: int) -> bool:
    """Whether the person is made from the mirrored portrait."""
    return bool(generator(config.seed, "mirror", config.subject_name(index)).random() < 0.5)


def _grid(low: float, high: float, step: float) -> NDArray[np.float64]:
    axis = np.arange(low, high, step)
    return np.stack(np.meshgrid(axis, axis), -1)


@lru_cache(maxsize=64)
def neutral_landmarks(config: RenderConfig, index: int) -> NDArray[np.float64]:
    """The person's 68 landmarks on a face without expression and head movement, (68, 2) in face pixels."""
    mirrored = is_mirrored(config, index)
    grid = _grid(-MARGIN, 2 * MIDLINE + MARGIN, 4.0)
    field = _shape_field(config, index, grid, mirrored).astype(np.float32)
    base = base_landmarks(mirrored)
    points = base.copy()
    for _ in range(30):  # x = base + V(x); V is a contraction (see _smallest_stretch)
        points = base + warp(field, (points + MARGIN)[None] / 4.0)[0]
    return points


@lru_cache(maxsize=32)
def neutral_face(config: RenderConfig, index: int) -> NDArray[np.uint8]:
    """The person's neutral face with MARGIN around the frame, uint8 BGR (n, n, 3); frame pixel (0, 0) lies at
    MARGIN * unit."""
    rng = generator(config.seed, "look", config.subject_name(index))
    mirrored = is_mirrored(config, index)
    pad = round(MARGIN * config.unit)
    step = 1 / config.unit
    n = config.size + 2 * pad
    coarse = _grid(-MARGIN, 2 * MIDLINE + MARGIN, 4.0)
    pixels = (np.stack(np.meshgrid(np.arange(n), np.arange(n)), -1) - pad + 0.5) * step - 0.5  # face pixels
    field = warp(
        _shape_field(config, index, coarse, mirrored),
        (pixels + MARGIN) / 4.0,
        cv2.INTER_CUBIC,
        cv2.BORDER_REPLICATE,
    )
    source = pixels - field
    if mirrored:
        source = source * [-1, 1] + [2 * MIDLINE, 0]
    source = affine(source, face_to_portrait())
    picture, skin, openings = portrait()
    picture = warp(picture, source, cv2.INTER_LANCZOS4)
    skin, openings = (warp(mask, source)[..., None] for mask in (skin, openings))
    rest = 1 - skin - openings
    picture = (
        skin * _skin_tone(picture, rng)
        + rest * _hair_tone(picture, rng)
        + openings * rng.uniform(0.75, 1.0) * picture
    )
    picture = picture + skin * _texture(rng, n, config.unit)[..., None]
    return np.clip(picture * _light(rng, n)[..., None] + 0.5, 0, 255).astype(np.uint8)


def _skin_tone(picture: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    darkness, warmth, redness = rng.uniform(0.0, 1.0), rng.normal(0, 0.03), rng.normal(0, 0.015)
    gain = np.array([1 - warmth, 1 - redness, 1 + warmth + redness]) * (
        1 - darkness * np.array([0.55, 0.46, 0.36])
    )
    return (255 * (np.clip(picture, 0, 255) / 255) ** (1 + 0.3 * darkness) * gain).astype(np.float32)


def _hair_tone(picture: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    grey = picture.mean(-1, keepdims=True)
    tint = rng.uniform(0.45, 1.05) * np.clip(rng.normal(1, 0.05, 3), 0.88, 1.12)
    return ((grey + rng.uniform(0.2, 1.2) * (picture - grey)) * tint).astype(np.float32)


def _texture(rng: np.random.Generator, n: int, unit: float) -> NDArray[np.float32]:
    """Fixed skin pattern in grey levels: pores, blotches and, on some people, freckles."""
    pattern = np.zeros((n, n), np.float32)
    for sigma, level in ((1.2, 2.5), (4.0, 2.5), (14.0, 3.0)):
        noise = cv2.GaussianBlur(rng.standard_normal((n, n)).astype(np.float32), (0, 0), sigma * unit)
        pattern += rng.uniform(0.5, 1.3) * level * noise / noise.std()
    freckles = np.zeros((n, n), np.float32)
    where = rng.integers(0, n, (int(rng.integers(0, 500)), 2))
    freckles[where[:, 0], where[:, 1]] = rng.uniform(0.3, 1.0, len(where))
    return pattern - rng.uniform(8, 24) * 9 * unit**2 * cv2.GaussianBlur(freckles, (0, 0), 1.3 * unit)


def _light(rng: np.random.Generator, n: int) -> NDArray[np.float32]:
    """Smooth brightness gain over the frame: a slope in some direction, a bow, an overall level."""
    axis = np.linspace(-1, 1, n, dtype=np.float32)
    x, y = np.meshgrid(axis, axis)
    angle, slope, bow, level = (
        rng.uniform(0, 2 * np.pi),
        rng.uniform(0, 0.28),
        rng.normal(0, 0.08),
        rng.uniform(0.85, 1.12),
    )
    return (level * (1 + slope * (np.cos(angle) * x + np.sin(angle) * y) + bow * (x * x + y * y))).astype(
        np.float32
    )
