"""Anyone's predictions, scored and searched for faults: ``python -m orchestrator.audit LOG.csv --corpus
megc2019``.

LOG  a CSV file with one row a clip: who, which clip, true and predicted class; columns are found by name.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from orchestrator.common.errors import ConfigError
from orchestrator.console import outputs
from orchestrator.console.handler import errors_are_told
from orchestrator.console.terminal import terminal
from orchestrator.results import logs
from orchestrator.results.audit import audited, said
from orchestrator.results.parts import titled
from orchestrator.statistics.people import SCORES
from preprocessing.command_line import App
from preprocessing.places import write_atomically

app = App()


@app.command()
def main(
    log_files: Annotated[list[Path], typer.Argument(metavar="LOG.csv", help="one row a clip; several files")],
    corpus: Annotated[str, typer.Option(help="whose official list of clips it must be: megc2019")] = "",
    truth: Annotated[Path | None, typer.Option(help="CSV of clips and their true classes instead")] = None,
    published: Annotated[str, typer.Option(help="numbers as printed: uf1=.7353,uar=.7605")] = "",
    columns: Annotated[str, typer.Option(help="ours=the file's: truth=label,predicted=out")] = "",
    json_file: Annotated[Path | None, typer.Option("--json", help="write all of it there too")] = None,
) -> None:
    """Score anyone's predictions with intervals over people, and say what is wrong with them."""
    console = terminal()
    with errors_are_told(console):
        outputs.checked({"--json": json_file}, log_files)
        if corpus and truth:
            raise ConfigError("--corpus and --truth are two lists of the same clips; give one")
        names = _pairs(columns, "--columns", tuple(logs.NAMES))
        needed = ("subject", "clip", "truth")
        path = truth or (logs.official(corpus) if corpus else None)
        listed = logs.read(path, needed=needed) if path else None
        made = {}
        for file in log_files:
            numbers = _pairs(published, "--published", SCORES)
            made[str(file)] = one = audited(logs.read(file, names), listed, numbers)
            table = titled(f"{file}: {one['clips']} clips of {one['people']} people, [95 % over people]")
            for title in ("corpus", "clips", "people", *(name.upper() for name in SCORES)):
                table.add_column(title)
            for name, part in [*one["corpora"].items(), ("all", one)]:
                cells = [said(part[score]) for score in SCORES]
                table.add_row(Text(name), str(part["clips"]), str(part["people"]), *map(Text, cells))
            console.print(table)
            for name, told in one["published"].items():
                if told["rule"] == "pooled":
                    console.print(Text(f"published {name.upper()} {told['printed']}: right"))
            for finding in one["findings"]:
                console.print(Text(f"{finding['code']}: {finding['text']}", style="yellow"), soft_wrap=True)
            if not one["findings"]:
                console.print("nothing is wrong with it")
        if json_file:
            held = next(iter(made.values())) if len(made) == 1 else made
            write_atomically(json_file, lambda to: to.write_text(json.dumps(held, indent=2) + "\n"))


def _pairs(text: str, option: str, known: tuple[str, ...]) -> dict[str, str]:
    """'uf1=.7353,uar=.7605' -> each. Raises ConfigError."""
    made = {}
    for pair in filter(None, text.split(",")):
        name, equals, value = (word.strip() for word in pair.partition("="))
        if not equals or not value or name not in known:
            raise ConfigError(f"{option} {pair!r}: write NAME=VALUE, with a name of {', '.join(known)}")
        made[name] = value
    return made


if __name__ == "__main__":
    app()
