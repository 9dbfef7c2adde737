"""The space of rgb_baseline and the recipe that the ROI ladder shares."""

from orchestrator.study.configuration import configuration
from orchestrator.study.recipe import Recipe
from tests.search_spaces.contract import SpaceContract
from tests.search_spaces.ladder import LADDER


class TestSpace(SpaceContract):
    name = "rgb_baseline"


def test_the_published_recipe_is_the_ladders():
    chosen = configuration("rgb_baseline")
    assert Recipe(**chosen["recipe"]) == LADDER.model_copy(update={"normalise": "standardise"})
    published = {"width": 32, "dropout": 0.3}
    assert {key: chosen["model"][key] for key in published} == published
