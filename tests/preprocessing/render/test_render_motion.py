"""The true displacement field against the pictures, and the movements against FACS."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from scipy.ndimage import map_coordinates

from preprocessing.render import RenderConfig, clip_plan, true_flow, true_landmarks
from preprocessing.render.au_fields import AU_PARTS, LID, au_fields
from preprocessing.render.emotions import corpus_emotions
from preprocessing.render.motion import ClipRenderer
from preprocessing.render.people import neutral_landmarks
from preprocessing.render.plan import coarse_grid


def grids(size: int) -> np.ndarray:
    return np.stack(np.meshgrid(np.arange(size), np.arange(size)), -1).astype(np.float32)


def remaining_shift(a: np.ndarray, b: np.ndarray, window: int) -> np.ndarray:
    """Least-squares shift (Lucas & Kanade 1981) between two grey pictures in each textured window, (n, 2) in
    pixels."""
    dx, dy = cv2.Sobel(a, cv2.CV_32F, 1, 0) / 8, cv2.Sobel(a, cv2.CV_32F, 0, 1) / 8
    shifts = []
    for y in range(12, len(a) - 12 - window, window):
        for x in range(12, len(a) - 12 - window, window):
            part = np.s_[y : y + window, x : x + window]
            slope = np.stack([dx[part].ravel(), dy[part].ravel()], 1)
            if np.linalg.eigvalsh(slope.T @ slope)[0] > 4.0 * window**2:
                shifts.append(np.linalg.lstsq(slope, (a - b)[part].ravel(), rcond=None)[0])
    return np.array(shifts)


@pytest.mark.parametrize(("size", "difficulty"), [(320, 0.0), (320, 1.0), (160, 0.5)])
def test_frame_b_warped_by_the_flow_is_frame_a(size: int, difficulty: float) -> None:
    config = RenderConfig(seed=11, subjects=2, clips_per_subject=2, size=size, difficulty=difficulty)
    for subject in range(2):
        plan = clip_plan(config, subject, 1)
        renderer = ClipRenderer(plan, config)
        for first, second in ((plan.onset, plan.apex), (plan.apex, plan.onset + 2), (plan.offset, plan.apex)):
            a, b = (
                cv2.cvtColor(renderer.clean(plan.index(n)), cv2.COLOR_BGR2GRAY).astype(np.float32)
                for n in (first, second)
            )
            at = grids(size) + true_flow(plan, config, first, second)
            back = cv2.remap(b, at[..., 0], at[..., 1], cv2.INTER_CUBIC)
            inner = np.s_[12:-12, 12:-12]
            # grey levels: rounding
            assert np.abs(a - back)[inner].mean() < min(1.0, 0.7 * np.abs(a - b)[inner].mean())
            left, before = remaining_shift(a, back, size // 16), remaining_shift(a, b, size // 16)
            assert len(left) > 30
            assert np.abs(before).max() > 0.4  # there was motion to explain
            # pixels; OpenCV warps at positions rounded to 1/32 pixel, three times here. A flow 10 % too short
            # fails.
            assert np.median(np.abs(left)) < 0.045
            assert np.abs(left).max() < 0.2
            seen = np.stack(
                [
                    map_coordinates(
                        renderer.source(plan.index(second))[..., k], [at[..., 1], at[..., 0]], order=1
                    )
                    for k in (0, 1)
                ],
                -1,
            )
            # the same point of the neutral face
            assert np.abs(seen - renderer.source(plan.index(first)))[inner].max() < 0.01


def test_flow_is_zero_to_itself_and_goes_there_and_back() -> None:
    config = RenderConfig(seed=2, subjects=1, clips_per_subject=1, difficulty=1.0)
    plan = clip_plan(config, 0, 0)
    assert not true_flow(plan, config, plan.onset, plan.onset).any()
    there = true_flow(plan, config, plan.onset, plan.apex)
    back = true_flow(plan, config, plan.apex, plan.onset)
    at = grids(config.size) + there
    rest = there + cv2.remap(back, at[..., 0], at[..., 1], cv2.INTER_LINEAR)
    assert np.abs(there).max() > 1
    assert np.abs(rest[10:-10, 10:-10]).max() < 0.02
    assert there.dtype == np.float32
    with pytest.raises(IndexError, match="frame must be in"):
        true_flow(plan, config, plan.onset, plan.offset + 1)


def test_landmarks_follow_the_flow() -> None:
    config = RenderConfig(seed=5, subjects=2, clips_per_subject=1)
    for subject in range(2):
        plan = clip_plan(config, subject, 0)
        start, end = (true_landmarks(plan, config, frame) for frame in (plan.onset, plan.apex))
        flow = true_flow(plan, config, plan.onset, plan.apex)
        seen = cv2.remap(flow, start[None, :, 0], start[None, :, 1], cv2.INTER_LINEAR)[0]
        np.testing.assert_allclose(end - start, seen, atol=0.02)


@pytest.mark.parametrize("difficulty", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("size", [160, 320])
def test_expressions_move_by_one_to_four_pixels_of_a_256_pixel_face(difficulty: float, size: int) -> None:
    config = RenderConfig(seed=1, subjects=6, clips_per_subject=5, difficulty=difficulty, size=size)
    level = config.level
    peaks = []
    for subject in range(6):
        for clip in range(5):
            plan = clip_plan(config, subject, clip)
            renderer = ClipRenderer(plan, config)
            expression = np.array([unit.role == "expression" for unit in plan.units])
            apex = plan.index(plan.apex)
            strength = renderer._courses[:, apex] * expression
            field = np.tensordot(strength, renderer._fields, 1)
            peaks.append(np.linalg.norm(field, axis=-1).max() / config.unit)
            assert max(unit.amplitude for unit in plan.units if unit.role == "expression") <= 4.0 + 1e-9
            # nothing moves at the onset
            assert not renderer._courses[[unit.role != "resting" for unit in plan.units], 0].any()
    assert min(peaks) > 0.9
    assert max(peaks) < 4.1
    assert (
        np.mean([level.amplitude_low - 0.05 <= peak <= level.amplitude_high + 0.05 for peak in peaks]) > 0.9
    )


def test_units_that_pull_against_each_other_stay_within_four_pixels() -> None:
    config = RenderConfig(seed=0, difficulty=0.0)
    plans = [
        clip_plan(config, subject, clip)
        for subject, row in enumerate(corpus_emotions(config))
        for clip in range(10)
        if row[clip] == "repression"
    ]
    opposed = [[unit.amplitude for unit in plan.units if unit.role == "expression"] for plan in plans
               if {unit.au for unit in plan.units if unit.role == "expression"} >= {12, 15}]  # fmt: skip
    assert opposed
    assert all(max(amplitudes) <= 4.0 + 1e-9 for amplitudes in opposed)


def test_movements_never_fold_the_face() -> None:
    config = RenderConfig(seed=0, subjects=8, clips_per_subject=3, difficulty=1.0)
    for subject in range(8):
        for clip in range(3):
            plan = clip_plan(config, subject, clip)
            field = ClipRenderer(plan, config).field(plan.index(plan.apex))
            dy, dx = np.gradient(field, axis=(0, 1))
            assert ((1 - dx[..., 0]) * (1 - dy[..., 1]) - dx[..., 1] * dy[..., 0]).min() > 0.4


# AU -> (landmark on the subject's right side, axis 0 outward / 1 down, sign): what the FACS manual says
# moves, and where to
DIRECTIONS = {
    1: (21, 1, -1),
    2: (17, 1, -1),
    4: (21, 1, 1),
    5: (37, 1, -1),
    6: (41, 1, -1),
    7: (41, 1, -1),
    9: (31, 1, -1),
    10: (50, 1, -1),
    12: (48, 1, -1),
    14: (48, 0, -1),
    15: (48, 1, 1),
    17: (57, 1, -1),
    20: (48, 0, 1),
    23: (48, 0, -1),
    24: (57, 1, -1),
    25: (57, 1, 1),
    26: (8, 1, 1),
    LID: (37, 1, 1),
}


@pytest.mark.parametrize("au", sorted(AU_PARTS))
def test_action_unit_moves_its_landmark_the_right_way_on_both_sides(au: int) -> None:
    config = RenderConfig(seed=8)
    points = neutral_landmarks(config, 1)
    grid = coarse_grid(config.size)
    right, left = au_fields(au, points, grid, 1.0)
    assert np.isclose(np.linalg.norm(right + left, axis=-1).max(), 1.0, atol=1e-5)
    index, axis, sign = DIRECTIONS[au]
    opposite = {8: 8, 57: 57}.get(index) or {17: 26, 21: 22, 31: 35, 37: 44, 41: 46, 48: 54, 50: 52}[index]
    for place, outward in ((index, -1), (opposite, 1)):
        x, y = ((points[place] + 0.5) / 4).astype(int)
        value = (right + left)[y, x, axis] * (outward if axis == 0 else 1)
        assert value * sign > 0.25, (au, place, value)
    if index != opposite:  # the right half of the field hardly reaches the other side
        x, y = ((points[opposite] + 0.5) / 4).astype(int)
        assert np.abs(right[y, x]).max() < 0.25
