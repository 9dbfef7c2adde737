"""What one trial is configured by: a checked, frozen recipe (training) and model section. Unknown keys are
refused by name.

A configuration is two sections, ``recipe`` and ``model``; on the command line and in search spaces a key is
written ``recipe.lr`` or ``model.dropout``. The recipe's keys are those of ``Recipe``; the model's keys are
the keyword arguments of the model's constructor. Published values stand in search_spaces/<model>.py.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import pydantic

from mer_models import MODELS
from orchestrator.common.errors import ConfigError, nearest
from orchestrator.study.recipe import Recipe
from search_spaces import SPACES


def model_arguments(model: str) -> dict[str, inspect.Parameter]:
    """Keyword arguments of a model that a configuration may set. ``n_classes``, ``n_aus`` and ``n_rois`` come
    from the data.

    Imports the model. Raises KeyError for an unknown one.
    """
    given = {"self", "n_classes", "n_aus", "n_rois"}
    return {n: p for n, p in inspect.signature(MODELS[model]).parameters.items() if n not in given}


def recipe(model: str, *layers: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe section of ``configuration``, checked without the model's code. Raises ConfigError
    likewise."""
    if model not in MODELS:
        raise ConfigError(nearest(model, MODELS, "model"))
    chosen: dict[str, Any] = {}
    known = [f"recipe.{name}" for name in Recipe.model_fields]
    for layer in (SPACES[model].PUBLISHED, *layers):
        for key, value in layer.items():
            if key.startswith("model."):
                continue
            if key not in known:
                raise ConfigError(nearest(key, [*known, "model.ARGUMENT"], f"configuration key of {model}"))
            chosen[key.removeprefix("recipe.")] = value
    with _refused():
        return Recipe(**chosen).model_dump()


def configuration(model: str, *layers: Mapping[str, Any]) -> dict[str, Any]:
    """The full canonical configuration of one trial: published values, then each layer of flat keys over the
    one before.

    Returns {"recipe": {every key of Recipe}, "model": {every argument}}: what is hashed, stored and logged.
    Raises ConfigError for an unknown key or a value out of range.
    """
    checked = recipe(model, *layers)
    arguments = model_arguments(model)
    chosen = {name: p.default for name, p in arguments.items()}
    known = [f"model.{name}" for name in arguments]
    for layer in (SPACES[model].PUBLISHED, *layers):
        for key, value in layer.items():
            if key.startswith("model."):
                if key not in known:
                    raise ConfigError(nearest(key, known, f"configuration key of {model}"))
                chosen[key.removeprefix("model.")] = value
    types = {n: (type(p.default), ...) for n, p in arguments.items()}
    section = pydantic.create_model(
        f"{model}_arguments", __config__={"extra": "forbid", "frozen": True}, **types
    )  # type: ignore[call-overload]
    with _refused():
        return {"recipe": checked, "model": section(**chosen).model_dump()}


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except pydantic.ValidationError as error:
        bad = error.errors()[0]
        raise ConfigError(f"{'.'.join(map(str, bad['loc']))} = {bad['input']!r}: {bad['msg']}") from error
