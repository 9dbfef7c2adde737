"""The space of roi_temporal and the recipe that the ROI ladder shares."""

from orchestrator.study.configuration import configuration
from orchestrator.study.recipe import Recipe
from tests.search_spaces.contract import SpaceContract
from tests.search_spaces.ladder import LADDER


class TestSpace(SpaceContract):
    name = "roi_temporal"


def test_the_published_recipe_is_the_ladders():
    chosen = configuration("roi_temporal")
    assert Recipe(**chosen["recipe"]) == LADDER
    published = {"layers": 1, "per_roi_positions": True, "dropout": 0.3, "attention_dropout": 0.1}
    assert {key: chosen["model"][key] for key in published} == published
