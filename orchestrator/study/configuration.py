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
from preprocessing.known import short
from search_spaces import SPACES

# what other programs call a key of the recipe
WORDS = {
    "learning_rate": "lr",
    "epoch": "epochs",
    "num_epochs": "epochs",
    "n_epochs": "epochs",
    "max_epochs": "epochs",
    "batch": "batch_size",
    "bs": "batch_size",
    "wd": "weight_decay",
}


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
                raise ConfigError(_meant(model, key))
            chosen[key.removeprefix("recipe.")] = value
    with _refused("recipe"):
        return Recipe(**chosen).model_dump()


def _meant(model: str, key: str) -> str:
    """Sentence for a key that is none of the recipe: it may be one of the model's, or another's word."""
    what, word = f"configuration key of {model}", key.rpartition(".")[2]
    word = WORDS.get(word, word)
    if word not in Recipe.model_fields and word in (arguments := model_arguments(model)):
        return f"unknown {what} {key!r}; did you mean 'model.{word}'? known: {', '.join(sorted(arguments))}"
    known = [f"recipe.{name}" for name in Recipe.model_fields]
    meant = f"recipe.{word}" if word in Recipe.model_fields else key
    return nearest(meant, [*known, "model.ARGUMENT"], what).replace(repr(meant), repr(key), 1)


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
    with _refused("model"):
        return {"recipe": checked, "model": section(**chosen).model_dump()}


@contextmanager
def _refused(section: str) -> Iterator[None]:
    try:
        yield
    except pydantic.ValidationError as error:
        bad = error.errors()[0]
        key = ".".join(map(str, (section, *bad["loc"])))
        raise ConfigError(f"{key} = {short(bad['input'])}: {bad['msg']}") from error
