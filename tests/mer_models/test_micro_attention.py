"""Micro-attention: the published count, grey pictures, and a block and its mask written out again."""

import pytest
import torch
from torch import nn

from mer_models.micro_attention import MicroAttention, MicroAttentionBlock
from tests.mer_models.contract import ModelContract

# layer by layer, from the authors' description; no convolution but the first has a bias
STEM = 2 + 7 * 7 * 64 + 64 + 2 * 64
FIRST = 2 * 9 * 64 * 64 + 2 * 64 + 3 * 64 * 64
LATER = sum(
    2 * i + 9 * i * o + 2 * o + 9 * o * o + i * o + 3 * o * o for i, o in ((64, 128), (128, 256), (256, 512))
)
HEAD = 2 * 512 + 512 * 3 + 3


class TestMicroAttention(ModelContract):
    name = "micro_attention"
    shape = (3, 64, 64)  # the last map must have more than one position to weigh
    parameters = published_parameters = 5_943_813
    quick = {"width": 8}  # noqa: RUF012
    steps = 40


def test_the_published_count_is_that_of_the_described_layers():
    assert MicroAttention.n_parameters == STEM + FIRST + LATER + HEAD


@pytest.mark.parametrize(("inputs", "outputs", "stride"), [(4, 4, 1), (4, 6, 2)])
def test_a_block_is_the_sum_of_its_paths_and_that_sum_again_by_the_mask(inputs, outputs, stride):
    torch.manual_seed(0)
    block, x = MicroAttentionBlock(inputs, outputs, stride).eval(), torch.randn(2, inputs, 5, 7)
    with torch.no_grad():
        for parameter in block.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
        out = block(x)
        if stride == 2:  # before any convolution, and the shortcut starts there too
            x = torch.relu(block.before[0](x))
        shortcut = x if stride == 1 else nn.functional.conv2d(x, block.shortcut.weight, stride=2)
        first = torch.relu(block.first[1](nn.functional.conv2d(x, block.first[0].weight, None, stride, 1)))
        second = nn.functional.conv2d(first, block.second.weight, None, 1, 1)  # neither normalised nor cut
        filtered = torch.einsum(
            "of,bfhw->bohw", block.mask.weight[:, :, 0, 0], torch.cat([shortcut, first, second], 1)
        )
        mask = 1 / (1 + (-filtered.mean(1, keepdim=True)).exp())
        torch.testing.assert_close(out, (shortcut + second) * (1 + mask))
    assert mask.shape == (2, 1, *out.shape[2:]) and mask.max() - mask.min() > 0.1


def test_it_reads_one_grey_plane_in_the_weights_of_colours():
    torch.manual_seed(0)
    model, x = MicroAttention(3, width=8).eval(), torch.rand(2, 3, 40, 40)
    grey = 0.299 * x[:, :1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:]
    torch.testing.assert_close(model(x), model(grey.expand(-1, 3, -1, -1)))
    assert not torch.allclose(model(x), model(x.flip(1)), atol=1e-4)  # red and blue weigh differently
    assert model.stem[0].num_features == model.stem[1].in_channels == 1


def test_all_three_planes_are_read_where_grey_is_off():
    torch.manual_seed(0)
    model, x = MicroAttention(3, width=8, grey=False).eval(), torch.rand(2, 3, 40, 40)
    grey = (0.299 * x[:, :1] + 0.587 * x[:, 1:2] + 0.114 * x[:, 2:]).expand(-1, 3, -1, -1)
    assert not torch.allclose(model(x), model(grey), atol=1e-4)


@pytest.mark.parametrize(("size", "sides"), [(224, (56, 56, 28, 14, 7)), (32, (8, 8, 4, 2, 1))])
def test_its_maps_have_the_sides_of_the_description(size, sides):
    model, seen = MicroAttention(3, width=2).eval(), []
    for layer in (model.stem, *model.blocks[:4]):
        layer.register_forward_hook(lambda _, __, out: seen.append(out.shape[-1]))
    model(torch.rand(1, 3, size, size))
    assert tuple(seen) == sides
