"""Expressions in somebody's long video: python -m orchestrator.spot MODEL VIDEO. Exit statuses:
console/handler.py; 1: the model abstains from an interval, or a video could not be written."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from orchestrator.common.errors import Unfinished
from orchestrator.console import asked, extracted, outputs
from orchestrator.console.bundles import AllowCode, Model, bundle_of
from orchestrator.console.handler import ALL, SOME, errors_are_told
from orchestrator.console.progress import clock
from orchestrator.console.terminal import terminal
from orchestrator.workspace.spotsweeps import CURVES
from preprocessing.cells import csv_of
from preprocessing.command_line import App
from preprocessing.terminal import Terminal

if TYPE_CHECKING:
    from orchestrator.spotting.recognise import Spotting, Told

EVERY = 10.0  # seconds between two lines of a log

console = terminal()
app = App()


@app.command()
def main(
    model: Model,
    video: Annotated[Path, typer.Argument(help="a video of any length, or a folder of frames")],
    fps: Annotated[
        float | None, typer.Option(help="frames per second: of a folder, or where a video's own is wrong")
    ] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="all as one JSON object; on the terminal if not given")
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="the intervals as a table")] = None,
    megc: Annotated[Path | None, typer.Option(help="the intervals as a result file of MEGC")] = None,
    html: Annotated[
        Path | None, typer.Option(help="a page: time line, curves of the regions, key frames")
    ] = None,
    annotated: Annotated[
        Path | None,
        typer.Option("--video", help="the video with what was spotted on it: .mp4, or .webm (quicker)"),
    ] = None,
    allow_code: AllowCode = False,
    landmarker: extracted.ModelsLandmarker = "",
    workspace: asked.Workspace = Path("workspace"),
    tracking_uri: asked.TrackingUri = "",
) -> None:
    """Find micro- and macro-expressions in a long video, and recognise each. Interrupted, the same command
    goes on."""
    with errors_are_told(console):
        from orchestrator.inference.bundle import load
        from orchestrator.inference.video import ClipPredictor
        from orchestrator.spotting.recognise import spot
        from orchestrator.spotting.video import writable

        outputs.checked(
            {"--json": json_file, "--csv": csv, "--megc": megc, "--html": html, "--video": annotated}, [video]
        )
        if annotated:
            writable(annotated)
        with bundle_of(model, workspace, tracking_uri) as (where, own):
            predictor = ClipPredictor(load(where, allow_code=allow_code or own), landmarker)
            try:
                with _shown("spotting") as progress:
                    made = spot(
                        video, predictor, fps=fps, kept=workspace / CURVES, pictures=html is not None,
                        progress=progress,
                    )  # fmt: skip
            except OSError as error:
                raise Unfinished(f"{error}; what is kept stays, the same command goes on") from error
        _write(made, json_file, csv, megc, html)
        if annotated:
            _annotate(made, annotated)
    raise typer.Exit(SOME if any(one.prediction.reason for one in made.found) else ALL)


def _write(
    made: Spotting, json_file: Path | None, csv: Path | None, megc: Path | None, html: Path | None
) -> None:
    import pandas as pd

    from orchestrator.spotting import megc as results
    from orchestrator.spotting.page import page

    with outputs.writing() as write:
        if json_file:
            write(json_file, lambda path: path.write_text(made.text(), encoding="utf-8"))
        if csv:
            table = csv_of(pd.DataFrame(made.rows()))
            write(csv, lambda path: path.write_text(table, encoding="utf-8"))
        if megc:
            first = 1 - made.curves.first
            write(megc, lambda path: path.write_text(results.text(made.spotted(), first=first)))
        if html:
            write(html, lambda path: path.write_text(page(made), encoding="utf-8"))
    if not json_file:
        outputs.said(made.text())


def _annotate(made: Spotting, out: Path) -> None:
    """Raises Unfinished where it cannot be written whole: the other files are there."""
    from orchestrator.spotting.video import annotated

    try:
        with _shown("writing the video") as progress:
            annotated(made, out, progress)
    except OSError as error:
        raise Unfinished(f"{error}; the other files that were asked for are there") from error


@contextmanager
def _shown(what: str) -> Iterator[Told]:
    """A bar with the time left on a terminal's error stream, lines in a log."""
    err = Terminal(stderr=True)
    begun = said = time.monotonic()
    first = 0  # frames of an earlier pass
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, disable=not err.is_terminal) as bar:
        task = bar.add_task(what, total=None)

        def told(done: int, total: int) -> None:
            nonlocal begun, said, first
            bar.update(task, completed=done, total=max(total, done))
            now = time.monotonic()
            if not first:
                first, begun = done, now
            if not err.is_terminal and now - said >= EVERY and done > first:
                said = now
                left = (now - begun) / (done - first) * max(0, total - done)
                err.print(f"{what} {done}/{total} frames, about {clock(left)} left")

        yield told


if __name__ == "__main__":
    app()
