"""ROI flow: windows, dominant motion, time standardised or selected, and reading channels off a flow
picture."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocessing.flow import FLOWS
from preprocessing.inputs import INPUTS, Settings
from preprocessing.inputs.roi_flow import dominant, motion, select, standardise
from preprocessing.inputs.view import Frame, Shared
from preprocessing.regions import CHANNELS, PICTURE_CENTRES, windows
from preprocessing.schema import Clip

ALL = np.array([[0, 0, 10, 10]])


def face():
    """Landmarks of a plain face in the crop: inner eye corners 52 px apart about (128, 96)."""
    landmarks = np.full((68, 2), 128.0, np.float32)
    landmarks[17:22] = [(62, 72), (74, 66), (87, 65), (99, 68), (110, 73)]
    landmarks[22:27] = [(256 - x, y) for x, y in landmarks[21:16:-1]]
    landmarks[31], landmarks[35] = (113, 140), (143, 140)
    landmarks[36:42] = [(72, 96), (80, 91), (93, 91), (102, 96), (93, 100), (80, 100)]
    landmarks[42:48] = [(154, 96), (163, 91), (176, 91), (184, 96), (176, 100), (163, 100)]
    landmarks[[48, 50, 52, 54, 56, 58]] = [
        (98, 176),
        (118, 168),
        (138, 168),
        (158, 176),
        (138, 190),
        (118, 190),
    ]
    return landmarks


FACE = face()


def collected(name, flow, frames=5, steps=4, landmarks=FACE):
    """The input's sequence for a clip of frames 10, 11 ..., each filled with its number."""
    clip = Clip("manifest", "manifest/a", "c", ".", "happiness", 10, 11, 9 + frames)
    shared = Shared(flow, clip, Settings(steps=steps))
    collector = INPUTS[name].collector(clip, shared.settings)
    for number in range(10, 10 + frames):
        grey = np.full((256, 256), number, np.uint8)
        collector.see(Frame.cut(number, landmarks, grey, np.dstack([grey] * 3)), shared)
    return collector.result(shared)


def faster_and_faster(first, _):
    """2 px upwards in the first step, twice as much in the second ...; to the right the more, the further to
    the right."""
    x = np.tile(np.arange(first.shape[1]), (len(first), 1))
    return np.dstack([0.01 * x, np.full_like(x, -2)]).astype(np.float32) * (float(first[0, 0]) - 9)


def test_dominant_is_the_mean_of_the_pixels_that_move_most():
    field = np.zeros((10, 10, 2), np.float32)
    field[:3] = [2.0, -1.0]  # 30 of 100 pixels move
    np.testing.assert_allclose(dominant(field, ALL, 0.3), [[2.0, -1.0]])
    np.testing.assert_allclose(dominant(field, ALL, 1.0), [[0.6, -0.3]])


def test_dominant_looks_inside_each_box_alone():
    field = np.random.default_rng(0).normal(size=(40, 60, 2)).astype(np.float32)
    boxes = np.array([[0, 0, 60, 40], [5, 30, 13, 35], [50, 1, 59, 22]])
    for keep in (0.25, 0.5, 1.0):
        for (x0, y0, x1, y1), found in zip(boxes, dominant(field, boxes, keep), strict=True):
            inside = field[y0:y1, x0:x1].reshape(-1, 2).astype(float)
            size = (inside**2).sum(axis=1)
            np.testing.assert_allclose(
                found, inside[size >= np.quantile(size, 1 - keep, method="higher")].mean(axis=0), atol=1e-6
            )


def test_windows_sit_on_their_landmarks_and_an_eye_is_taken_whole():
    boxes = windows(FACE)
    assert boxes.shape == (18, 4)
    for name, (x0, y0, x1, y1) in zip(CHANNELS[18], boxes, strict=True):
        x, y = FACE[list(CHANNELS[18][name])].mean(axis=0)
        np.testing.assert_allclose([(x0 + x1) / 2, (y0 + y1) / 2], [x, y], atol=0.51)
        # 2 x 0.16 x 52 px
        np.testing.assert_allclose([x1 - x0, y1 - y0], [30 if "eye" in name else 16.64, 16.64], atol=1)
    assert list(CHANNELS[18])[:14] == list(CHANNELS[14])


@pytest.mark.parametrize("point", [(300, 170), (-30, 170), (150, 262)])
def test_a_window_outside_the_crop_is_an_error(point):
    landmarks = FACE.copy()
    landmarks[54] = point
    with pytest.raises(ValueError, match=r"mouth_right lies at .* outside the 256 px crop"):
        windows(landmarks)


