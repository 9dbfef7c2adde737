"""The space of roi_temporal and the recipe that the ROI ladder shares."""

from orchestrator.study.configuration import configuration
from orchestrator.study.recipe import Recipe
from tests.search_spaces.contract import SpaceContract


class TestSpace(SpaceContract):
    name = "roi_temporal"


def test_the_published_recipe_is_the_ladders():
    chosen = configuration("roi_temporal")
    theirs = Recipe(
        epochs=60,
        lr=3e-4,
        batch_size=16,
        weight_decay=5e-5,
        schedule="cosine",
        patience=10,
        grad_clip=5.0,
        focal_gamma=2.0,
        label_smoothing=0.1,
        class_balance=True,
        normalise="scale",
    )
    assert Recipe(**chosen["recipe"]) == theirs
    published = {"layers": 1, "per_roi_positions": True, "dropout": 0.3}
    assert {key: chosen["model"][key] for key in published} == published
