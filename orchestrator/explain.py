"""Why a finished sweep's models called held-out people's clips what they called them: python -m
orchestrator.explain SWEEP. Exit statuses: console/handler.py."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.common.commands import command
from orchestrator.common.errors import ConfigError
from orchestrator.console import asked
from orchestrator.console.handler import errors_are_told
from orchestrator.console.progress import SweepProgress
from orchestrator.console.terminal import terminal
from orchestrator.workspace.sweep_folder import folder_of
from preprocessing.command_line import App

console = terminal()
app = App()


@app.command()
def main(
    sweep: Annotated[str, typer.Argument(help="name of a finished sweep")],
    rule: Annotated[str, typer.Option(help="selection rule; the sweep's own if none is given")] = "",
    fold: Annotated[
        list[str] | None, typer.Option(help="only this fold, by the held-out person's name; repeatable")
    ] = None,
    clips: Annotated[
        list[str] | None, typer.Option(help="only this clip, CORPUS/PERSON/NAME; repeatable")
    ] = None,
    methods: Annotated[
        list[str] | None,
        typer.Option(
            help="only this method: integrated_gradients, occlusion, grad_cam or attention; repeatable"
        ),
    ] = None,
    to: Annotated[
        Path | None, typer.Option(help="folder for pictures and tables; explain/ in the sweep's if not given")
    ] = None,
    workspace: asked.Workspace = Path("workspace"),
) -> None:
    """Explain each held-out clip by its own fold's model, and test the explanations."""
    with errors_are_told(console):
        from orchestrator.results.explain import files
        from orchestrator.results.page import explained, page
        from orchestrator.sweeps.explaining import explain

        if to and to.exists() and not to.is_dir():
            raise ConfigError(f"--to {to} is no folder; name one")
        with SweepProgress(console) as progress:
            made, notes = explain(
                sweep, workspace, progress,
                rule=rule, folds=fold or (), clips=clips or (), methods=methods or (),
            )  # fmt: skip
        own = folder_of(sweep, workspace)
        folder = to or own / explained.FOLDER
        written = files.write(made, folder)
        written += explained.write(folder, files.told(made, notes, written), own)
        for line in files.verdicts(made, made.methods()):
            console.print(line, markup=False)
        console.print(f"{folder}: {', '.join(path.name for path in written)}", soft_wrap=True, markup=False)
        if to is None:
            page.write(own)
            send = command("send", sweep, workspace=workspace)
            console.print(f"also on {own / page.PAGE}; to MLflow: {send}", soft_wrap=True, markup=False)


if __name__ == "__main__":
    app()
