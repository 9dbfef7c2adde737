"""STSTNet's space and the authors' recipe."""

from orchestrator.study.configuration import configuration
from orchestrator.study.recipe import Recipe
from tests.search_spaces.contract import SpaceContract


class TestSpace(SpaceContract):
    name = "ststnet"


def test_the_published_recipe_is_the_authors_and_nothing_more():
    chosen = configuration("ststnet")
    # every other part is off by default
    theirs = Recipe(epochs=800, lr=5e-5, batch_size=256, normalise="minmax255")
    assert Recipe(**chosen["recipe"]) == theirs
    assert chosen["model"] == {"dropout": 0.5}
