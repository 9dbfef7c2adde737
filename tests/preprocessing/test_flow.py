"""Flow and strain against known displacement fields."""

import cv2
import numpy as np
import pytest

from preprocessing.flow import FLOWS, strain


@pytest.fixture(scope="module")
def texture():
    noise = np.random.default_rng(0).random((160, 160)).astype(np.float32)
    soft = cv2.GaussianBlur(noise, (0, 0), 2.5)
    return cv2.normalize(soft, None, 0, 255, cv2.NORM_MINMAX).astype(np.uint8)


@pytest.mark.parametrize("name", FLOWS)
@pytest.mark.parametrize("shift", [(1.5, 0.0), (-0.7, 1.2)])
def test_a_shift_is_found_with_its_sign_and_to_a_tenth_of_a_pixel(name, shift, texture):
    u, v = shift
    moved = cv2.warpAffine(
        texture, np.array([[1, 0, u], [0, 1, v]], np.float32), (160, 160), borderMode=cv2.BORDER_REFLECT
    )
    flow = FLOWS[name]()(texture, moved)
    assert flow.dtype == np.float32
    np.testing.assert_allclose(flow[30:130, 30:130].mean(axis=(0, 1)), shift, atol=0.1)


def test_strain_of_a_linear_field_is_the_formula_by_hand():
    y, x = np.mgrid[0:20, 0:20].astype(np.float32)
    flow = np.dstack([0.3 * x + 0.1 * y, 0.2 * x - 0.4 * y])  # ux .3, uy .1, vx .2, vy -.4
    expected = np.sqrt(0.3**2 + 0.4**2 + 0.5 * (0.1 + 0.2) ** 2)
    np.testing.assert_allclose(strain(flow), expected, atol=1e-5)


def test_rigid_motion_has_no_strain():
    flow = np.full((10, 10, 2), 3.0, np.float32)
    assert (strain(flow) == 0).all()
