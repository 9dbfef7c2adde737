"""What names a fold."""

from dataclasses import fields, replace

import pytest

from orchestrator.study.configuration import configuration
from orchestrator.study.jobs import FoldJob, under
from orchestrator.study.recipe import Recipe
from orchestrator.study.study import Study
from tests.orchestrator.tables import QUICK, table
from tests.orchestrator.training.folds import fold

SIDES = ("train", "validation", "test")
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
    assert published == {study.code_of(configuration("stag", QUICK), data.au)}
    assert {job.code for job in replace(study, arithmetic="cuda packed").jobs(data, {})} != published


@pytest.mark.parametrize("names", ["plain", 'a "quoted" one', "a\\b", "Übung", "tab\there", "plain \x7f"])
@pytest.mark.parametrize("committee", [False, True])
def test_the_short_way_to_an_id_gives_the_same_id(names, committee):
    """Joined clip ids are the JSON of a list of them, unless one is not written as it is."""
    study = Study("stag", "loso", 2, 1, QUICK, committee=committee)
    jobs = [
        replace(job, **{side: tuple(clip + names for clip in getattr(job, side)) for side in SIDES})
        for job in study.jobs(table(), {})
    ]
    jobs += [replace(jobs[0], validation=()), replace(jobs[1], test=(), train=())]
    config = study.config({"recipe.lr": 0.5})
    for short, job in zip(under(jobs, config, "0123"), jobs, strict=True):
        assert short == replace(job, config=config, code="0123")
        assert short.job_id == replace(short).job_id  # a new object, which knows nothing of the short way


def test_an_id_is_that_of_earlier_programs():
    """Written down before ids were worked out the short way: another id would lose every stored fold."""
    job = FoldJob(
        "m", {"recipe": {"lr": 0.1, "off": 0}, "model": {}}, "f-1", "c", "none", ("a", "b"), "loso", "p1",
        ("x/1", "x/2"), ("x/3",), ("x/4",), 0, "code",
    )  # fmt: skip
    assert job.job_id == under([job], job.config, "code")[0].job_id == "79d4c808cbe510b56c62e10c"
