"""A sweep whose features are there: tables -> study -> trials x folds -> selection -> MLflow -> leaderboard.

sweep.py imports this while Ray comes up: torch, Tune and pandas take seconds.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from rich.markup import escape

from mer_models import MODELS
from orchestrator.console.progress import SweepProgress
from orchestrator.console.terminal import terminal
from orchestrator.results import report
from orchestrator.results.leaderboard import headline, next_commands, opening, trials_table
from orchestrator.search import search
from orchestrator.search import tune as trials
from orchestrator.search.search import Outcome, Search
from orchestrator.selection.rules import RULES, TrialRecord, available, choose, score
from orchestrator.study.table import ClipTable, load, merged
from orchestrator.sweeps.request import Request
from orchestrator.tracking.outbox import Outbox
from orchestrator.workspace.store import FoldStore
from orchestrator.workspace.sweep_folder import SweepFolder
from preprocessing.places import Place, place, write_atomically

# of an Outcome -> of its run in MLflow; the others have none
STATES = {"complete": "complete", "stopped": "pruned"}
CLUSTER = 8  # trials at once on a cluster, which may grow while they run
# seconds: at first, the cores are busy with the start of Ray's processes, which the first fold waits for
MLFLOW_AFTER = 5.0
console = terminal()


def run(
    request: Request,
    folders: Sequence[Place],
    json_file: Path | None,
    *,
    begin: float,
    extract_s: float,
    quarantined: int,
) -> int:
    """Run the study on the features in ``folders``, one a corpus, and show and keep what came of it. Returns
    the exit status.

    begin        time.perf_counter() when the sweep began; extract_s: how much of it since then went into
                 features.
    quarantined  clips that have no features.
    """
    tables = [
        load(folder, request.classes, request.au, uses_aus=MODELS[request.study.model].uses_aus)
        for folder in folders
    ]
    table = merged(tables)
    if not request.name:
        request = replace(
            request,
            name=(
                f"{request.study.model}-{table.corpus.replace('+', '_')}-au_{table.au}-"
                f"{datetime.now():%Y%m%d-%H%M%S}"
            ),
        )
    jobs = request.study.jobs(table, {})  # fails now, not after the first trial, if the protocol cannot be
    folder = SweepFolder.open(
        request.workspace / report.SWEEPS / request.name, _definition(request, table), resume=request.resume
    )
    folds = len(jobs) // request.study.seeds
    for line in opening(request, table, tables, folds, quarantined):
        console.print(line, highlight=False)
    store = FoldStore(place(request.store or request.workspace) / "folds")
    plan = Search(request.trials, 0, request.sampler, folder.path, request.scheduler)
    with_ray = request.runner == "ray"
    after = MLFLOW_AFTER if with_ray else 0.0
    with (
        SweepProgress(console) as progress,
        Outbox.start(
            request.tracking_uri, _about(request, table, jobs[0].code), folder.path, store, _say, after
        ) as outbox,
    ):
        progress.on_trial.append(lambda o: o.state in STATES and outbox.trial(o.trial, STATES[o.state]))
        progress.folds(request.trials, len(jobs))
        if with_ray:
            at_once = CLUSTER if request.address else 0
            outcomes = trials.with_ray(
                request.study, table, store, plan, progress, need=request.need, say=_say, at_once=at_once
            )
        else:
            outcomes = search.inline(request.study, table, store, plan, progress)
    wall = time.perf_counter() - begin
    if any(outcome.state == "interrupted" for outcome in outcomes) or len(outcomes) < request.trials:
        return _interrupted(request, outcomes)
    failed = [outcome for outcome in outcomes if outcome.error]
    complete = [outcome.trial for outcome in outcomes if outcome.state == "complete"]
    if not complete:
        console.print(
            "[red]every trial failed[/red]; the "
            f"first:\n{escape(failed[0].error) if failed else 'none was run'}",
            highlight=False,
        )
        outbox.failed("every trial failed")
        return 1
    timing = {
        "wall_s": round(wall, 3), "fold_s": round(progress.fold_seconds, 3), "extract_s": round(extract_s, 3),
        "folds_run": progress.run, "folds_reused": progress.reused,
        "folds_saved": sum(len(jobs) - len(o.results) for o in outcomes if o.state == "stopped"),
    }  # fmt: skip
    summary, scores = _evaluate(request, table, complete, folds, timing, outcomes)
    report.write(folder.path, summary, scores)
    summary = report.with_scores(summary, scores)
    if json_file:
        text = json.dumps(summary, indent=2, allow_nan=False)
        write_atomically(json_file, lambda path: path.write_text(text + "\n"))
    outbox.finish(request.study.model, table, complete)
    console.print(trials_table(outcomes, scores))
    console.print(report.table(summary))
    if parts := report.parts_table(summary, request.selection):
        console.print(parts)
    console.print(headline(summary), highlight=False)
    console.print(
        next_commands(request.name, request.workspace, request.tracking_uri, request.study.model),
        highlight=False,
        soft_wrap=True,
    )
    if failed:
        missing = sum(len(jobs) - len(outcome.results) for outcome in failed)
        console.print(
            f"[red]{missing} folds have no result[/red] ({len(failed)} failed trials); mend and run again "
            f"with --resume --name {request.name}"
        )
        for outcome in failed:
            console.print(f"trial {outcome.index}:\n{escape(outcome.error)}", highlight=False)
        return 1
    return 0 if outbox.sent else 3


def _definition(request: Request, table: ClipTable) -> dict[str, Any]:
    """What must be equal for a sweep to be continued. Trials and seeds may grow."""
    study = request.study
    return {
        "model": study.model, "corpus": table.corpus, "feature_set": table.features, "content": table.content,
        "scheme": request.classes, "classes": list(table.classes), "au": table.au, "protocol": study.protocol,
        "subject_dependent": study.rule.subject_dependent, "inner_folds": study.inner_folds,
        "set": dict(study.fixed), "sampler": request.sampler, "scheduler": request.scheduler,
    }  # fmt: skip


def _about(request: Request, table: ClipTable, code: str) -> dict[str, Any]:
    """What MLflow is told of the sweep. ``code``: version of the published configuration's code."""
    study = request.study
    more = {"name": request.name, "trials": request.trials, "seeds": study.seeds, "code": code}
    return _definition(request, table) | more


