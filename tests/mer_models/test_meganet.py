"""MEGANet: its equations written out again, the fused attention against the explicit one, and every row of
Tables V and VI."""

import pytest
import torch
from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from mer_models.meganet import GradientAttention, MEGANet, SelfAttention, gradient
from orchestrator.testing.models import unreached
from tests.mer_models.contract import ModelContract


class TestMEGANet(ModelContract):
    name = "meganet"
    shape = (3, 32, 32)
    parameters = 1_340_761
    quick = {"width": 16}  # noqa: RUF012
    steps = 40

    def test_gradient_reaches_every_parameter(self):
        """Queries and keys, as soon as gamma has left SAGAN's start at 0; gamma itself and all others at
        once."""
        model = self.build()
        blocked = self.unreached(model)
        assert blocked == {f"blocks.{n}.attention.{part}" for n in range(3) for part in (
            "query.weight", "query.bias", "key.weight", "value.weight", "value.bias")}  # fmt: skip
        with torch.no_grad():
            for block in model.blocks:
                block.attention.gamma.fill_(0.1)
        assert not self.unreached(model)

    def unreached(self, model):
        model.zero_grad()
        nn.functional.cross_entropy(model(*self.inputs(16)), torch.arange(16) % 3).backward()
        return unreached(model)


def test_gradient_map_is_the_sum_of_both_differences_with_zeros_at_the_border():
    x = torch.randn(2, 3, 4, 5)
    expected = torch.zeros_like(x)
    for i in range(4):
        for j in range(5):
            if j + 1 < 5:
                expected[:, :, i, j] += (x[:, :, i, j + 1] - x[:, :, i, j]).abs()
            if i + 1 < 4:
                expected[:, :, i, j] += (x[:, :, i + 1, j] - x[:, :, i, j]).abs()
    torch.testing.assert_close(gradient(x), expected)


def test_gradient_attention_weighs_all_colours_of_a_pixel_by_what_its_neighbourhood_changes():
    torch.manual_seed(0)
    block, x = GradientAttention(), torch.randn(2, 3, 6, 6)
    weights, maps = block.filter.weight[0], nn.functional.pad(gradient(x), (1, 1, 1, 1))
    for i, j in ((0, 0), (2, 3), (5, 5)):
        attention = torch.sigmoid((weights * maps[:, :, i : i + 3, j : j + 3]).sum((1, 2, 3)))
        torch.testing.assert_close(block(x)[:, :, i, j], x[:, :, i, j] * attention.unsqueeze(1))
    flat = torch.full((1, 3, 6, 6), 5.0)
    torch.testing.assert_close(block(flat), flat / 2)  # no change, no preference


@pytest.mark.parametrize("residual", [True, False])
def test_self_attention_is_the_explicit_one_without_a_scale(residual):
    torch.manual_seed(0)
    block, x = SelfAttention(16, residual=residual), torch.randn(3, 16, 5, 7)
    with torch.no_grad():
        block.gamma.fill_(0.7)
        block.query.weight.mul_(4)  # sharp enough for a wrong scale to show
    positions = x.flatten(2)  # (B, C, HW)
    query, key, value = (
        layer.weight @ positions + (0 if layer.bias is None else layer.bias.unsqueeze(1))
        for layer in (block.query, block.key, block.value)
    )
    attention = torch.softmax(query.mT @ key, -1)  # eq 13: a row for each looking position
    expected = 0.7 * (value @ attention.mT).view_as(x) + (x if residual else 0)
    torch.testing.assert_close(block(x), expected, atol=1e-5, rtol=1e-5)


def test_self_attention_keeps_no_matrix_of_all_pairs():
    """A fused kernel serves on this device; without one, 224 px would mean 3136 x 3136 scores a clip."""
    block, x = SelfAttention(16, residual=True), torch.randn(2, 16, 8, 8)
    with sdpa_kernel(SDPBackend.FLASH_ATTENTION):
        block(x).sum().backward()


def test_at_the_start_the_attention_changes_nothing_and_the_printed_form_would_be_dead_at_gamma_0():
    torch.manual_seed(0)
    model, x = MEGANet(3, width=8, dropout=0.0), torch.randn(4, 3, 32, 32)
    plain = MEGANet(3, width=8, dropout=0.0, self_attention=False)
    plain.load_state_dict(model.state_dict(), strict=False)
    torch.testing.assert_close(model(x), plain(x))
    printed = MEGANet(3, width=8, dropout=0.0, attention_residual=False)
    assert all(block.attention.gamma == 1 for block in printed.blocks)
    printed(x).sum().backward()
    assert printed.stem[0].weight.grad.abs().max() > 0
    with torch.no_grad():
        for block in printed.blocks:
            block.attention.gamma.zero_()
    printed.zero_grad()
    printed(x).sum().backward()
    assert not any(
        p.grad.any()
        for name, p in printed.named_parameters()
        if p.grad is not None and "classifier" not in name
    )


def test_each_row_of_tables_v_and_vi_has_its_own_parts_and_no_others():
    def parts(**arguments):
        model = MEGANet(3, width=8, **arguments)
        assert model(torch.randn(2, 3, 64, 64)).shape == (2, 3)
        assert any(isinstance(part, nn.Dropout) and part.p > 0 for part in model.modules())
        names = {n for n, _ in model.named_parameters() if not n.startswith(("stem.", "classifier."))}
        wheres = ("gradient_attention", "convolutions", "attention.gamma")
        return (*(any(f".{where}" in f".{n}" for n in names) for where in wheres), len(model.blocks))

    off = {"gradient_attention": False}
    assert parts(**off, self_attention=False) == (False, True, False, 3)
    assert parts(**off, residual=False) == (False, False, True, 3)
    assert parts(**off) == (False, True, True, 3)
    assert parts(residual=False, self_attention=False) == (True, False, False, 0)
    assert parts() == (True, True, True, 3)
    assert [parts(blocks=n)[3] for n in (2, 4)] == [2, 4]


def test_impossible_sizes_are_refused_by_value():
    with pytest.raises(ValueError, match="width=12"):
        MEGANet(3, width=12)
