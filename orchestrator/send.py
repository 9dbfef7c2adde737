"""Send to MLflow what a sweep could not: python -m orchestrator.send NAME. Nothing is trained; a second time
changes nothing. It asks MLflow for each part, and says that all is there when it was found there.

Also to another MLflow than the sweep's own, which then gets the whole sweep (--tracking-uri). Exit statuses:
console/handler.py; 3: MLflow cannot be reached or refused a part, which its words name.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.common import commands
from orchestrator.common.errors import ConfigError
from orchestrator.common.names import redacted
from orchestrator.console import asked
from orchestrator.console.handler import NOT_IN_MLFLOW, errors_are_told
from orchestrator.console.progress import SweepProgress
from orchestrator.console.terminal import terminal
from orchestrator.results.report import render
from orchestrator.sweeps.execution import Execution
from orchestrator.tracking.outbox import Outbox
from orchestrator.workspace import spotsweeps
from orchestrator.workspace.listed import COMPLETE
from orchestrator.workspace.sweep_folder import found, runs
from preprocessing.command_line import App

console = terminal()
app = App()


@app.command()
def main(
    name: Annotated[str, typer.Argument(help="name of a sweep, or spotsweep")],
    workspace: asked.Workspace = Path("workspace"),
    tracking_uri: asked.TrackingUri = "",
) -> None:
    """Send to MLflow what a sweep or spotsweep could not."""
    with errors_are_told(console):
        uri = Execution(workspace=workspace, tracking_uri=tracking_uri).tracking
        kind, folder = found(name, workspace)
        if kind == "spotsweep":
            _spotsweep(uri, folder)
            return
        outbox = Outbox.of(uri, folder, SweepProgress(console))
        if outbox.record["ended"] == "finished":
            render(folder)  # tables and pictures carry no digest: what is sent is made of the two that do
        try:
            outbox.flush()
        except (KeyError, TypeError) as error:  # a record that somebody edited
            raise ConfigError(
                f"what is kept of {name} for MLflow does not go together ({type(error).__name__}: {error}); "
                f"it is written anew by: {commands.resume(folder)}"
            ) from error
        if not outbox.sent:
            outbox.say_rest()
            raise typer.Exit(NOT_IN_MLFLOW)
        if not outbox.record["ended"] and not runs(folder):
            outbox.left("KILLED")  # its process could not say so itself
        outbox.tell()
        console.print(f"MLflow at {redacted(uri)} has all {len(outbox.record['trials'])} trials of {name}")
        if not outbox.record["ended"]:
            console.print(
                f"the sweep has not ended; its scores come when it does: {commands.resume(folder)}",
                style="yellow",
                soft_wrap=True,
            )


def _spotsweep(uri: str, folder: Path) -> None:
    """Its table, once it is whole: before it, MLflow has nothing of it."""
    from orchestrator.tracking import spot_run

    one = spotsweeps.listed(folder)
    if one.state != COMPLETE:
        go_on = f"; go on with it: {one.again}" if one.again else ""
        raise ConfigError(
            f"spotsweep {folder.name} has no table yet ({one.damage or one.state}): MLflow gets it when it "
            f"has ended{go_on}"
        )
    if not spot_run.send(uri, folder, SweepProgress(console)):
        raise typer.Exit(NOT_IN_MLFLOW)
    console.print(f"MLflow at {redacted(uri)} has the table of {folder.name}", markup=False, soft_wrap=True)


if __name__ == "__main__":
    app()
