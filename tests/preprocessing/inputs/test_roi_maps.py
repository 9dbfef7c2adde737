"""ROI flow maps under known flow: what stands in each region and window, where it is cut out, and for which
frames it is asked."""

import numpy as np
import pytest

from preprocessing.flow import FLOWS
from preprocessing.inputs import INPUTS, Settings
from preprocessing.inputs.view import Frame, Shared
from preprocessing.schema import Clip

SIZE = 32
# by hand: the landmarks below and 13 px (a quarter of 52) around them, as x0, y0, x1, y1
EYES, EYEBROWS, MOUTH = (67, 77, 189, 113), (57, 57, 199, 93), (87, 157, 169, 203)


def face(shift=0.0):
    landmarks = np.full((68, 2), 128.0, np.float32)
    landmarks[36:48] = np.linspace((80, 90), (176, 100), 12)
    landmarks[17:27] = np.linspace((70, 70), (186, 80), 10)
    landmarks[48:68] = np.linspace((100, 170), (156, 190), 20)
    return landmarks + np.float32(shift)


def collected(name, flow, triple=(10, 15, 22), landmarks=lambda number: face()):
    """The input's answer under a fake ``flow``(first number, second number) -> (256, 256, 2), and the frames
    that it asked for."""
    asked = []

    def between(first, second):
        asked.append((int(first[0, 0]), int(second[0, 0])))
        return flow(*asked[-1]).astype(np.float32)

    clip = Clip("manifest", "manifest/a", "c", ".", "happiness", *triple)
    settings = Settings(image_size=SIZE)
    shared = Shared(between, clip, settings)
    collector = INPUTS[name].collector(clip, settings)
    for number in range(triple[0], triple[2] + 1):
        grey = np.full((256, 256), number, np.uint8)
        collector.see(Frame.cut(number, landmarks(number), grey, np.dstack([grey] * 3)), shared)
    out = collector.result(shared)
    assert out.shape == INPUTS[name].shape(settings)
    assert out.dtype == np.float16 == np.dtype(INPUTS[name].dtype)
    return out.astype(float), asked


def linear(*_):
    """A turn, a stretch and a shear: ux = .03, uy = .01, vx = .04, vy = -.02."""
    y, x = np.mgrid[0:256, 0:256]
    return np.dstack([0.03 * x + 0.01 * y, 0.04 * x - 0.02 * y])


STRAIN = np.sqrt(0.03**2 + 0.02**2 + (0.01 + 0.04) ** 2 / 2)


def expected(box):
    """u and v of ``linear`` at the places of the crop that the pixels of the box's map cover."""
    x0, y0, x1, y1 = box
    x, y = (a + (np.arange(SIZE) + 0.5) * (b - a) / SIZE - 0.5 for a, b in ((x0, x1), (y0, y1)))
    x, y = np.meshgrid(x, y)
    return 0.03 * x + 0.01 * y, 0.04 * x - 0.02 * y


def test_each_region_shows_the_flow_of_its_place_and_its_strain():
    out, asked = collected("roi_maps1", linear)
    assert asked == [(10, 15)]
    for region, box in zip(out[0], (EYES, EYEBROWS, MOUTH), strict=True):
        u, v = expected(box)
        np.testing.assert_allclose(region[0], u, atol=0.01)
        np.testing.assert_allclose(region[1], v, atol=0.01)
        np.testing.assert_allclose(region[2], STRAIN, rtol=2e-3)


def test_the_stack_is_the_maps_of_onset_to_apex_plane_after_plane():
    maps, _ = collected("roi_maps1", linear)
    stack, asked = collected("roi_stack9", linear)
    assert asked == [(10, 15)]
    assert INPUTS["roi_stack9"].channels[3:6] == ("eyebrows_u", "eyebrows_v", "eyebrows_strain")
    for region in range(3):
        for component in range(3):
            assert (stack[3 * region + component] == maps[0, region, component]).all()


@pytest.mark.parametrize(
    ("name", "windows"),
    [
        ("roi_maps1", [(10, 15)]),
        ("roi_maps2", [(10, 15), (15, 22)]),
        # the middles of 10, 15 and of 15, 22, rounded down
        ("roi_maps4", [(10, 12), (12, 15), (15, 18), (18, 22)]),
    ],
)
def test_windows_follow_each_other_and_keep_their_own_flow(name, windows):
    # the face moves as one
    out, asked = collected(name, lambda first, second: np.full((256, 256, 2), (first, -second)))
    assert asked == windows
    for window, (first, second) in zip(out, windows, strict=True):
        assert (window[:, 0] == first).all()
        assert (window[:, 1] == -second).all()
        assert (window[:, 2] == 0).all()


def test_regions_are_cut_by_the_landmarks_of_each_windows_first_frame():
    out, _ = collected("roi_maps2", linear, landmarks=lambda number: face(number - 10))
    for window, shift in zip(out, (0, 5), strict=True):  # first frames 10 and 15
        for region, box in zip(window, (EYES, EYEBROWS, MOUTH), strict=True):
            np.testing.assert_allclose(region[0], expected(np.array(box) + shift)[0], atol=0.01)


@pytest.mark.parametrize(
    ("triple", "still", "asked"), [((10, 10, 22), 0, (10, 22)), ((10, 22, 22), 1, (10, 22))]
)
def test_a_window_of_one_frame_is_zero(triple, still, asked):
    out, computed = collected("roi_maps2", linear, triple)
    assert computed == [asked]
    assert not out[still].any()
    assert out[1 - still].any()


def test_large_motion_is_stored_without_overflow():
    out, _ = collected("roi_maps1", lambda *_: np.full((256, 256, 2), (200.0, -199.9)))
    np.testing.assert_allclose(out[0, :, 0], 200.0)
    np.testing.assert_allclose(out[0, :, 1], -199.9, rtol=1e-3)


def test_the_real_flow_method_gives_the_sign_of_the_motion():
    rng = np.random.default_rng(0)
    texture = np.kron(rng.integers(0, 256, (33, 33)), np.ones((8, 8)))[:258, :258].astype(np.uint8)
    frames = {10: texture[1:257, 1:257], 15: texture[:256, :256]}  # the picture moves by (1, 1)
    settings = Settings(image_size=SIZE)
    clip = Clip("manifest", "manifest/a", "c", ".", "happiness", 10, 15, 15)
    shared = Shared(FLOWS["farneback"](), clip, settings)
    collector = INPUTS["roi_maps1"].collector(clip, settings)
    for number, grey in frames.items():
        collector.see(Frame.cut(number, face(), grey, np.dstack([grey] * 3)), shared)
    out = collector.result(shared)
    np.testing.assert_allclose(out[0, :, :2].mean(axis=(2, 3)), 1.0, atol=0.2)


def test_without_landmarks_or_with_a_region_outside_the_crop_it_is_an_error():
    with pytest.raises(ValueError, match="need landmarks"):
        collected("roi_maps1", linear, landmarks=lambda number: None)
    with pytest.raises(ValueError, match=r"mouth lies at .* outside the 256 px crop"):
        collected("roi_maps1", linear, landmarks=lambda number: face(110.0))
