"""python -m preprocessing extract CORPUS --root DIR: clips -> Parquet feature sets."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape

from preprocessing import extract
from preprocessing.datasets import DATASETS
from preprocessing.inputs import INPUTS, Settings
from preprocessing.schema import CorpusError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)


@app.callback()
def main() -> None:
    """Raw frames -> Parquet."""


@app.command(name="extract")
def extract_command(
    corpus: Annotated[str, typer.Argument(help=f"one of {', '.join(DATASETS)}")],
    root: Annotated[Path | None, typer.Option(help="folder of the corpus; synthetic is rendered if none is given")] = None,
    features: Annotated[list[str], typer.Option(help=f"feature set, repeatable: {', '.join(INPUTS)}")] = ["roi_flow14"],  # noqa: B006
    workspace: Annotated[Path, typer.Option(help="where feature sets are kept")] = Path("workspace"),
    workers: Annotated[int, typer.Option(help="Ray Data actors; 0 = in this process")] = os.cpu_count() or 1,
    flow: Annotated[str, typer.Option(help="farneback, dis or tvl1")] = "farneback",
    steps: Annotated[int, typer.Option(help="T, time steps of roi_flow")] = 16,
    max_failed: Annotated[float, typer.Option(help="share of quarantined clips that is still a success")] = 0.2,
) -> None:
    """Extract feature sets; does only what is missing. Exit status 1 if too many clips cannot be used, or on bad input."""
    console = Console()

    def report(done: int, total: int, failed: int) -> None:
        console.print(
            f"{'rendered' if failed < 0 else 'extracted'} {done}/{total} clips"
            + (f", {failed} quarantined" if failed > 0 else "")
        )

    try:
        if workers:
            import ray  # only here and in distribute.py: a command of its own starts its own Ray

            ray.init(include_dashboard=False, log_to_driver=False, logging_level=logging.ERROR)
        settings = Settings(flow=flow, steps=steps)
        done = extract.prepare(
            corpus, root, features, workspace, settings=settings, workers=workers, max_failed=max_failed, report=report
        )
    except (CorpusError, ValueError, OSError) as error:
        console.print(f"[red]{type(error).__name__}[/red]: {escape(str(error))}", highlight=False)
        raise typer.Exit(1) from error
    console.print(f"{done.clips} clips, {done.quarantined} quarantined, {done.extracted} extracted now in {done.seconds:.1f} s")
    for name, folder in done.folders.items():
        console.print(f"  {name}: {folder}", soft_wrap=True)


if __name__ == "__main__":
    app()
