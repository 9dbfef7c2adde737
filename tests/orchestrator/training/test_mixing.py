"""Label shares are the true shares of the input, and a missing AU annotation stays missing."""

import numpy as np
import pytest
import torch

from orchestrator.training.mixing import cutmix, mix, mixup

N = 6


def batch(kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Clip i is filled with the value 2**i, so what a mixed clip is made of can be counted. Every clip is its own class."""
    shape = (16, 20, 2) if kind == "roi_flow" else (3, 28, 28)
    x = torch.stack([torch.full(shape, 2.0**i) for i in range(N)])
    return x, torch.eye(N)


@pytest.mark.parametrize("kind", ["roi_flow", "flow_picture"])
@pytest.mark.parametrize("seed", range(10))
def test_cutmix_shares_are_counted_pixels(kind, seed):
    x, targets = batch(kind)
    mixed, shares, _ = mix(x, targets, None, kind=kind, mixup_alpha=0, cutmix_alpha=1.0, rng=np.random.default_rng(seed))
    for i in range(N):
        counted = torch.stack([(mixed[i] == 2.0**j).float().mean() for j in range(N)])
        torch.testing.assert_close(shares[i], counted)
    if kind == "roi_flow":  # whole steps change places: all regions of a step come from one clip
        assert all(len(step.unique()) == 1 for clip in mixed for step in clip)


def test_cutmix_takes_and_leaves_parts():
    x, targets = batch("roi_flow")
    rng = np.random.default_rng(0)
    own = [
        mix(x, targets, None, kind="roi_flow", mixup_alpha=0, cutmix_alpha=1.0, rng=rng)[1].diagonal().min() for _ in range(50)
    ]
    assert min(own) < 0.2 and max(own) > 0.8


def test_mixup_by_hand():
    x, targets = batch("roi_flow")
    mixed, shares, aus = mixup(x, targets, None, share=0.75, partner=np.array([1, 0, 2, 4, 5, 3]))
    assert mixed[0].unique().tolist() == [0.75 * 1 + 0.25 * 2] and mixed[1].unique().tolist() == [0.75 * 2 + 0.25 * 1]
    assert shares[3].tolist() == [0, 0, 0, 0.75, 0.25, 0] and shares[2].tolist() == [0, 0, 1, 0, 0, 0]
    assert aus is None


def test_aus_mix_like_labels_and_unknown_stays_unknown():
    x, targets = batch("roi_flow")
    aus = torch.tensor([[1.0, 0.0], [1.0, 1.0], [-1.0, -1.0], [-1.0, -1.0], [0.0, 1.0], [0.0, 0.0]])
    partner = np.array([1, 2, 3, 4, 5, 4])
    unknown = [-1.0, -1.0]
    *_, mixed = mixup(x, targets, aus, share=0.75, partner=partner)
    assert mixed.tolist() == [[1, 0.25], unknown, unknown, unknown, [0, 0.75], [0, 0.25]]
    *_, mixed = cutmix(x, targets, aus, where=(slice(0, 4),), partner=partner)  # 4 of 16 steps: the same share
    assert mixed.tolist() == [[1, 0.25], unknown, unknown, unknown, [0, 0.75], [0, 0.25]]


def test_switched_off_it_changes_nothing_and_draws_nothing():
    x, targets = batch("roi_flow")
    rng = np.random.default_rng(0)
    same, shares, _ = mix(x, targets, None, kind="roi_flow", mixup_alpha=0, cutmix_alpha=0, rng=rng)
    assert same is x and shares is targets and rng.random() == np.random.default_rng(0).random()


def test_with_both_on_both_happen():
    x, targets = batch("roi_flow")
    rng = np.random.default_rng(0)
    mixed = [mix(x, targets, None, kind="roi_flow", mixup_alpha=1.0, cutmix_alpha=1.0, rng=rng)[0] for _ in range(30)]
    cut = sum(torch.isin(m, x.unique()).all().item() for m in mixed)  # CutMix makes no new value
    assert 5 < cut < 25
