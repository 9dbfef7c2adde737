"""Continue a sweep with what its folder holds: ``python -m orchestrator.resume NAME``. Only what is missing
is computed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator import sweep
from orchestrator.console import asked
from orchestrator.console.handler import errors_are_told
from orchestrator.console.progress import SweepProgress
from orchestrator.console.terminal import terminal
from orchestrator.sweeps.run import resume
from preprocessing.command_line import App

console = terminal()
app = App()


@app.command()
def main(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="name of the sweep")],
    workspace: asked.Workspace = Path("workspace"),
    trials: asked.Trials = 0,
    seeds: asked.Seeds = 0,
    runner: asked.RunnerName = "",
    address: asked.Address = "",
    tracking_uri: asked.TrackingUri = "",
) -> None:
    """Continue a sweep: only what is missing is computed. Trials and seeds may grow."""
    with errors_are_told(console):
        given = asked.given(context)
        with SweepProgress(console) as progress:
            result = resume(
                name,
                workspace,
                progress,
                experiment=asked.experiment_fields(given),
                execution=asked.execution_fields(given | {"name": name}),
            )
        status = sweep.shown(result, workspace, tracking_uri)
    raise typer.Exit(status)


if __name__ == "__main__":
    app()
