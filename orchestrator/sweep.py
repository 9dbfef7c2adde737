"""The main job: python -m orchestrator.sweep MODEL. Ray and features here, then the study (sweeps/run.py).

Exit status: 0 every fold asked for has a result; 1 some fold has none (the others are kept and reported); 2
bad input, nothing was run; 130 interrupted, and --resume goes on; 3 all results are there but MLflow could
not take them: orchestrator.send sends them later.
"""

from __future__ import annotations

import logging
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape

from mer_models import MODELS
from orchestrator.common.errors import ConfigError, nearest
from orchestrator.common.names import safe_name
from orchestrator.console.progress import SweepProgress
from orchestrator.console.terminal import terminal
from orchestrator.protocols import PROTOCOLS, ProtocolError, canonical
from orchestrator.runners import ray as ray_runner
from orchestrator.search.schedulers import SCHEDULERS
from orchestrator.search.search import SAMPLERS
from orchestrator.selection.rules import DEFAULT, RULES, SelectionError
from orchestrator.study.labels import SCHEMES
from orchestrator.study.study import Study
from orchestrator.sweeps.request import REMOTE_FOLDER, Request, need, parse_settings
from preprocessing.places import PlaceError
from preprocessing.schema import CorpusError, FeatureSetError

BAD_INPUT = (ConfigError, CorpusError, FeatureSetError, ProtocolError, SelectionError, PlaceError, OSError)
console = terminal()
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def run(request: Request, json_file: Path | None = None) -> int:
    """One sweep from start to end. Returns the exit status (see the module's head); raises one of
    BAD_INPUT."""
    begin = time.perf_counter()
    workers = 0
    with ThreadPoolExecutor(1) as beside:  # what takes seconds to import, while Ray's processes come up
        checked = beside.submit(_checked, request)
        if request.runner == "ray":
            console.print("starting Ray" if not request.address else f"joining Ray at {request.address}")
            ray_runner.start(request.address)
            ray_runner.warm(request.study.model)
            workers = os.cpu_count() or 1
        request = checked.result()
    from orchestrator.sweeps.run import run as run_study
    from preprocessing import extract
    from preprocessing.inputs import Settings

    with SweepProgress(console) as progress:
        made = [
            extract.prepare(
                corpus,
                root,
                [request.features],
                request.workspace,
                settings=Settings(apex=request.apex),
                workers=workers,
                max_failed=request.max_failed,
                store=request.store or None,
                report=lambda p: progress.clips(p.what, p.done, p.total, p.note),
                say=console.print,
            )
            for corpus, root in zip(request.corpora, request.roots or (None,), strict=True)
        ]
    return run_study(
        request,
        [one.folders[request.features] for one in made],
        json_file,
        begin=begin,
        extract_s=sum(one.seconds for one in made),
        quarantined=sum(one.quarantined for one in made),
    )


def _checked(request: Request) -> Request:
    request = request.checked()
    from orchestrator.sweeps import run
    from preprocessing import extract

    _ = run, extract
    return request


class _WithModels(typer.core.TyperCommand):
    """Its help ends with a list of the models, for which all of them are imported."""

    def format_help(self, *arguments: Any) -> None:
        lines = (
            f"{name:15} {model.paper:34} {model.default_features:17}{model.n_parameters:>10,}"
            for name, model in MODELS.items()
        )
        self.epilog = "\b\nModels: paper, input, parameters\n" + "\n".join(lines)
        super().format_help(*arguments)


