"""The head's own motion is found though a face makes faces."""

import numpy as np
import pytest

from preprocessing.render.portrait import base_landmarks
from preprocessing.steady import RIGID, head_motion, similarity, without_head

# the portrait's landmarks in a 256 px crop
POINTS = base_landmarks(False) * 0.8


def turned(degrees, scale, x, y):
    cos, sin = scale * np.cos(np.radians(degrees)), scale * np.sin(np.radians(degrees))
    turn = np.array([[cos, -sin], [sin, cos]])
    return np.column_stack([turn, np.array([x, y]) + 128 - turn @ [128, 128]])


def field_of(matrix):
    y, x = np.mgrid[0:256, 0:256].astype(np.float64)
    at = np.stack([x, y], -1)
    return (at @ matrix[:, :2].T + matrix[:, 2] - at).astype(np.float32)


def bump(centre, sigma, vector):
    y, x = np.mgrid[0:256, 0:256]
    window = np.exp(-0.5 * ((x - centre[0]) ** 2 + (y - centre[1]) ** 2) / sigma**2)
    return (window[..., None] * np.array(vector)).astype(np.float32)


@pytest.mark.parametrize("matrix", [turned(0, 1, 0, 0), turned(3, 1.02, 5, -4), turned(-5, 0.97, -20, 11)])
def test_a_similarity_transform_is_found_exactly(matrix):
    moved = POINTS[list(RIGID)] @ matrix[:, :2].T + matrix[:, 2]
    np.testing.assert_allclose(similarity(POINTS[list(RIGID)], moved), matrix, atol=1e-9)
    np.testing.assert_allclose(head_motion(field_of(matrix), POINTS), matrix, atol=1e-4)


def test_of_points_in_one_place_nothing_is_fitted():
    with pytest.raises(ValueError, match="one place"):
        similarity(np.ones((8, 2)), np.ones((8, 2)))


@pytest.mark.parametrize("matrix", [turned(0, 1, 3, -2), turned(2, 1.01, 8, 4)])
def test_brows_and_mouth_that_move_are_not_taken_for_the_head(matrix):
    smile = bump(POINTS[48], 16, (-2, -2)) + bump(POINTS[54], 16, (2, -2)) + bump(POINTS[19], 14, (0, -2))
    rng = np.random.default_rng(0)
    field = field_of(matrix) + smile + rng.normal(0, 0.1, (256, 256, 2)).astype(np.float32)
    left = without_head(field, POINTS)
    x, y = POINTS[28].astype(int)
    assert np.abs(left[y - 4 : y + 5, x - 4 : x + 5].mean((0, 1))).max() < 0.15  # the bridge stands still
    x, y = POINTS[48].astype(int)
    np.testing.assert_allclose(left[y - 2 : y + 3, x - 2 : x + 3].mean((0, 1)), (-2, -2), atol=0.3)


def test_a_face_outside_of_the_field_is_told():
    with pytest.raises(ValueError, match="outside of the crop"):
        head_motion(np.zeros((256, 256, 2), np.float32), POINTS + 1000)
