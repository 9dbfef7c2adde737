"""Rows of a comparison: models, or the ablations of one, each an experiment of its own that is swept or gone
on with.

In ``WORKSPACE/comparisons/<name>/``: of each row what was asked for (rows/<row>.toml) and the versions of
the code and clips that answered (rows/<row>.json), and comparison.csv.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mer_models import MODELS
from orchestrator.common.errors import ConfigError, NoResult, nearest
from orchestrator.common.names import safe_name
from orchestrator.results import report
from orchestrator.results.comparison import lines
from orchestrator.search.events import Listener, Note
from orchestrator.sweeps import kept
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Experiment
from orchestrator.sweeps.reads import Reads, code
from orchestrator.sweeps.run import resume, run
from orchestrator.workspace import looks, sealed
from orchestrator.workspace.sweep_folder import BEGUN, EXPERIMENT, SWEEPS
from search_spaces import SPACES

COMPARISONS = "comparisons"  # folder under --workspace
FOUND = "folds that are equal are found there too"
OWN = ("model", "settings", "au", "features")  # fields of an experiment in which rows may differ


@dataclass(frozen=True)
class Row:
    """One line of the table. settings: flat configuration keys, and "au" and "features", which belong to the
    experiment."""

    name: str
    model: str
    settings: Mapping[str, Any] = field(default_factory=dict)

    def of(self, common: Experiment) -> Experiment:
        """The row's experiment: what all rows share, and of a key given twice the row's own value."""
        fields = {key: value for key, value in self.settings.items() if key in ("au", "features")}
        keys = {key: value for key, value in self.settings.items() if key not in fields}
        return common.but(model=self.model, settings=dict(common.settings) | keys, **fields)


def rows(models: Sequence[str], ablations: bool) -> tuple[Row, ...]:
    """One row a model, or the ablation rows of the only one. Raises ConfigError for an unknown name, or none
    to ablate."""
    for model in models:
        if model not in MODELS:
            raise ConfigError(nearest(model, MODELS, "model"))
    if not ablations:
        return tuple(Row(model, model) for model in models)
    if len(models) != 1:
        raise ConfigError(f"--ablations takes one model, got {len(models)}: {', '.join(models)}")
    table = SPACES[models[0]].ABLATIONS
    if len(table) < 2:
        raise ConfigError(f"{models[0]} has no ablation table; those that have one: {', '.join(ablated())}")
    return tuple(Row(name, models[0], settings) for name, settings in table.items())


def ablated() -> tuple[str, ...]:
    """Models with an ablation table."""
    return tuple(name for name, space in SPACES.items() if len(space.ABLATIONS) > 1)


@dataclass(frozen=True)
class Comparison:
    """name: of the comparison, a folder under the workspace. execution: of every row; its own name is not
    used."""

    name: str
    execution: Execution

    @property
    def folder(self) -> Path:
        return self.execution.workspace / COMPARISONS / self.name

    def sweep_name(self, row: str) -> str:
        return safe_name(f"{self.name}-{re.sub(r'[^A-Za-z0-9]+', '_', row)}")

    def asked(self, wanted: Sequence[Row], common: Experiment) -> dict[str, Experiment]:
        """The experiment of every row that was ever asked for under this name, in order.

        Raises ConfigError when a row was made otherwise, or the rows would differ in more than is theirs: a
        table never mixes two settings under one name.
        """
        folder = self.folder / "rows"
        held = {}
        for path in sorted(folder.glob("*.toml"), key=lambda one: one.stat().st_mtime_ns):
            text = sealed.read_toml(path, f"choose another --name: {FOUND}")
            held[path.stem] = Experiment.from_toml(text)
        for row in wanted:
            asked = kept.absolute(row.of(common))
            held.setdefault(row.name, asked)
            for name, one in held.items():
                if differ := _differences(one, asked, () if name == row.name else OWN):
                    raise ConfigError(
                        f"row {name!r} of comparison {self.name!r} was made otherwise: {'; '.join(differ)}; "
                        f"choose another --name: {FOUND}"
                    )
            self._swept_alike(row.name, asked)
        return held

    def _swept_alike(self, row: str, asked: Experiment) -> None:
        """Raises ConfigError where the row's sweep is there and was another: its file here may have been
        lost."""
        folder = self.execution.workspace / SWEEPS / self.sweep_name(row)
        if any((folder / name).exists() for name in BEGUN):
            # the sweep has settled what was left to it, and may have grown
            but = ("features", "extraction", *kept.GROWING)
            if differ := _differences(kept.held(folder)[0], asked, but):
                raise ConfigError(
                    f"sweep {folder.name!r} of row {row!r} was made otherwise: {'; '.join(differ)}; choose "
                    f"another --name: {FOUND}"
                )

    def _keep(self, held: Mapping[str, Experiment], tell: Listener) -> None:
        """Write what each row asks for, and the versions that answer. Raises ConfigError, before anything is
        written, for a row that was begun with others: its old score would stand beside new ones."""
        folder, reads = self.folder / "rows", Reads(self.execution, tell)
        versions = {}
        for row, asked in held.items():
            versions[row] = now = {"code": code(asked), "clips or features": reads.of(asked)}
            before, damage = sealed.held(folder / f"{row}.json")
            if changed := [key for key in now if before and before.get(key) != now[key]]:
                raise ConfigError(
                    f"row {row!r} of comparison {self.name!r} was run with another version of its "
                    f"{' and '.join(changed)}, and rows of two versions make no table; choose another "
                    f"--name: {FOUND}"
                )
            begun = (self.execution.workspace / SWEEPS / self.sweep_name(row) / EXPERIMENT).is_file()
            if begun and not before:
                why = f"{damage or f'{row}.json is gone'}: whether {row!r} was run on these clips"
                tell(Note(f"{why} cannot be said any more", "warning"))
        folder.mkdir(parents=True, exist_ok=True)
        for row, asked in held.items():
            if not (folder / f"{row}.toml").is_file():
                sealed.write_toml(folder / f"{row}.toml", asked.to_toml())
            sealed.write_json(folder / f"{row}.json", versions[row])

    def run(
        self, wanted: Sequence[Row], common: Experiment, tell: Listener
    ) -> Iterator[tuple[str, list[dict[str, Any]]]]:
        """Sweep row by row. Yields after each its name and the table's lines so far, in the order in which
        rows were first asked for; a row without a complete result has none. Finished rows are read, not run.
        Raises as sweeps.run.run, and ConfigError for a row that was run before a change."""
        held = self.asked(wanted, common)
        self._keep(held, tell)
        for row in wanted:
            name = self.sweep_name(row.name)
            folder = self.execution.workspace / SWEEPS / name
            summary, damage = report.earlier(folder)
            for text in filter(None, (damage, looks.lost(folder, _counted(summary)))):
                tell(Note(text, "warning"))
            if not summary:
                try:
                    self._sweep(name, held[row.name], tell)
                except NoResult as error:
                    tell(Note(str(error), "error"))
            made = self.lines(held)
            if made:
                report.write_csv(self.folder / "comparison.csv", made)
            yield row.name, made

    def _sweep(self, name: str, experiment: Experiment, tell: Listener) -> None:
        tell(Note(f"--- {name}"))
        if (self.execution.workspace / SWEEPS / name / EXPERIMENT).is_file():
            resume(name, self.execution.workspace, tell)
        else:
            run(experiment, self.execution.but(name=name), tell)

    def lines(self, held: Mapping[str, Experiment]) -> list[dict[str, Any]]:
        """A line for each row whose sweep is complete. Raises ReportError where they cannot be joined."""
        finished, looked = {}, {}
        for row in held:
            folder = self.execution.workspace / SWEEPS / self.sweep_name(row)
            if (folder / report.SUMMARY).exists():
                summary, predictions = report.read(folder)
                if not summary.get("failed_trials"):
                    finished[row] = (summary, predictions)
                    looked[row] = looks.counted(folder, _counted(summary))["workspace"]
        return lines(finished, looked)


def _counted(summary: Mapping[str, Any]) -> int:
    """Looks of the sweep that its summary knows of."""
    return int(summary.get("looks", {}).get("sweep", 0))


def _differences(before: Experiment, now: Experiment, but: Sequence[str] = ()) -> list[str]:
    then, held = (one.model_dump(exclude=set(but), by_alias=True) for one in (before, now))
    return [f"{key}: was {then[key]!r}, now {held[key]!r}" for key in held if then[key] != held[key]]
