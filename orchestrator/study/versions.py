"""Which code decided a number: part of every job's identity, so that a result of older code is never taken
for a new one, and nothing finished is lost to code that did not decide it."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from importlib import metadata
from typing import Any

from mer_models import MODELS
from orchestrator.study.jobs import digest
from orchestrator.study.parts import PARTS, used
from preprocessing import closure

# What every fold passes through: training, and where its arrays are cut out of the table.
ROOTS = ("orchestrator.training.loop", "orchestrator.study.tasks")
# They hold or check what a job's identity names by its value (configuration, classes, content of the table),
# or say what is wrong; they compute nothing of a fold.
WITHOUT = (
    "orchestrator.common.errors",
    "orchestrator.study.jobs",
    "orchestrator.study.labels",
    "orchestrator.study.recipe",
    "preprocessing.places",
    "preprocessing.schema",
)
LIBRARIES = ("torch", "transformers")  # whose versions count, where the code imports them


def fold_version(model: str, config: Mapping[str, Any], au: str, arithmetic: str) -> str:
    """16 hex digits: the syntax trees of the model's file, of the parts of training that the configuration
    uses, of what these import from our packages and plugins, and the versions of torch and transformers.

    config  full configuration, {"recipe": {...}, "model": {...}}. au, arithmetic  as in FoldJob.
    Imports the model. Raises KeyError for an unknown one, ModuleNotFoundError for one whose module is neither
    ours nor a known plugin's, importlib.metadata.PackageNotFoundError where torch is not installed.
    """
    return _version(MODELS[model].__module__, used(config["recipe"], au, arithmetic))


@functools.cache
def _version(model: str, parts: tuple[str, ...]) -> str:
    # Read all now, also the parts of other configurations: a file that is edited while a sweep runs counts as
    # it was when the sweep began.
    closure.modules((model, *ROOTS, *PARTS), without=WITHOUT)
    roots, without = (model, *ROOTS, *parts), (*WITHOUT, *(name for name in PARTS if name not in parts))
    imported = closure.libraries(roots, without=without)
    libraries = {name: metadata.version(name) for name in LIBRARIES if name in imported}
    return digest([closure.digest(roots, without=without), libraries])
