"""What runs in a Tune trial's own process: it hands the folds of one configuration to the cluster and reports
as they end.

Imports neither torch nor what trains: such a process starts in a second less, and a sweep has several.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import ray
from ray import tune

from orchestrator.runners import ray as ray_runner
from orchestrator.runners.sizing import Need
from orchestrator.search.trial_progress import TrialProgress
from orchestrator.study.jobs import FoldJob
from orchestrator.workspace.store import FoldStore

METRIC = "validation_uf1"


def run_trial(
    config: dict[str, Any],
    *,
    jobs: Sequence[FoldJob],
    handles: list[Any],
    store: FoldStore,
    need: Need,
    judged: bool,
    sweep: str,
    control: list[Any],
    share: int,
) -> None:
    """A Tune trial: all folds of one configuration as Ray tasks; reports after every fold what the validation
    people say.

    config   "trial", its number; "drawn", what the search has drawn, which Tune shows; "config", the full
             configuration; "code", its folds' code version.
    jobs     the folds in the order in which they are taken, of any configuration: it and its code version
             alone differ between trials.
    handles  reference to the study's Table, in a list, so that it is not fetched here.
    judged   whether folds have validation people.
    sweep    as in runners/ray.run, and share.
    control  the sweep's, in a list likewise; [None] where no trial is stopped early.
    """
    index, (judge,) = config["trial"], control
    jobs = [replace(job, config=config["config"], code=config["code"]) for job in jobs]
    progress = TrialProgress(judged)
    report: dict[str, Any] = {METRIC: 0.0, "folds": 0, "of": len(jobs), "seconds": 0.0, "reused": False}
    folds = ray_runner.run(jobs, store, handles[0], need=need, sweep=sweep, share=share)
    try:
        for result, reused in folds:
            score = progress.add(result)
            stop = (
                judge is not None
                and bool(progress.evidence)
                and ray.get(judge.reports.remote(index, progress.evidence[-1]))
            )
            done = len(progress.results)
            state = "complete" if done == len(jobs) else "stopped" if stop else "running"
            report |= {
                METRIC: score,
                "folds": done,
                "seconds": result.seconds,
                "reused": reused,
                "state": state,
                "error": "",
            }
            if state != "running":
                folds.close()  # its running folds give their places back before anything else is done
                if judge is not None and state == "complete":
                    ray.get(judge.completed.remote(index))
                tune.report(report)
                return
            tune.report(report)
    except ray_runner.FoldFailed as error:
        tune.report(report | {"state": "failed", "error": str(error)})
        return
    tune.report(report | {"state": "interrupted", "error": ""})
