"""The main job: ``python -m orchestrator.sweep MODEL``. Exit statuses: console/handler.py."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.common.commands import command
from orchestrator.common.errors import ConfigError, Unfinished
from orchestrator.console import asked, extracted
from orchestrator.console.asked import SweepCommand, usual
from orchestrator.console.handler import ALL, NOT_IN_MLFLOW, SOME, errors_are_told
from orchestrator.console.outputs import writable
from orchestrator.console.progress import SweepProgress
from orchestrator.console.terminal import terminal
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Experiment, Extraction
from orchestrator.sweeps.run import resume, run
from preprocessing.command_line import App
from preprocessing.places import write_atomically

if TYPE_CHECKING:
    from orchestrator.sweeps.result import Result

console = terminal()
app = App()


@app.command(cls=SweepCommand)
def main(
    context: typer.Context,
    model: asked.Model = "",
    corpus: asked.CorpusNames = ["synthetic"],
    root: asked.Roots = [],
    classes: asked.Classes = usual("classes"),
    protocol: asked.ProtocolName = usual("protocol"),
    selection: asked.Selection = usual("selection"),
    trials: asked.Trials = usual("trials"),
    seeds: asked.Seeds = usual("seeds"),
    settings: asked.Settings = [],
    name: asked.Name = "",
    resume_: Annotated[
        bool,
        typer.Option("--resume", help="continue the sweep of this name: only what is missing is computed"),
    ] = False,
    experiment: Annotated[
        Path | None, typer.Option("--experiment", help="a TOML file with all of it; options beside it win")
    ] = None,
    au: asked.Au = usual("au"),
    features: asked.Features = "",
    inner_folds: asked.InnerFolds = usual("inner_folds"),
    sampler: asked.Sampler = usual("sampler"),
    scheduler: asked.Scheduler = usual("scheduler"),
    same_person: asked.SamePerson = None,
    subjects: asked.Subjects = "",
    label: asked.Labels = [],
    plugin: asked.Plugins = [],
    flow: extracted.Flow = Extraction.usual("flow"),
    steps: extracted.Steps = Extraction.usual("steps"),
    keep: extracted.Keep = Extraction.usual("keep"),
    apex: extracted.Apex = Extraction.usual("apex"),
    equalise: extracted.Equalise = Extraction.usual("equalise"),
    landmarks_every: extracted.LandmarksEvery = Extraction.usual("landmarks_every"),
    max_gap: extracted.MaxGap = Extraction.usual("max_gap"),
    stabilise: extracted.Stabilise = Extraction.usual("stabilise"),
    motion: extracted.Motion = Extraction.usual("motion"),
    landmarker: extracted.LandmarkerFile = Extraction.usual("landmarker"),
    runner: asked.RunnerName = usual("runner", Execution),
    address: asked.Address = "",
    # remote.hand_over reads it from the command line
    remote_folder: Annotated[
        str,
        typer.Option(
            help="with --address http://: this repository on the head; --root, --workspace, --plugin, "
            "--same-person, --json are paths there"
        ),
    ] = "~/mer-orchestrator",
    gpus_per_fold: asked.GpusPerFold = usual("gpus_per_fold", Execution),
    pack: asked.Pack = usual("pack", Execution),
    fold_limit: asked.FoldLimit = usual("fold_limit", Execution),
    keep_weights: asked.KeepWeights = False,
    refit: asked.WithRefit = True,
    store: asked.Store = "",
    workspace: asked.Workspace = usual("workspace", Execution),
    tracking_uri: asked.TrackingUri = "",
    max_failed: asked.MaxFailed = usual("max_failed", Execution),
    json_file: Annotated[Path | None, typer.Option("--json", help="write the summary there")] = None,
) -> None:
    """Honest leave-one-subject-out sweep of a model over a corpus."""
    with errors_are_told(console):
        given = asked.given(context)
        if address.startswith(("http://", "https://")):
            from orchestrator import remote

            if not resume_:
                parsed(context)  # bad input is told here, not on the cluster
            remote.hand_over(address, name, model)
            return
        if resume_ and not name:
            raise ConfigError("--resume needs --name, or the name behind it: the sweep to continue")
        if json_file:
            _writable(json_file, workspace)
        with SweepProgress(console) as progress:
            if resume_:
                base = resumable(name, workspace)
                result = resume(
                    name,
                    workspace,
                    progress,
                    experiment=asked.experiment_fields(given, base),
                    execution=asked.execution_fields(given),
                )
            else:
                result = run(*parsed(context), progress)
        status = shown(result, workspace, tracking_uri)
        if json_file:
            _write(json_file, result)
    raise typer.Exit(status)


def parsed(context: typer.Context) -> tuple[Experiment, Execution]:
    """What the command line asks for. Raises ConfigError."""
    given, base = asked.given(context), None
    if given.get("experiment"):
        base = Experiment.from_toml(Path(given["experiment"]))
    fields = asked.experiment_fields(given, base)
    if base is None and "model" not in fields:
        raise ConfigError("name a model, for example stag, or give --experiment FILE, or --resume NAME")
    experiment = Experiment(**fields) if base is None else base.but(**fields)
    return experiment, Execution(**asked.execution_fields(given))


def resumable(name: str, workspace: Path) -> Experiment:
    """The experiment of a sweep that is there. Raises ConfigError."""
    from orchestrator.sweeps import kept
    from orchestrator.workspace.sweep_folder import folder_of

    return kept.held(folder_of(name, workspace))[0]


def shown(result: Result, workspace: Path, tracking_uri: str) -> int:
    """Print what came of it. Returns the exit status."""
    from orchestrator.results import report
    from orchestrator.results.headline import headline, next_commands
    from orchestrator.results.outputs import outputs_table
    from orchestrator.results.parts import parts_table
    from orchestrator.results.trials import trials_table
    from orchestrator.sweeps import kept

    _, how = kept.held(result.folders[0])  # a sweep that goes on has its own store and MLflow
    tracking_uri = tracking_uri or how.tracking_uri
    tracking = Execution(workspace=workspace, tracking_uri=tracking_uri).tracking
    for summary in result.summaries:
        console.print(trials_table(summary["trials"]))
        console.print(report.table(summary))
        if parts := parts_table(summary, summary["rule"]):
            console.print(parts)
        if learnt := outputs_table(summary, summary["rule"]):
            console.print(learnt)
        console.print(headline(summary))
        next_ = next_commands(summary, workspace, tracking, store=how.store, tracking_uri=tracking_uri)
        console.print(next_, soft_wrap=True)
        if failed := summary["failed_trials"]:
            _failures(summary, failed, workspace)
    if result.missing:
        return SOME
    return NOT_IN_MLFLOW if result.lacks else ALL


def _writable(file: Path, workspace: Path) -> None:
    """Raises ConfigError where the summary could not be written in the end: before anything is run."""
    folder = file.absolute().parent
    if folder == workspace.absolute() and not folder.exists():
        return  # the sweep makes it, or says that it cannot
    writable("--json", file)


def _write(file: Path, result: Result) -> None:
    """Raises Unfinished where the file cannot be written; all else is there."""
    text = json.dumps(result.summary if len(result.folders) == 1 else result.summaries, indent=2)
    try:
        write_atomically(file, lambda path: path.write_text(text + "\n"))
    except OSError as error:
        held = ", ".join(str(folder / "summary.json") for folder in result.folders)
        raise Unfinished(f"{error}; the sweep is complete, and its summary is in {held}") from error


def _failures(summary: dict[str, Any], failed: dict[str, str], workspace: Path) -> None:
    rows = {row["trial"]: row for row in summary["trials"]}
    missing = sum(rows[int(index)]["of"] - rows[int(index)]["folds"] for index in failed)
    console.print(
        f"{missing} folds have no result ({len(failed)} failed trials); mend and go on with "
        + command("resume", summary["name"], workspace=workspace),
        style="red",
        soft_wrap=True,
    )
    for index, error in failed.items():
        console.print(f"trial {index}:\n{error}")


if __name__ == "__main__":
    app()
