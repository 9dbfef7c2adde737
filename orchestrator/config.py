"""What one trial is configured by: a checked, frozen recipe (training) and model section. Unknown keys are refused by name.

A configuration is two sections, ``recipe`` and ``model``; on the command line and in search spaces a key is written
``recipe.lr`` or ``model.dropout``. The recipe's keys are those of ``Recipe``; the model's keys are the keyword arguments of
the model's constructor. Published values stand in search_spaces/<model>.py.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal

import pydantic

from mer_models import MODELS
from search_spaces import SPACES


class ConfigError(ValueError):
    """A name, key or value that the user gave does not exist or is out of range; the message names the nearest known one."""


class Recipe(pydantic.BaseModel):
    """How a model is trained. One recipe type for all models; every part can be switched off by its neutral value."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid")

    epochs: int = pydantic.Field(60, ge=1)
    lr: float = pydantic.Field(5e-4, gt=0)
    batch_size: int = pydantic.Field(64, ge=1)
    optimiser: Literal["adam", "adamw"] = "adam"
    weight_decay: float = pydantic.Field(0.0, ge=0)
    warmup_epochs: int = pydantic.Field(0, ge=0, description="linear warm-up from lr/warmup_epochs to lr")
    schedule: Literal["constant", "cosine"] = "constant"
    grad_clip: float = pydantic.Field(0.0, ge=0, description="largest gradient norm; 0 = off")
    patience: int = pydantic.Field(0, ge=0, description="epochs without a better validation loss before stopping; 0 = off")
    swa_start: float = pydantic.Field(
        1.0, ge=0, le=1, description="share of the epochs after which weights are averaged; 1 = off"
    )
    swa_lr: float = pydantic.Field(1e-4, gt=0, description="constant learning rate while averaging")
    mixup_alpha: float = pydantic.Field(0.0, ge=0, description="Beta(a, a) of MixUp; 0 = off")
    cutmix_alpha: float = pydantic.Field(
        0.0, ge=0, description="Beta(a, a) of CutMix (along time, or a box of a picture); 0 = off"
    )
    oversample: float = pydantic.Field(0.0, ge=0, le=1, description="0 = as they come, 1 = every class drawn equally often")
    loss: Literal["focal", "hinge"] = pydantic.Field(
        "focal",
        description="hinge: squared, one class against the rest, for linear SVMs; without focal_gamma and label_smoothing",
    )
    focal_gamma: float = pydantic.Field(0.0, ge=0, description="0 = cross-entropy")
    label_smoothing: float = pydantic.Field(0.0, ge=0, lt=1)
    class_balance: bool = pydantic.Field(False, description="weight the loss by inverse class frequency of the training clips")
    mirror: float = pydantic.Field(0.0, ge=0, le=1, description="chance of a left-right mirrored training clip")
    rotate: float = pydantic.Field(0.0, ge=0, le=1, description="chance that a training clip is turned by 5 or 10 degrees")
    image_size: int = pydantic.Field(0, ge=0, description="side in pixels that pictures are resized to; 0 = as stored")
    noise: float = pydantic.Field(0.0, ge=0, description="standard deviation of noise added to normalised training inputs")
    tta: bool = pydantic.Field(False, description="average the probabilities of the clip and its mirror at evaluation")
    normalise: Literal["none", "scale", "standardise", "minmax255"] = pydantic.Field(
        "none",
        description="scale: divide by the training clips' RMS per component; standardise: subtract their mean, divide by their "
        "standard deviation; minmax255: each picture's channels to 0..255 on their own; none: as stored",
    )
    precision: Literal["float32", "bfloat16"] = "float32"

    @pydantic.field_validator("focal_gamma", "label_smoothing")
    @classmethod
    def _of_the_focal_loss(cls, value: float, info: pydantic.ValidationInfo) -> float:
        if value and info.data.get("loss") == "hinge":
            raise ValueError("recipe.loss = 'hinge' does not use it; set it to 0 or recipe.loss to 'focal'")
        return value


def nearest(name: str, known: Iterable[str], what: str) -> str:
    """Sentence for an unknown name: what it is, the nearest known one, all known ones."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1, cutoff=0.5)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return f"unknown {what} {name!r}; {hint}known: {', '.join(known)}"


def model_arguments(model: str) -> dict[str, inspect.Parameter]:
    """Keyword arguments of a model that a configuration may set. ``n_classes``, ``n_aus`` and ``n_rois`` come from the data.

    Imports the model. Raises KeyError for an unknown one.
    """
    given = {"self", "n_classes", "n_aus", "n_rois"}
    return {n: p for n, p in inspect.signature(MODELS[model]).parameters.items() if n not in given}


def recipe(model: str, *layers: Mapping[str, Any]) -> dict[str, Any]:
    """The recipe section of ``configuration``, checked without the model's code. Raises ConfigError likewise."""
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
    """The full canonical configuration of one trial: published values, then each layer of flat keys over the one before.

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
    section = pydantic.create_model(f"{model}_arguments", __config__={"extra": "forbid", "frozen": True}, **types)  # type: ignore[call-overload]
    with _refused():
        return {"recipe": checked, "model": section(**chosen).model_dump()}


@contextmanager
def _refused() -> Iterator[None]:
    try:
        yield
    except pydantic.ValidationError as error:
        bad = error.errors()[0]
        raise ConfigError(f"{'.'.join(map(str, bad['loc']))} = {bad['input']!r}: {bad['msg']}") from error
