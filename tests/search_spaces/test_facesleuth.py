"""FaceSleuth's space and the authors' recipe."""

from mer_models.facesleuth import ORIENTATIONS
from orchestrator.study.configuration import configuration
from orchestrator.study.recipe import Recipe
from search_spaces.facesleuth import ABLATIONS, PARAMETERS
from tests.search_spaces.contract import SpaceContract


class TestSpace(SpaceContract):
    name = "facesleuth"


def test_the_published_recipe_is_the_authors_and_nothing_more():
    chosen = configuration("facesleuth")
    theirs = Recipe(
        epochs=99,
        lr=8e-4,
        batch_size=50,
        optimiser="adamw",
        weight_decay=0.6,
        mirror=0.5,
        normalise="standardise",
    )  # every other part is off by default
    assert Recipe(**chosen["recipe"]) == theirs
    assert chosen["model"]["orientation"] == "cva" and chosen["model"]["start"] == 72.0


def test_ablations_are_the_four_orientations_of_section_3_5_1_with_and_without_aus():
    rows = ABLATIONS.values()
    assert {row.get("model.orientation", "cva") for row in rows} == set(ORIENTATIONS)
    starts = {row["model.start"] for row in rows if "model.start" in row}
    assert starts | {72.0} == set(PARAMETERS["model.start"].choices) == {0.0, 45.0, 72.0, 90.0}
    assert {row.get("au", "auto") for row in rows} == {"auto", "none", "annotated"}
