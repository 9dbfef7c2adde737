"""Several sweeps of one kind as one table: ``python -m orchestrator.compare stag,meganet -- --trials 1
--seeds 2``.

Rows    models, or with --ablations the rows of one model's ablation table (search_spaces/<model>.py,
        ``ABLATIONS``). What follows ``--`` are options of every row's sweep, which is an ordinary one with a
        name of its own: it can be reported, resumed, looked at.
Output  the table on the terminal and in ``WORKSPACE/comparisons/<name>/`` (sweeps/comparison.py).

Run again with the same name, it goes on: finished rows are read, not trained. Exit statuses:
console/handler.py; 1 when some row has no complete result.
"""

from __future__ import annotations

import typing
from pathlib import Path
from typing import Annotated

import typer

from mer_models import MODELS
from orchestrator import sweep
from orchestrator.common.names import safe_name
from orchestrator.console import asked
from orchestrator.console.handler import ALL, SOME, errors_are_told
from orchestrator.console.progress import SweepProgress
from orchestrator.console.terminal import terminal
from orchestrator.results.comparison import table
from orchestrator.search.schedulers import SCHEDULERS
from orchestrator.study import plugins
from orchestrator.sweeps.comparison import Comparison, rows
from preprocessing.plugins import read

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)


@app.command(context_settings={"ignore_unknown_options": True})
def main(
    models: Annotated[str, typer.Argument(help="names with commas between; all = every model")],
    common: Annotated[list[str] | None, typer.Argument(help="after --: options of every row's sweep")] = None,
    name: Annotated[
        str, typer.Option(help="of the comparison; the same name goes on with it")
    ] = "comparison",
    ablations: Annotated[
        bool, typer.Option("--ablations", help="the rows of the model's ablation table")
    ] = False,
    same_person: asked.SamePerson = None,
    label: asked.Labels = [],  # noqa: B006
    plugin: asked.Plugins = [],  # noqa: B006
    workspace: asked.Workspace = Path("workspace"),
) -> None:
    """Models, or one model's ablations, side by side under one protocol."""
    console = terminal()
    with errors_are_told(console):
        plugins.install([read(where) for where in plugin], schedulers=SCHEDULERS)
        wanted = rows(tuple(MODELS) if models == "all" else tuple(models.split(",")), ablations)
        more = [word for where in plugin for word in ("--plugin", where)]
        more += ["--same-person", str(same_person)] if same_person else []
        more += [word for one in label for word in ("--label", one)]
        arguments = [wanted[0].model, *(common or []), *more, "--workspace", str(workspace)]
        command = typer.main.get_command(sweep.app)
        with command.make_context("sweep", arguments) as context:
            experiment, execution = sweep.parsed(typing.cast(typer.Context, context))
        failed = [row.name for row in wanted]
        with SweepProgress(console) as progress:
            for row, lines in Comparison(safe_name(name), execution).run(wanted, experiment, progress):
                if row in {line["row"] for line in lines}:
                    failed.remove(row)
                if lines:
                    console.print(table(lines))
        if failed:
            console.print(
                f"no complete result for {', '.join(failed)}; run the same command again to go on",
                style="red",
            )
    raise typer.Exit(SOME if failed else ALL)


if __name__ == "__main__":
    app()
