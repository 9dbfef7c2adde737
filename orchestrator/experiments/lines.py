"""Lines of an experiment: each a row (at one level, where the corpus is made worse) with the Experiment that
is run for it, or why none is."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from mer_models import MODELS
from orchestrator.common.errors import ConfigError, nearest
from orchestrator.experiments.corpora import PAIRS, SECOND, Brought, Chosen, chosen, without_split
from orchestrator.experiments.file import Row, Table
from orchestrator.experiments.sizes import Size
from orchestrator.protocols import protocol
from orchestrator.study.jobs import digest
from orchestrator.sweeps import corpora, features, foretelling, kept
from orchestrator.sweeps.estimate import together
from orchestrator.sweeps.experiment import Experiment
from orchestrator.sweeps.reads import code


@dataclass(frozen=True)
class Line:
    """axis, amount: where the corpus is made worse. experiment: what is run, None where nothing is, and then
    ``why``; wanted: whether something should be. instead: on other corpora than the paper's. part: of the
    pooled run, or "" for all of it."""

    row: Row
    experiment: Experiment | None
    why: str = ""
    wanted: bool = True
    instead: bool = False
    part: str = ""
    axis: str = ""
    amount: float = 0

    @property
    def name(self) -> str:
        return f"{self.row.name}, {self.axis} {self.amount:g}" if self.axis else self.row.name

    @property
    def asked(self) -> Experiment:
        """Its Experiment. Raises ConfigError for a line of which nothing is run."""
        if self.experiment is None:
            raise ConfigError(f"row {self.row.name!r} is not run: {self.why}")
        return self.experiment

    def sweep(self, reads: Sequence[str]) -> str:
        """Name of its sweep: equal experiments of equal clips under one code, of any table, are one sweep; a
        different one is another. reads: of each corpus, the version of what is read (sweeps/reads.py).
        """
        asked = kept.absolute(self.asked).model_dump(by_alias=True, mode="json")
        corpora = "_".join(corpus.name for corpus in self.asked.corpora)
        return f"{self.asked.models[0]}-{corpora}-{digest([asked, code(self.asked), reads], 12)}"

    @functools.cached_property
    def parameters(self) -> int:
        """Of the model as the row builds it. Imports the model and torch."""
        return parameters(self.asked)


def lines(table: Table, brought: Brought, seeds: int = 0, only: Sequence[str] = ()) -> list[Line]:
    """All lines of a table, in order. seeds: 0 = the file's. only: names of rows, all if empty.

    Raises ConfigError for a name that no row has, and for what cannot go together.
    """
    if unknown := [name for name in only if name not in {row.name for row in table.rows}]:
        raise ConfigError(nearest(unknown[0], {row.name for row in table.rows}, "row"))
    rows = [row for row in table.rows if not only or row.name in only]
    asked = [(row, *level) for row in rows for level in table.levels]
    if brought.size.every_row or only:
        return [_line(table, *one, brought, seeds) for one in asked]
    made: list[Line] = []
    for row, axis, amount in asked:
        left = _left_out(table, row, (axis, amount) != table.levels[-1], made)
        line = Line(row, None, left, False, axis=axis, amount=amount) if left else None
        made.append(line or _line(table, row, axis, amount, brought, seeds))
    return made


def as_synthetic(table: Table) -> list[Line]:
    """The lines of a table as if on the synthetic corpus, of which nothing is rendered yet."""
    made = []
    for row in table.rows:
        if row.needs:
            continue
        fields = table.of(row) | {"classes": "3"}
        fields |= without_split(fields)
        others = [(SECOND, "other")] if fields.get("protocol") in PAIRS else []
        for axis, amount in table.levels:
            on = [("synthetic", f"{axis}-{amount}" if axis else ""), *others]
            made.append(Line(row, Experiment(corpora=on, seeds=table.seeds, **fields)))
    return made


def foretold(lines: Sequence[Line], size: Size) -> str:
    """What all different experiments among the lines take, in a few words: equal ones are run once."""
    different = {line.experiment.to_toml(): line.experiment for line in lines if line.experiment}
    return together([foretelling.foretold(one, size.corpus) for one in different.values()])


def _left_out(table: Table, row: Row, other_level: bool, before: Sequence[Line]) -> str:
    """Why a smoke run leaves the line out, or "": one row of each model and protocol shows whether all goes
    through; where the corpus is made worse, one model at the last level does."""
    run = [line.row for line in before if line.experiment]
    if other_level or (table.worse and run):
        return "left out of a smoke run, which takes one model and the last level; --row takes any"

    def kind(one: Row) -> tuple[Any, Any]:
        fields = table.of(one)
        return fields.get("model"), fields.get("protocol")

    same = next((one.name for one in run if kind(one) == kind(row)), "")
    return (
        f"left out of a smoke run, which has {same!r} of this model and protocol; --row takes any"
        if same
        else ""
    )


def _line(table: Table, row: Row, axis: str, amount: float, brought: Brought, seeds: int) -> Line:
    empty = Line(row, None, axis=axis, amount=amount)
    if row.needs:
        return replace(empty, why=f"not run: {row.needs}", wanted=False)
    on = chosen(table, row, brought, axis, amount)
    if not on.corpora:
        return replace(empty, why=on.why)
    return replace(
        empty, experiment=_experiment(table, row, on, brought, seeds), instead=on.instead, part=on.part
    )


def _experiment(table: Table, row: Row, on: Chosen, brought: Brought, seeds: int) -> Experiment:
    size = brought.size
    fewer = size.compared if "seeds" in table.shows else size.seeds
    fields = table.of(row) | on.fields
    return size.of(Experiment(corpora=on.corpora, seeds=seeds or fewer or table.seeds, **fields))


def parameters(experiment: Experiment) -> int:
    """How many the model has that the experiment trains: its own classes, regions, action units,
    arguments."""
    import torch

    from orchestrator.study import labels
    from preprocessing.inputs import INPUTS
    from preprocessing.schema import AU_VOCABULARY

    name = experiment.models[0]
    model: Any = MODELS[name]
    config = experiment.study().config({})
    settings = features.extraction(experiment)
    feature_set = features.chosen(name, experiment.features, config["recipe"]["image_size"], settings)
    reads = INPUTS[feature_set]
    given: dict[str, int] = {}
    if model.uses_aus and experiment.au != "none":
        given["n_aus"] = len(AU_VOCABULARY)
    if reads.kind == "roi_flow":
        given["n_rois"] = reads.shape(settings)[1]
    each = [
        labels.classify(one.name, [], corpora.scheme(experiment, one.name)).classes
        for one in experiment.corpora
    ]
    every = {name for classes in each for name in classes}
    shared = {name for name in every if all(name in classes for classes in each)}
    classes = every if protocol(experiment.protocol)[0].all_classes else shared
    with torch.device("meta"):
        built = model(len(classes), **given, **config["model"])
    return sum(one.numel() for one in built.parameters())
