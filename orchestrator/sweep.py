"""The main job: python -m orchestrator.sweep MODEL. Features -> study -> trials x folds -> selection -> MLflow -> leaderboard.

Exit status: 0 every fold asked for has a result; 1 some fold has none (the others are kept and reported); 2 bad input, nothing
was run; 130 interrupted, and --resume goes on; 3 all results are there but MLflow could not take them: orchestrator.send sends them later.
"""

from __future__ import annotations

import json
import logging
import os
import time
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from mer_models import MODELS
from orchestrator import remote, report, search, trials
from orchestrator.config import ConfigError, nearest
from orchestrator.data import Table, load, merged
from orchestrator.labels import SCHEMES
from orchestrator.leaderboard import headline, next_commands, opening, trials_table
from orchestrator.names import safe_name
from orchestrator.outbox import Outbox
from orchestrator.progress import SweepProgress
from orchestrator.protocols import PROTOCOLS, ProtocolError, canonical
from orchestrator.request import Request, need, parse_settings
from orchestrator.runners import ray as ray_runner
from orchestrator.schedulers import SCHEDULERS
from orchestrator.search import SAMPLERS, Outcome, Search
from orchestrator.selection import DEFAULT, RULES, SelectionError, Trial, available, choose, score
from orchestrator.store import FoldStore
from orchestrator.study import Study
from orchestrator.sweep_folder import SweepFolder
from preprocessing import extract
from preprocessing.schema import CorpusError, FeatureSetError, write_atomically
from preprocessing.schema_places import PlaceError, place

BAD_INPUT = (ConfigError, CorpusError, FeatureSetError, ProtocolError, SelectionError, PlaceError, OSError)
STATES = {"complete": "complete", "stopped": "pruned"}  # of an Outcome -> of its run in MLflow; the others have none
CLUSTER = 8  # trials at once on a cluster, which may grow while they run
console = report.terminal()
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
MODEL_LIST = "\n".join(
    f"{name:15} {model.paper:34} {model.features[0]:17}{model.n_parameters:>10,}" for name, model in MODELS.items()
)


def run(request: Request, json_file: Path | None = None) -> int:
    """One sweep from start to end. Returns the exit status (see the module's head); raises one of BAD_INPUT."""
    begin = time.perf_counter()
    with_ray = request.runner == "ray"
    workers = 0
    if with_ray:
        console.print("starting Ray" if not request.address else f"joining Ray at {request.address}")
        ray_runner.start(request.address)
        ray_runner.warm()
        workers = os.cpu_count() or 1
    with SweepProgress(console) as progress:
        made = [
            extract.prepare(
                corpus,
                root,
                [request.features],
                request.workspace,
                settings=extract.Settings(apex=request.apex),
                workers=workers,
                max_failed=request.max_failed,
                store=request.store or None,
                report=lambda p: progress.clips(p.what, p.done, p.total, p.note),
                say=console.print,
            )
            for corpus, root in zip(request.corpora, request.roots or (None,), strict=True)
        ]
        uses_aus = MODELS[request.study.model].uses_aus
        tables = [load(one.folders[request.features], request.classes, request.au, uses_aus=uses_aus) for one in made]
        table = merged(tables)
        if not request.name:
            request = replace(
                request,
                name=f"{request.study.model}-{table.corpus.replace('+', '_')}-au_{table.au}-{datetime.now():%Y%m%d-%H%M%S}",
            )
        jobs = request.study.jobs(table, {})  # fails now, not after the first trial, if the protocol cannot be
        folder = SweepFolder.open(
            request.workspace / report.SWEEPS / request.name, _definition(request, table), resume=request.resume
        )
        folds = len(jobs) // request.study.seeds
        for line in opening(request, table, tables, folds, sum(one.quarantined for one in made)):
            console.print(line, highlight=False)
        store = FoldStore(place(request.store or request.workspace) / "folds")
        outbox = Outbox.start(request.tracking_uri, _about(request, table), folder.path, store, _say)
        progress.on_trial.append(lambda o: o.state in STATES and outbox.trial(o.trial, STATES[o.state]))
        progress.folds(request.trials, len(jobs))
        plan = Search(request.trials, 0, request.sampler, folder.path, request.scheduler)
        if with_ray:
            outcomes = trials.with_ray(
                request.study,
                table,
                store,
                plan,
                progress,
                need=request.need,
                say=_say,
                at_once=CLUSTER if request.address else 0,
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
            f"[red]every trial failed[/red]; the first:\n{escape(failed[0].error) if failed else 'none was run'}", highlight=False
        )
        outbox.failed("every trial failed")
        return 1
    timing = {
        "wall_s": round(wall, 3), "fold_s": round(progress.fold_seconds, 3), "extract_s": round(sum(one.seconds for one in made), 3),
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
        next_commands(request.name, request.workspace, request.tracking_uri, request.study.model), highlight=False, soft_wrap=True
    )
    if failed:
        missing = sum(len(jobs) - len(outcome.results) for outcome in failed)
        console.print(
            f"[red]{missing} folds have no result[/red] ({len(failed)} failed trials); mend and run again with --resume --name {request.name}"
        )
        for outcome in failed:
            console.print(f"trial {outcome.index}:\n{escape(outcome.error)}", highlight=False)
        return 1
    return 0 if outbox.sent else 3


