"""STAG's space and the parts of its recipe that the paper names."""

from orchestrator.config import Recipe, configuration
from tests.search_spaces.contract import SpaceContract


class TestSpace(SpaceContract):
    name = "stag"


def test_every_part_of_the_recipe_that_the_paper_names_is_on():
    chosen = configuration("stag")
    recipe = Recipe(**chosen["recipe"])
    assert (recipe.epochs, recipe.optimiser, recipe.tta, recipe.class_balance) == (200, "adamw", True, True)
    assert recipe.swa_start < 1 and recipe.swa_lr != recipe.lr
    on = ("warmup_epochs", "patience", "mixup_alpha", "cutmix_alpha", "oversample", "focal_gamma", "label_smoothing")
    assert all(getattr(recipe, part) > 0 for part in on)
    assert (chosen["model"]["graph_layers"], chosen["model"]["transformer_layers"]) == (3, 5)  # Table 5, full model
