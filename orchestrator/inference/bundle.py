"""A trained model with all that a prediction for a new clip needs, as files that run no code when they are
read.

Two kinds. refit: the chosen configuration trained on all people, one model or a committee. folds: the models
of all folds of a sweep, each trained without the people that it was tested on. Either gives the mean of its
models' probabilities.
"""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, Self

import numpy as np
import pydantic
import safetensors.torch
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError

from mer_models import MODELS
from orchestrator.common.errors import nearest
from orchestrator.inference import calibration
from orchestrator.inference.bundle_files import (
    AGAIN,
    CARD,
    EXAMPLE,
    MODEL,
    WEIGHTS,
    BundleError,
    digest_of,
    read_files,
)  # fmt: skip
from orchestrator.study.plugins import Plugin, install
from orchestrator.study.recipe import Recipe
from orchestrator.training.parts.au_head import AUHead
from orchestrator.training.prediction import predict
from orchestrator.training.reproducible import reproducible

if TYPE_CHECKING:
    from orchestrator.training.loop import TrainedModel

FORMAT = 1  # of model.json; 0 is what programs before bundles wrote
HEAD = "au_head/"  # before the names of the AU head's arrays among a model's weights
ALIKE = 1e-3  # probabilities of the example differ by less on any machine


class _Checked(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Source(_Checked):
    """A plugin as text. files: path -> source."""

    name: str
    files: dict[str, str]

    @property
    def plugin(self) -> Plugin:
        """Raises PluginError for what is none."""
        return Plugin.of(self.model_dump())


class AboutModel(_Checked):
    """One of a bundle's models. fold, seed, member, trial: whose it is, in a bundle of folds. config: its
    own, where it is not the bundle's."""

    epochs: int
    normaliser: dict[str, list[float]]
    fold: str = ""
    seed: int = 0
    member: int = 0
    trial: int | None = None
    config: dict[str, Any] | None = None


class About(_Checked):
    """model.json.

    spec         the feature set that the model reads, field by field (schema.FeatureSpec): settings of the
                 extraction, code and library versions included; None where an older program wrote it.
    plugin       source of the plugin that the model came with, input_plugin that of its input.
    ranges       component -> [least, most] of its amount in training (ranges.py).
    calibration  what calibration.fitted gives, or None.
    of           "refit" or "folds".
    onnx         of model.onnx: "opset", "parity" (most by which its probabilities may differ); None where
                 there is none.
    sweep        what the model is of: "name", "corpora", "protocol", "rule" ...; for the reader.
    """

    model: str
    config: dict[str, dict[str, Any]]
    classes: list[str] = pydantic.Field(min_length=2)
    kind: str
    channels: list[str]
    n_rois: int | None
    n_aus: int | None
    features: str
    au: Literal["none", "annotated", "predicted"]
    trial: int
    models: list[AboutModel] = pydantic.Field(min_length=1)
    weights_sha256: str = ""
    plugin: Source | None = None
    input_plugin: Source | None = None
    format: int = 0
    of: Literal["refit", "folds"] = "refit"
    spec: dict[str, Any] | None = None
    ranges: dict[str, Annotated[list[float], pydantic.Field(min_length=2, max_length=2)]] | None = None
    calibration: dict[str, Any] | None = None
    onnx: dict[str, float] | None = None
    sweep: dict[str, Any] = {}

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if len(set(self.classes)) < len(self.classes):
            raise ValueError("a class is named twice")
        if self.spec is not None and not (
            isinstance(self.spec.get("name"), str) and isinstance(self.spec.get("parameters"), dict)
        ):
            raise ValueError("spec has no name, or no parameters")
        warmth = (self.calibration or {}).get("temperature", 1.0)
        if isinstance(warmth, bool) or not isinstance(warmth, int | float) or not 0 < warmth < math.inf:
            raise ValueError(f"calibration has the temperature {warmth!r}; it is a number above 0")
        return self


@dataclass(frozen=True)
class Member:
    """One network in eval mode, and how its inputs are made and its probabilities read."""

    model: torch.nn.Module
    normaliser: dict[str, NDArray[Any]]
    head: AUHead | None
    recipe: Recipe


@dataclass(frozen=True)
class Bundle:
    """A model that is ready. digest: 16 hex digits that name it; card: its model card, Markdown."""

    about: About
    members: tuple[Member, ...]
    card: str
    digest: str

    def probabilities(
        self, x: NDArray[Any], aus: NDArray[Any] | None = None, *, calibrated: bool = False
    ) -> NDArray[Any]:
        """Class probabilities float32 (n, C) of inputs x (n, ...) as stored: the mean over the models.

        aus         float32 (n, A), 1 active, 0 not, rows of -1 where not annotated; needed, and used, only
                    where the model was trained with annotated ones.
        calibrated  by the bundle's temperature, if it has one.
        Raises ValueError when action units are missing.
        """
        about = self.about
        needs = about.n_aus is not None and about.au == "annotated"
        if needs and aus is None:
            raise ValueError(
                f"this {about.model} was trained with action units: give 'aus', float32 (n, {about.n_aus}), "
                "with rows of -1 for clips without annotation"
            )
        temperature = (about.calibration or {}).get("temperature", 1.0) if calibrated else 1.0
        with reproducible("cpu"):
            each = [self._of(one, x, aus if needs else None, temperature) for one in self.members]
        mean: NDArray[Any] = np.mean(each, axis=0, dtype=np.float64)
        return mean.astype(np.float32)

    def _of(self, one: Member, x: NDArray[Any], aus: NDArray[Any] | None, temperature: float) -> NDArray[Any]:
        about = self.about
        seen = aus if one.head is None else one.head(x)
        made = predict(one.model, one.normaliser, one.recipe, about.kind, tuple(about.channels), x, seen,
                       len(about.classes))  # fmt: skip
        return made if temperature == 1.0 else calibration.scaled(made, temperature)

    def by(self, number: int, x: NDArray[Any], aus: NDArray[Any] | None = None) -> NDArray[Any]:
        """Class probabilities float32 (n, C) by one of its models, not calibrated."""
        with reproducible("cpu"):
            return self._of(self.members[number], x, aus, 1.0)

    def action_units(self, x: NDArray[Any]) -> NDArray[Any] | None:
        """Probabilities float32 (n, A) by the bundle's heads, their mean; None where it has none."""
        heads = [one.head for one in self.members if one.head is not None]
        if not heads:
            return None
        with reproducible("cpu"):
            mean: NDArray[Any] = np.mean([head(x) for head in heads], axis=0, dtype=np.float64)
        return mean.astype(np.float32)


def arrays_of(one: TrainedModel) -> dict[str, torch.Tensor]:
    """Name -> array of a trained network and of its AU head."""
    own = {name: tensor.detach().cpu().contiguous() for name, tensor in one.model.state_dict().items()}
    heads = one.au_head.state() if one.au_head is not None else {}
    return own | {HEAD + name: torch.from_numpy(np.array(array, order="C")) for name, array in heads.items()}


def numbered(each: Sequence[dict[str, torch.Tensor]]) -> bytes:
    """Arrays of several models as one safetensors file."""
    return safetensors.torch.save(
        {f"{number}/{name}": tensor for number, own in enumerate(each) for name, tensor in own.items()}
    )


def load(path: Path, *, allow_code: bool = False) -> Bundle:
    """The bundle in a folder or zip.

    allow_code  it may bring a plugin, whose code is then installed and run.
    Raises BundleError as ``of_files``, OSError.
    """
    return of_files(read_files(path), str(path), allow_code=allow_code)


def of_files(held: dict[str, bytes], where: str, *, allow_code: bool) -> Bundle:
    """The model in these checked files. where: as a message names them.

    Raises BundleError for a format that this program does not read, files that do not go together, code that
    was not allowed, a model that is not installed, and one whose probabilities of the example are others than
    where the bundle was made. Raises PluginError when its plugin cannot be imported or its name means another
    model here.
    """
    about = _about(held[MODEL], where)
    brought = [one for one in (about.plugin, about.input_plugin) if one]
    if brought and not allow_code:
        raise BundleError(
            f"{where} brings code of its own ({', '.join(one.name for one in brought)}), which would "
            f"run here; "
            "read it in model.json, and say --allow-code if you trust who made it"
        )
    install([about.plugin.plugin] if about.plugin else [], only=("MODEL",))
    if about.model not in MODELS:
        raise BundleError(nearest(about.model, MODELS, "model"))
    members = _members(about, held[WEIGHTS], where)
    made = Bundle(about, members, held.get(CARD, b"").decode("utf-8", "replace"), digest_of(held))
    if EXAMPLE in held:
        _alike(made, held[EXAMPLE], where)
    return made


def built(about: dict[str, Any], each: Sequence[dict[str, torch.Tensor]]) -> Bundle:
    """Models that are at hand, without files. about: as pack.described; each: name -> array of one."""
    said = About(**json.loads(json.dumps(about)))
    return Bundle(said, _members(said, numbered(each), "the models of a fold"), "", "")


def _about(data: bytes, where: str) -> About:
    try:
        text = json.loads(data)
        if isinstance(text, dict) and text.get("format", 0) != FORMAT and text.get("format", 0) != 0:
            raise BundleError(
                f"{where} has format {text['format']!r}, this program reads {FORMAT}; use the version "
                f"of this "
                "program that made it, or export the sweep again with this one"
            )
        return About(**text)
    except BundleError:
        raise
    except pydantic.ValidationError as error:
        bad = error.errors()[0]
        key = "".join(f"{one}: " for one in [".".join(map(str, bad["loc"]))] if one)
        raise BundleError(f"{where}: {MODEL}: {key}{bad['msg']}; {AGAIN}") from error
    except (ValueError, TypeError, RecursionError) as error:
        raise BundleError(f"{where}: {MODEL} does not read ({error}); {AGAIN}") from error


def _members(about: About, weights: bytes, where: str) -> tuple[Member, ...]:
    sizes = {name: value for name in ("n_rois", "n_aus") if (value := getattr(about, name)) is not None}
    try:
        state = safetensors.torch.load(weights)
        if bad := [name for name, each in state.items() if not torch.isfinite(each).all()]:
            raise BundleError(f"{where}: {WEIGHTS}: {bad[0]} holds values that are no numbers; {AGAIN}")
        return tuple(_member(about, number, sizes, state) for number in range(len(about.models)))
    except (SafetensorError, RuntimeError, LookupError, TypeError, ValueError) as error:
        if isinstance(error, BundleError):
            raise
        first = str(error).strip().splitlines()[0]
        raise BundleError(
            f"{where}: {WEIGHTS} and {MODEL} do not go together ({first}); the code of {about.model} is "
            f"another "
            f"than where it was made, or somebody changed a file; {AGAIN}"
        ) from error


def _member(about: About, number: int, sizes: dict[str, int], state: dict[str, torch.Tensor]) -> Member:
    said = about.models[number]
    config = said.config or about.config
    arguments = config["model"]
    # a file on the training machine that training started from; what it became is loaded below
    if "weights" in arguments:
        arguments = arguments | {"weights": ""}
    model: Any = MODELS[about.model](len(about.classes), **sizes, **arguments)
    before = f"{number}/"
    own = {n.removeprefix(before): state[n] for n in state if n.startswith(before)}
    head = {n.removeprefix(HEAD): own.pop(n).numpy() for n in list(own) if n.startswith(HEAD)}
    model.load_state_dict(own)
    normaliser = {n: np.array(values, np.float32) for n, values in said.normaliser.items()}
    recipe = Recipe(**config["recipe"])
    return Member(model.eval(), normaliser, AUHead.of(head) if head else None, recipe)


def _alike(made: Bundle, data: bytes, where: str) -> None:
    """Raises BundleError where the example gives other probabilities than it gave."""
    try:
        held = {name: tensor.numpy() for name, tensor in safetensors.torch.load(data).items()}
        if "probabilities" not in held:  # an older program's
            return
        now = made.probabilities(held["flow"], held.get("aus"))
        apart = float(np.abs(now - held["probabilities"]).max())
    except (SafetensorError, RuntimeError, LookupError, TypeError, ValueError) as error:
        raise BundleError(f"{where}: {EXAMPLE} does not go with the model ({error}); {AGAIN}") from error
    if not apart <= ALIKE:
        raise BundleError(
            f"{where}: the example gives other probabilities here than where the bundle was made (by "
            f"{apart:.3g}, "
            f"at most {ALIKE:g} is rounding); the code of {made.about.model} or torch is another: use the "
            "version of this program that made it, or export the sweep again"
        )
