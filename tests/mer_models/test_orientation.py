"""Pooling along lines: what it keeps, what it becomes at 0 and 90 degrees, its gradient, and that theta finds
the axis of a motion."""

import math

import pytest
import torch
from torch import nn

from mer_models.orientation import (
    VERTICAL,
    Axis,
    OrientedAttention,
    OrientedModule,
    lines,
    pool,
    spread,
    totals,
)

DEGREES = [0.0, 17.0, 45.0, 72.0, 90.0, 133.0]


def angle(degrees: float) -> torch.Tensor:
    return torch.tensor(math.radians(degrees), dtype=torch.float64)


@pytest.mark.parametrize("degrees", DEGREES)
@pytest.mark.parametrize("size", [(1, 1), (8, 8), (7, 7), (6, 11)])
def test_lines_hold_what_the_picture_holds_and_spreading_undoes_the_sharing(degrees, size):
    x = torch.rand(2, 3, *size, dtype=torch.float64)
    along = lines(angle(degrees), *size)
    torch.testing.assert_close(totals(x, along).sum(2), x.sum((2, 3)))
    assert along.low.min() >= 0 and along.low.max() + 1 < along.n_lines
    assert along.share.min() >= 0 and along.share.max() <= 1
    constant = torch.full((1, 1, along.n_lines), 3.0, dtype=torch.float64)
    torch.testing.assert_close(
        spread(constant, along, *size), torch.full((1, 1, *size), 3.0, dtype=torch.float64)
    )


@pytest.mark.parametrize("degrees", DEGREES)
def test_pooling_is_the_weighted_mean_pixel_by_pixel(degrees):
    theta, size = math.radians(degrees), 5
    x = torch.rand(1, 1, size, size, dtype=torch.float64)
    along = lines(angle(degrees), size, size)
    total, mass = (
        torch.zeros(along.n_lines, dtype=torch.float64),
        torch.zeros(along.n_lines, dtype=torch.float64),
    )
    margin = (along.n_lines - size - 1) // 2
    for row in range(size):
        for column in range(size):
            place = (column - 2) * math.cos(theta) + (row - 2) * math.sin(theta) + 2 + margin
            for line in range(along.n_lines):
                weight = max(0.0, 1 - abs(place - line))
                total[line] += weight * x[0, 0, row, column]
                mass[line] += weight
    expected = torch.where(mass > 1e-6, total / mass.clamp(min=1e-6), 0)
    torch.testing.assert_close(torch.where(mass > 1e-6, pool(x, along)[0, 0], 0), expected)


def test_at_90_degrees_soa_is_cva_and_at_0_its_transpose():
    torch.manual_seed(0)
    attention, x = OrientedAttention(6).double(), torch.rand(2, 6, 9, 9, dtype=torch.float64)
    assert attention(x).shape == (2, 6, 9, 1)  # one weight a row
    rows, columns = attention(x).expand_as(x), attention(x.mT).expand_as(x).mT
    torch.testing.assert_close(rows, attention.weigh(x.mean(3)).unsqueeze(3).expand_as(x))
    torch.testing.assert_close(attention(x, angle(90)), rows)
    torch.testing.assert_close(attention(x, angle(0)), columns)
    torch.testing.assert_close(attention(x, angle(270)), rows)  # lines have no sense
    assert not torch.allclose(attention(x, angle(0)), rows) and not torch.allclose(
        attention(x, angle(45)), rows
    )


def test_a_whole_module_at_90_degrees_is_cva_also_with_a_map_from_the_module_before():
    torch.manual_seed(0)
    module = OrientedModule(4, 8, 2).double().eval()
    x, before = torch.rand(2, 4, 9, 9, dtype=torch.float64), torch.rand(2, 4, 9, 9, dtype=torch.float64)
    for cva, soa in zip(module(x, before), module(x, before, angle(90)), strict=True):
        assert cva.shape == (2, 8, 5, 5)
        torch.testing.assert_close(cva, soa)


@pytest.mark.parametrize("degrees", [0.0, 15.0, 70.0, 90.0, 120.0])
def test_theta_of_the_public_code_is_90_degrees_minus_ours(degrees):
    """Bands across an axis survive pooling where theta is the axis. The code turns the picture by its theta
    and averages rows."""
    size = 33
    across = torch.arange(size, dtype=torch.float64) - size // 2
    y, x = across[:, None], across
    axis = math.radians(degrees)
    inside = torch.exp(-(x**2 + y**2) / 60)  # nothing near the border, which turning would cut
    bands = (inside * torch.cos(math.pi / 3 * (x * math.cos(axis) + y * math.sin(axis))))[None, None]
    ours, theirs = [], []
    for theta in range(0, 180, 5):
        ours.append(totals(bands, lines(angle(theta), size, size)).square().sum())
        c, s = math.cos(math.radians(theta)), math.sin(math.radians(theta))
        turn = torch.tensor([[[c, s, 0.0], [-s, c, 0.0]]], dtype=torch.float64)
        grid = nn.functional.affine_grid(turn, [1, 1, size, size], align_corners=False)
        theirs.append(nn.functional.grid_sample(bands, grid, align_corners=False).sum(3).square().sum())
    assert 5 * torch.stack(ours).argmax() == degrees
    assert 5 * torch.stack(theirs).argmax() == (90 - degrees) % 180