def test_flow_of_the_part_that_holds_the_windows_is_that_of_the_whole_crop():
    rng = np.random.default_rng(4)
    texture = sum(cv2.GaussianBlur(rng.normal(size=(256, 256)), (0, 0), s) * s for s in (1.5, 4, 10))
    first = cv2.normalize(texture, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)
    y, x = np.mgrid[0:256, 0:256].astype(np.float32)
    shift = [cv2.GaussianBlur(rng.normal(size=(256, 256)), (0, 0), 20) for _ in "uv"]
    u, v = ((2 * s / np.abs(s).max()).astype(np.float32) for s in shift)  # smooth, 2 px at most
    second = cv2.remap(first, x - u, y - v, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT)
    frames = [Frame.cut(n, FACE, grey, np.dstack([grey] * 3)) for n, grey in enumerate((first, second))]
    clip = Clip("manifest", "manifest/a", "c", ".", "happiness", 0, 1, 1)
    shared = Shared(FLOWS["farneback"](), clip, Settings())
    whole = dominant(shared.flow(*frames), windows(FACE), shared.settings.keep)
    part = motion(shared, *frames)
    assert np.abs(whole).max() > 1
    np.testing.assert_allclose(part, whole, atol=0.005)


def test_a_sequence_is_the_motion_of_step_after_step():
    x = collected("roi_flow18", faster_and_faster)
    assert x.shape == (4, 18, 2)
    assert x.dtype == np.float32
    np.testing.assert_allclose(x[..., 1], np.repeat([[-2], [-4], [-6], [-8]], 18, axis=1), rtol=1e-6)
    np.testing.assert_allclose(x[:, :, 0], np.arange(1, 5)[:, None] * x[0, :, 0], rtol=1e-6)
    assert (
        x[0, list(CHANNELS[18]).index("mouth_right"), 0]
        > x[0, list(CHANNELS[18]).index("mouth_left"), 0] + 0.5
    )
    np.testing.assert_allclose(collected("roi_flow14", faster_and_faster), x[:, :14])
    np.testing.assert_allclose(collected("roi_flow18_iod", faster_and_faster), x / 52, rtol=1e-6)
    np.testing.assert_allclose(
        collected("roi_flow14", faster_and_faster, steps=2)[:, 0, 1], [-3, -7], rtol=1e-6
    )


def test_the_discriminative_steps_are_the_fastest_and_a_short_clip_keeps_all():
    x = collected("roi_flow14_discriminative", faster_and_faster, steps=2)
    assert x[:, 0, 1].tolist() == [-6, -8]
    short = collected("roi_flow14_discriminative", faster_and_faster, steps=8)
    np.testing.assert_array_equal(short, collected("roi_flow14", faster_and_faster, steps=8))


def test_frames_without_landmarks_are_an_error():
    with pytest.raises(ValueError, match="needs landmarks"):
        collected("roi_flow14", faster_and_faster, landmarks=None)


def test_select_takes_the_steps_of_largest_mean_magnitude_in_the_order_of_time():
    steps = np.zeros((6, 2, 2))
    steps[:, 0] = [(3, 4), (0, 1), (8, 0), (0, 0), (0, -5), (0, 0)]  # lengths 5, 1, 8, 0, 5, 0
    # and 5, 9, 0, 2, 1, 0: means 5, 5, 4, 1, 3, 0
    steps[:, 1] = [(0, 5), (0, 9), (0, 0), (2, 0), (0, -1), (0, 0)]
    np.testing.assert_array_equal(select(steps, 1), steps[[0]])  # of two equal ones the first
    np.testing.assert_array_equal(select(steps, 2), steps[[0, 1]])
    np.testing.assert_array_equal(select(steps, 4), steps[[0, 1, 2, 4]])
    np.testing.assert_array_equal(select(steps[::-1], 1), steps[[1]])
    np.testing.assert_array_equal(select(steps[::-1], 4), steps[[4, 2, 1, 0]])


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
    source = INPUTS["roi_flow14"]
    x = source.from_picture(picture)
    assert x.shape == source.picture_shape() == (1, 14, 2)
    channel = list(CHANNELS[14]).index("mouth_bottom_left")
    assert x[0, channel].tolist() == [0.0, 40.0]
    assert (x[..., 0] == 0).all()
    others = [i for i in range(14) if i != channel and x[0, i, 1] == 0]
    assert len(others) >= 11  # its neighbours may overlap by a pixel
