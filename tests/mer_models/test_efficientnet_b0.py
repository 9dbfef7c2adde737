"""EfficientNet-B0: the contract at the published size, weights of the user's own, and a random start that
carries a signal."""

import pytest
import torch
from torch import nn

from mer_models.efficientnet_b0 import EfficientNetB0
from orchestrator.testing.models import unreached
from tests.mer_models.contract import ModelContract


class TestEfficientNetB0(ModelContract):
    name = "efficientnet_b0"
    shape = (3, 32, 32)
    parameters = 5_288_548 - (1000 - 3) * (1280 + 1)  # published at 1000 classes
    quick = {"drop_connect": 0.0}  # noqa: RUF012
    steps = 20

    def build(self, *of, **arguments):
        model = super().build(*of, **arguments)
        for layer in model.modules():
            if isinstance(layer, nn.BatchNorm2d):
                # the few steps of the contract leave too much of the first running statistics
                layer.momentum = 0.5
        return model

    def test_gradient_reaches_every_parameter(self):
        """But for the shifts that end each block: a 1 x 1 convolution and a normalisation follow, which
        subtracts them again."""
        model = self.build().double()  # so that nothing of them is left by rounding
        nn.functional.cross_entropy(model(self.inputs(16)[0].double()), torch.arange(16) % 3).backward()
        assert unreached(model) == {
            f"efficientnet.encoder.blocks.{n}.projection.project_bn.bias" for n in range(16)
        }


def test_a_file_of_the_librarys_classifier_gives_its_logits(tmp_path):
    from transformers import EfficientNetConfig, EfficientNetForImageClassification

    torch.manual_seed(0)
    theirs = EfficientNetForImageClassification(
        EfficientNetConfig(width_coefficient=1.0, depth_coefficient=1.0, hidden_dim=1280, num_labels=3)
    )
    start = EfficientNetB0(3)
    # their own start gives the same logits to all
    theirs.efficientnet.load_state_dict(start.efficientnet.state_dict())
    x = torch.randn(4, 3, 64, 64)
    theirs(x)  # moves running statistics, which must travel too
    theirs.save_pretrained(tmp_path)
    ours = EfficientNetB0(3, weights=str(tmp_path / "model.safetensors"))
    ours.classifier[1].load_state_dict(theirs.classifier.state_dict())
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x).logits)


def test_the_random_start_is_none_of_the_librarys():
    norms = [layer for layer in EfficientNetB0(3).modules() if isinstance(layer, nn.BatchNorm2d)]
    assert len(norms) == 49
    assert all(
        (layer.weight == 1).all() and (layer.bias == 0).all() and layer.momentum == 0.1 for layer in norms
    )


def test_a_drop_connect_outside_its_range_is_refused():
    with pytest.raises(ValueError, match=r"drop_connect=1\.0"):
        EfficientNetB0(3, drop_connect=1.0)
