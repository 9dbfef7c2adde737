"""A finished sweep with its clips and its fold results at hand again: for a model that is made of it
later."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from orchestrator.common import commands
from orchestrator.common.errors import ConfigError, nearest
from orchestrator.inference import of_folds
from orchestrator.protocols import protocol
from orchestrator.results import report
from orchestrator.search.events import Listener
from orchestrator.selection.choose import available
from orchestrator.selection.records import TrialRecord, remembered
from orchestrator.selection.rules import RULES
from orchestrator.study.action_units import settled
from orchestrator.study.jobs import FoldJob, under
from orchestrator.study.record import FoldRecord
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable, merged
from orchestrator.sweeps import corpora, kept
from orchestrator.sweeps.after_features import identified
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Experiment
from orchestrator.workspace import sealed
from orchestrator.workspace.store import FoldStore
from orchestrator.workspace.sweep_folder import DEFINITION, folder_of
from preprocessing import extract
from preprocessing.places import place


@dataclass(frozen=True)
class Reopened:
    """A finished sweep. summary, predictions: as results.report.read gives them."""

    folder: Path
    experiment: Experiment
    study: Study
    table: ClipTable
    store: FoldStore
    summary: dict[str, Any]
    predictions: pd.DataFrame

    @functools.cached_property
    def trials(self) -> list[TrialRecord]:
        """Those among which the sweep's folds have chosen, with the results that the store has of them.

        Raises ConfigError where it has fewer of one than the sweep had: lost, or made by other code. A choice
        among the rest would be another one.
        """
        folds, made = self.study.jobs(self.table, {}), []
        # a summary of an older program has no such rows
        had = {row["trial"]: row["folds"] for row in self.summary.get("trials", [])}
        for index, config in self.summary["configuration"].items():
            jobs = under(folds, config, self.study.code_of(config, self.table.au))
            results = tuple(one for job in jobs if (one := self._kept(job)) is not None)
            if len(results) < (wanted := had.get(int(index), len(jobs))):
                raise ConfigError(
                    f"the store {self.store.root} has {len(results)} of {wanted} fold results of trial "
                    f"{index} of {self.folder.name} as this code would make them; run "
                    f"{commands.resume(self.folder)}"
                )
            made.append(TrialRecord(int(index), config, results))
        return made

    def rule(self, asked: str) -> str:
        """The rule under which models are taken: the one asked for, "" = the sweep's own.

        Raises ConfigError for a name that is none, and for an oracle: its choice is no choice that anybody
        could make for a new person.
        """
        rule = asked or str(self.summary["rule"])
        if rule not in RULES:
            raise ConfigError(nearest(rule, RULES, "selection rule"))
        if RULES[rule].oracle:
            raise ConfigError(
                f"--rule {rule} is an oracle: it chooses by the labels of test people; take a blind rule"
            )
        return rule

    def models(self, rule: str) -> list[of_folds.FoldModel]:
        """Those of all folds, as the rule chose them. Raises ConfigError for one that the folds do not
        allow."""
        self.allows(rule)
        return of_folds.chosen(self.study, self.table, self.trials, rule)

    def allows(self, rule: str) -> None:
        """Raises ConfigError for a rule that the folds do not allow, and names those that they do."""
        if rule not in available(self.trials):
            raise ConfigError(
                f"the folds of {self.folder.name} do not allow --rule {rule}; allowed: "
                f"{', '.join(one for one in available(self.trials) if not RULES[one].oracle)}"
            )

    def _kept(self, job: FoldJob) -> FoldRecord | None:
        """Without its arrays: those of all trials are gigabytes."""
        record = self.store.load(job.job_id, job)
        if record is not None:
            remembered(record)
            record.let_go()
        return record


def reopen(name: str, workspace: Path, tell: Listener) -> Reopened:
    """The sweep of that name; its features are made again where they are gone.

    Raises ConfigError for a name that no sweep has and for clips that are not those of the sweep any more,
    report.ReportError for a sweep that has not finished, FeatureSetError, CorpusError, OSError.
    """
    folder = folder_of(name, workspace)
    summary, predictions = report.read(folder)
    experiment, execution = kept.held(folder)
    # the workspace may have been moved
    execution = execution.but(name=name, workspace=workspace)
    table = _table(experiment, execution, tell)
    study = experiment.study(execution.arithmetic)
    table = settled(table, experiment.au, study.jobs(table, {}))
    definition = sealed.read_json(folder / DEFINITION, f"it is made again by: {commands.resume(folder)}")
    if definition["content"] != table.content:
        raise ConfigError(
            f"the clips of sweep {name!r} are not those that it was run on (table "
            f"{definition['content']}, now {table.content}): a file, a label or the code of {table.features} "
            "has changed; run a new sweep"
        )
    store = FoldStore(place(execution.store or execution.workspace) / "folds")
    return Reopened(folder, experiment, study, table, store, summary, predictions)


def _table(experiment: Experiment, execution: Execution, tell: Listener) -> ClipTable:
    plans = corpora.planned(experiment, execution, tell)
    corpora.tell_gone(plans, tell, kept.feature_set(execution))
    made = [extract.prepared(one, 0, execution.max_failed, corpora.reporter(tell)) for one in plans]
    tables = corpora.tables(experiment, [one.folders[experiment.features] for one in made])
    clips = tuple(clip for one in made for clip in one.labelled)
    return identified(merged(tables, protocol(experiment.protocol)[0].all_classes), experiment, clips)[0]
