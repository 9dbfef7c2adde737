"""Methods of explanation: a model whose answer is known by hand, and every registered model."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from mer_models import MODELS
from mer_models.backbone import PictureModel
from mer_models.stag import STAG
from orchestrator.results.explain import attention, deletion, methods
from orchestrator.results.explain.embedding import features, turned
from orchestrator.results.explain.methods import GRAD_CAM, GRADIENTS, OCCLUSION, explained
from orchestrator.results.explain.places import of_input
from orchestrator.results.explain.still import seen
from orchestrator.training.prediction import logits
from preprocessing.inputs import INPUTS, Settings

# attention that a model has: the first name of each
ATTENTION = {
    "facesleuth": {"cva_1", "cva_4", "fpf_1", "fpf_6"},
    "meganet": {"gradient_attention_1", "self_attention_3"},
    "micro_attention": {"micro_attention_4"},
    "roi_graph": {"region_attention_2"},
    "roi_hybrid": {"roi_weights", "window_attention_1", "region_attention_1"},
    "roi_temporal": {"window_attention_1"},
    "stag": {"egat_1", "egat_3"},
}
SMALLER = {"facesleuth": {"embed_dim": 8, "hidden_dim": 8, "grid": 2}}


def recipe(normalise="none", image_size=0):
    return SimpleNamespace(normalise=normalise, image_size=image_size, tta=False)


class Linear(nn.Module):
    """Two classes: the second's score is 2 u of the left mouth corner at the second step, less v of a
    brow."""

    uses_aus = False

    def __init__(self):
        super().__init__()
        self.kept = nn.Linear(1, 1)

    def forward(self, x):
        one = 2 * x[:, 1, 8, 0] - x[:, 0, 3, 1]
        return torch.stack([torch.zeros_like(one), one], 1)


def test_a_linear_model_is_explained_as_by_hand():
    places = of_input("roi_flow", INPUTS["roi_flow14"].channels, (3, 14, 2))
    x = torch.randn(4, 3, 14, 2, generator=torch.Generator().manual_seed(0))
    made = explained(Linear(), x, torch.zeros_like(x), None, torch.ones(4, dtype=torch.int64), places)
    wanted = np.zeros((4, 3, 14), np.float32)
    wanted[:, 1, 8], wanted[:, 0, 3] = 2 * x[:, 1, 8, 0], -x[:, 0, 3, 1]
    for name in (GRADIENTS, OCCLUSION):
        np.testing.assert_allclose(made.signed[name], wanted, atol=1e-5)
        share = np.abs(wanted) / np.abs(wanted).sum((1, 2), keepdims=True)
        np.testing.assert_allclose(made.importance[name], share, atol=1e-5)
    assert "no convolution" in made.lacking[GRAD_CAM] and "no attention" in made.lacking["attention"]


def test_what_counts_is_deleted_first_and_the_class_goes():
    places = of_input("roi_flow", INPUTS["roi_flow14"].channels, (3, 14, 2))
    x = torch.zeros(2, 3, 14, 2)
    x[:, 1, 8, 0] = 4
    target = torch.ones(2, dtype=torch.int64)
    made = explained(Linear(), x, torch.zeros_like(x), None, target, places)
    found = deletion.curves(Linear(), x, torch.zeros_like(x), None, target, places, made.signed, 0)
    whole, none = 1 / (1 + np.exp(-8)), 0.5
    for name in (GRADIENTS, OCCLUSION):
        np.testing.assert_allclose(found[name], [[whole, *[none] * 7]] * 2, atol=1e-5)
        assert (deletion.area(found[name]) < deletion.area(found[deletion.RANDOM])).all()
    assert found[deletion.RANDOM][0, 0] == pytest.approx(whole)
    assert found[deletion.RANDOM][0, -1] == pytest.approx(none)


class Weighed(nn.Module):
    """Two classes: the second's score is the sum of what is seen, each number with its weight."""

    uses_aus = False

    def __init__(self, shape, seed):
        super().__init__()
        self.weight = nn.Parameter(torch.randn(shape, generator=torch.Generator().manual_seed(seed)))

    def forward(self, x):
        one = (x * self.weight).flatten(1).sum(1)
        return torch.stack([torch.zeros_like(one), one], 1)


