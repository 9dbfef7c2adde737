"""The space of roi_hybrid and the recipe that the ROI ladder shares."""

from mer_models.roi_hybrid import ROIHybrid
from orchestrator.study.configuration import configuration
from orchestrator.study.recipe import Recipe
from search_spaces.roi_hybrid import ABLATIONS
from tests.search_spaces.contract import SpaceContract


class TestSpace(SpaceContract):
    name = "roi_hybrid"


def test_the_published_recipe_is_the_ladders():
    chosen = configuration("roi_hybrid")
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
    published = {"roi_attention": True, "per_roi_positions": True, "dropout": 0.3}
    assert {key: chosen["model"][key] for key in published} == published


def test_ablations_have_one_two_and_four_windows():
    features = {row.get("features", ROIHybrid.default_features) for row in ABLATIONS.values()}
    assert features == {"roi_maps1", "roi_maps2", "roi_maps4"}
