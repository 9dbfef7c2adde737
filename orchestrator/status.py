"""How far a sweep or a spotsweep is, from another terminal: ``python -m orchestrator.status NAME``. On a
cluster's jobs: orchestrator.remote status."""

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
from orchestrator.workspace import spotsweeps
from orchestrator.workspace.listed import COMPLETE, EARLY, listed
from orchestrator.workspace.sweep_folder import found
from preprocessing.command_line import App

console = terminal()
app = App()


@app.command()
def main(
    name: Annotated[str, typer.Argument(help="name of the sweep, or spotsweep")],
    workspace: asked.Workspace = Path("workspace"),
) -> None:
    """Folds done, time left, what it waits for. A sweep that still extracts features has no folder yet."""
    with errors_are_told(console):
        kind, folder = found(name, workspace)
        if kind == "sweep":
            one = listed(folder)
            score = f", {one.rule} UF1 {one.score}" if one.score else ""
            _say(f"{name}: {one.state}, {one.model} on {one.corpus}{score}")
            _rest(folder, one.state, one.damage, commands.resume(folder))
        else:
            other = spotsweeps.listed(folder)
            _say(f"{name}: {other.state}, spotting in {other.corpus}")
            for spotter, score in other.scores.items():
                _say(f"{spotter}: {spotsweeps.HEADLINE} F1 {score}" if score else spotter)
            _rest(folder, other.state, other.damage, other.again)


def _rest(folder: Path, state: str, damage: str, again: str) -> None:
    """again: the command that goes on, or "" where nobody knows it."""
    held = beat.read(folder)
    if damage:
        _say(f"{damage}; what it says is not used")
    if held and state != COMPLETE:
        ago = f"{max(0.0, time.time() - held['time']):.0f} s ago"
        left = "" if state == EARLY else f", about {clock(held['left_s'])} left"
        _say(f"{held.get('what', 'folds')} {held['done']}/{held['of']}{left} (said {ago})")
        if held.get("waits"):
            _say(held["waits"])
    if state == EARLY and again:
        _say(f"go on with it:  {again}")


def _say(text: str) -> None:
    console.print(text, soft_wrap=True, markup=False)


if __name__ == "__main__":
    app()
