"""``python -m preprocessing.render ROOT``: render the synthetic corpus into a folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from preprocessing.render.config import DEFAULT_DIFFICULTY, RenderConfig
from preprocessing.render.corpus import render_corpus
from preprocessing.render.long import LongConfig
from preprocessing.render.long_corpus import render_long
from preprocessing.terminal import printable


def main(
    root: Annotated[Path, typer.Argument(help="folder to write, made if missing")],
    seed: Annotated[int, typer.Option(help="another seed gives other people and clips")] = 0,
    subjects: Annotated[int, typer.Option(help="number of people")] = 12,
    clips: Annotated[int, typer.Option(help="clips of each person")] = 10,
    difficulty: Annotated[float, typer.Option(help="0 (easy) to 1 (hard)")] = DEFAULT_DIFFICULTY,
    planted: Annotated[
        str, typer.Option(help="brows or mouth: the emotion shows there alone; to test explanations")
    ] = "",
    processes: Annotated[int, typer.Option(help="processes to render with; the result is the same")] = 1,
    long: Annotated[
        float, typer.Option(help="seconds: one long video of each person with intervals.csv, and no clips")
    ] = 0.0,
) -> None:
    """Render a seeded synthetic micro-expression corpus: frames/, render.json and manifest.csv."""

    def progress(done: int, total: int) -> None:
        end = "\n" if done == total else ""
        typer.echo(f"\rrendered {done}/{total} {'videos' if long else 'clips'}{end}", nl=False, err=True)

    try:
        if long:
            videos = LongConfig(seed=seed, subjects=subjects, seconds=long, difficulty=difficulty)
            typer.echo(printable(f"{render_long(root, videos, progress)}"))
            return
        config = RenderConfig(
            seed=seed, subjects=subjects, clips_per_subject=clips, difficulty=difficulty, planted=planted
        )
        manifest = render_corpus(root, config, processes=processes, progress=progress)
    except (ValueError, OSError) as error:
        typer.echo(printable(f"error: {error}"), err=True)
        raise typer.Exit(1) from error
    typer.echo(printable(f"{manifest}"))


if __name__ == "__main__":
    typer.run(main)
