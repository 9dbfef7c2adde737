"""VGG19: the contract, torchvision's names of its layers, and a start from which it learns."""

import itertools

import pytest
import safetensors.torch
import torch
from torch import nn

from mer_models.vgg19 import VGG19
from tests.mer_models.contract import ModelContract


class TestVGG19(ModelContract):
    name = "vgg19"
    shape = (3, 32, 32)
    parameters = 20_024_384 + 3 * 513  # the published convolutions, another head
    quick = {"width": 8}  # noqa: RUF012
    lr = 1e-3


@pytest.mark.parametrize(
    ("batch_norm", "convolutions"),
    [
        (False, (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)),
        (True, (0, 3, 7, 10, 14, 17, 20, 23, 27, 30, 33, 36, 40, 43, 46, 49)),
    ],
)
def test_a_file_with_torchvisions_names_is_read(tmp_path, batch_norm, convolutions):
    """Names and channels of torchvision's vgg19 and vgg19_bn, whose older files have no count of batches."""
    state, inputs = {}, 3
    # an eighth of VGG19's
    for number, channels in zip(convolutions, [8] * 2 + [16] * 2 + [32] * 4 + [64] * 8, strict=True):
        layers = {
            f"features.{number}.weight": (channels, inputs, 3, 3),
            f"features.{number}.bias": (channels,),
        }
        if batch_norm:
            layers |= {
                f"features.{number + 1}.{k}": (channels,)
                for k in ("weight", "bias", "running_mean", "running_var")
            }
        state |= {name: torch.rand(shape) for name, shape in layers.items()}
        inputs = channels
    safetensors.torch.save_file(
        state | {"classifier.0.weight": torch.zeros(4, 4)}, tmp_path / "vgg.safetensors"
    )
    model = VGG19(3, width=8, batch_norm=batch_norm, weights=str(tmp_path / "vgg.safetensors"))
    read = model.convolutions.state_dict()
    assert all(torch.equal(read[name.removeprefix("features.")], value) for name, value in state.items())


def test_a_signal_survives_sixteen_layers_at_the_random_start():
    torch.manual_seed(0)
    model, x = VGG19(3, width=16).eval(), torch.randn(8, 3, 64, 64)
    # clips differ by 0.03; with torch's own start by 1e-7
    assert model.maps(x).mean((2, 3)).std(0).max() > 1e-3


def test_batch_norm_follows_every_convolution():
    layers = list(VGG19(3, width=8, batch_norm=True).convolutions)
    followers = [type(after) for layer, after in itertools.pairwise(layers) if isinstance(layer, nn.Conv2d)]
    assert followers == [nn.BatchNorm2d] * 16
