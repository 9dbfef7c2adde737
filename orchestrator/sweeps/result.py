"""What came of a sweep, as pandas frames. Read from the sweep's folder, where all of it is kept."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from orchestrator.results import report, rows
from orchestrator.results.action_units import au_columns
from orchestrator.results.compared import GAIN, Compared, compared
from orchestrator.results.sides import Side, of_log, of_sweep
from orchestrator.selection.rules import kind_of
from orchestrator.workspace.sweep_folder import folder_of

NOT_A_COLUMN = ("drawn", "settings", "last_epochs")  # of a trial: its configuration has columns of its own


@dataclass(frozen=True)
class Result:
    """One sweep's result, or several's (``one + other``).

    folders  of the sweeps. missing: folds that have no result. lacks: what MLflow could not take.

    Frames; each begins with the columns ``sweep`` and ``model``:
    predictions  rule, seed, clip_id, subject, truth, predicted (class names), trial, epoch, p_<class>: every
                 chosen test prediction of every rule.
    scores       rule, kind ("blind", "not blind" or "oracle"), uf1, uar, war (0..1, means over seeds) and
                 their _sd, uar_per_person (mean over people of their uar below) and its _sd over people,
                 chance_uf1 and p_chance_uf1 (of the rule that was asked for; likewise uar, war), fold_uf1
                 (mean over folds of each one's UF1 over its own classes) and its _sd over folds,
                 recall_per_person_<class> (over people who show it) and its _sd, the ends of the 95 %
                 intervals of all of these (uf1_low, uf1_high ...), f1_<class>, recall_<class>,
                 tested_<class>, of_<class> (clips that were tested, and that the corpus has), clips, seeds,
                 au, au_remark: one row a rule.
    people       rule, seed, subject, clips, correct, accuracy, uar (over the classes that the person shows),
                 au, au_remark: one row a held-out person.
    trials       trial, state, folds, of, validation_uf1 (ranks trials, no result), chosen, seconds, code,
                 ended_early, and one column a configuration key: what ran. Never a test score: a trial
                 that can be sorted by its test score will be chosen by it.
    """

    folders: tuple[Path, ...]
    missing: int = 0
    lacks: tuple[str, ...] = ()

    @classmethod
    def of(cls, folder: Path, missing: int = 0, lacks: tuple[str, ...] = ()) -> Result:
        """Of one finished sweep. Raises ReportError when its files do not read."""
        made = cls((folder,), missing, lacks)
        _ = made.summaries
        return made

    def __add__(self, other: Result) -> Result:
        return Result(self.folders + other.folders, self.missing + other.missing, self.lacks + other.lacks)

    @functools.cached_property
    def _read(self) -> list[tuple[dict[str, Any], pd.DataFrame]]:
        return [report.read(folder) for folder in self.folders]

    @property
    def summaries(self) -> list[dict[str, Any]]:
        """Of each sweep the content of summary.json: what ran on what, scores of every rule under
        "selection"."""
        return [summary for summary, _ in self._read]

    @property
    def summary(self) -> dict[str, Any]:
        """The summary of the only sweep. Raises ValueError where there are several."""
        (one,) = self.summaries
        return one

    @functools.cached_property
    def predictions(self) -> pd.DataFrame:
        return self._joined([frame for _, frame in self._read])

    @functools.cached_property
    def scores(self) -> pd.DataFrame:
        return self._joined(
            [
                pd.DataFrame(
                    [
                        rows.summary_row(rule, score, kind_of(rule, summary)) | au_columns(summary)
                        for rule, score in summary["selection"].items()
                    ]
                )
                for summary in self.summaries
            ]
        )

    @functools.cached_property
    def people(self) -> pd.DataFrame:
        return self._joined(
            [rows.people_of(frame).assign(**au_columns(summary)) for summary, frame in self._read]
        )

    @functools.cached_property
    def trials(self) -> pd.DataFrame:
        made = []
        for summary in self.summaries:
            trials = summary.get("trials") or [{"trial": int(i)} for i in summary["configuration"]]
            config = summary["configuration"]
            made.append(
                pd.DataFrame(
                    [
                        {key: value for key, value in row.items() if key not in NOT_A_COLUMN}
                        | _values(config.get(str(row["trial"]), {}))
                        for row in trials
                    ]
                )
            )
        return self._joined(made)

    def sides(self, rule: str = "") -> list[Side]:
        """What takes part in a comparison: each sweep under the rule that it was asked for, or another.
        Raises ReportError for a rule that one does not have."""
        shown = f"@{rule}" if rule else ""
        return [of_sweep(summary["name"] + shown, summary, frame, rule) for summary, frame in self._read]

    def compare(
        self, *others: Result | Side | Path, rule: str = "", gain: float = GAIN, over_seeds: bool = False
    ) -> Compared:
        """Is the difference real? The same numbers as ``mer compare``, as frames and sentences.

        others  results, sides, or CSV logs of anyone's predictions (Path).
        rule    of all sweeps; "" is the one that each was asked for.
        gain    of how much it is said how many people would show it.
        Raises as results.compared.compared; ReportError, LogError, OSError.
        """
        held = self.sides(rule)
        for other in others:
            if isinstance(other, Result):
                held += other.sides(rule)
            else:
                held.append(other if isinstance(other, Side) else of_log(other))
        return compared(held, gain, over_seeds)

    def _joined(self, frames: list[pd.DataFrame]) -> pd.DataFrame:
        for frame, summary in zip(frames, self.summaries, strict=True):
            frame.insert(0, "sweep", summary["name"])
            frame.insert(1, "model", summary["model"])
        return pd.concat(frames, ignore_index=True)


def load(name: str, workspace: Path | str = "workspace") -> Result:
    """The result of a finished sweep. Raises ConfigError for a name that no sweep has, ReportError for one
    that has not finished."""
    return Result.of(folder_of(name, Path(workspace)))


def _values(config: dict[str, Any]) -> dict[str, Any]:
    """{"recipe": {"lr": ..}} -> {"recipe.lr": ..}."""
    return {f"{section}.{key}": value for section, held in config.items() for key, value in held.items()}
