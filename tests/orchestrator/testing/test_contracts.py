"""The contracts serve a model and a space that no registry has, and a broken promise fails the test of its
name."""

from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from mer_models import MODELS
from orchestrator.testing.models import ModelContract
from orchestrator.testing.spaces import SpaceContract
from search_spaces import SPACES
from search_spaces.parameters import Choice, Fixed, Float, published, suggest


class Outsider(nn.Module):
    paper = "Doe 2026"
    n_parameters = 3 * 49
    takes = {"flow_picture": (3, (8, None), (8, 300)), "roi_stack": (9, (8, None), None)}  # noqa: RUF012
    default_features = "onset_apex_flow"
    uses_aus = False

    def __init__(self, n_classes: int, *, scale: float = 1.0) -> None:
        super().__init__()
        self.scale, self.head = scale, nn.Linear(48, n_classes)

    def forward(self, x):
        fits = (
            x.ndim == 4
            and x.shape[2] >= 8
            and (x.shape[1] == 9 or (x.shape[1] == 3 and 8 <= x.shape[3] <= 300))
        )
        if not fits:
            raise ValueError(f"no picture, got {tuple(x.shape)}")
        return self.head(self.scale * F.adaptive_avg_pool2d(x[:, :3], 4).flatten(1))


class Wasteful(Outsider):
    n_parameters = 3 * 50

    def __init__(self, n_classes: int, *, scale: float = 1.0) -> None:
        super().__init__(n_classes, scale=scale)
        self.unused = nn.Parameter(torch.ones(3))


class Nosy(Outsider):
    def forward(self, x):
        return super().forward(x) + x.mean()


class Lax(Outsider):
    takes = {"flow_picture": (3, (8, None), (8, 200))}  # noqa: RUF012


class Boastful(Outsider):
    n_parameters = 3 * 48


class Choosy(Outsider):
    takes = {"flow_picture": (3, 30, 30)}  # noqa: RUF012


PARAMETERS = {
    "recipe.epochs": Fixed(3),
    "recipe.batch_size": Fixed(8),
    "recipe.lr": Float(1e-2, 1e-3, 1e-1, log=True),
    "model.scale": Choice(1.0, (1.0, 2.0)),
}


def space(**changed):
    return SimpleNamespace(
        __name__="somewhere.outsider",
        MODEL=Outsider,
        PARAMETERS=PARAMETERS,
        PUBLISHED=published(PARAMETERS),
        ABLATIONS={"full": {}, "apex_offset": {"features": "apex_offset_flow"}} | changed,
        space=lambda trial: suggest(PARAMETERS, trial),
    )


class TestModelOfAnOutsider(ModelContract):
    lr = 0.1

    @pytest.fixture
    def model(self):
        return Outsider


class TestSpaceOfAnOutsider(SpaceContract):
    @pytest.fixture
    def space(self):
        return space()


@pytest.mark.parametrize(
    ("broken", "test"),
    [
        (Wasteful, "test_gradient_reaches_every_parameter"),
        (Nosy, "test_a_clip_does_not_see_its_neighbours_in_evaluation"),
        (Lax, "test_it_refuses_by_value_what_it_does_not_take"),
        (Boastful, "test_it_has_as_many_parameters_as_it_says"),
        (Choosy, "test_it_takes_its_default_feature_set"),
    ],
)
def test_a_broken_promise_of_a_model_fails_the_test_of_its_name(broken, test):
    contract = ModelContract()
    contract.architecture = broken
    given = (broken,) if "model" in getattr(contract, test).__annotations__ else ()
    with pytest.raises((AssertionError, pytest.fail.Exception)):
        getattr(contract, test)(*given)


@pytest.mark.parametrize(
    "row", [{"features": "mesti"}, {"features": "apex_offset_flow"}, {"au": "annotated"}, {"model.scal": 2.0}]
)
def test_an_ablation_that_the_model_cannot_run_or_that_is_there_twice_fails(row):
    MODELS.add("outsider", Outsider)
    SPACES.add("outsider", space(another=row))
    try:
        with pytest.raises((AssertionError, ValueError)):
            SpaceContract().test_every_ablation_is_a_configuration_unlike_all_others(
                "outsider", Outsider, SPACES["outsider"]
            )
    finally:
        MODELS.remove("outsider")
        SPACES.remove("outsider")
