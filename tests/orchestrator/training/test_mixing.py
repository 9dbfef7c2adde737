"""Label shares are the true shares of the input, and a missing AU annotation stays missing."""

import numpy as np
import pytest
import torch

from orchestrator.training.kinds import KINDS
from orchestrator.training.mixing import mix
from orchestrator.training.parts.cutmix import cutmix
from orchestrator.training.parts.mixup import mixup

N = 6
SHAPES = {  # of one clip
    "roi_flow": (16, 20, 2),
    "flow_picture": (3, 28, 20),
    "image": (3, 28, 20),
    "frame_pair": (2, 3, 28, 20),
    "roi_maps": (4, 3, 3, 14, 10),
    "roi_stack": (9, 14, 10),
}


def batch(kind: str) -> tuple[torch.Tensor, torch.Tensor]:
    """Clip i is filled with the value 2**i, so what a mixed clip is made of can be counted. Every clip is its
    own class."""
    x = torch.stack([torch.full(SHAPES[kind], 2.0**i) for i in range(N)])
    return x, torch.eye(N)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("seed", range(5))
def test_cutmix_shares_are_counted_pixels(kind, seed):
    x, targets = batch(kind)
    mixed, shares, _ = mix(
        x, targets, None, kind=kind, mixup_alpha=0, cutmix_alpha=1.0, rng=np.random.default_rng(seed)
    )
    for i in range(N):
        counted = torch.stack([(mixed[i] == 2.0**j).float().mean() for j in range(N)])
        torch.testing.assert_close(shares[i], counted)


def test_cutmix_of_roi_flow_takes_whole_steps():
    """All regions of a step come from one clip, and the partner's steps follow one upon the other."""
    x, targets = batch("roi_flow")
    mixed, _, _ = mix(
        x, targets, None, kind="roi_flow", mixup_alpha=0, cutmix_alpha=1.0, rng=np.random.default_rng(1)
    )
    assert all(len(step.unique()) == 1 for clip in mixed for step in clip)
    steps = torch.nonzero((mixed != x).any(0).flatten(1).any(1)).flatten()
    assert 0 < len(steps) < 16 and steps.tolist() == list(range(steps[0], steps[-1] + 1))


@pytest.mark.parametrize("kind", [kind for kind, about in KINDS.items() if about.picture])
@pytest.mark.parametrize("seed", range(5))
def test_cutmix_of_pictures_cuts_one_box_from_all_pictures_of_a_clip(kind, seed):
    x, targets = batch(kind)
    mixed, shares, _ = mix(
        x, targets, None, kind=kind, mixup_alpha=0, cutmix_alpha=1.0, rng=np.random.default_rng(seed)
    )
    for clip, own, share in zip(mixed, x, shares.diagonal(), strict=True):
        # every component of every frame, window and region: (planes, H, W)
        foreign = (clip != own).flatten(0, -3)
        assert (foreign == foreign[0]).all()
        rows, columns = foreign[0].any(1), foreign[0].any(0)
        assert torch.equal(foreign[0], rows[:, None] & columns)
        for line in (rows, columns):  # no gap, and both sides in proportion
            inside = torch.nonzero(line).flatten().tolist()
            assert inside == list(range(inside[0], inside[-1] + 1)) if inside else share == 1
            assert abs(len(inside) / len(line) - (1 - share.item()) ** 0.5) < 0.1


def test_cutmix_takes_and_leaves_parts():
    x, targets = batch("roi_flow")
    rng = np.random.default_rng(0)
    own = [
        mix(x, targets, None, kind="roi_flow", mixup_alpha=0, cutmix_alpha=1.0, rng=rng)[1].diagonal().min()
        for _ in range(50)
    ]
    assert min(own) < 0.2 and max(own) > 0.8


def test_mixup_by_hand():
    x, targets = batch("roi_flow")
    mixed, shares, aus = mixup(x, targets, None, share=0.75, partner=np.array([1, 0, 2, 4, 5, 3]))
    assert mixed[0].unique().tolist() == [0.75 * 1 + 0.25 * 2] and mixed[1].unique().tolist() == [
        0.75 * 2 + 0.25 * 1
    ]
    assert shares[3].tolist() == [0, 0, 0, 0.75, 0.25, 0] and shares[2].tolist() == [0, 0, 1, 0, 0, 0]
    assert aus is None


def test_aus_mix_like_labels_and_unknown_stays_unknown():
    x, targets = batch("roi_flow")
    aus = torch.tensor([[1.0, 0.0], [1.0, 1.0], [-1.0, -1.0], [-1.0, -1.0], [0.0, 1.0], [0.0, 0.0]])
    partner = np.array([1, 2, 3, 4, 5, 4])
    unknown = [-1.0, -1.0]
    *_, mixed = mixup(x, targets, aus, share=0.75, partner=partner)
    assert mixed.tolist() == [[1, 0.25], unknown, unknown, unknown, [0, 0.75], [0, 0.25]]
    # 4 of 16 steps: the same share
    *_, mixed = cutmix(x, targets, aus, where=(slice(0, 4),), partner=partner)
    assert mixed.tolist() == [[1, 0.25], unknown, unknown, unknown, [0, 0.75], [0, 0.25]]


def test_switched_off_it_changes_nothing_and_draws_nothing():
    x, targets = batch("roi_flow")
    rng = np.random.default_rng(0)
    same, shares, _ = mix(x, targets, None, kind="roi_flow", mixup_alpha=0, cutmix_alpha=0, rng=rng)
    assert same is x and shares is targets and rng.random() == np.random.default_rng(0).random()


def test_with_both_on_both_happen():
    x, targets = batch("roi_flow")
    rng = np.random.default_rng(0)
    mixed = [
        mix(x, targets, None, kind="roi_flow", mixup_alpha=1.0, cutmix_alpha=1.0, rng=rng)[0]
        for _ in range(30)
    ]
    cut = sum(torch.isin(m, x.unique()).all().item() for m in mixed)  # CutMix makes no new value
    assert 5 < cut < 25
