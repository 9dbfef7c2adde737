"""Each option by what it promises about the training clips."""

import numpy as np
import pytest

from orchestrator.training.normalise import apply, fit

SHAPES = {
    "roi_flow": ((7, 5, 4, 2), (0, 1, 2)),
    "flow_picture": ((7, 3, 8, 8), (0, 2, 3)),
    "image": ((7, 3, 8, 8), (0, 2, 3)),
    "frame_pair": ((7, 2, 3, 8, 8), (0, 1, 3, 4)),
    "roi_maps": ((7, 4, 3, 3, 8, 8), (0, 1, 2, 4, 5)),
    "roi_stack": ((7, 9, 8, 8), (0, 2, 3)),
}


@pytest.mark.parametrize("kind", SHAPES)
def test_training_clips_get_what_the_option_promises(kind):
    shape, axes = SHAPES[kind]
    x = (np.random.default_rng(0).standard_normal(shape) * 3 + 2).astype(np.float32)
    scaled = apply(x, "scale", kind, fit(x, "scale", kind))
    np.testing.assert_allclose(np.sqrt((scaled**2).mean(axes)), 1, rtol=1e-5)
    np.testing.assert_array_equal(np.sign(scaled), np.sign(x))  # zero motion stays zero
    standardised = apply(x, "standardise", kind, fit(x, "standardise", kind))
    np.testing.assert_allclose(standardised.mean(axes), 0, atol=1e-5)
    np.testing.assert_allclose(standardised.std(axes), 1, rtol=1e-5)
    np.testing.assert_array_equal(apply(x, "none", kind, fit(x, "none", kind)), x)


def test_other_clips_are_measured_with_the_training_clips_ruler():
    train = np.ones((2, 3, 4, 2), np.float32) * [2, 4]  # root mean square 2 and 4
    other = np.ones((1, 3, 4, 2), np.float32) * [6, 2]
    result = apply(other.astype(np.float32), "scale", "roi_flow", fit(train, "scale", "roi_flow"))
    np.testing.assert_allclose(result[0, 0, 0], [3, 0.5])


def test_minmax255_looks_at_one_picture_and_channel_at_a_time():
    x = np.random.default_rng(0).standard_normal((3, 3, 8, 8)).astype(np.float32)
    x[2, 1] = 5  # nothing moves: no scale
    scaled = apply(x, "minmax255", "flow_picture", fit(x, "minmax255", "flow_picture"))
    assert (
        (scaled[:2].min((2, 3)) == 0).all()
        and np.allclose(scaled[:2].max((2, 3)), 255)
        and (scaled[2, 1] == 0).all()
    )
    np.testing.assert_array_equal(apply(x[1:2], "minmax255", "flow_picture", {}), scaled[1:2])


def test_minmax255_of_an_image_keeps_its_colours():
    x = (
        np.random.default_rng(0).standard_normal((2, 3, 8, 8)).astype(np.float32)
        * np.array([1, 2, 3], np.float32)[:, None, None]
    )
    scaled = apply(x, "minmax255", "image", {})
    assert np.allclose(scaled.min((1, 2, 3)), 0) and np.allclose(scaled.max((1, 2, 3)), 255, rtol=1e-5)
    ratio = (scaled[0, 0].max() - scaled[0, 0].min()) / (scaled[0, 2].max() - scaled[0, 2].min())
    assert ratio == pytest.approx(
        float((x[0, 0].max() - x[0, 0].min()) / (x[0, 2].max() - x[0, 2].min())), rel=1e-4
    )


def test_a_component_without_motion_stays_finite():
    x = np.zeros((2, 3, 4, 2), np.float32)
    for option in ("scale", "standardise"):
        np.testing.assert_array_equal(apply(x, option, "roi_flow", fit(x, option, "roi_flow")), x)


def test_minmax255_of_region_flow_is_refused():
    with pytest.raises(ValueError, match="roi_flow"):
        fit(np.zeros((1, 2, 3, 2), np.float32), "minmax255", "roi_flow")
