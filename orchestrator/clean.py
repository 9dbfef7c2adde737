"""What may go from a workspace: ``python -m orchestrator.clean``. Says what is there and how many GiB it
takes; deletes only when told to, and asks first.

Fold results and feature sets of older code are never read again; a sweep that has not ended, or that MLflow
still lacks (orchestrator.send), keeps its own. ``--sweep NAME`` is one sweep with all that no other one uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from orchestrator.common.errors import ConfigError
from orchestrator.console import asked
from orchestrator.console.handler import errors_are_told
from orchestrator.console.terminal import terminal
from orchestrator.study import plugins
from orchestrator.sweeps import cleaning
from orchestrator.sweeps.cleaning import Part
from orchestrator.workspace.stale import OLDER
from preprocessing.command_line import App
from preprocessing.places import place
from preprocessing.plugins import read

console = terminal()
app = App()


@app.command()
def main(
    workspace: asked.Workspace = Path("workspace"),
    store: asked.Store = "",
    plugin: asked.Plugins = [],  # noqa: B006
    delete: Annotated[
        bool, typer.Option("--delete", help="delete fold results and feature sets of older code")
    ] = False,
    sweep: Annotated[
        str, typer.Option("--sweep", help="delete this sweep, with folds and features that no other one uses")
    ] = "",
    yes: Annotated[bool, typer.Option("--yes", help="delete without asking")] = False,
) -> None:
    """Say what a workspace holds and what of it may go, in GiB; with --delete or --sweep remove it, after a
    question."""
    with errors_are_told(console):
        if sweep and (delete or store):
            raise ConfigError("--sweep is of the workspace and alone; give --delete or --store another time")
        plugins.install([read(where) for where in plugin])
        if sweep:
            parts = cleaning.of_sweep(sweep, workspace)
            _show(parts)
            _remove([part for part in parts if part.count], yes)
            console.print("what MLflow has of it stays there: mlflow runs delete, mlflow gc")
            return
        parts = cleaning.of_workspace(workspace, place(store or workspace))
        _show(parts)
        old = [part for part in parts if part.state == OLDER]
        if delete:
            _remove(old, yes)
        else:
            console.print(f"{_told(old)} made by older code; --delete removes them, --sweep NAME a sweep")


def _show(parts: Sequence[Part]) -> None:
    made = Table("what", "how many", "GiB", "code", box=None)
    for part in parts:
        made.add_row(part.what, str(part.count), f"{part.bytes / 2**30:.3f}", part.state)
    console.print(made)


def _told(parts: Sequence[Part]) -> str:
    """As "4 fold results and 12 shards of features (1.250 GiB)"."""
    folds = sum(part.count for part in parts if "folds" in part.what)
    shards = sum(part.count for part in parts if part.what.startswith("features"))
    size = sum(part.bytes for part in parts) / 2**30
    return f"{folds} fold results and {shards} shards of features ({size:.3f} GiB)"


def _remove(parts: Sequence[Part], yes: bool) -> None:
    if not parts:
        console.print("nothing to delete")
        return
    what = _told(parts)
    try:
        wanted = yes or typer.confirm(f"delete {what}, for good?")
    except typer.Abort as error:
        raise ConfigError("nothing is deleted: nobody answered; --yes deletes without asking") from error
    if not wanted:
        console.print("nothing is deleted")
        return
    for part in reversed(parts):  # a sweep's folder last: it says what is its own
        part.remove()
    console.print(f"{what} deleted")


if __name__ == "__main__":
    app()
