"""Flow pictures between key frames: which frames, which channels, which order, which size."""

import numpy as np
import pytest

from preprocessing.inputs import INPUTS, Settings
from preprocessing.inputs.view import Frame, Shared
from preprocessing.schema import Clip

NAMES = ("onset_apex_flow", "apex_offset_flow", "onset_apex_flow224", "apex_offset_flow224")
SETTINGS = Settings()


def collected(name, flow, triple=(5, 7, 9), numbers=None):
    """The input's picture under a fake ``flow`` between two uint8 (256, 256); every frame is filled with its
    number."""
    clip = Clip("manifest", "manifest/a", "c", ".", "happiness", *triple)
    shared = Shared(flow, clip, SETTINGS)
    collector = INPUTS[name].collector(clip, SETTINGS)
    for number in numbers or range(triple[0], triple[2] + 1):
        grey = np.full((256, 256), number, np.uint8)
        collector.see(Frame.cut(number, None, grey, np.dstack([grey] * 3)), shared)
    return collector.result(shared)


@pytest.mark.parametrize("name", NAMES)
def test_flow_is_taken_between_its_key_frames_and_ordered_u_v_strain(name):
    asked = []

    def flow(first, second):
        asked.append((int(first[0, 0]), int(second[0, 0])))
        y, x = np.mgrid[0:256, 0:256].astype(np.float32)
        return np.dstack([0.5 * x, np.full_like(y, -2.0)])  # ux = .5: strain .5 everywhere

    picture = collected(name, flow)
    size = 224 if name.endswith("224") else 28
    assert asked == [(5, 7) if name.startswith("onset") else (7, 9)]
    assert picture.shape == INPUTS[name].shape(SETTINGS) == (3, size, size)
    assert picture.dtype == np.float32
    columns = (np.arange(size) + 0.5) * 256 / size - 0.5  # of the crop, at the middle of each pixel
    np.testing.assert_allclose(picture[0], np.tile(0.5 * columns, (size, 1)), atol=0.15)
    np.testing.assert_allclose(picture[1], -2.0, rtol=1e-5)
    np.testing.assert_allclose(picture[2], 0.5, atol=1e-5)


@pytest.mark.parametrize(
    ("name", "triple"), [("onset_apex_flow", (5, 5, 9)), ("apex_offset_flow", (5, 9, 9))]
)
def test_an_apex_at_the_end_of_its_window_leaves_no_motion(name, triple):
    assert not collected(name, None, triple).any()


def test_two_inputs_of_one_clip_pay_for_one_flow():
    asked = []

    def flow(first, second):
        asked.append(int(first[0, 0]))
        return np.zeros((256, 256, 2), np.float32)

    clip = Clip("manifest", "manifest/a", "c", ".", "happiness", 5, 7, 9)
    shared = Shared(flow, clip, SETTINGS)
    collectors = [INPUTS[name].collector(clip, SETTINGS) for name in NAMES]
    for number in range(5, 10):
        grey = np.full((256, 256), number, np.uint8)
        for collector in collectors:
            collector.see(Frame.cut(number, None, grey, np.dstack([grey] * 3)), shared)
    for collector in collectors:
        collector.result(shared)
    assert asked == [5, 7]


def test_an_apex_that_was_not_read_is_an_error():
    with pytest.raises(ValueError, match="frame 7 is needed"):
        collected("onset_apex_flow", None, numbers=(5, 6))


def test_a_published_picture_keeps_its_values():
    picture = np.random.default_rng(0).integers(0, 256, (28, 28, 3)).astype(np.uint8)
    source = INPUTS["onset_apex_flow"]
    out = source.from_picture(picture)
    assert out.shape == source.picture_shape() == (3, 28, 28)
    assert (out[2] == picture[..., 2]).all()
    with pytest.raises(ValueError, match="28 x 28"):
        source.from_picture(picture[:10])


@pytest.mark.parametrize("name", NAMES[1:])
def test_a_published_picture_gives_no_other_window_and_no_other_size(name):
    assert INPUTS["onset_apex_flow"].picture_unit
    assert not INPUTS[name].picture_unit
