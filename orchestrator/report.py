"""A finished sweep as a table, CSV files and pictures: ``python -m orchestrator.report SWEEP``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.console import asked
from orchestrator.console.handler import errors_are_told
from orchestrator.console.terminal import terminal
from orchestrator.results.outputs import outputs_table
from orchestrator.results.parts import parts_table
from orchestrator.results.report import read, render, table
from orchestrator.selection.rules import UNNAMED
from orchestrator.study import plugins
from orchestrator.workspace import looks
from orchestrator.workspace.stale import CURRENT, of_summary
from orchestrator.workspace.sweep_folder import folder_of
from preprocessing.plugins import PluginError
from preprocessing.plugins import read as read_plugin

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    sweep: Annotated[str, typer.Argument(help="name of a finished sweep")],
    workspace: asked.Workspace = Path("workspace"),
) -> None:
    """Print a sweep's table and write its CSV files and pictures anew."""
    console = terminal()
    with errors_are_told(console):
        folder = folder_of(sweep, workspace)
        summary = read(folder)[0]
        try:
            plugins.install([read_plugin(where) for where in summary.get("plugins", [])])
        except PluginError as error:
            # the numbers are there; only which code would make them today cannot be said
            console.print(str(error), style="yellow")
        at_least = summary.get("looks", {}).get("sweep", 0)
        summary["looks"] = looks.counted(folder, at_least)  # others may have looked since
        files = render(folder)
        console.print(table(summary))
        rule = summary.get("rule", UNNAMED)
        if parts := parts_table(summary, rule):
            console.print(parts)
        if learnt := outputs_table(summary, rule):
            console.print(learnt)
        if damage := looks.lost(folder, at_least):
            console.print(damage, style="yellow", soft_wrap=True)
        states = of_summary(summary)
        for state in sorted(set(states.values()) - {CURRENT}):
            trials = ", ".join(str(trial) for trial, own in states.items() if own == state)
            console.print(f"folds of trial {trials}: {state}", style="yellow")
        console.print(f"{folder}: {', '.join(path.name for path in files)}")


if __name__ == "__main__":
    app()
