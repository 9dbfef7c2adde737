"""A published table or figure, run again: ``python -m orchestrator.experiment stag/table5``.

``list`` names all, with what each needs and an estimate of its folds and hours. What is missing is run, a
sweep a row; the table with ours beside the published is in WORKSPACE/experiments/. Exit statuses:
console/handler.py; 1 where some row has no result.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from orchestrator.common.errors import ConfigError, nearest
from orchestrator.console import asked
from orchestrator.console.asked import usual
from orchestrator.console.handler import ALL, SOME, errors_are_told
from orchestrator.console.progress import SweepProgress
from orchestrator.console.terminal import terminal
from orchestrator.experiments import file
from orchestrator.experiments.corpora import Brought
from orchestrator.experiments.lines import Line, as_synthetic, foretold, lines
from orchestrator.experiments.output import Output
from orchestrator.experiments.run import run_all
from orchestrator.experiments.sizes import SMALL, SMOKE, WHOLE, Size
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Corpus
from preprocessing.command_line import App
from preprocessing.datasets import DATASETS

console = terminal()
app = App()


@app.command()
def main(
    name: Annotated[str, typer.Argument(help="PAPER/TABLE, a .toml of your own, all, or list")],
    corpus: Annotated[
        list[str] | None,
        typer.Option(help="one that you have, repeatable, each with its --root; synthetic needs none"),
    ] = None,
    root: Annotated[
        list[str] | None, typer.Option(help="folder of each --corpus, in their order; not of synthetic")
    ] = None,
    seeds: Annotated[int, typer.Option(help="replicates of every fold; 0 = as the file says", min=0)] = 0,
    row: Annotated[list[str] | None, typer.Option(help="only the rows of this name, repeatable")] = None,
    smoke: Annotated[
        bool,
        typer.Option(
            "--smoke",
            help="tiny: one row a model and protocol, one epoch, pictures of 32 px; no number means anything",
        ),
    ] = False,
    small: Annotated[
        bool,
        typer.Option(
            "--small",
            help="all rows, on few invented people, trained for a short time "
            "(orchestrator/experiments/sizes.py); no number stands for the published one",
        ),
    ] = False,
    runner: asked.RunnerName = usual("runner", Execution),
    address: asked.Address = "",
    gpus_per_fold: asked.GpusPerFold = usual("gpus_per_fold", Execution),
    store: asked.Store = "",
    workspace: asked.Workspace = Path("workspace"),
    tracking_uri: asked.TrackingUri = "",
) -> None:
    """A published table or figure with ours beside it: run what is missing, write the table."""
    with errors_are_told(console):
        if name == "list":
            console.print(listed())
            raise typer.Exit(ALL)
        if address.startswith(("http://", "https://")):
            raise ConfigError(
                f"--address {address}: an experiment is not sent; run it on the head with --address auto"
            )
        execution = Execution(
            runner=runner,
            address=address,
            gpus_per_fold=gpus_per_fold,
            store=store,
            workspace=workspace,
            tracking_uri=tracking_uri,
            refit=False,  # a table asks for no model
        )
        size = _size(smoke=smoke, small=small)
        corpora = _corpora(corpus or [], root or [], size)
        names = file.names() if name == "all" else (name,)
        failed = False
        for one in names:
            failed |= ran(one, corpora, seeds, tuple(row or ()), size, execution)
    raise typer.Exit(SOME if failed else ALL)


def ran(
    name: str,
    corpora: tuple[Corpus, ...],
    seeds: int,
    only: tuple[str, ...],
    size: Size,
    execution: Execution,
) -> bool:
    """Run an experiment and print its table. Returns whether some row that could be run has no result.
    Raises as experiments.run.run_all."""
    table = file.load(name)
    if table.pictures:  # else each model would be trained again
        execution = execution.but(keep_weights=True)
    with SweepProgress(console) as progress:
        brought = Brought(corpora, execution.workspace, size, progress)
        output = Output(name, table, brought, seeds or table.seeds, only)
        wanted = lines(table, brought, seeds, only) if table.trained else []
        done, made = [], output.write([])
        if table.trained:
            console.print(_before(name, wanted, size), soft_wrap=True)
            for done in run_all(wanted, execution, progress):
                made = output.write(done)
        output.draw(made, done, execution, progress)
    for one in (output.folder / "table.md").read_text(encoding="utf-8").splitlines():
        console.print(Text(one), soft_wrap=True)
    console.print(
        f"in {output.folder}: {', '.join(sorted(p.name for p in output.folder.iterdir()))}", soft_wrap=True
    )
    return any(one.summary is None and one.line.wanted for one in done)


def listed() -> Table:
    """All experiments."""
    made = Table("experiment", "shows", "corpora", "rows", "on the synthetic corpus", box=None)
    for name, table in file.every():
        needed = list(dict.fromkeys(one for row in table.rows for one in table.corpora(row)))
        of = foretold(as_synthetic(table), WHOLE) if table.trained else "nothing is trained"
        made.add_row(name, table.title, ", ".join(needed), str(len(table.rows)), of)
    return made


def _before(name: str, wanted: list[Line], size: Size) -> str:
    run = [line for line in wanted if line.experiment]
    return f"{name}: {len(run)} of {len(wanted)} rows are run, {foretold(run, size)}; finished ones are read"


def _size(*, smoke: bool, small: bool) -> Size:
    if smoke and small:
        raise ConfigError("--smoke and --small are two sizes; give one of them")
    return SMOKE if smoke else SMALL if small else WHOLE


def _corpora(names: list[str], roots: list[str], size: Size) -> tuple[Corpus, ...]:
    """Raises ConfigError where folders and corpora, or corpora and size, do not go together."""
    if size is SMALL:
        if set(names) - {"synthetic"} or roots:
            raise ConfigError(
                f"--small is of a corpus that is rendered for it, not of {', '.join([*names, *roots])}; "
                "leave --corpus and --root out, or run all with your corpus"
            )
        return (Corpus(name="synthetic"),)
    for one in names:
        if one not in DATASETS:
            raise ConfigError(nearest(one, DATASETS, "corpus"))
    needing = [one for one in names if one != "synthetic"]
    if len(roots) not in (len(needing), len(names)):
        raise ConfigError(
            f"{len(names)} --corpus and {len(roots)} --root: give each corpus its folder, in their order; "
            "only synthetic may go without"
        )
    if len(set(names)) < len(names):
        raise ConfigError(f"--corpus {', '.join(names)}: name each once")
    given = iter(roots)
    all_have = len(roots) == len(names)
    return tuple(
        Corpus(name=one, root=next(given) if all_have or one != "synthetic" else "") for one in names
    )


if __name__ == "__main__":
    app()
