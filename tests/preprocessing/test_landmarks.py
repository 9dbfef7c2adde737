"""MediaPipe mesh -> 68 points: the table's public copies contain mistakes, geometry does not."""

import sys

import cv2
import numpy as np
import pytest
import skimage.data

from preprocessing.landmarks import FaceError, Landmarker, NoMediaPipe


@pytest.fixture(scope="module")
def landmarker():
    return Landmarker()


@pytest.fixture(scope="module")
def portrait():
    return cv2.cvtColor(skimage.data.astronaut()[:300, 60:360], cv2.COLOR_RGB2BGR)


@pytest.fixture(scope="module")
def points(landmarker, portrait):
    return landmarker.start(portrait)


def test_the_68_points_lie_where_the_scheme_puts_them(points):
    x, y = points[:, 0], points[:, 1]
    assert points.shape == (68, 2)
    assert y[8] == y.max()  # the chin
    # the jaw's ends are outermost
    assert {0, 16} == {int(x.argmin()), int(x.argmax())} or (x[0] < x[17] and x[16] > x[26])
    assert x[0] < x[8] < x[16]
    assert (np.diff(x[17:22]) > 0).all()  # brows run left to right
    assert (np.diff(x[22:27]) > 0).all()
    assert x[36] < x[39] < x[27] < x[42] < x[45]  # outer, inner corner, bridge, inner, outer
    assert (np.diff(y[27:31]) > 0).all()  # bridge runs down
    assert y[37] < y[41]  # upper lid above lower lid
    assert y[44] < y[46]
    assert x[31] < x[33] < x[35]
    assert x[48] == x[48:60].min()  # mouth corners
    assert x[54] == x[48:60].max()
    assert y[51] < y[62] <= y[66] < y[57]  # outer lip encloses inner lip


def test_a_face_that_is_lost_in_the_middle_is_told_with_its_frame(landmarker, portrait):
    landmarker.start(portrait)
    assert landmarker.follow(portrait, 1).shape == (68, 2)
    with pytest.raises(FaceError, match="the face is lost 2 frames after the first"):
        landmarker.follow(np.full_like(portrait, 90), 2)


def test_the_scheme_is_symmetric(landmarker, portrait):
    """A mirrored face gives mirrored points, left and right exchanged: one wrong index of a pair would
    show."""
    pairs = (
        [(i, 16 - i) for i in range(8)]
        + [(17 + i, 26 - i) for i in range(5)]
        + [(36, 45), (37, 44), (38, 43), (39, 42), (41, 46)]
    )
    pairs += [
        (40, 47),
        (31, 35),
        (32, 34),
        (48, 54),
        (49, 53),
        (50, 52),
        (59, 55),
        (58, 56),
        (60, 64),
        (61, 63),
        (67, 65),
    ]
    direct = landmarker.start(portrait)
    mirrored = landmarker.start(portrait[:, ::-1].copy())
    size = np.hypot(*(direct[36] - direct[45]))
    for left, right in pairs:
        expected = direct[right] * [-1, 1] + [portrait.shape[1] - 1, 0]
        assert np.hypot(*(mirrored[left] - expected)) < 0.08 * size, (left, right)


def test_a_clip_does_not_depend_on_the_clip_before(landmarker, portrait, points):
    shifted = np.roll(portrait, 40, axis=1)
    landmarker.start(shifted)
    landmarker.follow(shifted, 1)
    np.testing.assert_array_equal(landmarker.start(portrait), points)


def test_no_face_and_two_faces_are_refused(landmarker, portrait):
    with pytest.raises(FaceError, match="no face in the first frame"):
        landmarker.start(np.full((240, 320, 3), 127, np.uint8))
    with pytest.raises(FaceError, match="2 faces"):
        landmarker.start(np.hstack([portrait, portrait]))


def test_a_small_face_is_found_in_a_part_of_the_frame_and_again_where_it_leaves_it(
    landmarker, portrait, points, monkeypatch
):
    scale = 0.5  # the detector sees none of 47 pixels in a frame of 900
    small = cv2.resize(portrait, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)

    def frame(x):
        whole = np.full((500, 900, 3), 120, np.uint8)
        whole[200:350, x : x + 150] = small
        return whole

    assert not landmarker._look(frame(40))

    def lies_at(x, found):
        return np.abs(found - (points * scale + np.array((x, 200)))).max() < 6

    assert lies_at(40, landmarker.start(frame(40)))
    assert lies_at(44, landmarker.follow(frame(44), 1))
    assert lies_at(700, landmarker.follow(frame(700), 2))
    with monkeypatch.context() as patched:
        patched.setattr(landmarker, "_closer", None)  # it is not looked for again
        assert lies_at(704, landmarker.follow(frame(704), 3))
    with pytest.raises(FaceError, match="lost 4 frames after"):
        landmarker.follow(np.full((500, 900, 3), 120, np.uint8), 4)


def test_without_mediapipe_it_is_said_where_to_extract(monkeypatch):
    monkeypatch.setitem(sys.modules, "mediapipe", None)
    with pytest.raises(NoMediaPipe, match=r"needs mediapipe.*make env-preprocess"):
        Landmarker()
