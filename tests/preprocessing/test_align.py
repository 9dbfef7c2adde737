"""The crop: inner eye corners to fixed places, whatever the face's place, size and tilt in the frame."""

import cv2
import numpy as np
import pytest

from preprocessing.align import crop_of


def landmarks(middle, distance, angle):
    points = np.zeros((68, 2), np.float32)
    along = distance / 2 * np.array([np.cos(angle), np.sin(angle)])
    points[39], points[42] = middle - along, middle + along
    return points


@pytest.mark.parametrize(
    ("middle", "distance", "angle"), [((100, 80), 30, 0.0), ((320, 240), 120, 0.3), ((50, 60), 12, -0.2)]
)
def test_eye_corners_land_52_px_apart_at_the_same_place(middle, distance, angle):
    points = landmarks(np.array(middle, float), distance, angle)
    crop = crop_of(points)
    np.testing.assert_allclose(crop.points(points)[[39, 42]], [[102, 96], [154, 96]], atol=1e-3)
    assert crop.scale == pytest.approx(52 / distance)


def test_the_image_moves_as_its_points_do():
    frame = np.zeros((480, 640), np.uint8)
    cv2.circle(frame, (300, 200), 6, 255, -1)
    crop = crop_of(landmarks(np.array([320.0, 220.0]), 60, 0.25))
    found = cv2.moments(crop.image(frame))
    seen = [found["m10"] / found["m00"], found["m01"] / found["m00"]]
    np.testing.assert_allclose(seen, crop.points(np.array([[300.0, 200.0]]))[0], atol=0.3)


def test_coinciding_eye_corners_are_refused():
    with pytest.raises(ValueError, match=r"inner eye corners 1\.0 px apart"):
        crop_of(landmarks(np.array([50.0, 50.0]), 1, 0))