def _interrupted(request: Request, outcomes: list[Outcome]) -> int:
    kept = sum(len(outcome.results) for outcome in outcomes)
    _say(
        f"[yellow]interrupted[/yellow]; {kept} folds are kept; the same command with --resume --name "
        f"{request.name} goes on"
    )
    return 130


def _say(text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)


def _evaluate(
    request: Request,
    table: ClipTable,
    trials: list[TrialRecord],
    folds: int,
    timing: dict[str, Any],
    outcomes: list[Outcome],
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(summary without scores, rule -> scores). Honest rules choose from the records alone; truth is joined
    after the choice."""
    truth = table.truth
    scores = {}
    for rule in available(trials):
        choices = choose(rule, trials, None if RULES[rule].honest else truth)
        scores[rule] = score(choices, trials, truth, table.classes, request.study.part_of(table))
    summary = {
        "name": request.name,
        "model": request.study.model,
        "corpus": table.corpus,
        "feature_set": table.features,
        "au": table.au,
        "classes": list(table.classes),
        "protocol": request.study.protocol,
        "subject_dependent": request.study.rule.subject_dependent,
        "inner_folds": request.study.inner_folds,
        "clips": len(table.clip_ids),
        "subjects": len(set(table.subjects)),
        "folds": folds,
        "seeds": request.study.seeds,
        "rule": request.selection,
        "sampler": request.sampler,
        "scheduler": request.scheduler,
        "configuration": {str(trial.index): trial.config for trial in trials},
        "left_out": dict(sorted(table.left_out.items())),
        "failed_trials": {str(o.index): o.error for o in outcomes if o.error},
        "stopped_trials": {str(o.index): len(o.results) for o in outcomes if o.state == "stopped"},
        "timing": timing,
    }
    return summary, scores
