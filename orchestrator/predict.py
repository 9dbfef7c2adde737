"""Somebody's own clips: python -m orchestrator.predict MODEL CLIP... Exit statuses: console/handler.py; 1:
the model abstains from some of them."""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import track

from orchestrator.common.errors import ConfigError
from orchestrator.console import asked, extracted, outputs
from orchestrator.console.bundles import AllowCode, Model, bundle_of
from orchestrator.console.handler import ALL, SOME, errors_are_told
from orchestrator.console.terminal import terminal
from preprocessing.cells import csv_of
from preprocessing.command_line import App
from preprocessing.terminal import Terminal

if TYPE_CHECKING:
    from orchestrator.inference.video import Prediction
    from preprocessing.schema import Clip

console = terminal()
app = App()


@app.command()
def main(
    model: Model,
    clip: Annotated[
        list[str],
        typer.Argument(
            help="a video, a folder of frames, a folder of these, a pattern, or - for raw frames on standard "
            "input"
        ),
    ],
    onset: Annotated[int | None, typer.Option(help="first frame; the clip's own if none is given")] = None,
    apex: Annotated[
        int | None, typer.Option(help="frame of the strongest expression; as in training else")
    ] = None,
    offset: Annotated[int | None, typer.Option(help="last frame; the clip's own if none is given")] = None,
    fps: Annotated[
        float | None, typer.Option(help="frames per second of a folder of frames, or of raw ones")
    ] = None,
    size: Annotated[str, typer.Option(help="of raw frames: WIDTHxHEIGHT")] = "",
    pixels: Annotated[str, typer.Option(help="of raw frames: bgr24, rgb24 or gray8")] = "bgr24",
    json_file: Annotated[
        Path | None,
        typer.Option("--json", help="one JSON object a line, a line a clip; on the terminal if not given"),
    ] = None,
    csv: Annotated[Path | None, typer.Option(help="the same as a table")] = None,
    parquet: Annotated[Path | None, typer.Option(help="the same as a Parquet file")] = None,
    explain: Annotated[
        bool,
        typer.Option(
            "--explain",
            help="what in each clip counted: NAME.why.png and NAME.why.json beside --json, or here; needs "
            "the extra explain",
        ),
    ] = False,
    workers: Annotated[int, typer.Option(min=0, help="processes over Ray Data; 0 = this process alone")] = 0,
    allow_code: AllowCode = False,
    landmarker: extracted.ModelsLandmarker = "",
    workspace: asked.Workspace = Path("workspace"),
    tracking_uri: asked.TrackingUri = "",
) -> None:
    """Class probabilities of clips, by the preprocessing that the model was trained with."""
    with errors_are_told(console):
        from orchestrator.inference.bundle import load
        from orchestrator.inference.clips import found
        from orchestrator.inference.video import ClipPredictor

        if explain:  # what is not installed is told before anything is predicted
            from orchestrator.results.explain.clip import write_beside

        wanted = {"--json": json_file, "--csv": csv, "--parquet": parquet}
        outputs.checked(wanted)
        with (
            _frames(clip, size, pixels, fps) as named,
            bundle_of(model, workspace, tracking_uri) as (where, own),
        ):
            clips = found(named, onset=onset, apex=apex, offset=offset, fps=fps)
            outputs.checked(wanted, [one.frames for one in clips])
            allowed = allow_code or own
            # bad input is told before Ray starts
            predictor = ClipPredictor(load(where, allow_code=allowed), landmarker)
            if workers:
                from orchestrator.inference import many

                ended = many.predictions(where, clips, workers, allow_code=allowed, landmarker=landmarker)
            else:
                ended = ((number, predictor(one)) for number, one in enumerate(clips))
            made = _collected(ended, clips)
            if explain:
                beside = json_file.parent if json_file else Path()
                pictures = write_beside(predictor, clips, beside, "stdin" if clip == ["-"] else "")
                Terminal(stderr=True).print(f"explained: {', '.join(map(str, pictures)) or 'no clip'}")
            if clip == ["-"]:
                made = [replace(one, clip="-", reason=one.reason.replace(named[0], "-")) for one in made]
        _write(made, json_file, csv, parquet)
    raise typer.Exit(SOME if any(one.reason for one in made) else ALL)


@contextmanager
def _frames(clip: list[str], size: str, pixels: str, fps: float | None) -> Iterator[list[str]]:
    """The clips; raw frames on standard input as a folder, removed at the end. Raises ConfigError,
    RawFramesError."""
    if "-" not in clip:
        if size:
            raise ConfigError("--size is of raw frames; give - as the clip, or leave --size out")
        yield clip
        return
    from orchestrator.inference.clips import keep_raw

    if len(clip) > 1:
        raise ConfigError(
            "raw frames on standard input (-) are the only clip; name the others in another call"
        )
    if fps is None:
        raise ConfigError("raw frames say nothing of their rate; give --fps, for example --fps 200")
    with tempfile.TemporaryDirectory() as made:
        keep_raw(sys.stdin.buffer, Path(made), size, pixels)
        yield [made]


def _collected(ended: Iterator[tuple[int, Prediction]], clips: Sequence[Clip]) -> list[Prediction]:
    """In the order of the clips, with a bar on a terminal's error stream."""
    bar = Terminal(stderr=True)
    shown = track(ended, "clips", len(clips), console=bar, disable=not bar.is_terminal or len(clips) == 1)
    return [one for _, one in sorted(shown, key=lambda pair: pair[0])]


def _write(
    made: Sequence[Prediction], json_file: Path | None, csv: Path | None, parquet: Path | None
) -> None:
    lines = "".join(json.dumps(one.nested()) + "\n" for one in made)
    with outputs.writing() as write:
        if json_file:
            write(json_file, lambda path: path.write_text(lines, encoding="utf-8"))
        if csv or parquet:
            import pandas as pd

            frame = pd.DataFrame([one.flat() for one in made])
            if parquet:
                write(parquet, lambda path: frame.to_parquet(path, index=False))
            if csv:
                write(csv, lambda path: path.write_text(csv_of(frame), encoding="utf-8"))
    if not json_file:
        outputs.said(lines)


if __name__ == "__main__":
    app()
