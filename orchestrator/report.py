"""A finished sweep as a table, CSV files and pictures: ``python -m orchestrator.report SWEEP``.

``--html`` writes one page of all of it, ``--latex`` its tables for a paper.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.common.errors import ConfigError
from orchestrator.console import asked
from orchestrator.console.handler import errors_are_told
from orchestrator.console.terminal import terminal
from orchestrator.results.outputs import outputs_table
from orchestrator.results.page import page
from orchestrator.results.parts import parts_table
from orchestrator.results.report import read, render, table
from orchestrator.selection.rules import UNNAMED
from orchestrator.study import plugins
from orchestrator.workspace import looks
from orchestrator.workspace.stale import CURRENT, of_summary
from orchestrator.workspace.sweep_folder import folder_of
from preprocessing.command_line import App
from preprocessing.plugins import PluginError
from preprocessing.plugins import read as read_plugin

MOST_SHEETS = 24  # some 100 kB each

app = App()


@app.command()
def main(
    sweep: Annotated[str, typer.Argument(help="name of a finished sweep")],
    html: Annotated[
        bool, typer.Option("--html", help="write report.html, one page that loads nothing from anywhere")
    ] = False,
    latex: Annotated[
        bool, typer.Option("--latex", help="write tables/: each table as LaTeX (booktabs), CSV and Markdown")
    ] = False,
    sheets: Annotated[
        int,
        typer.Option(
            min=0,
            max=MOST_SHEETS,
            help="with --html: so many of the clips that are called wrong most often as pictures; they show "
            "faces, which most licences keep you from passing on",
        ),
    ] = 0,
    workspace: asked.Workspace = Path("workspace"),
) -> None:
    """Print a sweep's table and write its CSV files and pictures anew."""
    console = terminal()
    with errors_are_told(console):
        if sheets and not html:
            raise ConfigError("--sheets puts pictures of clips on the page; give --html too")
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
        if html:
            files.append(_page(folder, sheets, workspace))
        if latex:
            files += page.write_tables(folder)
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
        console.print(f"{folder}: {', '.join(str(path.relative_to(folder)) for path in files)}")


def _page(folder: Path, most: int, workspace: Path) -> Path:
    if not most:
        return page.write(folder)
    from orchestrator.sweeps.sheets import sheets  # OpenCV and the face model

    return page.write(folder, *sheets(folder, page.hardest(folder, most), workspace))


if __name__ == "__main__":
    app()
