"""Weights as torchvision names them are those of the same layers in ours."""

import re

import pytest
import safetensors.torch
import torch

from benchmarks.transcriptions.resnet18 import transcribe as resnet18
from benchmarks.transcriptions.resnet50 import transcribe as resnet50
from mer_models import MODELS
from mer_models.torchvision_names import B0


def shaken(model):
    torch.manual_seed(3)
    for value in model.state_dict().values():
        if value.is_floating_point():
            value.copy_(torch.rand_like(value) * 0.1 + 0.01)
    return model.eval()


@pytest.mark.parametrize(
    ("name", "transcribe", "blocks"),
    [("resnet18", resnet18, (2, 2, 2, 2)), ("resnet50", resnet50, (3, 4, 6, 3))],
)
def test_a_resnet_reads_them_and_computes_what_theirs_does(name, transcribe, blocks, tmp_path):
    theirs = shaken(transcribe(MODELS[name](5)))
    where = [(stage, block) for stage, n in enumerate(blocks, 1) for block in range(n)]

    def torchvision(key):
        key = re.sub(r"^maps\.0\.", "conv1.", re.sub(r"^maps\.1\.", "bn1.", key))
        key = re.sub(r"^maps\.(\d+)\.", lambda n: "layer{}.{}.".format(*where[int(n[1]) - 4]), key)
        return re.sub(r"^out\.", "fc.", key.replace("project.", "downsample."))

    state = {torchvision(key): value.contiguous() for key, value in theirs.state_dict().items()}
    assert "layer2.0.downsample.1.running_var" in state and "fc.weight" in state
    safetensors.torch.save_file(state, tmp_path / "w.safetensors")
    ours = MODELS[name](5, weights=str(tmp_path / "w.safetensors")).eval()
    x = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        torch.testing.assert_close(ours.maps(x).mean((2, 3)), theirs.maps(x).mean((2, 3)))


def efficientnet_names():
    """In the order of their state_dict, which is that of the layers."""
    unit = ("0.weight", *(f"1.{one}" for one in ("weight", "bias", "running_mean", "running_var")))
    squeeze = [f"{one}.{what}" for one in ("fc1", "fc2") for what in ("weight", "bias")]
    yield from (f"features.0.{one}" for one in unit)
    for stage, n in enumerate(B0, 1):
        for block in range(n):
            parts = (unit, unit, squeeze, unit)[stage == 1 :]
            yield from (f"features.{stage}.{block}.block.{i}.{one}" for i, p in enumerate(parts) for one in p)
    yield from (f"features.8.{one}" for one in unit)


def test_an_efficientnet_reads_them_layer_by_layer(tmp_path):
    own = shaken(MODELS["efficientnet_b0"](5)).state_dict()
    held = [v for k, v in own.items() if k.startswith("efficientnet.") and "num_batches" not in k]
    names = list(efficientnet_names())
    assert len(names) == len(set(names)) == len(held) == 358 - 49
    safetensors.torch.save_file(
        dict(zip(names, held, strict=True)) | {"classifier.1.weight": torch.zeros(1000, 1280)},
        tmp_path / "w.safetensors",
    )
    read = MODELS["efficientnet_b0"](5, weights=str(tmp_path / "w.safetensors")).state_dict()
    for key, value in own.items():
        if key.startswith("efficientnet."):
            assert torch.equal(read[key], value) or "num_batches" in key, key


def test_a_name_of_neither_is_told_with_what_is_missing(tmp_path):
    safetensors.torch.save_file({"layer9.0.conv1.weight": torch.zeros(1)}, tmp_path / "w.safetensors")
    with pytest.raises(ValueError, match=r"100 missing: resnet\.embedder.*; 1 unexpected: .*stages\.8"):
        MODELS["resnet18"](3, weights=str(tmp_path / "w.safetensors"))
