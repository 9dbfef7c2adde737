"""What names a fold."""

from dataclasses import fields, replace

import pytest

from orchestrator.study.configuration import configuration
from orchestrator.study.jobs import FoldJob
from orchestrator.study.recipe import Recipe
from orchestrator.study.study import Study
from tests.orchestrator.tables import QUICK, table
from tests.orchestrator.training.folds import fold

OTHER = {"adam": "adamw", "constant": "cosine", "focal": "hinge", "none": "scale", "float32": "bfloat16"}


def with_recipe(job: FoldJob, **keys: object) -> FoldJob:
    return replace(job, config=job.config | {"recipe": job.config["recipe"] | keys})


@pytest.mark.parametrize("key", Recipe.model_fields)
def test_each_key_of_the_recipe_names_a_job(key):
    job = with_recipe(fold()[0], **Recipe().model_dump())
    default = job.config["recipe"][key]
    other = OTHER[default] if isinstance(default, str) else default + 1
    assert with_recipe(job, **{key: other}).job_id != job.job_id


@pytest.mark.parametrize("off", [0, 0.0, False, "none"])
def test_a_new_key_of_the_recipe_changes_no_job_that_leaves_it_off(off):
    job = fold()[0]
    assert with_recipe(job, new=off).job_id == job.job_id
    assert with_recipe(job, new=0.5).job_id != job.job_id
    assert with_recipe(job, epochs=False).job_id != job.job_id


@pytest.mark.parametrize("field", [field.name for field in fields(FoldJob)])
def test_everything_that_a_job_says_names_it(field):
    job = fold()[0]
    held = getattr(job, field)
    more = {dict: {"more": 1}, str: "x", tuple: ("x",), int: 1}[type(held)]
    other = held | more if field == "config" else held + more
    assert replace(job, **{field: other}).job_id != job.job_id


def test_a_trials_folds_have_the_version_of_the_code_that_its_own_configuration_uses():
    study, data = Study("stag", "loso", 2, 1, QUICK), table()
    published, hinge = (
        {job.code for job in study.jobs(data, drawn)}
        for drawn in (
            {},
            {"recipe.loss": "hinge", "recipe.focal_gamma": 0.0, "recipe.label_smoothing": 0.0},
        )
    )
    assert len(published) == len(hinge) == 1 and published != hinge
    assert published == {study.code(data, configuration("stag", QUICK))}
    assert {job.code for job in replace(study, arithmetic="cuda packed").jobs(data, {})} != published
