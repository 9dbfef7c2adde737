"""The sweeps of a workspace: ``python -m orchestrator.list``. UF1 is that of the rule that each asked for,
with its 95 % interval over people."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rich.table import Table

from orchestrator.console import asked
from orchestrator.console.handler import errors_are_told
from orchestrator.console.terminal import terminal
from orchestrator.workspace.listed import sweeps
from preprocessing.command_line import App

console = terminal()
app = App()


@app.command()
def main(workspace: asked.Workspace = Path("workspace")) -> None:
    """The sweeps of a workspace: name, state, model, corpus, score, when."""
    with errors_are_told(console):
        made = Table("sweep", "state", "model", "corpus", "rule", "UF1", "last change", box=None)
        for one in sweeps(workspace):
            when = f"{datetime.fromtimestamp(one.when):%Y-%m-%d %H:%M}"
            state = f"{one.state}, {one.damage}" if one.damage else one.state
            made.add_row(one.name, state, one.model, one.corpus, one.rule, one.score, when)
        console.print(made if made.row_count else f"no sweep in {workspace.absolute()}")


if __name__ == "__main__":
    app()
