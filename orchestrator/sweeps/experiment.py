"""What is asked: an Experiment says all that decides the numbers of a sweep. Checked as it is made."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any, Self

import pydantic
import tomli_w

from mer_models import MODELS
from orchestrator.common.errors import ConfigError, nearest
from orchestrator.protocols import canonical
from orchestrator.search.samplers import SAMPLERS
from orchestrator.search.schedulers import SCHEDULERS
from orchestrator.selection.rules import DEFAULT, RULES
from orchestrator.study import labels, plugins
from orchestrator.study.configuration import recipe
from orchestrator.study.study import Study
from orchestrator.study.table import AU_MODES
from preprocessing import people
from preprocessing.choice import Choice
from preprocessing.datasets import DATASETS, words
from preprocessing.inputs.settings import Settings, file_of
from preprocessing.known import short
from preprocessing.places import of_home, write_atomically
from preprocessing.plugins import Plugin, read
from preprocessing.regular import regular

Scalar = bool | int | float | str
BY_OPTION = ("Experiment", "Execution", "Extraction")  # of which each field is an option
Value = Scalar | list[Scalar]  # of a configuration key


class Checked(pydantic.BaseModel):
    """A frozen model whose errors are ConfigErrors: what is wrong, with the value, and the nearest known
    key."""

    model_config = pydantic.ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def __init__(self, **given: Any) -> None:
        with told(type(self)):
            super().__init__(**given)


@contextmanager
def told(model: type[pydantic.BaseModel]) -> Iterator[None]:
    """pydantic's words for the first fault, an unknown key first (a misspelt one is lacking too), as a
    ConfigError; an error that one of our own checks raised as it is."""
    try:
        yield
    except pydantic.ValidationError as error:
        bad = min(error.errors(), key=lambda one: one["type"] != "extra_forbidden")
        ours = bad.get("ctx", {}).get("error")
        if isinstance(ours, ValueError):
            raise ours from error
        key = ".".join(map(str, bad["loc"]))
        if bad["type"] == "extra_forbidden":
            raise ConfigError(nearest(key, _keys(model), f"key of {model.__name__}")) from error
        if bad["type"] == "missing":
            raise ConfigError(f"{model.__name__} needs {key!r}, and it is not given") from error
        option = f" (option --{key.replace('_', '-')})" if model.__name__ in BY_OPTION else ""
        raise ConfigError(f"{key} = {short(bad['input'])}: {bad['msg']}{option}") from error


def _keys(model: type[pydantic.BaseModel]) -> list[str]:
    """As they are written in TOML."""
    return [field.alias or name for name, field in model.model_fields.items()]


class Corpus(Checked):
    """One corpus. root: the folder that holds it; "" only for ``synthetic``, which is then rendered into the
    workspace."""

    name: str
    root: Annotated[str, pydantic.AfterValidator(of_home)] = ""


class Extraction(Checked):
    """How clips become model inputs: preprocessing.inputs.Settings, field by field.

    None is what nobody asked for: then it is as the model is published (EXTRACTION of its search space), else
    the default of preprocessing.inputs.Settings. A sweep's own experiment.toml says all of them.

    flow             "farneback", "dis", "dis_fine" or "tvl1".
    steps            T, time steps of roi_flow (1 or more).
    keep             share (0..1] of a window's pixels, those that move most, that count.
    size             side in pixels of small flow pictures; image_size: of pictures and ROI maps (8 or more).
    apex             stand-in for an apex that nobody annotated: "middle", or the name of a way to find it.
    equalise, landmarks_every, max_gap, stabilise, motion, landmarker: as there.
    """

    flow: str | None = None
    steps: Annotated[int, pydantic.Field(ge=1)] | None = None
    keep: Annotated[float, pydantic.Field(gt=0, le=1)] | None = None
    size: Annotated[int, pydantic.Field(ge=8)] | None = None
    image_size: Annotated[int, pydantic.Field(ge=8)] | None = None
    apex: str | None = None
    equalise: bool | None = None
    landmarks_every: Annotated[float, pydantic.Field(ge=0)] | None = None
    max_gap: Annotated[int, pydantic.Field(ge=0)] | None = None
    stabilise: str | None = None
    motion: str | None = None
    landmarker: Annotated[str, pydantic.AfterValidator(file_of)] | None = None

    @staticmethod
    def usual(field: str) -> Any:
        """The default of preprocessing."""
        return getattr(Settings, field)

    @property
    def asked(self) -> dict[str, Any]:
        """Field -> value, of those that are not None."""
        return self.model_dump(exclude_none=True)


class Experiment(Checked):
    """What decides the numbers of a sweep. Frozen; equal experiments give equal numbers (on one kind of
    arithmetic).

    model       one of mer_models, or a plugin's; several: one sweep each, in this order.
    corpora     pooled where there are several. Also accepted: a name, or (name, root).
    classes     label scheme, or names of classes: "happiness,surprise,fear".
    protocol    who is held out; "group_kfold-10" = in ten folds.
    inner_folds 1 of so many groups of a fold's training people validates; 0 = nobody.
    features    feature set; "" = the model's own default.
    extraction  how it is computed, as far as it is asked for; the rest is as the model is published.
    settings    configuration keys that are set ("recipe.epochs": 30), not drawn. In TOML the table [set].
    trials      configurations; 1 = the published one alone, which is always trial 0.
    sampler     where the others come from; scheduler: who stops a trial early.
    selection   the rule behind the headline. All that the records allow are computed anyway.
    seeds       replicates of every fold.
    au          action units: "predicted" (estimated in each fold), "annotated" (the tested clip's own are an
                input too), "none", or "auto": predicted where model, corpus and every fold can, else none.
    same_person groups of ids that are one person, the first stands for it; or the path of a file of pairs.
    subjects    only these people train and are tested: "p01"; "casme2/01" in pooled corpora. () = all.
    plugins     paths or modules of one's own, read and installed as the experiment is made.
    label       what words of one's own mean: {"surprised": "surprise"}. In TOML the table [label].
    Raises ConfigError for an unknown key or name (with the nearest), a value out of range, and what cannot go
    together; PluginError for a faulty plugin; IdentityError for ids that cannot be joined. What a model
    itself has to say is checked when a sweep starts.
    """

    model: str | tuple[str, ...]
    corpora: tuple[Corpus, ...] = (Corpus(name="synthetic"),)
    classes: str = "3"
    protocol: str = "loso"
    inner_folds: int = 4
    features: str = ""
    extraction: Extraction = Extraction()
    settings: dict[str, Any] = pydantic.Field({}, alias="set")
    trials: Annotated[int, pydantic.Field(ge=1, le=1_000_000)] = 4
    sampler: str = "random"
    scheduler: str = "none"
    selection: str = DEFAULT
    seeds: Annotated[int, pydantic.Field(ge=1, le=1_000_000)] = 1
    au: str = "auto"
    same_person: tuple[tuple[str, ...], ...] = ()
    subjects: tuple[str, ...] = ()
    plugins: tuple[str, ...] = ()
    label: dict[str, str] = {}

    model_config = pydantic.ConfigDict(
        frozen=True, extra="forbid", allow_inf_nan=False, populate_by_name=True
    )

    def __init__(self, model: str | tuple[str, ...] | None = None, **given: Any) -> None:
        super().__init__(**({} if model is None else {"model": model}), **given)

    @pydantic.model_validator(mode="before")
    @classmethod
    def _plugins_first(cls, given: Any) -> Any:
        """Names are checked against what the plugins add."""
        if isinstance(given, dict) and isinstance(given.get("plugins"), list | tuple):
            plugins.install([read(str(where)) for where in given["plugins"]], schedulers=SCHEDULERS)
        return given

    @pydantic.field_validator("corpora", mode="before")
    @classmethod
    def _corpora(cls, value: Any) -> Any:
        many = [value] if isinstance(value, str | Corpus) else list(value)
        pairs = [one if not isinstance(one, str) else (one, "") for one in many]
        return tuple(
            Corpus(name=one[0], root=str(one[1])) if isinstance(one, tuple | list) else one for one in pairs
        )

    @pydantic.field_validator("same_person", mode="before")
    @classmethod
    def _of_file(cls, value: Any) -> Any:
        return people.read(value) if isinstance(value, str | Path) else value

    @pydantic.field_validator("same_person")
    @classmethod
    def _joined(cls, value: people.Groups) -> people.Groups:
        return people.joined(value)

    @pydantic.field_validator("label")
    @classmethod
    def _meanings(cls, given: dict[str, str]) -> dict[str, str]:
        return words.meanings(given.items())

    @pydantic.field_validator("settings")
    @classmethod
    def _values(cls, given: dict[str, Any]) -> dict[str, Value]:
        for key, value in given.items():
            parts = value if isinstance(value, list) and value else [value]
            huge = any(isinstance(p, int | float) and not abs(p) < 2**63 for p in parts)  # or no number
            if huge or not all(isinstance(p, Scalar) for p in parts):
                rule = "a finite number (below 2**63), true, false, a text, or a list of these"
                raise ConfigError(f"{key} = {short(value)}: give {rule}")
        return given

    @pydantic.field_validator("protocol")
    @classmethod
    def _one_name(cls, value: str) -> str:
        return canonical(value)

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        labels.check(self.classes, self.label, [corpus.name for corpus in self.corpora])
        for value, known, what in (
            (self.au, AU_MODES, "AU mode"),
            (self.selection, RULES, "selection rule"),
            (self.sampler, SAMPLERS, "sampler"),
            (self.scheduler, SCHEDULERS, "scheduler"),
            *((name, MODELS, "model") for name in self.models),
            *((corpus.name, DATASETS, "corpus") for corpus in self.corpora),
        ):
            if value not in known:
                raise ConfigError(nearest(value, known, what))
        if not self.models or not self.corpora:
            raise ConfigError("an experiment needs at least one model and one corpus")
        rootless = [corpus.name for corpus in self.corpora if not corpus.root and corpus.name != "synthetic"]
        if rootless:
            raise ConfigError(
                f"corpus {rootless[0]} needs --root, the folder that holds it; only 'synthetic' is made here"
            )
        for name in self.models:
            # a model's own keys need its code, and are checked when a sweep starts
            recipe(name, self.settings)
        for corpus in self.corpora:
            self.people_of(corpus)
        if self.inner_folds == 0:
            self._without_validation_people()
        return self

    def _without_validation_people(self) -> None:
        if self.trials > 1:
            raise ConfigError("--inner-folds 0 leaves no one to compare trials by; use --trials 1")
        if self.scheduler != "none":
            raise ConfigError(
                f"--scheduler {self.scheduler} needs validation people; with --inner-folds 0 use none"
            )
        if RULES[self.selection].validates:
            raise ConfigError(
                f"--selection {self.selection} needs validation people; "
                "with --inner-folds 0 use --selection last_epoch"
            )

    def people_of(self, corpus: Corpus) -> Choice | None:
        """Which people of a corpus are used; None: all. Raises ConfigError where that is not said."""
        if not self.subjects:
            return None
        several = len(self.corpora) > 1
        own = tuple(one for one in self.subjects if not several or one.startswith(f"{corpus.name}/"))
        if several and (bare := [one for one in self.subjects if "/" not in one]):
            raise ConfigError(f"--subjects {bare[0]}: of which corpus? Write it as {corpus.name}/{bare[0]}")
        if not own:
            raise ConfigError(f"--subjects names nobody of {corpus.name}: name some, or leave it out")
        return Choice(own)

    @property
    def models(self) -> tuple[str, ...]:
        return (self.model,) if isinstance(self.model, str) else self.model

    @property
    def brought(self) -> tuple[Plugin, ...]:
        """The plugins, read: what travels to other machines."""
        return tuple(read(where) for where in self.plugins)

    def per_model(self) -> tuple[Experiment, ...]:
        """One experiment a model."""
        return tuple(self.but(model=name) for name in self.models)

    def but(self, **changes: Any) -> Experiment:
        """The same with some fields changed, checked anew."""
        return Experiment(**{name: getattr(self, name) for name in type(self).model_fields} | changes)

    def study(self, arithmetic: str = "cpu") -> Study:
        """One model's study. Raises ConfigError where there are several."""
        if len(self.models) != 1:
            raise ConfigError(
                f"one study has one model, this experiment has {len(self.models)}; see per_model()"
            )
        return Study(
            self.models[0],
            self.protocol,
            self.inner_folds,
            self.seeds,
            dict(self.settings),
            arithmetic,
            committee=RULES[self.selection].committee,
        )

    def to_toml(self, path: Path | str | None = None) -> str:
        """As TOML text with all keys but settings of the extraction that nobody asked for, which
        ``from_toml`` reads back as an equal experiment; also written to ``path`` if one is given. Raises
        OSError when the file cannot be written."""
        text = tomli_w.dumps(self.model_dump(by_alias=True, mode="json", exclude_none=True))
        if path is not None:
            write_atomically(Path(path), lambda temporary: temporary.write_text(text, encoding="utf-8"))
        return text

    @classmethod
    def from_toml(cls, source: Path | str) -> Experiment:
        """From a file (a Path, or a name that ends in .toml) or from TOML text. Raises ConfigError for what
        is no TOML and for unknown keys, with the nearest known one; OSError when the file cannot be read."""
        return cls(**toml(source))


def toml(source: Path | str) -> dict[str, Any]:
    """Content of a TOML file or text. Raises ConfigError, OSError."""
    is_file = isinstance(source, Path) or ("\n" not in source and source.endswith(".toml"))
    try:
        return tomllib.loads(regular(Path(source)).read_text(encoding="utf-8") if is_file else str(source))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{source if is_file else 'the text'} is no TOML: {error}") from error
