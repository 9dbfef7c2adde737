"""What the picture models share: weights of the user's own fit wholly, apart from the classifier, or are
refused by name."""

import pytest
import safetensors.torch
import torch
from torch import nn

from mer_models import MODELS
from mer_models.backbone import PictureModel


class Tiny(PictureModel):
    def __init__(self, n_classes=3, weights="", renamed=str):
        super().__init__(n_classes, 4, 0.0)
        self.body = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4))
        self.load(weights, renamed)

    def maps(self, x):
        return self.body(x)


@pytest.fixture
def file(tmp_path):
    return tmp_path / "own.safetensors"


def stored(file, **changes):
    """Random weights of a Tiny for 1000 classes, with ``changes`` (None takes a key away), written to
    ``file``."""
    torch.manual_seed(5)
    state = {
        k: torch.randn_like(v) if v.is_floating_point() else v for k, v in Tiny(1000).state_dict().items()
    } | changes
    state = {k: v for k, v in state.items() if v is not None}
    safetensors.torch.save_file(state, file)
    return state


def test_all_weights_but_the_classifiers_are_read(file):
    state = stored(file)
    torch.manual_seed(1)
    fresh = Tiny().state_dict()
    torch.manual_seed(1)
    read = Tiny(weights=str(file)).state_dict()
    for key, value in read.items():
        assert torch.equal(value, (fresh if key.startswith("classifier.") else state)[key]), key


def test_names_of_another_library_and_files_without_a_count_of_batches_are_read(file):
    state = stored(file)
    safetensors.torch.save_file(
        {
            k.replace("body.", "features."): v
            for k, v in state.items()
            if "num_batches" not in k and "classifier" not in k
        },
        file,
    )
    read = Tiny(weights=str(file), renamed=lambda name: name.replace("features.", "body."))
    assert torch.equal(read.body[0].weight, state["body.0.weight"])


def test_what_does_not_fit_is_named(file):
    stored(file, **{"body.0.bias": None, "head.weight": torch.zeros(2), "body.1.weight": torch.zeros(7)})
    said = (
        r"1 missing: body\.0\.bias; 1 unexpected: head\.weight; 1 of another shape: body\.1\.weight \(7,\) "
        r"for \(4,\)"
    )
    with pytest.raises(ValueError, match=said):
        Tiny(weights=str(file))


def test_a_file_that_is_not_there_or_is_not_safetensors_is_refused_by_name(file):
    with pytest.raises(ValueError, match=r"own\.safetensors' is no file"):
        Tiny(weights=str(file))
    torch.save({}, file)
    with pytest.raises(ValueError, match=r"own\.safetensors' is no safetensors file"):
        Tiny(weights=str(file))


@pytest.mark.parametrize("name", ["efficientnet_b0", "micro_attention", "resnet18", "resnet50", "vgg19"])
def test_every_model_that_takes_weights_reads_them(name):
    with pytest.raises(ValueError, match=r"'nowhere\.safetensors' is no file"):
        MODELS[name](3, weights="nowhere.safetensors")


def test_a_picture_too_small_is_refused():
    with pytest.raises(ValueError, match=r"32 px or more, got \(1, 3, 31, 32\)"):
        Tiny()(torch.zeros(1, 3, 31, 32))


def test_the_head_reads_the_mean_over_all_positions():
    model, x = Tiny().eval(), torch.randn(2, 3, 33, 40)
    maps, linear = model.maps(x), model.classifier[1]
    means = torch.stack(
        [torch.stack([maps[b, c].sum() / maps[b, c].numel() for c in range(4)]) for b in range(2)]
    )
    torch.testing.assert_close(model(x), means @ linear.weight.T + linear.bias)
