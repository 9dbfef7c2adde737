"""Every file of training is in a fold's version exactly if the fold uses it: parts are broken and folds
trained."""

import importlib
import inspect
import types
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import pytest

from orchestrator.study.parts import PARTS, used
from orchestrator.study.versions import ROOTS, WITHOUT
from orchestrator.training import loop
from orchestrator.training.packed.folds import train_folds
from preprocessing import closure
from tests.orchestrator.training.folds import fold

TRAINING = "orchestrator.training"
OFF = {
    "epochs": 2, "swa_start": 1.0, "mixup_alpha": 0.0, "cutmix_alpha": 0.0, "oversample": 0.0,
    "focal_gamma": 0.0, "label_smoothing": 0.0, "class_balance": False, "mirror": 0.0, "rotate": 0.0,
    "image_size": 0, "noise": 0.0, "tta": False, "normalise": "none",
}  # fmt: skip
HINGE = {"loss": "hinge"}
# keys of the recipe -> the parts that they bring, beside the loss
CASES = [
    ({}, {"focal"}),
    (HINGE, {"hinge"}),
    ({"swa_start": 0.5}, {"focal", "averaging"}),
    ({"swa_start": 0.5, "swa_last": True}, {"focal"}),
    (HINGE | {"class_balance": True}, {"hinge", "class_weights"}),
    ({"mixup_alpha": 0.4}, {"focal", "mixup", "mixed_labels"}),
    ({"cutmix_alpha": 0.4}, {"focal", "cutmix", "mixed_labels"}),
    ({"normalise": "scale"}, {"focal", "per_component"}),
    ({"normalise": "standardise"}, {"focal", "per_component"}),
    ({"normalise": "minmax255"}, {"focal", "minmax255"}),
    ({"mirror": 0.5}, {"focal", "mirror"}),
    ({"tta": True}, {"focal", "mirror"}),
    ({"oversample": 0.3}, {"focal", "oversample"}),
    ({"class_balance": True}, {"focal", "class_weights"}),
    ({"oversample": 0.3, "class_balance": True}, {"focal", "oversample", "class_weights"}),
    ({"image_size": 20}, {"focal", "resize"}),
    ({"rotate": 0.5}, {"focal", "rotate"}),
]


class UsedError(Exception):
    """A broken part was called."""


@contextmanager
def broken(names):
    """While it is open, every function that these modules define raises UsedError, whoever holds it."""

    def raises(*args, **kwargs):
        raise UsedError

    taken = []
    for module in map(importlib.import_module, names):
        members = list(vars(module).values())
        for made in [member for member in members if inspect.isclass(member)]:
            members += [getattr(member, "__func__", member) for member in vars(made).values()]
        for member in map(inspect.unwrap, filter(callable, members)):
            if isinstance(member, types.FunctionType) and member.__module__ == module.__name__:
                taken.append((member, member.__code__))
                member.__globals__["UsedError"] = UsedError  # where its code now looks for it
                member.__code__ = raises.__code__.replace(co_freevars=member.__code__.co_freevars)
    assert bool(taken) == bool(names)
    try:
        yield
    finally:
        for function, code in taken:
            function.__code__ = code


def parts(*names):
    return {f"{TRAINING}.parts.{name}" for name in names}


@pytest.mark.parametrize(("layer", "expected"), CASES)
def test_a_fold_calls_the_parts_that_its_recipe_uses_and_no_others(layer, expected):
    job, data = fold("full_face_flow", **OFF | layer)
    mine = used(job.config["recipe"], job.au, job.arithmetic)
    assert set(mine) == parts(*expected)
    with broken(set(PARTS) - set(mine)):
        loop.train_fold(job, data)
    for part in mine:
        with broken([part]), pytest.raises(UsedError):
            loop.train_fold(job, data)


def test_a_recipe_that_was_stored_before_a_key_was_there_is_one_that_leaves_it_off():
    recipe = dict(fold("full_face_flow", **OFF | {"swa_start": 0.5})[0].config["recipe"])
    now = used(recipe, "none", "cpu")
    del recipe["swa_last"]
    assert used(recipe, "none", "cpu") == now


def test_the_head_of_action_units_is_used_where_these_are_predicted():
    job, data = fold("stag", **OFF)
    predicted = (
        replace(job, au="predicted"),
        replace(
            data, aus_validation=None, aus_test=None, subjects_train=tuple(f"c/{i % 7}" for i in range(21))
        ),
    )
    head = f"{TRAINING}.parts.au_head"
    assert head not in used(job.config["recipe"], job.au, "cpu")
    assert head in used(job.config["recipe"], "predicted", "cpu")
    with broken([head]):
        loop.train_fold(job, data)
        with pytest.raises(UsedError):
            loop.train_fold(*predicted)


def test_packed_arithmetic_uses_the_packed_program():
    job, data = fold("full_face_flow", **OFF)
    packed = f"{TRAINING}.packed.folds"
    assert packed not in used(job.config["recipe"], "none", "cuda")
    assert packed in used(job.config["recipe"], "none", "cuda packed")
    with broken(set(PARTS) - parts("focal") - {packed}):
        train_folds([job, replace(job, fold="corpus/02")], [data, data])


def test_every_file_of_training_is_always_used_or_a_part_or_imported_by_parts_alone():
    always = set(closure.modules(ROOTS, without=(*WITHOUT, *PARTS)))
    package = Path(loop.__file__).parent
    there = {
        ".".join([TRAINING, *path.relative_to(package).with_suffix("").parts])
        for path in package.rglob("*.py")
        if path.name != "__init__.py"
    }
    assert set(PARTS) <= there
    by_parts = set(closure.modules(PARTS, without=WITHOUT)) - always - set(PARTS)
    # a fold that keeps its weights: not in its version, and compared with the fold itself (test_keeping.py)
    keeping = {f"{TRAINING}.packed.keeping"}
    assert there - always - set(PARTS) - by_parts == keeping, "nothing imports the others"
    assert {name for name in there if ".parts." in name} == {name for name in PARTS if ".parts." in name}
    assert by_parts == {f"{TRAINING}.{name}" for name in ("kinds", "packed.replay", "packed.stacked")}


def test_what_decides_a_number_takes_no_function_from_the_init_of_a_package():
    """These are not counted. The registries there name what the job names by a key."""
    root = Path(closure.__file__).parents[1]
    files = [*(root / "mer_models").glob("[!_]*.py"), *(root / "preprocessing/inputs").glob("[!_]*.py")]
    leaves = [".".join(path.relative_to(root).with_suffix("").parts) for path in files]
    names = closure.modules([*ROOTS, *PARTS, *leaves, "preprocessing.pipeline"], without=WITHOUT)
    found = []
    for name in names:
        for module, what in closure._source(name).imports:
            package = closure._ours(module) and closure._file(module)
            if not package or closure._source(module).counted or closure._file(f"{module}.{what}"):
                continue
            if what not in closure._source(module).origins:
                found.append((name, module, what))
    registries = {("mer_models", "MODELS"), ("preprocessing.inputs", "INPUTS")}
    assert {(module, what) for _, module, what in found} <= registries, found
