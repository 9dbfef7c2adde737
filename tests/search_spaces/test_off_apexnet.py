"""OFF-ApexNet's space and the recipe that it borrows."""

from orchestrator.study.configuration import configuration
from orchestrator.study.recipe import Recipe
from tests.search_spaces.contract import SpaceContract


class TestSpace(SpaceContract):
    name = "off_apexnet"


def test_the_recipe_is_ststnets_but_for_the_scale_of_its_input():
    borrowed = configuration("ststnet")["recipe"] | {"normalise": "scale"}
    assert Recipe(**configuration("off_apexnet")["recipe"]) == Recipe(**borrowed)
