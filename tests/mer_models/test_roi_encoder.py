"""The encoders of the ROI ladder: every region its own, every window on its own; attention against
torch's."""

import pytest
import torch
from torch import nn

from mer_models.roi_encoder import AttentionBlock, RegionEncoder


def maps(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, 3, 32, 32, generator=torch.Generator().manual_seed(0))


def test_features_of_a_window_and_region_come_from_its_picture_through_its_regions_encoder():
    torch.manual_seed(0)
    encode, x = RegionEncoder(8, 0.3).eval(), maps(2, 4, 3)
    features = encode(x)
    assert features.shape == (2, 4, 3, 8)
    for clip, window, region in [(0, 0, 0), (0, 3, 2), (1, 2, 1)]:
        alone = encode.encoders[region](x[clip, window, region].unsqueeze(0))[0]
        torch.testing.assert_close(features[clip, window, region], alone, atol=1e-5, rtol=1e-5)


def test_a_shared_encoder_is_one_third_and_treats_regions_alike():
    torch.manual_seed(0)
    shared, x = RegionEncoder(8, 0.3, shared=True).eval(), maps(2, 2, 3)
    separate = RegionEncoder(8, 0.3)
    assert 3 * sum(p.numel() for p in shared.parameters()) == sum(p.numel() for p in separate.parameters())
    order = torch.tensor([2, 0, 1])
    assert not torch.equal(separate(x), separate(x))  # dropout
    torch.testing.assert_close(shared(x[:, :, order]), shared(x)[:, :, order], atol=1e-6, rtol=1e-5)
    assert shared(x).shape == (2, 2, 3, 8)


def test_attention_is_torchs_with_residual_and_normalisation():
    torch.manual_seed(0)
    block, theirs, tokens = (
        AttentionBlock(16, 2),
        nn.MultiheadAttention(16, 2, batch_first=True),
        torch.randn(2, 3, 16),
    )
    with torch.no_grad():
        theirs.in_proj_weight.copy_(block.query_key_value.weight)
        theirs.in_proj_bias.copy_(block.query_key_value.bias)
        theirs.out_proj.load_state_dict(block.out.state_dict())
    expected = block.norm(tokens + theirs(tokens, tokens, tokens)[0])
    torch.testing.assert_close(block(tokens), expected)


def test_attention_dropout_is_torchs_and_of_training_alone():
    """The code's MultiheadAttention drops weights behind the softmax: with the same draws the same tokens."""
    torch.manual_seed(0)
    block, theirs, tokens = (
        AttentionBlock(16, 2, 0.5),
        nn.MultiheadAttention(16, 2, dropout=0.5, batch_first=True),
        torch.randn(4, 3, 16),
    )
    with torch.no_grad():
        theirs.in_proj_weight.copy_(block.query_key_value.weight)
        theirs.in_proj_bias.copy_(block.query_key_value.bias)
        theirs.out_proj.load_state_dict(block.out.state_dict())
    torch.manual_seed(1)
    ours = block(tokens)
    torch.manual_seed(1)
    torch.testing.assert_close(ours, block.norm(tokens + theirs(tokens, tokens, tokens)[0]))
    assert not torch.allclose(ours, block(tokens))
    assert torch.equal(block.eval()(tokens), block(tokens))


def test_a_width_that_the_heads_do_not_divide_is_refused():
    with pytest.raises(ValueError, match="heads=5"):
        AttentionBlock(16, 5)
