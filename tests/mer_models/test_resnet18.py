"""ResNet-18: the contract at the published size, and weights of the user's own."""

import torch

from mer_models.resnet18 import ResNet18
from tests.mer_models.contract import ModelContract


class TestResNet18(ModelContract):
    name = "resnet18"
    shape = (3, 32, 32)
    parameters = 11_689_512 - (1000 - 3) * (512 + 1)  # published at 1000 classes
    steps = 15
    lr = 1e-3


def test_a_file_of_the_librarys_classifier_gives_its_logits(tmp_path):
    from transformers import ResNetConfig, ResNetForImageClassification

    torch.manual_seed(0)
    theirs = ResNetForImageClassification(
        ResNetConfig(depths=[2, 2, 2, 2], hidden_sizes=[64, 128, 256, 512], layer_type="basic", num_labels=3)
    )
    x = torch.randn(4, 3, 64, 64)
    theirs(x)  # moves running statistics, which must travel too
    theirs.save_pretrained(tmp_path)
    ours = ResNet18(3, weights=str(tmp_path / "model.safetensors"))
    ours.classifier[1].load_state_dict(theirs.classifier[1].state_dict())
    torch.testing.assert_close(ours.eval()(x), theirs.eval()(x).logits)
