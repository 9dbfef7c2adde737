"""The mirrored clip: what moves where, by hand."""

import numpy as np
import pytest

from orchestrator.training.augment import mirror, partners
from orchestrator.training.normalise import apply, fit

CHANNELS = (
    *(f"left_brow_{i}" for i in range(4)), *(f"right_brow_{i}" for i in range(4)), "mouth_left", "mouth_right", "mouth_top_left",
    "mouth_top_right", "mouth_bottom_left", "mouth_bottom_right", "nose_left", "nose_right", "left_eye", "right_eye",
)  # fmt: skip


def test_channels_change_places_by_name():
    partner = {CHANNELS[i]: CHANNELS[j] for i, j in enumerate(partners(CHANNELS))}
    assert partner["left_brow_2"] == "right_brow_2" and partner["mouth_top_right"] == "mouth_top_left"
    assert partner["left_eye"] == "right_eye" and partners(("nose", "left_eye", "right_eye")) == [0, 2, 1]


def test_a_channel_without_a_partner_is_an_error():
    with pytest.raises(ValueError, match="no channel 'right_eye'"):
        partners(("left_eye", "nose"))


def test_roi_flow_by_hand():
    x = np.array([[[[1, 2], [3, 4], [5, 6]]]], np.float32)  # one clip, one step; left_eye, right_eye, nose
    np.testing.assert_array_equal(mirror(x, "roi_flow", ("left_eye", "right_eye", "nose")), [[[[-3, 4], [-1, 2], [-5, 6]]]])


def test_flow_picture_by_hand():
    x = np.array([[[[1.0, 2]], [[3, 4]], [[5, 6]]]], np.float32)  # one picture of 1 x 2 pixels: u, v, strain
    np.testing.assert_array_equal(mirror(x, "flow_picture", ()), [[[[-2, -1]], [[4, 3]], [[6, 5]]]])


@pytest.mark.parametrize("kind", ["roi_flow", "flow_picture"])
def test_twice_is_the_clip_itself(kind):
    shape, channels = ((4, 6, 18, 2), CHANNELS) if kind == "roi_flow" else ((4, 3, 28, 28), ())
    x = np.random.default_rng(0).standard_normal(shape).astype(np.float32)
    before = x.copy()
    once = mirror(x, kind, channels)
    assert once.dtype == np.float32 and not np.allclose(once, x)
    np.testing.assert_array_equal(mirror(once, kind, channels), x)
    np.testing.assert_array_equal(x, before)


def test_scaling_a_picture_to_255_and_mirroring_it_commute():
    flow = np.random.default_rng(0).standard_normal((4, 3, 28, 28)).astype(np.float32) * [[[[3]], [[2]], [[1]]]] + 1
    flow = flow.astype(np.float32)
    scaled = apply(flow, "minmax255", "flow_picture", fit(flow, "minmax255", "flow_picture"))
    then_scaled = apply(mirror(flow, "flow_picture", ()), "minmax255", "flow_picture", {})
    np.testing.assert_allclose(mirror(scaled, "flow_picture", ()), then_scaled, atol=1e-3)
    np.testing.assert_allclose(mirror(scaled, "flow_picture", ())[:, 0], 255 - scaled[:, 0, :, ::-1], atol=1e-3)
