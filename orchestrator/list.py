"""The sweeps and spotsweeps of a workspace: ``python -m orchestrator.list``. UF1 is that of the rule that
each asked for, F1 of a spotter that of the nested rule, with their 95 % intervals over people."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from rich.table import Table

from orchestrator.console import asked
from orchestrator.console.handler import errors_are_told
from orchestrator.console.terminal import terminal
from orchestrator.workspace.listed import sweeps
from orchestrator.workspace.spotsweeps import HEADLINE, spotsweeps
from preprocessing.command_line import App

console = terminal()
app = App()


@app.command()
def main(workspace: asked.Workspace = Path("workspace")) -> None:
    """The sweeps of a workspace: name, state, model, corpus, score, when."""
    with errors_are_told(console):
        made = Table("sweep", "state", "model", "corpus", "rule", "UF1", "last change", box=None)
        for one in sweeps(workspace):
            state = _state(one.state, one.damage)
            made.add_row(one.name, state, one.model, one.corpus, one.rule, one.score, _when(one.when))
        spotted = Table("spotsweep", "state", "spotter", "corpus", "rule", "F1", "last change", box=None)
        for other in spotsweeps(workspace):
            for spotter, score in (other.scores or {"?": ""}).items():
                rule, state = HEADLINE if score else "", _state(other.state, other.damage)
                spotted.add_row(other.name, state, spotter, other.corpus, rule, score, _when(other.when))
        for table in (made, spotted):
            if table.row_count:
                console.print(table)
        if not made.row_count and not spotted.row_count:
            console.print(f"no sweep in {workspace.absolute()}")


def _state(state: str, damage: str) -> str:
    return f"{state}, {damage}" if damage else state


def _when(seconds: float) -> str:
    return f"{datetime.fromtimestamp(seconds):%Y-%m-%d %H:%M}"


if __name__ == "__main__":
    app()
