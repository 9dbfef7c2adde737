"""The space of roi_hybrid and the recipe that the ROI ladder shares."""

from mer_models.roi_hybrid import ROIHybrid
from orchestrator.study.configuration import configuration
from orchestrator.study.recipe import Recipe
from search_spaces.roi_hybrid import ABLATIONS
from tests.search_spaces.contract import SpaceContract
from tests.search_spaces.ladder import LADDER


class TestSpace(SpaceContract):
    name = "roi_hybrid"


def test_the_published_recipe_is_the_ladders():
    chosen = configuration("roi_hybrid")
    assert Recipe(**chosen["recipe"]) == LADDER
    published = {"roi_attention": True, "per_roi_positions": True, "dropout": 0.3, "attention_dropout": 0.1}
    assert {key: chosen["model"][key] for key in published} == published


def test_ablations_have_one_two_and_four_windows():
    features = {row.get("features", ROIHybrid.default_features) for row in ABLATIONS.values()}
    assert features == {"roi_maps1", "roi_maps2", "roi_maps4"}
