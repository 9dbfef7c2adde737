"""One published table or figure as a file: orchestrator/experiments/PAPER/TABLE.toml.

version   whole number, raised with each change of what is asked: a reader then knows which table was run.
title     what the table shows; source: the paper, and where in it the published numbers stand.
about     what the paper leaves open, and what was taken.
shows     what is written beside the scores: names of SHOWS.
pictures  of the rows' models on the clips of people that they have not seen: names of PICTURES.
seeds     replicates of every fold, unless --seeds says otherwise.
[common]  fields of an Experiment that all rows share; corpora are names, folders come from the command line.
[worse]   axis (preprocessing.render.worse.AXES) -> amounts; every row is run at each of them.
[[row]]   name, group (a heading), fields of an Experiment that win over those in common; ablation, a row of
          the model's table in search_spaces; part, of a pooled run ("samm to casme2", "testA"); needs, why it
          is not run (what is missing); published, {uf1 = .9104}: numbers as printed, shares in 0..1. A number
          that the paper does not give is left out.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Self

import pydantic

from mer_models import MODELS
from orchestrator.common.errors import ConfigError, nearest
from orchestrator.study import labels
from orchestrator.study.jobs import digest
from orchestrator.sweeps.experiment import Checked, Experiment, Extraction, toml
from preprocessing.datasets import DATASETS
from preprocessing.render.worse import AXES
from search_spaces import SPACES

FOLDER = Path(__file__).parent
SHOWS = {
    "per_class": "F1 of each class",
    "per_person": "UAR of each person over the classes shown, and its mean and deviation",
    "outputs": "what the model reports, fold by fold (theta, region weights)",
    "seeds": "paired t over seeds against the first row of the same corpora",
    "confusion": "a confusion matrix a row",
    "bars": "UF1, UAR and WAR of every row as bars",
    "curve": "UF1 along the axis, a curve a row",
    "counts": "clips of each class under each label scheme; nothing is trained",
    "coefficients": "weights of a clip's frames in the images of a whole clip; nothing is trained",
}
PICTURES = {  # made by explained.py, one of each row
    "faces": "what counts by each method on the face",
    "classes": "the same for the clips that were called each class",
    "egat": "attention of STAG's graph, layer by layer",
    "flow": "motion of the regions over time",
    "embedding": "the clips before the last layer, in two and three dimensions",
    "given": "a clip of each class as a picture model is given it, and on it each attention",
}
UNTRAINED = ("counts", "coefficients")
# of a published number: as ours, or what no output of ours is called
METRICS = {
    "uf1": "UF1",
    "uar": "UAR",
    "war": "WAR, plain accuracy",
    "f1": "F1 whose average the paper does not name",
    "uar_per_person": "mean over people of each person's UAR over the classes shown",
    "uar_per_person_sd": "its deviation over people",
    "fold_uf1": "UF1 of each fold, over all classes of the scheme; ours means over seeds",
    "fold_uf1_sd": "deviation of UF1 over folds; ours divides by their number, means over seeds",
    "parameters": "of the model",
    "clips": "tested",
}
OF_A_CLASS = ("f1_", "clips_", "weight_")  # followed by its name


class Asked(Checked):
    """Fields of an Experiment that a row, or all rows, may say; None is not said. As in
    sweeps.experiment.Experiment, but corpora are names, and keys of the configuration are ``set``."""

    model: str | None = None
    corpora: tuple[str, ...] | None = None
    classes: str | None = None
    protocol: str | None = None
    inner_folds: int | None = None
    features: str | None = None
    extraction: Extraction | None = None
    settings: dict[str, Any] = pydantic.Field(alias="set", default_factory=dict)
    trials: int | None = None
    sampler: str | None = None
    scheduler: str | None = None
    selection: str | None = None
    au: str | None = None

    @property
    def fields(self) -> dict[str, Any]:
        """What is said of an Experiment, but corpora and settings."""
        names = set(Asked.model_fields) - {"corpora", "settings"}
        return {name: value for name in sorted(names) if (value := getattr(self, name)) is not None}


class Row(Asked):
    """One line of the table; fields as the module says."""

    name: str
    group: str = ""
    ablation: str = ""
    part: str = ""
    needs: str = ""
    published: dict[str, float | list[float]] = pydantic.Field(default_factory=dict)

    @pydantic.field_validator("published")
    @classmethod
    def _metrics(cls, value: dict[str, Any]) -> dict[str, Any]:
        for name in value:
            if name not in METRICS and not name.startswith(OF_A_CLASS):
                raise ConfigError(nearest(name, [*METRICS, "f1_CLASS", "clips_CLASS"], "published number"))
        return value


class Table(Checked):
    """A file. Raises ConfigError for an unknown key or name, with the nearest known one."""

    version: Annotated[int, pydantic.Field(ge=1)]
    title: str
    source: str
    about: str = ""
    shows: tuple[str, ...] = ()
    pictures: tuple[str, ...] = ()
    seeds: Annotated[int, pydantic.Field(ge=1)] = 1
    common: Asked = Asked()
    worse: dict[str, tuple[float, ...]] = pydantic.Field(default_factory=dict)
    rows: Annotated[tuple[Row, ...], pydantic.Field(alias="row")] = ()

    @pydantic.model_validator(mode="after")
    def _check(self) -> Self:
        if strange := [one for one in self.shows if one not in SHOWS]:
            raise ConfigError(nearest(strange[0], SHOWS, "thing to show"))
        if strange := [one for one in self.pictures if one not in PICTURES]:
            raise ConfigError(nearest(strange[0], PICTURES, "picture"))
        if strange := [one for one in self.worse if one not in AXES]:
            raise ConfigError(nearest(strange[0], AXES, "axis"))
        if not self.rows and "coefficients" not in self.shows:
            raise ConfigError(f"{self.title!r} has no row; give it one, as [[row]]")
        names = [(row.group, row.name) for row in self.rows]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ConfigError(f"row {twice[1]!r} (group {twice[0]!r}) stands twice; name each row once")
        if "counts" in self.shows:
            for row in self.rows:
                for corpus in self.corpora(row):
                    labels.published(corpus, self.of(row)["classes"])
        else:
            for row in self.rows:
                _ = self.experiment(row)
        return self

    @property
    def levels(self) -> list[tuple[str, float]]:
        """(axis, amount) at which every row is run; ("", 0) alone where the corpus is not made worse."""
        return [(axis, amount) for axis, amounts in self.worse.items() for amount in amounts] or [("", 0.0)]

    @property
    def trained(self) -> bool:
        """Whether sweeps are run for it."""
        return not set(UNTRAINED) & set(self.shows)

    def corpora(self, row: Row) -> tuple[str, ...]:
        """Names of the corpora that the paper's row is about. Raises ConfigError for an unknown one."""
        found = row.corpora or self.common.corpora or ()
        for name in found:
            if name not in DATASETS:
                raise ConfigError(nearest(name, DATASETS, "corpus"))
        if not found:
            raise ConfigError(f"row {row.name!r} names no corpora, and [common] neither")
        return found

    def of(self, row: Row) -> dict[str, Any]:
        """Fields of the row's Experiment but its corpora: [common], under its ablation, under its own."""
        fields = self.common.fields | row.fields
        if "model" not in fields and "counts" not in self.shows:
            raise ConfigError(f"row {row.name!r} names no model, and [common] neither")
        if "model" in fields and fields["model"] not in MODELS:
            raise ConfigError(nearest(fields["model"], MODELS, "model"))
        settings = dict(self.common.settings)
        if row.ablation:
            known = SPACES[fields["model"]].ABLATIONS
            if row.ablation not in known:
                raise ConfigError(nearest(row.ablation, known, f"ablation of {fields['model']}"))
            for key, value in known[row.ablation].items():
                (fields if key in ("au", "features") else settings)[key] = value
            fields |= row.fields
        return fields | {"settings": settings | dict(row.settings)}

    def experiment(self, row: Row) -> Experiment:
        """The row's Experiment as the paper has it, with seeds of the file and no folders: for checks and
        estimates. Raises ConfigError."""
        fields = self.of(row)
        # a folder is the command line's; any text says that there will be one
        corpora = [(name, "" if name == "synthetic" else "ROOT") for name in self.corpora(row)]
        return Experiment(corpora=corpora, seeds=self.seeds, **fields)

    @property
    def digest(self) -> str:
        """16 hex digits of all that the file says of what is run; not of its texts."""
        texts = {"title", "source", "about"}
        return digest(self.model_dump(by_alias=True, mode="json", exclude=texts))


def names() -> tuple[str, ...]:
    """All experiments, as "stag/table5", papers and tables in order."""
    found = (path.relative_to(FOLDER).with_suffix("").as_posix() for path in FOLDER.glob("*/*.toml"))
    return tuple(sorted(found, key=_in_order))


def _in_order(name: str) -> tuple[str, str, int]:
    """table10 comes after table9."""
    paper, _, table = name.partition("/")
    word = table.rstrip("0123456789")
    return paper, word, int(table.removeprefix(word) or 0)


def load(name: str) -> Table:
    """The experiment of that name, or of a path that ends in .toml. Raises ConfigError for an unknown name,
    an unknown key (both with the nearest) and what is no TOML; OSError when the file cannot be read."""
    if name.endswith(".toml"):
        return _told(name, Path(name))
    if name not in names():
        raise ConfigError(nearest(name, names(), "experiment"))
    return _told(name, FOLDER / f"{name}.toml")


def _told(name: str, path: Path) -> Table:
    try:
        return Table(**toml(path))
    except ConfigError as error:
        raise ConfigError(f"experiment {name}: {error}") from error


def every() -> Iterator[tuple[str, Table]]:
    """Name and content of all."""
    for name in names():
        yield name, load(name)
