"""MDMO's features against a loop in NumPy, and what they must not see: unit, left or right handedness, steps
without motion."""

import math

import numpy as np
import pytest
import torch

from mer_models.mdmo import MDMO, mdmo
from tests.mer_models.contract import ModelContract


class TestMDMO(ModelContract):
    name = "mdmo"
    shape = (16, 14, 2)
    parameters = (2 * 14 + 1) * 3
    lr = 0.3  # a linear classifier learns faster than a deep one

    def test_dropout_works_in_training_and_evaluation_is_deterministic(self):
        """There is no dropout: training and evaluation are the same."""
        model, inputs = self.build(), self.inputs(6)
        assert torch.equal(model.train()(*inputs), model.eval()(*inputs))


def in_polar_form(clip, since_onset):
    """One clip (T, N, 2) -> (rho, theta) of each region: the paper's order of steps, a region and a frame at
    a time."""
    features = []
    for region in range(clip.shape[1]):
        x = y = place_x = place_y = 0.0
        for u, v in clip[:, region]:
            place_x, place_y = (place_x + u, place_y + v) if since_onset else (u, v)
            rho, theta = math.hypot(place_x, place_y), math.atan2(place_y, place_x)
            x, y = x + rho * math.cos(theta) / len(clip), y + rho * math.sin(theta) / len(clip)
        features.append((math.hypot(x, y), math.atan2(y, x)))
    largest = max(rho for rho, _ in features)
    return [(rho / largest, theta) for rho, theta in features]


@pytest.mark.parametrize("since_onset", [True, False])
@pytest.mark.parametrize("steps", [1, 2, 16])
def test_features_are_those_of_a_loop_over_regions_and_frames(steps, since_onset):
    clips = torch.randn(3, steps, 14, 2, generator=torch.Generator().manual_seed(steps))
    expected = [
        [(r * math.cos(a), r * math.sin(a)) for r, a in in_polar_form(clip.numpy(), since_onset)]
        for clip in clips
    ]
    np.testing.assert_allclose(mdmo(clips, since_onset=since_onset), expected, atol=1e-5)


def test_by_hand():
    # Two steps, two regions: right 1 then back 1; down 0 then 4. Displacements (1, 0), (0, 0) and (0, 0), (0,
    # 4).
    clip = torch.tensor([[[[1.0, 0.0], [0.0, 0.0]], [[-1.0, 0.0], [0.0, 4.0]]]])
    torch.testing.assert_close(mdmo(clip), torch.tensor([[[0.25, 0.0], [0.0, 1.0]]]))
    torch.testing.assert_close(mdmo(clip, since_onset=False), torch.tensor([[[0.0, 0.0], [0.0, 1.0]]]))


def test_the_unit_of_motion_does_not_matter_and_a_clip_without_motion_has_features_zero():
    clips = torch.randn(4, 16, 14, 2, generator=torch.Generator().manual_seed(0))
    units = torch.tensor([1e-6, 0.02, 52.0, 1e10])[:, None, None, None]  # each clip its own
    torch.testing.assert_close(mdmo(units * clips), mdmo(clips))
    assert torch.equal(mdmo(0 * clips), torch.zeros(4, 14, 2))


def test_the_switch_reaches_the_logits():
    clips = torch.randn(2, 16, 14, 2, generator=torch.Generator().manual_seed(0))
    per_step = MDMO(3, since_onset=False)
    since_onset = MDMO(3)
    since_onset.load_state_dict(per_step.state_dict())
    for model in (per_step, since_onset):
        expected = mdmo(clips, since_onset=model.since_onset).flatten(1) @ model.svm.weight.T + model.svm.bias
        torch.testing.assert_close(model(clips), expected)
    assert not torch.allclose(per_step(clips), since_onset(clips))
