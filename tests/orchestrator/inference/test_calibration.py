"""The temperature is that of the lowest cross-entropy, and nobody measures her own."""

import numpy as np
import pytest

from orchestrator.inference.calibration import COLDEST, fitted, reliability, scaled, temperature


def drawn(n, t, seed=0):
    """Probabilities of which the truth is drawn, and the same after the temperature ``t`` was taken off."""
    rng = np.random.default_rng(seed)
    right = rng.dirichlet((1.0, 1.0, 1.0), n)
    truth = np.array([rng.choice(3, p=p) for p in right])
    return scaled(right, 1 / t), truth


@pytest.mark.parametrize("t", [0.5, 1.0, 3.0])
def test_a_temperature_that_was_put_on_is_found(t):
    probs, truth = drawn(20_000, t)
    assert temperature(probs, truth) == pytest.approx(t, rel=0.05)


def test_scaling_by_hand_and_the_class_stays():
    # .8 and .2 to the power of 1/2: 2 to 1
    np.testing.assert_allclose(scaled(np.array([[0.8, 0.2]]), 2.0), [[2 / 3, 1 / 3]], atol=1e-6)
    probs, _ = drawn(100, 1.0)
    assert (scaled(probs, 7.0).argmax(1) == probs.argmax(1)).all()
    assert np.isfinite(scaled(np.array([[1.0, 0.0]]), COLDEST)).all()


def test_the_error_of_calibration_by_hand():
    # bin .9 to 1: two clips of .95, one right; bin .6 to .7: one clip of .65, right
    probs = np.array([[0.95, 0.05], [0.95, 0.05], [0.65, 0.35]])
    ece, rows = reliability(probs, np.array([0, 1, 0]))
    assert ece == pytest.approx((2 * abs(0.5 - 0.95) + 1 * abs(1 - 0.65)) / 3)
    assert [(row["from"], row["clips"], row["right"]) for row in rows] == [(0.6, 1, 1.0), (0.9, 2, 0.5)]


def test_the_error_is_measured_with_the_temperature_of_the_other_groups():
    """Group 0 is overconfident, group 1 is not: each is scaled by what the other needs: both are off."""
    hot, truth_hot = drawn(2000, 0.25, 1)
    fine, truth_fine = drawn(2000, 1.0, 2)
    probs, truth = np.concatenate([hot, fine]), np.concatenate([truth_hot, truth_fine])
    groups = [0] * 2000 + [1] * 2000
    made = fitted(probs, truth, groups, 2)
    by_hand = np.concatenate(
        [scaled(hot, temperature(fine, truth_fine)), scaled(fine, temperature(hot, truth_hot))]
    )
    assert made["ece"] == pytest.approx(reliability(by_hand, truth)[0])
    assert made["ece"] > 0.1 and made["temperature"] == pytest.approx(temperature(probs, truth))
