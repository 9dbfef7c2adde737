"""Intervals of curves drawn by hand."""

import numpy as np
import pytest

from preprocessing.spotting.motion import GROUPS, SCALES, Rate
from preprocessing.spotting.peaks import LEAST, counted, intervals, threshold

RATE = Rate(50.0)  # every second frame: 25 samples a second
N = 500
NAMES = list(GROUPS)


def flat(seed=0):
    rng = np.random.default_rng(seed)
    return np.abs(rng.normal(0.05, 0.01, (N, len(SCALES), len(NAMES)))).astype(np.float32)


def hill(curves, scale, group, apex, wide, high):
    """Raised cosine of ``wide`` samples to either side."""
    t = np.arange(N)
    rise = np.clip(1 - np.abs(t - apex) / wide, 0, 1)
    curves[:, scale, NAMES.index(group)] += (high * (1 - np.cos(np.pi * rise)) / 2).astype(np.float32)
    return curves


def found(curves, frames=2 * N, **options):
    return intervals(curves, RATE, frames, **options)


def test_a_quick_hill_is_a_micro_expression_with_its_place_and_region():
    (one,) = found(hill(flat(), 0, "mouth", 200, 5, 1.5))
    assert (one.kind, one.region) == ("micro", "mouth")
    assert abs(one.apex - 400) <= 2 and abs(one.onset - 390) <= 3 and abs(one.offset - 410) <= 3
    assert one.score == pytest.approx(1.55, abs=0.05)
    assert found(hill(flat(), 0, "mouth", 200, 5, 1.5), first=1000)[0].apex == one.apex + 1000


def test_a_slow_hill_is_a_macro_expression_and_silence_is_nothing():
    (one,) = found(hill(flat(), 1, "left brow", 200, 20, 3.0))
    assert one.kind == "macro"
    assert found(flat()) == []
    assert found(np.full((N, len(SCALES), len(NAMES)), np.nan, np.float32)) == []
    assert found(np.zeros((0, len(SCALES), len(NAMES)), np.float32)) == []


def test_a_blink_is_no_expression_and_a_brow_beside_it_is():
    blink = hill(hill(flat(), 0, "eyes", 200, 4, 5.0), 0, "left brow", 200, 4, 0.8)
    assert found(blink) == []
    (one,) = found(hill(blink, 0, "left brow", 200, 4, 1.0))  # 1.8 of 5 pixels
    assert one.region == "left brow"


def test_a_mouth_that_talks_is_no_micro_expression_but_a_brow_above_it_is():
    curves = flat()
    for apex in range(150, 250, 8):
        hill(curves, 0, "mouth", apex, 4, 1.5)
    assert found(curves) == []
    (one,) = found(hill(curves, 0, "right brow", 200, 5, 2.5))
    assert one.region == "right brow"


def test_intervals_do_not_overlap_and_the_stronger_one_stays():
    curves = hill(hill(flat(), 1, "mouth", 200, 20, 3.0), 0, "mouth", 205, 5, 1.0)
    assert [one.kind for one in found(curves)] == ["macro"]


def test_an_interval_ends_within_the_video():
    curves = hill(flat(), 0, "mouth", 1, 5, 1.5)
    one = next(iter(found(curves, frames=998)))
    assert 0 <= one.onset <= one.apex <= one.offset <= 997


def test_the_threshold_is_not_raised_by_one_strong_movement():
    quiet = flat()[:, 0].max(1)
    loud = quiet.copy()
    loud[100:110] = 20.0
    assert threshold(loud) == pytest.approx(threshold(quiet), rel=0.1) == LEAST
    assert threshold(np.zeros(5)) == LEAST
    noisy = np.abs(np.random.default_rng(0).normal(1.0, 0.3, 1000))
    assert threshold(noisy) > 2.0


def test_what_counts_has_no_eyes_and_no_gaps():
    curves = flat()
    curves[3] = np.nan
    held = counted(curves)
    assert not held[..., NAMES.index("eyes")].any() and np.isfinite(held).all()
