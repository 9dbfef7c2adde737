"""Is the difference real? ``python -m orchestrator.compare A B [C ...]``, each a finished sweep's name, a
comparison, or a CSV log of anyone's predictions (sweeps/sides.py says how they are told apart).

Output  one sentence a pair, tables on the terminal, and in ``WORKSPACE/compared/<name>/`` CSV files, Markdown
        and pictures (results/compared_files.py).

And several sweeps of one kind as one table: ``python -m orchestrator.compare stag,meganet -- --trials 1
--seeds 2`` trains models first, one word with commas between.

Rows    models, or with --ablations the rows of one model's ablation table (search_spaces/<model>.py,
        ``ABLATIONS``). What follows ``--`` are options of every row's sweep, which is an ordinary one with a
        name of its own: it can be reported, resumed, looked at.
Output  the table on the terminal and in ``WORKSPACE/comparisons/<name>/`` (sweeps/comparison.py).

Run again with the same name, it goes on: finished rows are read, not trained; refused where code, clips or
features of a row have changed since. Exit statuses:
console/handler.py; 1 when some row has no complete result.
"""

from __future__ import annotations

import itertools
import re
import typing
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from mer_models import MODELS
from orchestrator import sweep
from orchestrator.common.errors import ConfigError
from orchestrator.common.names import safe_name
from orchestrator.console import asked
from orchestrator.console.handler import ALL, SOME, errors_are_told
from orchestrator.console.progress import SweepProgress
from orchestrator.console.terminal import terminal
from orchestrator.results import compared_files
from orchestrator.results.compared import GAIN, compared
from orchestrator.results.comparison import table
from orchestrator.search.schedulers import SCHEDULERS
from orchestrator.study import plugins
from orchestrator.sweeps.comparison import Comparison, rows
from orchestrator.sweeps.sides import Columns, columns_said, kinds_of, sides
from preprocessing.command_line import App
from preprocessing.plugins import read

COMPARED = "compared"  # folder under --workspace
app = App()


@app.command(context_settings={"ignore_unknown_options": True})
def main(
    words: Annotated[
        list[str],
        typer.Argument(
            metavar="A B ... | MODELS [-- OPTIONS]",
            help="sweeps, comparisons, CSV logs to compare, NAME@RULE under another rule; or models to "
            "train, with commas between, all = every model; after --: options of every row's sweep",
        ),
    ],
    name: Annotated[
        str, typer.Option(help="of the comparison; with models, the same name goes on with it")
    ] = "",
    ablations: Annotated[
        bool, typer.Option("--ablations", help="the rows of the model's ablation table")
    ] = False,
    gain: Annotated[
        float, typer.Option(help="say how many people would show a gain of so much UF1, UAR, WAR")
    ] = GAIN,
    over: Annotated[
        str, typer.Option(help="seeds: paired t and Wilcoxon over seeds too, which say nothing of people")
    ] = "",
    columns: Annotated[
        list[str],
        typer.Option(help="of CSV logs, ours=theirs: truth=label; FILE:truth=label for one of them"),
    ] = [],  # noqa: B006
    same_person: asked.SamePerson = None,
    label: asked.Labels = [],  # noqa: B006
    plugin: asked.Plugins = [],  # noqa: B006
    workspace: asked.Workspace = Path("workspace"),
) -> None:
    """What is made already, person by person; or models, or one model's ablations, side by side."""
    console = terminal()
    with errors_are_told(console):
        plugins.install([read(where) for where in plugin], schedulers=SCHEDULERS)
        first = list(itertools.takewhile(lambda word: not word.startswith("-"), words))
        common = words[len(first) :]
        if over not in ("", "seeds"):
            raise ConfigError(f"--over {over!r}: only 'seeds' can be said")
        trains = bool(common or ablations or same_person or label)
        if _trains(first, trains, trains or bool(name or plugin), workspace):
            more = [word for where in plugin for word in ("--plugin", where)]
            more += ["--same-person", str(same_person)] if same_person else []
            more += [word for one in label for word in ("--label", one)]
            status = _train(console, first[0], name or "comparison", ablations, [*common, *more], workspace)
        else:
            status = _compare(console, first, name, gain, bool(over), columns_said(columns), workspace)
    raise typer.Exit(status)


def _trains(words: Sequence[str], options: bool, given: bool, workspace: Path) -> bool:
    """Whether models are to be trained, or what is made compared; never guessed. options: such as only a
    training has; given: these, or such as both have. Raises ConfigError."""
    models = [word for word in words if word == "all" or all(one in MODELS for one in word.split(","))]
    if len(words) > 1:
        if options:
            raise ConfigError(
                f"{' '.join(words)}: several words compare what is made, and options of sweeps are for "
                f"models that are trained; write models as one word: {','.join(words)}"
            )
        if models == list(words) and not any(kinds_of(word, workspace) for word in words):
            raise ConfigError(
                f"{' '.join(words)}: no sweep of these names; to train models, write {','.join(words)}"
            )
        return False
    if not words:
        raise ConfigError("what is to be compared? mer compare A B, or mer compare MODEL,MODEL")
    found = kinds_of(words[0], workspace)
    if given or (not found and ":" not in words[0]):
        return True
    # one sweep alone cannot be compared, so that a model of that name is meant
    if models and set(found) - {"sweep"}:
        raise ConfigError(
            f"{words[0]!r} is a model and a {' and a '.join(found)}: to compare what is made write "
            f"{found[-1]}:{words[0]}, to train give --name"
        )
    return bool(models)


def _compare(
    console: Console,
    words: Sequence[str],
    name: str,
    gain: float,
    over_seeds: bool,
    columns: Columns,
    workspace: Path,
) -> int:
    held = sides(words, workspace, columns)
    made = compared(held, gain, over_seeds)
    for one in compared_files.tables(made):
        console.print(one)
    if over_seeds:
        console.print(
            "t and Wilcoxon over seeds: would other seeds on these very people differ? Not of other people."
        )
    for note in made.notes:
        console.print(Text(note, style="yellow"), soft_wrap=True)
    for sentence in made.sentences:
        console.print(Text(sentence, style="bold"), soft_wrap=True)
    usual = "_vs_".join(re.sub(r"[^A-Za-z0-9._-]+", "_", side.name).strip(".-") or "_" for side in held)[:100]
    folder = workspace / COMPARED / safe_name(name or usual)
    files = compared_files.write(folder, made)
    console.print(Text(f"{folder}: {', '.join(path.name for path in files)}"), soft_wrap=True)
    return ALL


def _train(
    console: Console, models: str, name: str, ablations: bool, options: Sequence[str], workspace: Path
) -> int:
    wanted = rows(tuple(MODELS) if models == "all" else tuple(models.split(",")), ablations)
    arguments = [wanted[0].model, *options, "--workspace", str(workspace)]
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
    return SOME if failed else ALL


if __name__ == "__main__":
    app()
