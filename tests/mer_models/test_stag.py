"""STAG: the evolving graph against its recursion, what the regions' order may change, missing AUs, and the
ablation switches."""

import pytest
import torch
from torch import nn

from mer_models.stag import STAG, EGATLayer, similarity, smoothed
from tests.mer_models import reorder
from tests.mer_models.contract import ModelContract


class TestSTAG(ModelContract):
    name = "stag"
    shape = (16, 14, 2)
    parameters = 272_669


def stochastic(*shape: int) -> torch.Tensor:
    return torch.softmax(2 * torch.randn(*shape), -1)


@pytest.mark.parametrize("steps", [1, 2, 16, 64])
@pytest.mark.parametrize("memory", [-3.0, 0.0, 4.0])
def test_smoothed_adjacency_is_the_recursion(steps, memory):
    torch.manual_seed(steps)
    start, current, theta = stochastic(3, 5, 5), stochastic(3, steps, 5, 5), torch.tensor(memory)
    g, adjacency, expected = torch.sigmoid(theta), start, []
    for t in range(steps):
        adjacency = g * adjacency + (1 - g) * current[:, t]
        expected.append(adjacency)
    result = smoothed(start, current, theta)
    torch.testing.assert_close(result, torch.stack(expected, 1), atol=1e-6, rtol=1e-5)
    torch.testing.assert_close(result.sum(-1), torch.ones(3, steps, 5), atol=1e-5, rtol=0)


def test_adjacency_at_a_step_does_not_depend_on_later_steps():
    torch.manual_seed(0)
    layer, nodes = EGATLayer(8, 2, 5), torch.randn(2, 6, 5, 8)
    changed = nodes.clone()
    changed[:, 4:] += 1
    start = stochastic(2, 5, 5)
    before, after = layer(nodes, start)[1], layer(changed, start)[1]
    assert torch.equal(before[:, :4], after[:, :4]) and not torch.allclose(before[:, 4:], after[:, 4:])


def test_start_is_a_stochastic_matrix_in_which_like_regions_look_at_each_other():
    torch.manual_seed(0)
    nodes = torch.randn(2, 4, 5, 8)
    nodes[:, :, 3] = 2 * nodes[:, :, 1]  # region 3 moves like region 1, only more
    start = similarity(nodes, 0.2)
    torch.testing.assert_close(start.sum(-1), torch.ones(2, 5))
    torch.testing.assert_close(start[:, 1, 3], start[:, 1, 1])
    assert (start[:, 1, [0, 2, 4]] < start[:, 1, 1:2]).all()
    assert (similarity(nodes, 0.1)[:, 0, 0] > start[:, 0, 0]).all()  # lower temperature: sharper


def test_scores_are_the_mean_over_heads_of_product_and_additive_term():
    torch.manual_seed(0)
    heads, width = 2, 4
    layer = EGATLayer(heads * width, heads, 3)
    with torch.no_grad():
        layer.structure.normal_()
    query, key = torch.randn(1, 1, 3, 8), torch.randn(1, 1, 3, 8)
    scores = layer.scores(query, key)[0, 0]
    for i in range(3):
        for j in range(3):
            q, k, total = query[0, 0, i], key[0, 0, j], 0.0
            for h in range(heads):
                part = slice(h * width, (h + 1) * width)
                additive = layer.source.weight[h] @ q + layer.target.weight[h] @ k
                total += q[part] @ k[part] / width**0.5 + (additive if additive > 0 else 0.2 * additive)
            expected = total / heads + layer.structure[i, j] + (layer.self_loop if i == j else 0)
            torch.testing.assert_close(scores[i, j], expected)


def test_the_evolving_graph_follows_the_regions_if_structural_bias_and_the_columns_of_each_region_follow():
    def adjacency(model, x):
        seen = []
        hooks = [
            layer.register_forward_hook(lambda _, __, out: seen.append((out[1], (2, 3))))
            for layer in model.graph
        ]
        model(x)
        for hook in hooks:
            hook.remove()
        return seen

    torch.manual_seed(0)
    parts = {f"graph.{n}.structure": (0, 1) for n in range(2)} | {
        "graph_vector.0.weight": (1,),
        "frame_token.weight": (1,),
    }
    model = STAG(3, n_rois=5, graph_layers=2, transformer_layers=1)
    reorder.check(model, torch.randn(2, 6, 5, 2), 2, parts, adjacency)


def test_order_in_time_matters_to_the_transformer():
    torch.manual_seed(0)
    model, x = STAG(3, graph_layers=0).eval(), torch.randn(2, 8, 14, 2)
    assert not torch.allclose(model(x), model(x.flip(1)), atol=1e-4)


@pytest.mark.parametrize(("steps", "n_rois"), [(1, 14), (3, 18), (64, 14)])
def test_any_number_of_steps_up_to_the_stated_one(steps, n_rois):
    assert STAG(3, n_rois=n_rois)(torch.randn(2, steps, n_rois, 2)).shape == (2, 3)