@pytest.mark.parametrize("degrees", [11.0, 62.0, 88.0, 151.0])
def test_gradient_of_theta_is_the_finite_difference(degrees):
    torch.manual_seed(0)
    attention, x = OrientedAttention(3).double(), torch.rand(2, 3, 8, 8, dtype=torch.float64)
    weights = torch.randn(2, 3, 8, 8, dtype=torch.float64)

    def value(theta: torch.Tensor) -> torch.Tensor:
        return (attention(x, theta) * weights).sum()

    theta, step = angle(degrees).requires_grad_(), 1e-7
    value(theta).backward()
    with torch.no_grad():
        difference = (value(theta + step) - value(theta - step)) / (2 * step)
    assert abs(theta.grad) > 1e-4
    torch.testing.assert_close(theta.grad, difference, rtol=1e-5, atol=1e-7)


def bands(degrees: float, n: int = 128, size: int = 16) -> tuple[torch.Tensor, torch.Tensor]:
    """Two noisy pictures of bands across an axis. In class 1 both have the same bands, in class 0 each its
    own."""
    random = torch.Generator().manual_seed(0)
    labels, centred = torch.arange(n) % 2, torch.arange(size) - (size - 1) / 2
    place = centred[:, None] * math.sin(math.radians(degrees)) + centred * math.cos(math.radians(degrees))
    waves = torch.tensor([1.0, 2.0, 3.0])[:, None, None] * 2 * math.pi / size * place
    first, second = (
        torch.cos(waves + 2 * math.pi * torch.rand(n, 3, 1, 1, generator=random)).sum(1) for _ in range(2)
    )
    x = torch.stack([first, torch.where(labels[:, None, None] == 1, first, second)], 1)
    return x + torch.randn(x.shape, generator=random), labels


@pytest.mark.parametrize(("axis", "start"), [(90, 60), (90, 125), (35, 65)])
def test_theta_moves_to_the_axis_of_the_only_signal(axis, start):
    torch.manual_seed(0)
    x, labels = bands(axis)
    attention, learnt, head = OrientedAttention(2), Axis(math.radians(start)), nn.Linear(2, 2)
    optimiser = torch.optim.Adam([*attention.parameters(), *learnt.parameters(), *head.parameters()], 5e-3)
    for _ in range(120):
        optimiser.zero_grad()
        logits = head((10 * x * attention(x, learnt())).mean((2, 3)))
        nn.functional.cross_entropy(logits, labels).backward()
        optimiser.step()
    assert abs(math.degrees(learnt().item()) - axis) < 4


def test_weight_decay_does_not_turn_the_axis_and_a_frozen_one_is_no_parameter():
    axis = Axis(VERTICAL / 3)
    with torch.no_grad():
        axis.direction *= 0.5
    assert axis().item() == pytest.approx(VERTICAL / 3)
    frozen = Axis(0.0, learnable=False)
    assert not list(frozen.parameters()) and list(frozen.state_dict()) == ["direction"] and frozen() == 0


@pytest.mark.parametrize("channels", [4, 8])  # the map is carried as it is, or through a convolution
def test_the_map_of_the_module_before_multiplies_this_one(channels):
    torch.manual_seed(0)
    module, x = OrientedModule(4, channels, 2).eval(), torch.rand(2, 4, 8, 8)
    before = torch.zeros(2, 4, 8, 8)
    assert module(x, before)[0].abs().max() == 0
    before[:, :, 2:4] = 0.5  # rows 2 and 3 become row 1, and max pooling sees them from row 2 as well
    out, attention = module(x, before)
    assert (attention.abs().amax((0, 1, 3)) > 0).tolist() == [False, True, True, False]
    if channels == 4:  # the largest value of 3 x 3, not their mean
        torch.testing.assert_close(
            attention[:, :, 1:3], (0.5 * module(x)[1][:, :, 1:3]).expand(-1, -1, -1, 4)
        )
    torch.testing.assert_close(attention, module(x)[1] * module.carry(before))
    assert out[:, :, 1].abs().max() > 0
    narrow = module(x, before[..., :1])  # a map that is equal along its rows may come as one column
    torch.testing.assert_close(narrow[0], out)
    assert narrow[1].shape == (2, channels, 4, 1)
