"""A finished sweep's model as a folder or a zip that somebody else can use: python -m orchestrator.export
SWEEP --to FILE.zip. Exit statuses: console/handler.py."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.common.commands import command
from orchestrator.console import asked
from orchestrator.console.handler import NOT_IN_MLFLOW, errors_are_told
from orchestrator.console.progress import SweepProgress
from orchestrator.console.terminal import terminal
from preprocessing.command_line import App
from preprocessing.pasted import anywhere

console = terminal()
app = App()


@app.command()
def main(
    sweep: Annotated[str, typer.Argument(help="name of a finished sweep")],
    to: Annotated[Path, typer.Option(help="a new folder, or a new file that ends in .zip")],
    rule: Annotated[str, typer.Option(help="selection rule; the sweep's own if none is given")] = "",
    folds: Annotated[
        bool,
        typer.Option(
            "--folds/--refit", help="the mean of the models of all folds, or one trained on all people"
        ),
    ] = False,
    onnx: Annotated[
        bool, typer.Option("--onnx", help="with a graph for onnxruntime; needs the extra onnx")
    ] = False,
    calibrate: Annotated[
        bool,
        typer.Option(help="fit a temperature on validation people; may train a model for each inner group"),
    ] = True,
    register: Annotated[str, typer.Option(help="name in MLflow's registry that gets it as a version")] = "",
    champion: Annotated[
        bool, typer.Option("--champion", help="with the alias champion, which a blind rule alone may give")
    ] = False,
    workspace: asked.Workspace = Path("workspace"),
    tracking_uri: asked.TrackingUri = "",
) -> None:
    """Write a finished sweep's model with all that a prediction for a new video needs."""
    with errors_are_told(console):
        from orchestrator.sweeps.exporting import export
        from orchestrator.tracking.errors import TrackingError

        try:
            with SweepProgress(console) as progress:
                made = export(
                    sweep, workspace, to, progress, rule=rule, calibrate=calibrate, register=register,
                    champion=champion, tracking_uri=tracking_uri, folds=folds, onnx=onnx,
                )  # fmt: skip
        except TrackingError as error:
            console.print(f"{error}; {to} is written, and is registered nowhere", markup=False)
            raise typer.Exit(NOT_IN_MLFLOW) from error
        console.print(made.card, markup=False)
        console.print(f"{to}: {made.about.of} of {len(made.members)} model(s), bundle {made.digest}")
        code = ["--allow-code"] if made.about.plugin or made.about.input_plugin else []
        next_ = command("predict", anywhere(to), "VIDEO", *code)
        console.print(f"next:\n  your own video   {next_}", soft_wrap=True)


if __name__ == "__main__":
    app()
