"""What may go from a workspace: ``python -m orchestrator.clean``. Says what is there and how many GiB it
takes; deletes only when told to, and asks first.

Fold results and feature sets of older code are never read again; a sweep that has not ended, or that MLflow
still lacks (orchestrator.send), keeps its own. ``--sweep NAME`` is one sweep, or spotsweep, with all that no
other one uses; ``--spots`` is what ``spot`` and ``spotsweep`` would go on with.
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
from orchestrator.sweeps import cleaning, cleaning_spots
from orchestrator.sweeps.cleaning import Part
from orchestrator.sweeps.cleaning_spots import VIDEOS
from orchestrator.workspace.stale import OLDER
from orchestrator.workspace.sweep_folder import found
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
        str,
        typer.Option(
            "--sweep", help="delete this sweep or spotsweep, with folds and features that no other one uses"
        ),
    ] = "",
    spots: Annotated[
        bool,
        typer.Option(
            "--spots", help="delete what spot and spotsweep keep to go on: curves of videos, and folds"
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", help="delete without asking")] = False,
) -> None:
    """Say what a workspace holds and what of it may go, in GiB; with --delete, --sweep or --spots remove it,
    after a question."""
    with errors_are_told(console):
        if bool(sweep) + spots + bool(delete or store) > 1:
            raise ConfigError(
                "--sweep and --spots are of the workspace, and each alone; give --delete, --store or the "
                "other another time"
            )
        plugins.install([read(where) for where in plugin])
        if sweep or spots:
            parts = cleaning_spots.resumable(workspace) if spots else _of_sweep(sweep, workspace)
            _show(parts)
            _remove([part for part in parts if part.count], yes)
            if sweep:
                console.print("what MLflow has of it stays there: mlflow runs delete, mlflow gc")
            return
        parts = cleaning.of_workspace(workspace, place(store or workspace))
        parts += cleaning_spots.of_workspace(workspace)
        _show(parts)
        old = [part for part in parts if part.state == OLDER]
        if delete:
            _remove(old, yes)
        else:
            more = ", --spots what spot keeps" if any(part.what == VIDEOS for part in parts) else ""
            console.print(
                f"{_told(old)} made by older code; --delete removes them, --sweep NAME a sweep{more}",
                soft_wrap=True,
            )


def _of_sweep(name: str, workspace: Path) -> list[Part]:
    kind, folder = found(name, workspace)
    if kind == "sweep":
        return cleaning.of_sweep(folder.name, workspace)
    return cleaning_spots.of_spotsweep(folder, workspace)


def _show(parts: Sequence[Part]) -> None:
    made = Table("what", "how many", "GiB", "code", box=None)
    for part in parts:
        made.add_row(part.what, str(part.count), f"{part.bytes / 2**30:.3f}", part.state)
    console.print(made)


def _told(parts: Sequence[Part]) -> str:
    """As "4 fold results and 12 shards of features (1.250 GiB)"; curves are named where there are any."""
    folds = sum(part.count for part in parts if "folds" in part.what)
    shards = sum(part.count for part in parts if part.what.startswith("features"))
    videos = sum(part.count for part in parts if part.what == VIDEOS)
    size = sum(part.bytes for part in parts) / 2**30
    curves = f", curves of {videos} videos" if videos else ""
    return f"{folds} fold results and {shards} shards of features{curves} ({size:.3f} GiB)"


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
