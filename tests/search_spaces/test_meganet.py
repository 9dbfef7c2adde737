"""The space of meganet and the recipe that the MESTI-MEGANet study shares."""

from orchestrator.study.configuration import configuration
from orchestrator.study.recipe import Recipe
from search_spaces.meganet import ABLATIONS, EXTRACTION
from tests.search_spaces.contract import SpaceContract


class TestSpace(SpaceContract):
    name = "meganet"


def test_the_published_recipe_is_the_studys():
    chosen = configuration("meganet")
    theirs = {"epochs": 50, "lr": 1e-3, "optimiser": "adam", "weight_decay": 1e-4, "mirror": 0.5}
    recipe = Recipe(**chosen["recipe"])
    assert {key: getattr(recipe, key) for key in theirs} == theirs and recipe.focal_gamma > 0
    published = {"blocks": 3, "residual": True, "gradient_attention": True, "self_attention": True}
    assert {key: chosen["model"][key] for key in published} == published
    # section III-B.2; and our choices where the paper is silent, as the recipe's docstring says them
    assert EXTRACTION == {"equalise": True}
    assert (recipe.class_balance, recipe.normalise) == (False, "standardise")


def test_ablations_are_the_rows_of_tables_v_and_vi_and_the_inputs_of_table_i():
    rows = [
        (row, configuration("meganet", {key: value for key, value in row.items() if "." in key})["model"])
        for row in ABLATIONS.values()
    ]
    parts = {(model["gradient_attention"], model["residual"], model["self_attention"]) for _, model in rows}
    assert parts == {
        (False, True, False),
        (False, False, True),
        (False, True, True),
        (True, False, False),
        (True, True, True),
    }
    assert {model["blocks"] for _, model in rows} == {2, 3, 4}
    assert {row.get("features", "mesti") for row, _ in rows} == {
        "apex_frame",
        "onset_apex_flow224",
        "apex_offset_flow224",
        "dynamic_image",
        "affective_motion_image",
        "active_image",
        "mesti",
    }