def _definition(request: Request, table: Table) -> dict[str, Any]:
    """What must be equal for a sweep to be continued. Trials and seeds may grow."""
    study = request.study
    return {
        "model": study.model, "corpus": table.corpus, "feature_set": table.features, "content": table.content,
        "scheme": request.classes, "classes": list(table.classes), "au": table.au, "protocol": study.protocol,
        "subject_dependent": study.rule.subject_dependent, "inner_folds": study.inner_folds,
        "set": dict(study.fixed), "sampler": request.sampler, "scheduler": request.scheduler,
    }  # fmt: skip


def _about(request: Request, table: Table) -> dict[str, Any]:
    """What MLflow is told of the sweep."""
    study = request.study
    more = {"name": request.name, "trials": request.trials, "seeds": study.seeds, "code": study.code}
    return _definition(request, table) | more


def _interrupted(request: Request, outcomes: list[Outcome]) -> int:
    kept = sum(len(outcome.results) for outcome in outcomes)
    _say(f"[yellow]interrupted[/yellow]; {kept} folds are kept; the same command with --resume --name {request.name} goes on")
    return 130


def _say(text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)


def _evaluate(
    request: Request, table: Table, trials: list[Trial], folds: int, timing: dict[str, Any], outcomes: list[Outcome]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """(summary without scores, rule -> scores). Honest rules choose from the records alone; truth is joined after the choice."""
    truth = table.truth
    scores = {}
    for rule in available(trials):
        choices = choose(rule, trials, None if RULES[rule].honest else truth)
        scores[rule] = score(choices, trials, truth, table.classes, request.study.part_of(table))
    summary = {
        "name": request.name, "model": request.study.model, "corpus": table.corpus, "feature_set": table.features, "au": table.au,
        "classes": list(table.classes), "protocol": request.study.protocol,
        "subject_dependent": request.study.rule.subject_dependent, "inner_folds": request.study.inner_folds,
        "clips": len(table.clip_ids), "subjects": len(set(table.subjects)), "folds": folds, "seeds": request.study.seeds,
        "rule": request.selection, "sampler": request.sampler, "scheduler": request.scheduler,
        "configuration": {str(trial.index): trial.config for trial in trials},
        "left_out": dict(sorted(table.left_out.items())), "failed_trials": {str(o.index): o.error for o in outcomes if o.error},
        "stopped_trials": {str(o.index): len(o.results) for o in outcomes if o.state == "stopped"},
        "timing": timing,
    }  # fmt: skip
    return summary, scores


@app.command(epilog=f"\b\nModels: paper, input, parameters\n{MODEL_LIST}")
def main(
    model: Annotated[str, typer.Argument(help=f"one of {', '.join(MODELS)}")],
    corpus: Annotated[
        list[str], typer.Option(help=f"one of {', '.join(SCHEMES['all'])}; several, each with its --root, are pooled")
    ] = ["synthetic"],  # noqa: B006
    root: Annotated[
        list[Path], typer.Option(help="folder of the corpus, in the order of --corpus; the synthetic one is rendered without")
    ] = [],  # noqa: B006
    classes: Annotated[str, typer.Option(help=f"label scheme: {', '.join(SCHEMES)}")] = "3",
    protocol: Annotated[str, typer.Option(help=f"one of {', '.join(PROTOCOLS)}; group_kfold-10 = in ten folds")] = "loso",
    selection: Annotated[str, typer.Option(help=f"rule behind the headline: {', '.join(RULES)}")] = DEFAULT,
    trials: Annotated[int, typer.Option(help="configurations; 1 = the published one alone")] = 4,
    seeds: Annotated[int, typer.Option(help="replicates of every fold")] = 1,
    settings: Annotated[list[str], typer.Option("--set", help="configuration key, repeatable: recipe.epochs=30")] = [],  # noqa: B006
    name: Annotated[str, typer.Option(help="name of the sweep; made from model, corpus, AUs and time if none is given")] = "",
    resume: Annotated[
        bool, typer.Option("--resume", help="continue the sweep of this name: only what is missing is computed")
    ] = False,
    au: Annotated[
        str,
        typer.Option(
            help="action units: annotated, predicted (by a head fitted in each fold), none, auto (annotated where they exist)"
        ),
    ] = "auto",
    features: Annotated[str, typer.Option(help="feature set; the model's own first one by default")] = "",
    inner_folds: Annotated[int, typer.Option(help="1 of so many groups of a fold's training people validates; 0 = none")] = 4,
    sampler: Annotated[
        str, typer.Option(help=f"{', '.join(SAMPLERS)}; tpe learns from other folds' validation people")
    ] = "random",
    runner: Annotated[str, typer.Option(help="ray, or inline: this process alone, for a debugger")] = "ray",
    address: Annotated[
        str | None,
        typer.Option(
            help="Ray cluster to join (auto, host:6379), or to send this command to (http://HEAD:8265); none = this machine"
        ),
    ] = None,
    remote_folder: Annotated[  # remote.hand_over reads it from the command line
        str, typer.Option(help="with --address http://: this repository on the head; --root, --workspace, --json are paths there")
    ] = remote.FOLDER,
    scheduler: Annotated[
        str, typer.Option(help=f"{', '.join(SCHEDULERS)}: who stops a trial early, by the validation people of all folds so far")
    ] = "none",
    gpus_per_fold: Annotated[
        str, typer.Option(help="share of a GPU per fold, for example 0.25; auto = what each trial's first fold takes")
    ] = "0",
    pack: Annotated[int, typer.Option(help="folds that train as one program, for GPUs; same numbers within rounding")] = 1,
    fold_limit: Annotated[float, typer.Option(help="seconds after which a fold is ended and tried once more; 0 = never")] = 21600,
    store: Annotated[
        str, typer.Option(help="features and fold results: a shared folder, or s3://bucket/prefix; the workspace by default")
    ] = "",
    workspace: Annotated[Path, typer.Option(help="folder for features, fold results, sweeps and MLflow")] = Path("workspace"),
    tracking_uri: Annotated[str, typer.Option(help="MLflow; SQLite in the workspace if none is given")] = "",
    max_failed: Annotated[float, typer.Option(help="share of quarantined clips that is still a corpus")] = 0.2,
    apex: Annotated[str, typer.Option(help="for clips without one: middle, or a way to find it: roi_difference")] = "middle",
    json_file: Annotated[Path | None, typer.Option("--json", help="write the summary there")] = None,
) -> None:
    """Honest leave-one-subject-out sweep of a model over a corpus."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    try:
        if model not in MODELS:
            raise ConfigError(nearest(model, MODELS, "model"))
        if resume and not name:
            raise ConfigError("--resume needs --name, the sweep to continue")
        asked = need(gpus_per_fold, pack, fold_limit)
        request = Request(
            study=Study(model, canonical(protocol), inner_folds, seeds, parse_settings(settings), asked.arithmetic),
            corpora=tuple(corpus), roots=tuple(root),
            features=features or MODELS[model].features[0], classes=classes, au=au, selection=selection, trials=trials,
            sampler=sampler, name=safe_name(name) if name else "", resume=resume, runner=runner, address=address,
            need=asked,
            workspace=workspace, tracking_uri=tracking_uri or f"sqlite:///{workspace}/mlflow.db",
            max_failed=max_failed, apex=apex, scheduler=scheduler, store=store,
        )  # fmt: skip
        status = 0 if remote.hand_over(address, name, model) else run(request, json_file)
    except BAD_INPUT as error:
        console.print(f"[red]{type(error).__name__}[/red]: {escape(str(error))}", highlight=False, soft_wrap=True)
        raise typer.Exit(2) from error
    except KeyboardInterrupt:
        console.print(
            f"[yellow]ended[/yellow]; finished folds are kept: the same command with --resume --name {name or 'NAME'} goes on"
        )
        raise typer.Exit(130) from None
    raise typer.Exit(status)


if __name__ == "__main__":
    app()
