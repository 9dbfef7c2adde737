"""Every model against a second, independent implementation: same outputs, same gradients, on small random
clips."""

from importlib import import_module
from importlib.util import find_spec

import pytest
import torch
from torch import nn

from benchmarks.models import measure
from benchmarks.transcriptions import transcribe
from mer_models import MODELS
from tests.mer_models.contract import ModelContract

# A model has a transcription where the benchmark wants one.
WRITTEN = [name for name in MODELS if find_spec(f"benchmarks.transcriptions.{name}")]
# What a model's own tests leave at its default, and the transcription covers.
MORE = [
    ("facesleuth", {"orientation": "cva"}),
    ("facesleuth", {"orientation": "shared"}),
    ("meganet", {"attention_residual": False, "blocks": 4}),
    ("mdmo", {"since_onset": False}),
    ("stag", {"au_connectivity": True}),
]


def case(name: str) -> ModelContract:
    """The sizes of the model's own tests."""
    module = import_module(f"tests.mer_models.test_{name}")
    found = [c for c in vars(module).values() if isinstance(c, type) and getattr(c, "name", None) == name]
    assert found, f"tests/mer_models/test_{name}.py has no ModelContract with name = {name!r}"
    contract = found[0]()
    contract.architecture = MODELS[name]
    return contract


@pytest.mark.parametrize(("name", "arguments"), [*((name, {}) for name in WRITTEN), *MORE])
def test_it_gives_what_the_equations_give(name, arguments):
    sizes = case(name)
    sizes.quick = {**sizes.quick, **arguments}
    model, clips = sizes.build().double(), [part.double() for part in sizes.inputs(3)]
    with torch.no_grad():
        for parameter in model.parameters():  # what starts at 0 or 1 must count, too
            parameter.add_(0.1 * torch.randn_like(parameter))
        model(*(part.double() for part in sizes.inputs(8, seed=1)))  # moves the running statistics
    if len(clips) == 2:
        clips[1][-1] = -1  # a clip whose AUs nobody has annotated
    results = []
    for module in (model.eval(), transcribe(name, model)):
        x = clips[0].clone().requires_grad_()
        logits = module(x, *clips[1:])
        nn.functional.cross_entropy(logits, torch.arange(3)).backward()
        results.append((logits.detach(), x.grad))
    for ours, theirs in zip(*results, strict=True):
        scale = ours.abs().max()  # a deep net's gradients are small
        assert scale > 0
        torch.testing.assert_close(theirs / scale, ours / scale, atol=1e-5, rtol=0)


def test_the_benchmark_counts_what_a_hand_counts():
    row = measure("ststnet", batch=2, rounds=1, seconds=0, size=224)
    assert row["parameters"] == MODELS["ststnet"].n_parameters
    # 16 filters of 3 x 3 on a picture of 28 px with 2 px around it
    assert 1e6 * row["mmac"] == 16 * 3 * 3**2 * 30**2 + 400 * 3
    assert row["rounds"] == 1 and row["speedup"] == row["written_ms"] / row["ms"] > 0
