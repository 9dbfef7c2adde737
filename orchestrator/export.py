"""A finished sweep's model as a folder or a zip that somebody else can use: python -m orchestrator.export
SWEEP --to FILE.zip. Exit statuses: console/handler.py."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from orchestrator.console import asked
from orchestrator.console.handler import errors_are_told
from orchestrator.console.progress import SweepProgress
from orchestrator.console.terminal import terminal

console = terminal()
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command()
def main(
    sweep: Annotated[str, typer.Argument(help="name of a finished sweep")],
    to: Annotated[Path, typer.Option(help="a new folder, or a new file that ends in .zip")],
    rule: Annotated[str, typer.Option(help="selection rule; the sweep's own if none is given")] = "",
    calibrate: Annotated[
        bool,
        typer.Option(help="fit a temperature on validation people; may train a model for each inner group"),
    ] = True,
    workspace: asked.Workspace = Path("workspace"),
) -> None:
    """Write a finished sweep's model with all that a prediction for a new video needs."""
    with errors_are_told(console):
        from orchestrator.sweeps.exporting import export

        with SweepProgress(console) as progress:
            made = export(sweep, workspace, to, progress, rule=rule, calibrate=calibrate)
        console.print(made.card, markup=False)
        console.print(f"{to}: {made.about.of} of {len(made.members)} model(s), bundle {made.digest}")
        console.print(f"next:\n  your own video   python -m orchestrator.predict {to} VIDEO", soft_wrap=True)


if __name__ == "__main__":
    app()
