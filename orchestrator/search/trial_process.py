"""What runs in a Tune trial's own process: it hands the folds of one configuration to the cluster and reports
as they end.

It imports neither torch nor what trains: such a process starts in a second less, and a sweep has several. It
reads the table's annotations from the store's place, where the sweep has put them: no label is an argument of
a trial or goes through Ray's object store. What it reports is the name of a job: results are in the store.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import ray
from ray import tune

from orchestrator.runners.pending import FoldFailed
from orchestrator.runners.ray import RayRunner
from orchestrator.runners.sizing import Need
from orchestrator.search.control import Control
from orchestrator.search.loop import TrialProgress, folds_of_trial
from orchestrator.search.schedulers import Evidence
from orchestrator.study.jobs import FoldJob, under
from orchestrator.study.tasks import Annotations
from orchestrator.workspace.store import FoldStore

METRIC = "validation_uf1"


@dataclass(frozen=True)
class RemoteJudge:
    """The sweep's Control, which lives in a process of its own."""

    actor: Any

    def reports(self, trial: int, evidence: Evidence) -> bool:
        return bool(ray.get(self.actor.reports.remote(trial, evidence)))

    def completed(self, trial: int) -> None:
        ray.get(self.actor.completed.remote(trial))


def run_trial(
    config: dict[str, Any],
    *,
    jobs: Sequence[FoldJob],
    handles: list[Any],
    store: FoldStore,
    table: str,
    need: Need,
    judged: bool,
    sweep: str,
    control: list[Any],
    share: int,
) -> None:
    """A Tune trial: all folds of one configuration as Ray tasks; reports after every fold what the validation
    people say.

    config   "trial", its number; "drawn", what the search has drawn, which Tune shows; "config", the full
             configuration; "code", the version of the code that it uses.
    jobs     the folds in the order in which they are taken, of any configuration: it and the code alone
             differ.
    handles  reference to the study's SharedInputs, in a list, so that they are not fetched here.
    table    content digest of the table, by which its annotations are kept in the store.
    judged   whether folds have validation people.
    sweep    as in RayRunner, and share.
    control  the sweep's, in a list likewise; [None] where no trial is stopped early.
    """
    index, (actor,) = config["trial"], control
    own = under(jobs, config["config"], config["code"])
    annotations = Annotations.kept(store.labels(table))
    runner = RayRunner(store, handles[0], annotations, need, sweep, share)
    judge = Control("none") if actor is None else RemoteJudge(actor)
    report: dict[str, Any] = {METRIC: 0.0, "state": "interrupted", "error": ""}
    progress = TrialProgress(judged)
    try:
        for event in folds_of_trial(index, own, runner, judge, progress):
            report = {METRIC: progress.score, "state": event.state, "error": ""}
            ended = {"job": event.result.job_id, "reused": event.reused, "done": event.done, "of": event.of}
            if event.state != "running":
                store.pack([job.job_id for job in own])
            tune.report(report | {"ended": ended})
    except FoldFailed as error:
        store.pack([job.job_id for job in own])
        tune.report({METRIC: report[METRIC], "state": "failed", "error": str(error)})
        return
    if report["state"] not in ("complete", "stopped"):
        tune.report({METRIC: report[METRIC], "state": "interrupted", "error": ""})