@pytest.mark.parametrize(("name", "shape"), [("roi_flow14", (3, 14, 2)), ("onset_apex_flow", (3, 28, 28))])
def test_of_a_linear_model_the_attribution_is_true_and_no_order_deletes_more(name, shape):
    """What a place counts is weight times what happens there; the score without the k places that count most
    is what it was less their sum, and no other k places leave less."""
    about = INPUTS[name]
    places, model = of_input(about.kind, about.channels, shape), Weighed(shape, 0)
    x, still = torch.randn(2, 3, *shape, generator=torch.Generator().manual_seed(1)) * 0.1
    target = torch.ones(3, dtype=torch.int64)
    made = explained(model, x, still, None, target, places)
    true = places.total((x - still) * model.weight.detach()).numpy()  # (n, T, P)
    lost = {GRADIENTS: true, OCCLUSION: true}
    for method, wanted in lost.items():
        np.testing.assert_allclose(made.signed[method], wanted, atol=1e-5)
    found = deletion.curves(model, x, still, None, target, places, made.signed, 0)
    score = model(x)[:, 1].detach().numpy()
    order = -np.sort(-true.reshape(3, -1), axis=1)
    counts = [round(share * order.shape[1]) for share in deletion.COVERED]
    left = np.stack([score - order[:, :count].sum(1) for count in counts], 1)
    np.testing.assert_allclose(found[GRADIENTS], 1 / (1 + np.exp(-left)), atol=1e-4)
    assert (found[GRADIENTS] <= found[deletion.RANDOM] + 1e-5).all()


class Pooled(PictureModel):
    """Two maps, which are two planes of the picture."""

    def __init__(self):
        super().__init__(2, 2, 0.0)

    def maps(self, x):
        return x[:, :2]


def test_grad_cam_weighs_the_maps_by_what_they_do_for_the_class_and_keeps_what_speaks_for_it():
    model = Pooled()
    weight = torch.tensor([[0.0, 0.0], [2.0, -1.0]])
    model.classifier[1].weight.data.copy_(weight)
    x = torch.rand(2, 3, 56, 56, generator=torch.Generator().manual_seed(0))
    places = of_input("image", (), (3, 56, 56))
    target = torch.ones(2, dtype=torch.int64)
    made = explained(model, x, torch.zeros_like(x), None, target, places, only=[GRAD_CAM])
    cam = (2 * x[:, 0] - x[:, 1]).clamp(min=0).numpy()
    cells = cam.reshape(2, 14, 4, 14, 4).mean((2, 4)).reshape(2, 1, 196)
    np.testing.assert_allclose(made.importance[GRAD_CAM], cells / cells.sum(2, keepdims=True), atol=1e-5)
    assert list(made.importance) == [GRAD_CAM] and not made.signed and not made.lacking


def test_maps_are_those_behind_normalisation_and_activation():
    last = nn.Sequential(nn.Conv2d(1, 1, 1), nn.BatchNorm2d(1))
    stream = nn.Sequential(nn.Conv2d(1, 1, 1), nn.ReLU(), last, nn.ReLU(), nn.MaxPool2d(2), nn.ReLU())
    assert methods._last_maps(stream) is stream[3]
    assert methods._last_maps(stream[:1]) is stream[0]


@pytest.mark.parametrize("normalise", ["none", "scale", "standardise", "minmax255"])
def test_a_still_clip_is_normalised_as_the_clip_is(normalise):
    x = np.random.default_rng(0).normal(size=(2, 3, 8, 8)).astype(np.float32)
    x[:, :, 0, 0] = 0  # here nothing moves
    fitted = {"shift": np.float32([1, 2, 3]), "scale": np.float32([2, 2, 4])}
    fitted["shift"] *= normalise == "standardise"
    shown, still = seen(x, fitted, recipe(normalise), "flow_picture", ("u", "v", "strain"))
    assert still.shape == shown.shape
    np.testing.assert_allclose(still, shown[:, :, :1, :1].expand_as(still), atol=1e-4)


