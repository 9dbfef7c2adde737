"""A finished sweep as a table, CSV files and pictures: ``python -m orchestrator.report SWEEP``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from orchestrator.common.errors import ConfigError
from orchestrator.console.terminal import terminal
from orchestrator.results.report import ReportError, folder_of, parts_table, read, render, table
from orchestrator.selection.rules import DEFAULT

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    sweep: Annotated[str, typer.Argument(help="name of a finished sweep")],
    workspace: Annotated[Path, typer.Option(help="folder that holds sweeps/")] = Path("workspace"),
) -> None:
    """Print a sweep's table and write its CSV files and pictures anew."""
    console = terminal()
    try:
        folder = folder_of(sweep, workspace)
        files = render(folder)
        summary = read(folder)[0]
        console.print(table(summary))
        if parts := parts_table(summary, summary.get("rule", DEFAULT)):
            console.print(parts)
    except (ReportError, ConfigError, OSError) as error:
        console.print(f"[red]error:[/] {escape(str(error))}", highlight=False)
        raise typer.Exit(2) from error
    console.print(f"{folder}: {', '.join(path.name for path in files)}", highlight=False)


if __name__ == "__main__":
    app()
