"""What a sweep would take, before it starts: ``python -m orchestrator.estimate MODEL ...``, with the options
of the sweep itself."""

from __future__ import annotations

import json
import typing
from pathlib import Path
from typing import Annotated

import typer

from orchestrator import sweep
from orchestrator.console import outputs
from orchestrator.console.handler import errors_are_told
from orchestrator.console.progress import SweepProgress
from orchestrator.console.terminal import terminal
from orchestrator.sweeps.run import estimate
from preprocessing.command_line import App
from preprocessing.places import write_atomically

app = App()


@app.command(context_settings={"ignore_unknown_options": True})
def main(
    words: Annotated[
        list[str], typer.Argument(metavar="MODEL ...", help="model and options, as of the sweep")
    ],
    json_file: Annotated[
        Path | None, typer.Option("--json", help="write it there too: an object a model, in a list")
    ] = None,
) -> None:
    """Folds, hours, disk and memory of a sweep, before it starts; only one short fold and a few clips are
    computed, and nothing of them is kept."""
    console = terminal()
    with errors_are_told(console):
        outputs.checked({"--json": json_file})
        command = typer.main.get_command(sweep.app)
        with command.make_context("estimate", list(words)) as context:
            experiment, execution = sweep.parsed(typing.cast(typer.Context, context))
        with SweepProgress(console) as progress:
            made = estimate(experiment, execution, progress)
        for one in made:
            console.print(one.line, soft_wrap=True)
        if json_file:
            text = json.dumps([one.nested() for one in made], indent=2)
            write_atomically(json_file, lambda path: path.write_text(text + "\n"))


if __name__ == "__main__":
    app()