def test_still_clips_of_the_other_kinds():
    pair = np.random.default_rng(0).integers(0, 255, (1, 2, 3, 32, 32)).astype(np.uint8)
    shown, still = seen(pair, {}, recipe(), "frame_pair", ())
    assert (still[:, 0] == shown[:, 0]).all() and (still[:, 1] == shown[:, 0]).all()
    frame = pair[:, 0]
    shown, still = seen(frame, {}, recipe(), "image", ())
    assert still.std() < shown.std() / 3 and abs(still.mean() - shown.mean()) < 10
    image = frame.astype(np.float16) - 100
    assert not seen(image, {}, recipe(), "image", ())[1].any()
    published = np.full((1, 3, 28, 28), 7, np.float32)
    published[0, 0, 3, 3] = 255
    assert (seen(published, {}, recipe(), "flow_picture", (), published=True)[1] == 7).all()


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.long)
        if name in ("vgg19", "resnet50", "efficientnet_b0")
        else name
        for name in MODELS
    ],
)
def test_every_model_is_explained_or_says_why_not(name):
    model, given = MODELS[name], INPUTS[MODELS[name].default_features]
    shape = given.shape(Settings(image_size=32, steps=4))
    rng = np.random.default_rng(0)
    x = (
        rng.integers(0, 255, (2, *shape)).astype(np.uint8)
        if given.dtype == "uint8"
        else rng.normal(size=(2, *shape))
    )
    size = ({"n_rois": shape[1]} if given.kind == "roi_flow" else {}) | (
        {"n_aus": 21} if model.uses_aus else {}
    )
    torch.manual_seed(0)
    made = model(3, **size, **SMALLER.get(name, {})).eval()
    aus = torch.zeros(2, 21) if model.uses_aus else None
    shown, still = seen(x, {}, recipe(), given.kind, given.channels)
    places = of_input(given.kind, given.channels, shape)
    with torch.no_grad():
        before = logits(made, shown, aus)
    found = explained(made, shown, still, aus, torch.tensor([0, 2]), places)
    assert {GRADIENTS, OCCLUSION} <= set(found.importance)
    assert (GRAD_CAM in found.importance) != (GRAD_CAM in found.lacking)
    assert (GRAD_CAM in found.lacking) == (name in ("stag", "mdmo"))
    own = set(found.importance) - {GRADIENTS, OCCLUSION, GRAD_CAM}
    assert ATTENTION.get(name, set()) <= own and bool(own) == (name in ATTENTION), own
    for method, shares in found.importance.items():
        assert shares.shape == (2, *places.shape) and np.isfinite(shares).all() and (shares >= 0).all()
        sums = shares.sum((1, 2))
        assert all(total == pytest.approx(1, abs=1e-4) or total == 0 for total in sums), method
        if method in own or method == GRADIENTS:
            assert sums.all(), method
    with torch.no_grad():  # nothing is left behind in the model
        torch.testing.assert_close(logits(made, shown, aus), before)
    assert not any(layer._forward_hooks or layer._backward_hooks for layer in made.modules())
    points = torch.from_numpy(features(made, lambda: logits(made, shown, aus)))
    assert len(points) == 2
    lasts = [one for one in made.modules() if isinstance(one, nn.Linear) and one.out_features == 3]
    if len(lasts) == 1 and not isinstance(made, STAG):  # STAG adds up what it says at each step
        with torch.no_grad():
            torch.testing.assert_close(lasts[0](points), before)


def test_attention_is_where_it_is_looked_and_not_from_where():
    """Of a graph in which all regions look at the third; of the Swin's windows, which are shifted: each patch
    gets its own number back."""
    adjacency = torch.zeros(1, 2, 4, 4)
    adjacency[..., 2] = 1
    graph = attention._graph(nn.Identity(), (), (None, adjacency))
    assert graph.values.tolist() == [[[0, 0, 1, 0]] * 2]
    assert graph.edges[0].tolist() == [[0, 0, 1, 0]] * 4
    wanted = torch.arange(32.0).reshape(2, 4, 4)  # onset, apex; 4 x 4 patches, windows of 2 x 2
    rolled = torch.roll(wanted, (-1, -1), (1, 2))
    windows = rolled.reshape(2, 2, 2, 2, 2).transpose(2, 3).reshape(8, 1, 1, 4)
    layer = SimpleNamespace(window_size=2, shift_size=1)
    swin = attention._swin(layer, (None, (4, 4)), (None, windows.expand(8, 3, 4, 4)))
    assert torch.equal(swin.values, wanted[1:])


def test_a_space_that_is_only_turned_is_turned_back():
    rng = np.random.default_rng(0)
    first = rng.normal(size=(20, 3))
    turn = np.linalg.qr(rng.normal(size=(3, 3)))[0]
    shared = np.arange(20) < 12
    np.testing.assert_allclose(turned(first @ turn + 5, first, shared), first, atol=1e-9)
    assert turned(rng.normal(size=(20, 2)), first, shared).shape == (20, 3)
