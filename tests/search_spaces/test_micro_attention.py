"""The space of micro_attention and the recipe that the MESTI-MEGANet study shares."""

from orchestrator.study.configuration import configuration
from orchestrator.study.recipe import Recipe
from tests.search_spaces.contract import SpaceContract


class TestSpace(SpaceContract):
    name = "micro_attention"


def test_the_published_recipe_is_the_studys():
    chosen = configuration("micro_attention")
    theirs = {"epochs": 50, "lr": 1e-3, "optimiser": "adam", "weight_decay": 1e-4, "mirror": 0.5}
    recipe = Recipe(**chosen["recipe"])
    assert {key: getattr(recipe, key) for key in theirs} == theirs and recipe.focal_gamma > 0
    published = {"dropout": 0.0, "grey": True}
    assert {key: chosen["model"][key] for key in published} == published
