"""Spotting in a corpus of long videos, everybody held out once: python -m orchestrator.spotsweep CORPUS
--root FOLDER. Exit statuses: console/handler.py; 1: a recording could not be read, and counts as missed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from orchestrator.common.errors import ConfigError
from orchestrator.common.names import safe_name
from orchestrator.console import asked
from orchestrator.console.handler import ALL, SOME, errors_are_told
from orchestrator.console.progress import SweepProgress
from orchestrator.console.terminal import terminal
from preprocessing.command_line import App

if TYPE_CHECKING:
    from orchestrator.search.events import Listener
    from orchestrator.spotting.corpus import Read

FOLDER = "spotsweeps"  # of the workspace

console = terminal()
app = App()


@app.command()
def main(
    corpus: Annotated[str, typer.Argument(help="samm_lv, casme_sq, casme3_lv or rendered")],
    root: Annotated[Path, typer.Option(help="its folder, as preprocessing/long_videos/CORPUS.py has it")],
    spotter: Annotated[str, typer.Option(help="peaks, frame_cnn, or both with a comma between")] = "peaks",
    recogniser: Annotated[
        str, typer.Option(help="a finished sweep over clips of the same people, whose folds recognise")
    ] = "",
    rule: Annotated[str, typer.Option(help="its selection rule; its own if none is given")] = "",
    inner_folds: Annotated[
        int, typer.Option(help="groups of training people that choose the threshold in turns")
    ] = 3,
    seed: Annotated[int, typer.Option(help="of inner groups and training")] = 0,
    name: Annotated[
        str, typer.Option(help="of its folder; made of corpus and spotters if none is given")
    ] = "",
    clips: Annotated[
        Path | None,
        typer.Option(help="only write the true micro-expressions there, as a manifest for the recogniser"),
    ] = None,
    workspace: asked.Workspace = Path("workspace"),
) -> None:
    """Spot, recognise and score: threshold, spotter and recogniser of each person come from the others."""
    with errors_are_told(console):
        from orchestrator.spotting import corpus as long

        videos = long.read(corpus, root)
        if clips:
            count = long.write_clips(clips, videos)
            console.print(f"{clips}: {count} micro-expressions", markup=False)
            raise typer.Exit(ALL)
        folder = workspace / FOLDER / safe_name(name or f"{corpus}-{spotter.replace(',', '-')}")
        if folder.exists():
            raise ConfigError(f"{folder} is there already; choose another --name, or delete it")
        with SweepProgress(console) as progress:
            made = long.curves_of(videos, workspace / "spots", progress)
            text = _run(made, long.LONG[corpus].LIKE, corpus, folder, spotter, recogniser, rule, inner_folds,
                        seed, workspace, progress)  # fmt: skip
        console.print(text, markup=False, soft_wrap=True)
        console.print(f"{folder}: table.csv, table.md, people.csv, MEGC result files", markup=False)
    raise typer.Exit(SOME if made.unread else ALL)


def _run(
    made: Read, like: str, corpus: str, folder: Path, spotter: str, recogniser: str, rule: str, inner: int,
    seed: int, workspace: Path, tell: Listener,
) -> str:  # fmt: skip
    from orchestrator.common.errors import nearest
    from orchestrator.search.events import Preparing
    from orchestrator.spotting import corpus as long
    from orchestrator.spotting import loso, table
    from orchestrator.spotting.spotters import spotters
    from orchestrator.sweeps.recognisers import Recognisers

    known = spotters()
    names = [one.strip() for one in spotter.split(",")]
    if unknown := [one for one in names if one not in known]:
        raise ConfigError(nearest(unknown[0], known, "spotter"))
    models = Recognisers(recogniser, workspace, tell, rule) if recogniser else None
    marked = made.marked
    if models is not None:
        for one in made.people:
            models.person(like, one)  # told before an hour of work
        marked = long.with_classes(marked, lambda words: models.class_of(like, words))
    rows = loso.run(
        marked,
        {one: known[one] for one in names},
        inner=inner,
        seed=seed,
        classes=models.classes if models else (),
        recognise=long.recognising(made, lambda who: models.bundle(models.person(like, who)))
        if models
        else None,
        told=lambda done, of: tell(Preparing("spotting", done, of, "")),
    )
    about = long.about(made, corpus) | {
        "inner_folds": inner,
        "seed": seed,
        "recogniser": f"{models.name} ({models.rule})" if models else "",
    }
    table.write(folder, rows, about)
    return table.markdown(rows, about)


if __name__ == "__main__":
    app()
