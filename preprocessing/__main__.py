"""python -m preprocessing extract | check | show: clips -> Parquet feature sets, and two ways to look before
and after."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from preprocessing import check, extract, show
from preprocessing.apex import SPOTTERS
from preprocessing.choice import Choice
from preprocessing.datasets import DATASETS
from preprocessing.inputs import INPUTS, Settings
from preprocessing.inputs.view import MIDDLE
from preprocessing.schema import CorpusError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, help=__doc__)
console = Console()
Corpus = Annotated[str, typer.Argument(help=f"one of {', '.join(DATASETS)}")]


@contextmanager
def _bad_input_is_told() -> Iterator[None]:
    try:
        yield
    except (CorpusError, ValueError, OSError) as error:
        console.print(f"[red]{type(error).__name__}[/red]: {escape(str(error))}", highlight=False)
        raise typer.Exit(1) from error


@app.command(name="extract")
def extract_command(
    corpus: Corpus,
    root: Annotated[
        Path | None, typer.Option(help="folder of the corpus; synthetic is rendered if none is given")
    ] = None,
    features: Annotated[
        list[str], typer.Option(help=f"feature set, repeatable, or 'all': {', '.join(INPUTS)}")
    ] = ["roi_flow14"],  # noqa: B006
    workspace: Annotated[Path, typer.Option(help="where feature sets are kept")] = Path("workspace"),
    store: Annotated[
        str, typer.Option(help="keep them there instead: a shared folder, or s3://bucket/prefix")
    ] = "",
    workers: Annotated[int, typer.Option(help="Ray Data actors; 0 = in this process")] = os.cpu_count() or 1,
    subjects: Annotated[str, typer.Option(help="only these people, separated by commas")] = "",
    limit: Annotated[int | None, typer.Option(help="only the first so many clips")] = None,
    flow: Annotated[str, typer.Option(help="farneback, dis or tvl1")] = "farneback",
    steps: Annotated[int, typer.Option(help="T, time steps of roi_flow")] = 16,
    apex: Annotated[
        str,
        typer.Option(help=f"stand-in for an apex that nobody annotated: {', '.join([MIDDLE, *SPOTTERS])}"),
    ] = MIDDLE,
    equalise: Annotated[bool, typer.Option(help="equalise the histogram of the aligned crop")] = False,
    landmarks_every: Annotated[
        float, typer.Option(help="seconds between runs of the landmark model; 0 = on every frame")
    ] = 0.02,
    max_failed: Annotated[
        float, typer.Option(help="share of quarantined clips that is still a success")
    ] = 0.2,
) -> None:
    """Extract feature sets, all asked for in one pass; does only what is missing. Exit status 1 on bad input
    or too many failures."""
    names = list(INPUTS) if features == ["all"] else features
    bar = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}"),
        console=console,
        disable=not console.is_terminal,
    )
    with _bad_input_is_told(), bar:
        task = bar.add_task("", total=None, note="", visible=False)

        def report(p: extract.Progress) -> None:
            if console.is_terminal:
                bar.update(
                    task, description=p.what, completed=p.done, total=p.total, note=p.note, visible=True
                )
            else:
                console.print(f"{p.what} {p.done}/{p.total} clips  {p.note}", soft_wrap=True, highlight=False)

        settings = Settings(
            flow=flow, steps=steps, apex=apex, equalise=equalise, landmarks_every=landmarks_every
        )
        choice = Choice(tuple(filter(None, map(str.strip, subjects.split(",")))), limit)
        if workers:
            import ray  # only here and in distribute.py: a command of its own starts its own Ray

            address = os.environ.get("MER_ADDRESS")  # set on a cluster's hosts: its cluster.yaml
            dashboard = None if address else False
            ray.init(
                address=address or "local",
                include_dashboard=dashboard,
                log_to_driver=False,
                logging_level=logging.ERROR,
            )
        done = extract.prepare(
            corpus,
            root,
            names,
            workspace,
            store=store or None,
            settings=settings,
            choice=choice,
            workers=workers,
            max_failed=max_failed,
            report=report,
        )
    console.print(
        f"{done.clips} clips, {done.quarantined} quarantined, {done.extracted} extracted now in "
        f"{done.seconds:.1f} s"
    )
    for name, folder in done.folders.items():
        console.print(f"  {name}: {folder}", soft_wrap=True)


@app.command(name="check")
def check_command(
    corpus: Corpus,
    root: Annotated[Path, typer.Option(help="folder of the corpus")],
) -> None:
    """Say what a corpus' folder holds, against the published counts, before any work. Exit status 1 if no
    clip of it can be used."""
    with _bad_input_is_told():
        usable = check.check(corpus, root, console)
    raise typer.Exit(0 if usable else 1)


@app.command(name="show")
def show_command(
    clip: Annotated[
        str,
        typer.Argument(
            help="clip id, as corpus/person/name; a corpus or corpus/person alone takes its first clip"
        ),
    ],
    root: Annotated[
        Path | None, typer.Option(help="folder of the corpus; synthetic is rendered if none is given")
    ] = None,
    workspace: Annotated[Path, typer.Option(help="where the sheet is written, in sheets/")] = Path(
        "workspace"
    ),
    apex: Annotated[
        str,
        typer.Option(help=f"stand-in for an apex that nobody annotated: {', '.join([MIDDLE, *SPOTTERS])}"),
    ] = MIDDLE,
) -> None:
    """Draw one clip's steps on one sheet (PNG): crops, landmarks, regions, flow, motion over time, motion
    images."""
    with _bad_input_is_told():
        console.print(str(show.sheet(clip, root, workspace, Settings(apex=apex))), soft_wrap=True)


if __name__ == "__main__":
    app()
