"""Apex spotting: made-up courses with a known peak, what must not be taken for one, and rendered clips."""

import cv2
import numpy as np
import pytest

from preprocessing.align import crop_of
from preprocessing.apex import SPOTTERS, RoiDifference
from preprocessing.inputs.view import Frame
from preprocessing.regions import REGIONS
from preprocessing.render import RenderConfig, clip_plan, true_landmarks
from preprocessing.render.motion import ClipRenderer

PLACES = {"eyebrows": (128, 70), "eyes": (128, 100), "mouth": (128, 180)}
LANDMARKS = np.full((68, 2), 128, np.float32)
for region, points in REGIONS.items():
    x, y = PLACES[region]
    LANDMARKS[points] = np.stack([np.linspace(x - 40, x + 40, len(points)), np.full(len(points), y)], 1)
TEXTURE = cv2.GaussianBlur(np.random.default_rng(0).uniform(0, 255, (300, 300)).astype(np.float32), (0, 0), 6)
TEXTURE = 60 + 130 * (TEXTURE - TEXTURE.min()) / np.ptp(TEXTURE)


def spot(shifts, *, at="mouth", light=None, noise=2.0, drift=0.0, first=100):
    """The apex of a textured face whose region ``at`` is displaced downwards by ``shifts`` px, frame by
    frame."""
    rng, spotter = np.random.default_rng(1), RoiDifference()
    for t, shift in enumerate(shifts):
        grey = np.roll(TEXTURE, round(drift * t), 1)[20:276, 20:276].copy()
        x, y = PLACES[at]
        part = (slice(y - 12, y + 12), slice(x - 40, x + 40))
        grey[part] = cv2.warpAffine(grey, np.float32([[1, 0, 0], [0, 1, shift]]), (256, 256))[part]
        grey = grey + (0 if light is None else light[t]) + rng.normal(0, noise, grey.shape)
        spotter.see(
            Frame.cut(
                first + t,
                LANDMARKS,
                np.clip(grey, 0, 255).astype(np.uint8),
                np.zeros((256, 256, 3), np.uint8),
            )
        )
    return spotter.result()


def bump(n, peak, height=4.0, width=4.0):
    return height * np.exp(-(((np.arange(n) - peak) / width) ** 2) / 2)


@pytest.mark.parametrize("peak", [5, 14, 30])
@pytest.mark.parametrize("at", ["mouth", "eyebrows"])
def test_a_bump_is_found_where_it_is(peak, at):
    assert abs(spot(bump(40, peak), at=at) - (100 + peak)) <= 1


def test_a_blink_a_flicker_and_a_drift_are_not_the_apex():
    n, peak = 40, 28
    face = bump(n, peak)
    assert abs(spot(face, light=20 * np.sin(np.arange(n))) - (100 + peak)) <= 1
    assert abs(spot(face, drift=0.1) - (100 + peak)) <= 2
    blink = RoiDifference()
    for t in range(n):
        grey = TEXTURE[20:276, 20:276].copy()
        if 8 <= t <= 12:
            grey[88:112, 88:168] = 0  # the lids close
        grey[168:192, 88:168] += face[t] * 3 * np.sign(np.arange(24) - 12)[:, None]
        blink.see(
            Frame.cut(t, LANDMARKS, np.clip(grey, 0, 255).astype(np.uint8), np.zeros((256, 256, 3), np.uint8))
        )
    assert abs(blink.result() - peak) <= 1


def test_ends_and_degenerate_clips():
    assert spot(np.zeros(9), noise=0.0) == 104  # nothing moves: the middle
    assert spot([0.0, 4.0]) == 101  # never the onset
    assert spot([0.0, 4.0, 0.0]) == 101
    with pytest.raises(ValueError, match=r"1 frame\(s\) seen"):
        spot([0.0])
    with pytest.raises(ValueError, match="needs landmarks"):
        RoiDifference().see(
            Frame.cut(0, None, np.zeros((256, 256), np.uint8), np.zeros((256, 256, 3), np.uint8))
        )


def test_on_rendered_clips_that_are_cut_unevenly_the_middle_is_far_off_and_the_spotter_is_not():
    """The second half of the way back is cut off, so that the apex lies late, as it does in many labelled
    clips."""
    config, errors, middle = (
        RenderConfig(seed=5, subjects=2, clips_per_subject=4, size=200, difficulty=0.0),
        [],
        [],
    )
    for subject in range(2):
        for number in range(4):
            plan = clip_plan(config, subject, number)
            renderer, rise = ClipRenderer(plan, config), plan.apex - plan.onset
            crop = crop_of(true_landmarks(plan, config, plan.onset))
            landmarks = crop.points(true_landmarks(plan, config, plan.onset))
            spotter, n = SPOTTERS["roi_difference"](), rise + (plan.frames - rise) // 2
            for t in range(-rise, n):  # a still face before the onset, as long as the rise
                spotter.see(Frame(t, landmarks, renderer.frame(max(t, 0)), crop))
            errors.append(abs(spotter.result() - rise) / (n + rise))
            middle.append(abs((n - 1 - rise) // 2 - rise) / (n + rise))
    assert np.mean(errors) < 0.1 < np.mean(middle)
