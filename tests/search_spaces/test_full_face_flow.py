"""The space of full_face_flow and the recipe that the ROI ladder shares."""

from orchestrator.study.configuration import configuration
from orchestrator.study.recipe import Recipe
from tests.search_spaces.contract import SpaceContract
from tests.search_spaces.ladder import LADDER


class TestSpace(SpaceContract):
    name = "full_face_flow"


def test_the_published_recipe_is_the_ladders():
    chosen = configuration("full_face_flow")
    assert Recipe(**chosen["recipe"]) == LADDER
    published = {"width": 48, "dropout": 0.3}
    assert {key: chosen["model"][key] for key in published} == published
