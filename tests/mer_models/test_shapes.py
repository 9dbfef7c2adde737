"""Which clips a model takes: by hand, and for all feature sets and models."""

import pytest
import torch

from mer_models import MODELS
from mer_models.roi_encoder import as_windows
from mer_models.shapes import NO_PICTURES, why_not
from mer_models.ststnet import STSTNet
from orchestrator.training.kinds import KINDS
from preprocessing.inputs import INPUTS, Settings

PICTURES = ("efficientnet_b0", "meganet", "micro_attention", "resnet18", "resnet50", "vgg19")
FLOWS = {"onset_apex_flow", "apex_offset_flow", "onset_apex_flow224", "apex_offset_flow224"}
IMAGES = {"mesti", "dynamic_image", "active_image", "affective_motion_image", "apex_frame"}
LADDER = {"roi_maps1", "roi_maps2", "roi_maps4", "roi_stack9"}


def fitting(model, image_size=0):
    """Names of the feature sets that the model takes."""
    made = Settings()
    return {n for n, one in INPUTS.items() if not why_not(model, one.kind, one.shape(made), image_size)}


class Windows:
    takes = {"roi_maps": ((1, 4), 3, None), "roi_flow": ((2, None), 3)}  # noqa: RUF012


@pytest.mark.parametrize(
    ("kind", "shape", "image_size", "said"),
    [
        ("roi_maps", (1, 3, 9), 0, ""),
        ("roi_maps", (4, 3, 1), 0, ""),
        ("roi_flow", (99, 3), 0, ""),
        ("image", (3, 8, 8), 0, "Windows reads roi_maps or roi_flow, got image"),
        ("roi_maps", (5, 3, 9), 0, "of shape (1 to 4, 3, any), got (5, 3, 9), whose axis 1 must be 1 to 4"),
        ("roi_maps", (0, 3, 9), 0, "whose axis 1 must be 1 to 4"),
        ("roi_maps", (1, 2, 9), 0, "got (1, 2, 9), whose axis 2 must be 3"),
        ("roi_maps", (1, 3), 0, "got (1, 3), which has 2 axes in place of 3"),
        ("roi_flow", (1, 3), 0, "of shape (2 or more, 3), got (1, 3), whose axis 1 must be 2 or more"),
        ("roi_maps", (1, 7, 9), 3, ""),
        ("roi_maps", (1, 3, 9), 28, "got (1, 28, 28), whose axis 2 must be 3"),
        ("roi_flow", (1, 3), 3, "got (1, 3), whose"),  # no picture
    ],
)
def test_what_does_not_fit_is_said_by_value_and_rule(kind, shape, image_size, said):
    reason = why_not(Windows, kind, shape, image_size)
    assert reason.endswith(said) if said.startswith("Windows") else said in reason
    assert bool(reason) == bool(said)


def test_the_kinds_without_pictures_are_those_that_training_does_not_resize():
    assert set(NO_PICTURES) == {name for name, kind in KINDS.items() if not kind.picture}


def test_every_feature_set_is_read_by_a_model_and_every_model_reads_its_default():
    read = {name: fitting(model) for name, model in MODELS.items()}
    assert set().union(*read.values()) == set(INPUTS)
    for name, model in MODELS.items():
        assert model.default_features in read[name], name


def test_each_family_reads_its_own():
    read = {name: fitting(model) for name, model in MODELS.items()}
    assert read["stag"] == read["mdmo"] == {name for name in INPUTS if name.startswith("roi_flow")}
    assert read["ststnet"] == read["off_apexnet"] == {"onset_apex_flow", "apex_offset_flow"}
    assert read["full_face_flow"] == FLOWS and read["rgb_baseline"] == IMAGES
    assert all(read[name] == IMAGES | {flow for flow in FLOWS if "224" in flow} for name in PICTURES)
    assert all(read[f"roi_{name}"] == LADDER for name in ("cnn", "graph", "hybrid", "temporal"))
    # resized before the model sees them
    assert fitting(STSTNet, image_size=28) == FLOWS and fitting(MODELS["vgg19"], 32) == IMAGES | FLOWS


@pytest.mark.parametrize("name", ["roi_cnn", "roi_graph", "roi_hybrid", "roi_temporal"])
def test_a_stack_of_nine_maps_is_one_window(name):
    torch.manual_seed(0)
    model = MODELS[name](3, feature_dim=16).eval()
    windows = torch.randn(2, 1, 3, 3, 32, 32)
    assert torch.equal(model(windows.flatten(1, 3)), model(windows))
    assert torch.equal(as_windows(model, windows.flatten(1, 3))[1, 0, 2, 1], windows[1, 0, 2, 1])
