"""Key frames as pictures: which frame, which order, which colour first."""

import numpy as np
import pytest

from preprocessing.align import Crop
from preprocessing.inputs import INPUTS, Settings
from preprocessing.inputs.view import Frame
from preprocessing.schema import Clip

CLIP = Clip("manifest", "manifest/a", "c", ".", "happiness", onset=5, apex=7, offset=9)
SETTINGS = Settings(image_size=64)
PICTURES = dict(
    zip(
        range(5, 10),
        np.random.default_rng(0).integers(0, 256, (5, 256, 256, 3)).astype(np.uint8),
        strict=True,
    )
)


def collected(name, numbers=range(5, 10)):
    collector = INPUTS[name].collector(CLIP, SETTINGS)
    for number in numbers:
        # as a clip is read: blue first
        collector.see(Frame(number, None, PICTURES[number][..., ::-1].copy(), Crop(np.eye(2, 3))), None)
    out = collector.result(None)
    assert out.shape == INPUTS[name].shape(SETTINGS)
    assert out.dtype == np.uint8 == np.dtype(INPUTS[name].dtype)
    return out


def reduced(number):
    """Red, green, blue of frame ``number``: 256 px to 64 by area."""
    return PICTURES[number].reshape(64, 4, 64, 4, 3).mean(axis=(1, 3)).transpose(2, 0, 1)


def test_the_apex_frame_is_the_apex_red_first():
    np.testing.assert_allclose(collected("apex_frame"), reduced(7), atol=0.51)


def test_the_pair_is_onset_then_apex():
    onset, apex = collected("onset_apex_frames")
    np.testing.assert_allclose(onset, reduced(5), atol=0.51)
    np.testing.assert_allclose(apex, reduced(7), atol=0.51)


@pytest.mark.parametrize("name", ["apex_frame", "onset_apex_frames"])
def test_an_apex_that_was_not_read_is_an_error(name):
    with pytest.raises(ValueError, match="frame 7 is needed"):
        collected(name, numbers=(5, 6, 8, 9))
