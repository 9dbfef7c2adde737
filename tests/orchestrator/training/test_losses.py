"""The focal loss against PyTorch's cross-entropy where they must agree, and by hand where they must not."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from orchestrator.training.losses import class_weights, focal_loss, one_hot

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
        torch.testing.assert_close(mixed, 0.3 * focal_loss(LOGITS, a, **arguments) + 0.7 * focal_loss(LOGITS, b, **arguments))


def test_by_hand():
    # one clip, two classes, p = (0.8, 0.2), truth 0, gamma 2, smoothing 0.2 -> y = (0.9, 0.1), weights (0.5, 2)
    logits = torch.tensor([[math.log(0.8), math.log(0.2)]])
    expected = -(0.5 * 0.2**2 * 0.9 * math.log(0.8) + 2 * 0.8**2 * 0.1 * math.log(0.2))
    loss = focal_loss(logits, one_hot(np.array([0]), 2), gamma=2, smoothing=0.2, weights=torch.tensor([0.5, 2.0]))
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_class_weights_are_inverse_frequencies_with_mean_one_over_the_clips():
    labels = np.array([0] * 6 + [1] * 2)
    # 8 clips, 2 present classes: 8 / (2 * 6), 8 / (2 * 2); class 2 has no clip
    torch.testing.assert_close(class_weights(labels, 3), torch.tensor([2 / 3, 2.0, 0.0]))
    assert class_weights(labels, 3)[labels].mean().item() == pytest.approx(1)


def test_gradient_stays_finite_for_a_certain_clip():
    logits = torch.tensor([[60.0, 0.0]], requires_grad=True)
    focal_loss(logits, torch.tensor([[1.0, 0.0]]), gamma=0.5).backward()
    assert torch.isfinite(logits.grad).all()


def test_a_label_outside_the_classes_is_refused():
    with pytest.raises(ValueError, match=r"0\.\.1, got 0\.\.2"):
        one_hot(LABELS, 2)
