"""Send to MLflow what a sweep could not: python -m orchestrator.send NAME. Nothing is trained; a second time
changes nothing.

Also to another MLflow than the sweep's own, which then gets the whole sweep (--tracking-uri).

Exit status: 0 MLflow has everything; 2 there is no such sweep, or its files do not read; 3 MLflow cannot be
reached or refused a part, which its words name.
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from orchestrator.common.names import redacted
from orchestrator.console.terminal import terminal
from orchestrator.results import report
from orchestrator.tracking.outbox import Outbox

console = terminal()
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


def say(text: str) -> None:
    console.print(text, highlight=False, soft_wrap=True)


@app.command()
def main(
    name: Annotated[str, typer.Argument(help="name of a sweep")],
    workspace: Annotated[Path, typer.Option(help="folder that holds sweeps/")] = Path("workspace"),
    tracking_uri: Annotated[str, typer.Option(help="MLflow; SQLite in the workspace if none is given")] = "",
) -> None:
    """Send to MLflow what a sweep could not."""
    logging.basicConfig(level=logging.WARNING, format="%(levelname)s %(message)s")
    uri = tracking_uri or f"sqlite:///{workspace}/mlflow.db"
    try:
        outbox = Outbox.of(uri, report.folder_of(name, workspace), say)
        outbox.flush()
    except (ValueError, OSError) as error:  # ConfigError, ReportError, or a record that somebody edited
        console.print(
            f"[red]{type(error).__name__}[/red]: {escape(str(error))}", highlight=False, soft_wrap=True
        )
        raise typer.Exit(2) from error
    if not outbox.sent:
        outbox.say_rest()
        raise typer.Exit(3)
    console.print(
        f"MLflow at {escape(redacted(uri))} has all {len(outbox.record['trials'])} trials of {name}",
        highlight=False,
    )
    if not outbox.record["ended"]:
        console.print(
            "[yellow]the sweep has not ended[/yellow]: continue it with --resume, its scores come then",
            highlight=False,
        )


if __name__ == "__main__":
    app()
