"""ROI flow: dominant motion, standardised time, and reading channels off a flow picture."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocessing.inputs.roi_flow import RoiFlow, dominant, standardise
from preprocessing.regions import CHANNELS, PICTURE_CENTRES


def test_dominant_is_the_mean_of_the_pixels_that_move_most():
    field = np.zeros((10, 10, 2), np.float32)
    field[:3] = [2.0, -1.0]  # 30 of 100 pixels move
    np.testing.assert_allclose(dominant(field, 0.3), [2.0, -1.0])
    np.testing.assert_allclose(dominant(field, 1.0), [0.6, -0.3])


@settings(deadline=None, max_examples=50)
@given(n=st.integers(1, 60), steps=st.integers(1, 40), seed=st.integers(0, 99))
def test_standardised_time_keeps_the_total_displacement(n, steps, seed):
    motion = np.random.default_rng(seed).normal(size=(n, 3, 2))
    out = standardise(motion, steps)
    assert out.shape == (steps, 3, 2)
    np.testing.assert_allclose(out.sum(axis=0) * n / steps, motion.sum(axis=0), atol=1e-9)


def test_standardised_time_is_the_identity_at_equal_length_and_keeps_a_constant_speed():
    motion = np.random.default_rng(1).normal(size=(16, 14, 2))
    np.testing.assert_allclose(standardise(motion, 16), motion, atol=1e-12)
    np.testing.assert_allclose(standardise(np.full((37, 1, 2), 0.25), 16), 0.25, atol=1e-12)


def test_halving_the_length_averages_pairs():
    motion = np.arange(8, dtype=float).reshape(8, 1, 1)
    np.testing.assert_allclose(standardise(motion, 4)[:, 0, 0], [0.5, 2.5, 4.5, 6.5])


@pytest.mark.parametrize("n_rois", [14, 18])
def test_channels_come_in_left_right_pairs_and_have_a_place_in_a_picture(n_rois):
    names = set(CHANNELS[n_rois])
    assert len(names) == n_rois
    for name in names:
        partner = name.replace("left", "<").replace("right", "left").replace("<", "right")
        assert partner in names
        x, y = PICTURE_CENTRES[name]
        assert (27 - x, y) == pytest.approx(PICTURE_CENTRES[partner])


def test_a_picture_is_read_at_the_channel_and_centred():
    picture = np.full((28, 28, 3), 120, np.uint8)
    picture[18:21, 11:14, 1] = 160  # v at mouth_bottom_left
    picture[..., 0] = 200  # u the same everywhere: no motion once centred
    x = RoiFlow(14).from_picture(picture)
    assert x.shape == (1, 14, 2)
    channel = list(CHANNELS[14]).index("mouth_bottom_left")
    assert x[0, channel].tolist() == [0.0, 40.0]
    assert (x[..., 0] == 0).all()
    others = [i for i in range(14) if i != channel and x[0, i, 1] == 0]
    assert len(others) >= 11  # its neighbours may overlap by a pixel
