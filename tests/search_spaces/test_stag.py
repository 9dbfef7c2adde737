"""STAG's space and the parts of its recipe that the paper names."""

from orchestrator.study.configuration import configuration
from orchestrator.study.recipe import Recipe
from orchestrator.training.schedules import averages, averaging_starts
from search_spaces.stag import ABLATIONS
from tests.search_spaces.contract import SpaceContract


class TestSpace(SpaceContract):
    name = "stag"


def test_every_part_of_the_recipe_that_the_paper_names_is_on():
    chosen = configuration("stag")
    recipe = Recipe(**chosen["recipe"])
    assert (recipe.epochs, recipe.optimiser, recipe.tta, recipe.class_balance) == (200, "adamw", True, True)
    assert recipe.swa_start < 1 and recipe.swa_lr != recipe.lr
    on = (
        "warmup_epochs",
        "patience",
        "mixup_alpha",
        "cutmix_alpha",
        "oversample",
        "focal_gamma",
        "label_smoothing",
    )
    assert all(getattr(recipe, part) > 0 for part in on)
    # Table 5, full model
    assert (chosen["model"]["graph_layers"], chosen["model"]["transformer_layers"]) == (3, 5)


def test_ablations_have_the_depths_of_table_5():
    """GL and TL of the printed rows that are not the full model's 3 and 5."""
    printed = [(0, 5), (3, 0), (1, 5), (2, 5), (4, 5), (3, 2), (3, 3), (3, 7)]
    rows = [configuration("stag", only_keys(row))["model"] for row in ABLATIONS.values()]
    depths = [(row["graph_layers"], row["transformer_layers"]) for row in rows]
    assert set(printed) <= set(depths) and all(depths.count(pair) == 1 for pair in printed)


def test_ablations_switch_off_what_they_name():
    parts = {
        "mixup": "mixup_alpha",
        "cutmix": "cutmix_alpha",
        "mirror": "mirror",
        "oversampling": "oversample",
        "tta": "tta",
        "focal_loss": "focal_gamma",
        "class_balance": "class_balance",
    }
    assert ABLATIONS["without_swa"] == {"recipe.swa_last": True}  # another key: learning rates stay
    full = configuration("stag")["recipe"]
    for part, key in parts.items():
        recipe = configuration("stag", ABLATIONS[f"without_{part}"])["recipe"]
        assert full[key] and recipe == full | {key: type(full[key])(0)}
    recipe = Recipe(**configuration("stag", ABLATIONS["without_swa"])["recipe"])
    assert not any(averages(epoch, recipe) for epoch in range(1, recipe.epochs + 1))


def test_rows_differ_from_the_full_model_by_one_thing():
    several = {
        "without_augmentation": 2,  # "No Augmentation" of Table 5
        "roi18_without_aus": 2,  # Tables 8-10: beside roi18
    }
    assert {name: len(row) for name, row in ABLATIONS.items() if len(row) > 1} == several


def test_patience_may_end_a_fold_before_the_last_epoch_and_not_before_averaging():
    recipe = Recipe(**configuration("stag")["recipe"])
    assert averages(averaging_starts(recipe) + recipe.patience, recipe)
    assert averaging_starts(recipe) + recipe.patience < recipe.epochs


def only_keys(row):
    return {key: value for key, value in row.items() if "." in key}
