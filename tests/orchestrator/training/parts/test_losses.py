"""The focal loss against PyTorch's cross-entropy where they must agree, and by hand where they must not; the
hinge loss by hand."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from orchestrator.training.parts.class_weights import class_weights
from orchestrator.training.parts.focal import focal_loss
from orchestrator.training.parts.hinge import hinge_loss
from orchestrator.training.targets import one_hot

LOGITS = torch.tensor([[2.0, 0.0, -1.0], [0.5, 1.5, 0.0], [0.0, 0.0, 3.0], [1.0, 1.0, 1.0]])
LABELS = np.array([0, 1, 0, 2])


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_without_focus_and_balance_it_is_cross_entropy(smoothing):
    expected = F.cross_entropy(LOGITS, torch.from_numpy(LABELS), label_smoothing=smoothing)
    torch.testing.assert_close(focal_loss(LOGITS, one_hot(LABELS, 3), smoothing=smoothing), expected)


def test_soft_targets_are_the_mixture_of_the_two_hard_losses():
    a, b = one_hot(LABELS, 3), one_hot(LABELS[::-1].copy(), 3)
    for arguments in ({}, {"gamma": 2.0}):
        mixed = focal_loss(LOGITS, 0.3 * a + 0.7 * b, **arguments)
        torch.testing.assert_close(
            mixed, 0.3 * focal_loss(LOGITS, a, **arguments) + 0.7 * focal_loss(LOGITS, b, **arguments)
        )


def test_by_hand():
    # one clip, two classes, p = (0.8, 0.2), truth 0, gamma 2, smoothing 0.2 -> y = (0.9, 0.1), weights (0.5,
    # 2)
    logits = torch.tensor([[math.log(0.8), math.log(0.2)]])
    expected = -(0.5 * 0.2**2 * 0.9 * math.log(0.8) + 2 * 0.8**2 * 0.1 * math.log(0.2))
    loss = focal_loss(
        logits, one_hot(np.array([0]), 2), gamma=2, smoothing=0.2, weights=torch.tensor([0.5, 2.0])
    )
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_class_weights_are_inverse_frequencies_with_mean_one_over_the_clips():
    drawn = np.array([6, 2, 0])
    # 8 clips, 2 present classes: 8 / (2 * 6), 8 / (2 * 2); class 2 has no clip
    torch.testing.assert_close(class_weights(drawn), torch.tensor([2 / 3, 2.0, 0.0]))
    assert (class_weights(drawn).numpy() * drawn).sum() / 8 == pytest.approx(1)


def test_each_class_may_have_its_own_focusing_power():
    # one clip, three classes, p = (.5, .3, .2), y = (.8, .1, .1): smoothing .3 of truth 0
    p = [0.5, 0.3, 0.2]
    logits = torch.tensor([p]).log()
    expected = -(0.8 * 0.5**2 * math.log(0.5) + 0.1 * math.log(0.3) + 0.1 * 0.8**0.5 * math.log(0.2))
    truth = one_hot(np.array([0]), 3)
    loss = focal_loss(logits, truth, gamma=[2.0, 0.0, 0.5], smoothing=0.3)
    assert loss.item() == pytest.approx(expected, rel=1e-5)
    one, each = (focal_loss(LOGITS, one_hot(LABELS, 3), gamma=gamma) for gamma in (2.0, [2.0] * 3))
    torch.testing.assert_close(one, each)
    with pytest.raises(ValueError, match="1 powers for 3 classes"):
        focal_loss(logits, truth, gamma=[2.0])


def test_gradient_stays_finite_for_a_certain_clip():
    logits = torch.tensor([[60.0, 0.0]], requires_grad=True)
    focal_loss(logits, torch.tensor([[1.0, 0.0]]), gamma=0.5).backward()
    assert torch.isfinite(logits.grad).all()


def test_a_label_outside_the_classes_is_refused():
    with pytest.raises(ValueError, match=r"0\.\.1, got 0\.\.2"):
        one_hot(LABELS, 2)


def test_hinge_loss_by_hand():
    # Clip 0 is class 0: its own score 2 is beyond the margin; the others miss theirs by 1 and 0. Clip 1 is
    # class 2: by 1; 1.5, 2.5.
    logits = torch.tensor([[2.0, 0.0, -1.0], [0.5, 1.5, 0.0]])
    targets = one_hot(np.array([0, 2]), 3)
    assert hinge_loss(logits, targets).item() == pytest.approx(((0 + 1 + 0) + (1 + 1.5**2 + 2.5**2)) / 2)
    weighted = hinge_loss(logits, targets, weights=torch.tensor([0.5, 7.0, 2.0]))
    assert weighted.item() == pytest.approx((0.5 * 1 + 2 * 9.5) / 2)


def test_hinge_loss_of_mixed_targets_is_its_expectation():
    a, b, weights = one_hot(LABELS, 3), one_hot(LABELS[::-1].copy(), 3), torch.tensor([0.5, 1.0, 3.0])
    mixed = hinge_loss(LOGITS, 0.3 * a + 0.7 * b, weights=weights)
    torch.testing.assert_close(
        mixed, 0.3 * hinge_loss(LOGITS, a, weights=weights) + 0.7 * hinge_loss(LOGITS, b, weights=weights)
    )


def test_gradient_of_the_hinge_loss_is_that_of_finite_differences_and_zero_beyond_the_margins():
    targets = 0.3 * one_hot(LABELS, 3).double() + 0.7 / 3
    logits = LOGITS.double() + 0.1  # away from the kinks
    step, expected = 1e-4, torch.zeros_like(logits)
    for place in np.ndindex(*logits.shape):
        moved = torch.zeros_like(logits)
        moved[place] = step
        expected[place] = (
            by_definition(logits + moved, targets) - by_definition(logits - moved, targets)
        ) / (2 * step)
    logits.requires_grad_()
    hinge_loss(logits, targets).backward()
    torch.testing.assert_close(logits.grad, expected, atol=1e-5, rtol=1e-5)

    sure = torch.tensor([[1.5, -1.0, -3.0]], requires_grad=True)
    hinge_loss(sure, one_hot(np.array([0]), 3)).backward()
    assert not sure.grad.any()


def by_definition(logits, targets):
    """The squared hinge, clip by clip, true class by true class, score by score."""
    total = 0.0
    for z, shares in zip(logits.tolist(), targets.tolist(), strict=True):
        for true, share in enumerate(shares):
            total += share * sum(
                max(0.0, 1 - (score if c == true else -score)) ** 2 for c, score in enumerate(z)
            )
    return total / len(logits)
