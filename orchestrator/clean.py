"""What may go from a store: ``python -m orchestrator.clean``. Says what is there and deletes nothing without
--delete.

Fold results of older code are never reused, and finished sweeps do not need them for their report; but a
sweep that MLflow still lacks does (orchestrator.send), so send those first.
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from orchestrator.console import asked
from orchestrator.console.handler import errors_are_told
from orchestrator.console.terminal import terminal
from orchestrator.study import plugins
from orchestrator.workspace.stale import OLDER, Found, found
from orchestrator.workspace.store import FoldStore
from preprocessing.places import place
from preprocessing.plugins import read

ALONE = "weights whose fold has no result"
console = terminal()
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    workspace: asked.Workspace = Path("workspace"),
    store: asked.Store = "",
    plugin: asked.Plugins = [],  # noqa: B006
    delete: Annotated[
        bool, typer.Option("--delete", help="delete the fold results of older code, and their weights")
    ] = False,
) -> None:
    """Say which fold results are of today's code and which of older code; with --delete remove the latter."""
    with errors_are_told(console):
        plugins.install([read(where) for where in plugin])
        groups: dict[tuple[str, str], list[Found]] = defaultdict(list)
        folds = FoldStore(place(store or workspace) / "folds")
        for one in found(folds):
            groups[one.model or "(not said)", one.state].append(one)
        weights = folds.weights_held()
        made = Table("model", "fold results", "MiB", "weights", "MiB", "code", box=None)
        for (model, state), held in sorted(groups.items()):
            kept = [weights.pop(one.job_id) for one in held if one.job_id in weights]
            results = sum(one.bytes for one in held)
            made.add_row(model, str(len(held)), _mib(results), str(len(kept)), _mib(sum(kept)), state)
        if weights:
            made.add_row("(not said)", "0", _mib(0), str(len(weights)), _mib(sum(weights.values())), ALONE)
        console.print(made)
        old = [one for (_, state), held in groups.items() if state == OLDER for one in held]
        if delete:
            folds.delete([one.job_id for one in old] + list(weights))
        done = "deleted" if delete else "made by older code; --delete removes them"
        alone = f", and weights of {len(weights)} folds without a result" if weights else ""
        console.print(f"{len(old)} fold results{alone} {done}")


def _mib(size: int) -> str:
    return f"{size / 2**20:.1f}"


if __name__ == "__main__":
    app()
