"""How far a sweep is, from another terminal: ``python -m orchestrator.status NAME``. On a cluster's jobs:
orchestrator.remote status."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

import typer

from orchestrator.common import commands
from orchestrator.console import asked
from orchestrator.console.handler import errors_are_told
from orchestrator.console.progress import clock
from orchestrator.console.terminal import terminal
from orchestrator.sweeps import beat
from orchestrator.workspace.listed import COMPLETE, EARLY, listed
from orchestrator.workspace.sweep_folder import folder_of
from preprocessing.command_line import App

console = terminal()
app = App()


@app.command()
def main(
    name: Annotated[str, typer.Argument(help="name of the sweep")],
    workspace: asked.Workspace = Path("workspace"),
) -> None:
    """Folds done, time left, what it waits for. A sweep that still extracts features has no folder yet."""
    with errors_are_told(console):
        folder = folder_of(name, workspace)
        one, held = listed(folder), beat.read(folder)
        score = f", {one.rule} UF1 {one.score}" if one.score else ""
        console.print(f"{name}: {one.state}, {one.model} on {one.corpus}{score}", soft_wrap=True)
        if one.damage:
            console.print(f"{one.damage}; what it says is not used", soft_wrap=True)
        if held and one.state != COMPLETE:
            ago = f"{max(0.0, time.time() - held['time']):.0f} s ago"
            left = "" if one.state == EARLY else f", about {clock(held['left_s'])} left"
            console.print(f"folds {held['done']}/{held['of']}{left} (said {ago})")
            if held.get("waits"):
                console.print(held["waits"], soft_wrap=True)
        if one.state == EARLY:
            console.print(f"go on with it:  {commands.resume(folder)}", soft_wrap=True)


if __name__ == "__main__":
    app()