def test_more_steps_than_stated_are_refused():
    with pytest.raises(ValueError, match=r"1\.\.64.*\(2, 65, 14, 2\)"):
        STAG(3)(torch.randn(2, 65, 14, 2))


def test_a_clip_without_annotation_gets_a_zero_au_embedding_whatever_the_branch_has_learnt():
    torch.manual_seed(0)
    model, x = STAG(3, n_aus=21).eval(), torch.randn(3, 8, 14, 2)
    before = model(x)
    with torch.no_grad():
        model.au_embed[2].bias += 100
    torch.testing.assert_close(model(x), before)


def guided(n_aus: int = 21, **arguments) -> STAG:
    torch.manual_seed(0)
    return STAG(3, n_aus=n_aus, au_connectivity=True, **arguments).eval()


def adjacencies(model: STAG, *inputs: torch.Tensor) -> list[torch.Tensor]:
    """(B, T, N, N) of each graph layer."""
    seen: list[torch.Tensor] = []
    hooks = [layer.register_forward_hook(lambda _, __, out: seen.append(out[1])) for layer in model.graph]
    model(*inputs)
    for hook in hooks:
        hook.remove()
    return seen


def test_au_guided_connectivity_moves_the_edges_of_every_frame_and_layer_and_of_the_start():
    model, x = guided(), torch.randn(2, 4, 14, 2)
    aus = torch.stack([-torch.ones(21), torch.ones(21)])  # the first clip is not annotated
    with torch.no_grad():
        vector = model.au_embed(aus[1])
        model.au_edges[:, 3] = 30 * vector / vector.square().sum()  # 30 for each edge to region 3
    seen = adjacencies(model, x, aus)
    assert len(seen) == 3
    for adjacency in seen:
        torch.testing.assert_close(adjacency.sum(-1), torch.ones(2, 4, 14))
        # all regions look at region 3 alone
        assert (adjacency[1, ..., 3] > 0.999).all() and (adjacency[0, ..., 3] < 0.9).all()


def test_au_guided_connectivity_is_off_where_aus_are_absent_and_at_its_start():
    plain, x, aus = STAG(3, n_aus=21).eval(), torch.randn(2, 4, 14, 2), torch.ones(2, 21)
    model = guided()
    assert sum(p.numel() for p in model.parameters()) == STAG.n_parameters + 14 * 14 * 32
    plain.load_state_dict({name: value for name, value in model.state_dict().items() if name != "au_edges"})
    assert torch.equal(model(x, aus), plain(x, aus))
    nn.init.normal_(model.au_edges)
    assert torch.equal(model(x), plain(x))
    aus[0] = -1
    both, alone = model(x, aus), plain(x, aus)
    torch.testing.assert_close(both[0], alone[0])
    assert not torch.isclose(both[1], alone[1], atol=1e-4).all()
    for without in (guided(n_aus=0), guided(graph_layers=0)):
        assert without.au_edges is None


def test_gradient_reaches_the_edges_that_start_at_zero():
    model = guided().train()
    model(torch.randn(2, 4, 14, 2), torch.ones(2, 21)).square().sum().backward()
    assert model.au_edges.grad.abs().max() > 1e-8


def test_aus_for_a_model_without_the_branch_are_refused():
    with pytest.raises(ValueError, match="n_aus=0"):
        STAG(3)(torch.randn(2, 4, 14, 2), torch.ones(2, 21))


def test_each_ablation_removes_its_own_parameters_and_nothing_else():
    def names(**arguments):
        return {name.split(".")[0] for name, _ in STAG(3, **arguments).named_parameters()}

    graph = {"graph", "salience", "graph_vector"}
    transformer = {"transformer", "frame_token", "class_token", "positions", "norm"}
    fusion = {"from_graph", "from_frames", "graph_looks", "frames_look", "to_graph", "to_frames"}
    both = {"embed", "head"}
    assert names(n_aus=21) == both | graph | transformer | fusion | {"au_embed"}
    assert names() == both | graph | transformer | fusion
    assert names(cross_attention=False) == both | graph | transformer
    assert names(graph_layers=0) == both | transformer
    assert names(transformer_layers=0) == both | graph
    for arguments in ({"graph_layers": 0}, {"transformer_layers": 0}, {"cross_attention": False}):
        assert STAG(3, **arguments)(torch.randn(2, 4, 14, 2)).shape == (2, 3)


@pytest.mark.parametrize(
    ("arguments", "value"),
    [
        ({"graph_layers": 0, "transformer_layers": 0}, "graph_layers=0"),
        ({"embed_dim": 30}, "embed_dim=30"),
        ({"temperature": 0.0}, "=0.0"),
    ],
)
def test_impossible_sizes_are_refused_by_value(arguments, value):
    with pytest.raises(ValueError, match=value):
        STAG(3, **arguments)