@app.command(cls=_WithModels)
def main(
    model: Annotated[str, typer.Argument(help=f"one of {', '.join(MODELS)}")],
    corpus: Annotated[
        list[str],
        typer.Option(help=f"one of {', '.join(SCHEMES['all'])}; several, each with its --root, are pooled"),
    ] = ["synthetic"],  # noqa: B006
    root: Annotated[
        list[Path],
        typer.Option(
            help="folder of the corpus, in the order of --corpus; the synthetic one is rendered without"
        ),
    ] = [],  # noqa: B006
    classes: Annotated[str, typer.Option(help=f"label scheme: {', '.join(SCHEMES)}")] = "3",
    protocol: Annotated[
        str, typer.Option(help=f"one of {', '.join(PROTOCOLS)}; group_kfold-10 = in ten folds")
    ] = "loso",
    selection: Annotated[str, typer.Option(help=f"rule behind the headline: {', '.join(RULES)}")] = DEFAULT,
    trials: Annotated[int, typer.Option(help="configurations; 1 = the published one alone")] = 4,
    seeds: Annotated[int, typer.Option(help="replicates of every fold")] = 1,
    settings: Annotated[
        list[str], typer.Option("--set", help="configuration key, repeatable: recipe.epochs=30")
    ] = [],  # noqa: B006
    name: Annotated[
        str, typer.Option(help="name of the sweep; made from model, corpus, AUs and time if none is given")
    ] = "",
    resume: Annotated[
        bool,
        typer.Option("--resume", help="continue the sweep of this name: only what is missing is computed"),
    ] = False,
    au: Annotated[
        str,
        typer.Option(
            help=(
                "action units: annotated, predicted (by a head fitted in each fold), none, auto (annotated "
                "where they exist)"
            )
        ),
    ] = "auto",
    features: Annotated[str, typer.Option(help="feature set; the model's own by default")] = "",
    inner_folds: Annotated[
        int, typer.Option(help="1 of so many groups of a fold's training people validates; 0 = none")
    ] = 4,
    sampler: Annotated[
        str, typer.Option(help=f"{', '.join(SAMPLERS)}; tpe learns from other folds' validation people")
    ] = "random",
    runner: Annotated[str, typer.Option(help="ray, or inline: this process alone, for a debugger")] = "ray",
    address: Annotated[
        str | None,
        typer.Option(
            help=(
                "Ray cluster to join (auto, host:6379), or to send this command to (http://HEAD:8265); none "
                "= this machine"
            )
        ),
    ] = None,
    remote_folder: Annotated[  # remote.hand_over reads it from the command line
        str,
        typer.Option(
            help=(
                "with --address http://: this repository on the head; --root, --workspace, --json are paths "
                "there"
            )
        ),
    ] = REMOTE_FOLDER,
    scheduler: Annotated[
        str,
        typer.Option(
            help=(
                f"{', '.join(SCHEDULERS)}: who stops a trial early, by the validation people of all folds so "
                "far"
            )
        ),
    ] = "none",
    gpus_per_fold: Annotated[
        str,
        typer.Option(
            help="share of a GPU per fold, for example 0.25; auto = what each trial's first fold takes"
        ),
    ] = "0",
    pack: Annotated[
        int, typer.Option(help="folds that train as one program, for GPUs; same numbers within rounding")
    ] = 1,
    fold_limit: Annotated[
        float, typer.Option(help="seconds after which a fold is ended and tried once more; 0 = never")
    ] = 21600,
    store: Annotated[
        str,
        typer.Option(
            help="features and fold results: a shared folder, or s3://bucket/prefix; the workspace by default"
        ),
    ] = "",
    workspace: Annotated[
        Path, typer.Option(help="folder for features, fold results, sweeps and MLflow")
    ] = Path("workspace"),
    tracking_uri: Annotated[str, typer.Option(help="MLflow; SQLite in the workspace if none is given")] = "",
    max_failed: Annotated[
        float, typer.Option(help="share of quarantined clips that is still a corpus")
    ] = 0.2,
    apex: Annotated[
        str, typer.Option(help="for clips without one: middle, or a way to find it: roi_difference")
    ] = "middle",
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
            study=Study(
                model, canonical(protocol), inner_folds, seeds, parse_settings(settings), asked.arithmetic
            ),
            corpora=tuple(corpus),
            roots=tuple(root),
            features=features,
            classes=classes,
            au=au,
            selection=selection,
            trials=trials,
            sampler=sampler,
            name=safe_name(name) if name else "",
            resume=resume,
            runner=runner,
            address=address,
            need=asked,
            workspace=workspace,
            tracking_uri=tracking_uri or f"sqlite:///{workspace}/mlflow.db",
            max_failed=max_failed,
            apex=apex,
            scheduler=scheduler,
            store=store,
        )
        if (address or "").startswith(("http://", "https://")):
            from orchestrator import remote

            remote.hand_over(str(address), name, model)
            status = 0
        else:
            status = run(request, json_file)
    except BAD_INPUT as error:
        console.print(
            f"[red]{type(error).__name__}[/red]: {escape(str(error))}", highlight=False, soft_wrap=True
        )
        raise typer.Exit(2) from error
    except KeyboardInterrupt:
        console.print(
            "[yellow]ended[/yellow]; finished folds are kept: the same command with --resume --name "
            f"{name or 'NAME'} goes on"
        )
        raise typer.Exit(130) from None
    raise typer.Exit(status)


if __name__ == "__main__":
    app()
