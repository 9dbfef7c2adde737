"""A bundle's ONNX graph gives the bundle's probabilities (1e-4) in onnxruntime, for every model that can; the
others say why."""

import numpy as np
import pytest
import torch

from mer_models import MODELS
from orchestrator.inference import onnx_file
from orchestrator.inference.bundle import About, Bundle, Member
from orchestrator.study.configuration import configuration
from orchestrator.study.recipe import Recipe
from orchestrator.training import normalise
from orchestrator.training.parts import au_head
from preprocessing.regions import CHANNELS

pytest.importorskip("onnxruntime")
pytestmark = pytest.mark.long
SHAPES = {
    "roi_flow": (5, 14, 2),
    "flow_picture": (3, 64, 64),
    "image": (3, 64, 64),
    "frame_pair": (2, 3, 64, 64),
    "roi_maps": (2, 3, 3, 32, 32),
    "roi_stack": (9, 32, 32),
}
SMALL = {  # the same layers, fewer of them: the exporter takes a minute for the whole
    "facesleuth": {"model.embed_dim": 8, "model.hidden_dim": 16, "model.grid": 2},
    "stag": {"model.graph_layers": 1, "model.transformer_layers": 1, "model.embed_dim": 8},
    "vgg19": {"model.width": 4},
}


def bundle(name, kind, members=1, *, head=False, **recipe):
    """Untrained networks of other seeds, with clips (4, ...) as stored; batch statistics of any kind."""
    architecture, rng = MODELS[name], np.random.default_rng(0)
    pattern = architecture.takes[kind]
    shape = tuple(a if isinstance(a, int) else b for a, b in zip(pattern, SHAPES[kind], strict=True))
    x = (rng.standard_normal((4, *shape)) * 2 + 1).astype(np.float32)
    given = SMALL.get(name, {}) | {f"recipe.{key}": value for key, value in recipe.items()}
    config = configuration(name, given)
    asked = Recipe(**config["recipe"])
    sizes = {"n_rois": 14} if kind == "roi_flow" else {}
    made, aus = [], (rng.random((4, 21)) < 0.3).astype(np.float32)
    for seed in range(members):
        torch.manual_seed(seed)
        network = architecture(3, **sizes, **({"n_aus": 21} if head else {}), **config["model"])
        for layer in network.modules():
            if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
                layer.running_mean.uniform_(-0.5, 0.5)
                layer.running_var.uniform_(0.5, 2)
        own = au_head.fit(x, aus, kind) if head else None
        made.append(Member(network.eval(), normalise.fit(x, asked.normalise, kind), own, asked))
    about = About(
        model=name, config=config, classes=["a", "b", "c"], kind=kind,
        channels=list(CHANNELS[14]) if kind == "roi_flow" else [], n_rois=sizes.get("n_rois"),
        n_aus=21 if head else None, features="f", au="predicted" if head else "none", trial=0,
        models=[{"epochs": 1, "normaliser": {}}] * members,
    )  # fmt: skip
    return Bundle(about, tuple(made), "", "0" * 16), x


@pytest.mark.parametrize("name", sorted(MODELS))
def test_every_models_graph_gives_the_bundles_probabilities(name):
    assert _same(*bundle(name, next(iter(MODELS[name].takes))))


def _same(made, x):
    import onnxruntime

    session = onnxruntime.InferenceSession(onnx_file.written(made, x), providers=["CPUExecutionProvider"])
    one = [session.run(None, {"flow": x[row : row + 1]})[0][0] for row in range(4)]
    np.testing.assert_allclose(one, made.probabilities(x), atol=1e-4, rtol=0)
    return True


@pytest.mark.parametrize(
    ("name", "kind", "members", "given"),
    [
        ("stag", "roi_flow", 2, {"tta": True, "normalise": "standardise"}),
        ("stag", "roi_flow", 2, {"head": True}),
        ("ststnet", "flow_picture", 1, {"tta": True, "normalise": "none"}),
        ("micro_attention", "image", 1, {"normalise": "minmax255", "tta": True}),
        ("roi_cnn", "roi_stack", 1, {"tta": True}),
    ],
)
def test_what_stands_around_the_network_is_in_the_graph(name, kind, members, given):
    made, x = bundle(name, kind, members, **given)
    if kind == "flow_picture":  # one whose u was scaled to 0..255, which its mirror image has to know
        low, high = x[0].min((-2, -1), keepdims=True), x[0].max((-2, -1), keepdims=True)
        x[0] = (x[0] - low) / (high - low) * np.float32(255)
    assert _same(made, x)


def test_pictures_that_the_recipe_shrinks_are_refused_with_the_reason():
    made, x = bundle("resnet18", "flow_picture", image_size=32)
    with pytest.raises(onnx_file.NoOnnx, match="image_size = 32 shrinks"):
        onnx_file.written(made, x)


def test_a_head_that_reads_pictures_is_refused_with_the_reason():
    made, x = bundle("facesleuth", "frame_pair", head=True)
    with pytest.raises(onnx_file.NoOnnx, match="head for action units reads means of cells"):
        onnx_file.written(made, x)
