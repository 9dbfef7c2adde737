"""Micro-attention: a plain ResNet-10 at the start, and its map written out again."""

import torch

from mer_models.micro_attention import MicroAttention, MicroAttentionBlock
from tests.mer_models.contract import ModelContract


class TestMicroAttention(ModelContract):
    name = "micro_attention"
    shape = (3, 64, 64)  # the last map must have more than one position to weigh
    # ResNet-10, another head, the filters
    parameters = 5_418_792 - 1000 * 513 + 3 * 513 + 3 * (64 + 128 + 256 + 512)
    quick = {"width": 8}  # noqa: RUF012
    steps = 40


def test_it_starts_as_a_resnet_10():
    from transformers import ResNetConfig, ResNetModel

    torch.manual_seed(0)
    model = MicroAttention(3, width=8).eval()
    plain = ResNetModel(
        ResNetConfig(embedding_size=8, hidden_sizes=[8, 16, 32, 64], depths=[1, 1, 1, 1], layer_type="basic")
    ).eval()
    ours = [v for k, v in model.state_dict().items() if "filter" not in k and "classifier" not in k]
    # both name their layers from input to output
    plain.load_state_dict(dict(zip(plain.state_dict(), ours, strict=True)))
    x = torch.randn(2, 3, 64, 64)
    torch.testing.assert_close(model.maps(x), plain(x).last_hidden_state, atol=1e-5, rtol=1e-5)


def test_the_map_weighs_positions_by_the_features_of_three_scales():
    torch.manual_seed(0)
    block, x = MicroAttentionBlock(4, 4, 1).eval(), torch.randn(2, 4, 3, 5)
    with torch.no_grad():
        block.filter.weight.normal_()
        first = block.first(x)
        second = block.second(first)
        plain = torch.relu(x + second)
        scores = torch.zeros(2, 3, 5)
        for scale, maps in enumerate((x, first, second)):
            for c in range(4):
                scores += block.filter.weight[0, 4 * scale + c, 0, 0] * maps[:, c]
        weights = scores.exp() / scores.exp().sum((1, 2), keepdim=True)
        torch.testing.assert_close(block(x), plain * 15 * weights.unsqueeze(1))
    assert weights.max() > 2 / 15  # it does prefer some
