"""python -m preprocessing extract | check | show: clips -> Parquet feature sets, and two ways to look before
and after.

Exit status: 0 all is there; 1 some is missing (extract: more clips quarantined than allowed, Ray has died,
the disk is full; check: a clip cannot be used or lacks frames); 2 bad input (check: also one clip under two
people, which a sweep refuses); 130 interrupted, and the same command goes on.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.text import Text

from preprocessing import (
    check,
    extract,
    extras,
    joined_ray,
    local_ray,
    lost_ray,
    pasted,
    people,
    plugins,
    show,
)
from preprocessing.apex import SPOTTERS
from preprocessing.choice import Choice
from preprocessing.command_line import App, no_room
from preprocessing.datasets import DATASETS, words
from preprocessing.errors import BadInput
from preprocessing.findings import unknown_words
from preprocessing.flow import FLOWS
from preprocessing.inputs import INPUTS, Settings
from preprocessing.inputs.settings import FINER, MIDDLE, MOTION, STABILISE
from preprocessing.places import nobody_else_writes
from preprocessing.quiet import quiet
from preprocessing.terminal import Terminal, clean_stderr, last_words, not_finished

LEFT_OUT = plugins.discover()  # before the names are listed below
DEFAULT = Settings()
app = App(help=__doc__)
console = Terminal()

Corpus = Annotated[str, typer.Argument(help=f"one of {', '.join(DATASETS)}, or a plugin's")]


Root = Annotated[
    Path | None,
    typer.Option(help="folder of the corpus; synthetic is rendered if none is given"),
]
Plugins = Annotated[
    list[str],
    typer.Option("--plugin", help="file, folder or module with a corpus or inputs of your own, repeatable"),
]
Labels = Annotated[
    list[str], typer.Option(help="what a word of your own means, repeatable: surprised=surprise")
]
# the settings, for extract and show
Flow = Annotated[str, typer.Option(help=f"optical flow: {', '.join([*FLOWS, *FINER])}")]
Steps = Annotated[int, typer.Option(help="T, time steps of roi_flow")]
Keep = Annotated[
    float, typer.Option(help="share of a window's pixels, those that move most, whose mean is its motion")
]
Apex = Annotated[
    str, typer.Option(help=f"stand-in for an apex that nobody annotated: {', '.join([MIDDLE, *SPOTTERS])}")
]
Equalise = Annotated[bool, typer.Option("--equalise", help="equalise the histogram of the aligned crop")]
LandmarksEvery = Annotated[
    float, typer.Option(help="seconds between runs of the landmark model; 0 = on every frame")
]
MaxGap = Annotated[
    int, typer.Option(help="most frames in a row that may be missing inside a clip and are bridged")
]
Stabilise = Annotated[str, typer.Option(help=f"crop of a head that moves: {', '.join(STABILISE)}")]
Motion = Annotated[str, typer.Option(help=f"flow, or flow less the head's own motion: {', '.join(MOTION)}")]

LandmarkerFile = Annotated[
    str,
    typer.Option(
        "--landmarker", help="landmarks by this .task file of MediaPipe's Tasks, not by the mesh in its wheel"
    ),
]


@contextmanager
def _exit_status() -> Iterator[None]:
    """What ends a command early, as one line and an exit status (see the module's head)."""
    nobody_else_writes()
    try:
        with quiet():
            clean_stderr()
            with lost_ray.Watched(_ray_died):
                yield
    except KeyboardInterrupt:
        last_words(console, "interrupted; what is finished is kept, and the same command goes on from there")
        raise typer.Exit(130) from None
    except ModuleNotFoundError as error:
        if not (why := extras.lacking(error)):
            raise
        console.print(Text(why, style="red"), soft_wrap=True)
        raise typer.Exit(2) from error
    except lost_ray.RayDied as error:
        _ray_died(str(error))
    except (BadInput, OSError) as error:
        console.print(Text.assemble((type(error).__name__, "red"), f": {error}"), soft_wrap=True)
        some = isinstance(error, extract.TooManyFailures) or no_room(error)
        raise typer.Exit(1 if some else 2) from error


def _ray_died(what: str) -> None:
    not_finished(console, f"{what}; {lost_ray.AGAIN}")


@contextmanager
def _progress() -> Iterator[extract.Report]:
    """A bar on a terminal, lines elsewhere."""
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[note]}", markup=False),
        console=console,
        disable=not console.is_terminal,
    )
    with bar:
        task = bar.add_task("", total=None, note="", visible=False)

        def report(p: extract.Progress) -> None:
            if console.is_terminal:
                bar.update(
                    task, description=p.what, completed=p.done, total=p.total, note=p.note, visible=True
                )
            else:
                _say(f"{p.what} {p.done}/{p.total} clips  {p.note}")

        yield report


def _say(text: str) -> None:
    console.print(text, soft_wrap=True)


@app.command(name="extract")
def extract_command(
    corpus: Corpus,
    root: Root = None,
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
    flow: Flow = DEFAULT.flow,
    steps: Steps = DEFAULT.steps,
    keep: Keep = DEFAULT.keep,
    apex: Apex = DEFAULT.apex,
    equalise: Equalise = DEFAULT.equalise,
    landmarks_every: LandmarksEvery = DEFAULT.landmarks_every,
    max_gap: MaxGap = DEFAULT.max_gap,
    stabilise: Stabilise = DEFAULT.stabilise,
    motion: Motion = DEFAULT.motion,
    landmarker: LandmarkerFile = DEFAULT.landmarker,
    max_failed: Annotated[
        float, typer.Option(help="share of quarantined clips that is still a success")
    ] = 0.2,
    label: Labels = [],  # noqa: B006
    plugin: Plugins = [],  # noqa: B006
) -> None:
    """Extract feature sets, all asked for in one pass; does only what is missing. Exit status 1 if too many
    clips are quarantined. Words are kept as they are: --label leaves out the question what one means."""
    with _exit_status():
        meant = words.meant(label)
        settings = Settings(
            flow=flow, steps=steps, keep=keep, apex=apex, equalise=equalise, landmarks_every=landmarks_every,
            max_gap=max_gap, stabilise=stabilise, motion=motion, landmarker=landmarker,
        )  # fmt: skip
        own = _installed(plugin)  # before "all" is looked up
        if workers:
            _start_ray()
        with _progress() as report:
            done = extract.prepare(
                corpus,
                root,
                list(INPUTS) if features == ["all"] else features,
                workspace,
                store=store or None,
                settings=settings,
                choice=Choice(tuple(filter(None, map(str.strip, subjects.split(",")))), limit),
                plugins=own,
                workers=workers,
                max_failed=max_failed,
                report=report,
                say=_say,
            )
        _say(
            f"{done.clips} clips, {done.quarantined} quarantined, {done.extracted} extracted now in "
            f"{done.seconds:.1f} s"
        )
        for name, folder in done.folders.items():
            _say(f"  {name}: {folder}")
        for word, near in unknown_words(corpus, done.labelled, meant).items():
            asked = f"no label scheme knows {word!r}; did you mean {near!r}?"
            _say(f"{asked} Tell the sweep: --label {shlex.quote(f'{word}={near}')}")


@app.command(name="check")
def check_command(
    corpus: Corpus,
    root: Annotated[Path, typer.Option(help="folder of the corpus")],
    same_person: Annotated[
        Path | None, typer.Option(help="CSV of ids that are one person, a pair a line: id,same as id")
    ] = None,
    label: Labels = [],  # noqa: B006
    plugin: Plugins = [],  # noqa: B006
) -> None:
    """Say what a corpus' folder holds, against the published counts, before any work. Exit status 1 if a clip
    of it cannot be used or lacks frames, 2 if one clip stands under two people."""
    with _exit_status():
        _installed(plugin)
        joined = people.read(same_person) if same_person else ()
        again = pasted.repeated("--label", label) + pasted.repeated("--plugin", plugin)
        found = check.check(corpus, root, console, joined, words.meant(label), again)
        raise typer.Exit(2 if found.refused else 1 if found.problems or found.words or found.gaps else 0)


@app.command(name="show")
def show_command(
    clip: Annotated[
        str,
        typer.Argument(
            help="clip id, as corpus/person/name; a corpus or corpus/person alone takes its first clip"
        ),
    ],
    root: Root = None,
    workspace: Annotated[Path, typer.Option(help="where the sheet is written, in sheets/")] = Path(
        "workspace"
    ),
    flow: Flow = DEFAULT.flow,
    steps: Steps = DEFAULT.steps,
    keep: Keep = DEFAULT.keep,
    apex: Apex = DEFAULT.apex,
    equalise: Equalise = DEFAULT.equalise,
    landmarks_every: LandmarksEvery = DEFAULT.landmarks_every,
    max_gap: MaxGap = DEFAULT.max_gap,
    stabilise: Stabilise = DEFAULT.stabilise,
    motion: Motion = DEFAULT.motion,
    landmarker: LandmarkerFile = DEFAULT.landmarker,
    plugin: Plugins = [],  # noqa: B006
) -> None:
    """Draw one clip's steps on one sheet (PNG): crops, landmarks, regions, flow, motion over time, motion
    images."""
    with _exit_status():
        settings = Settings(
            flow=flow, steps=steps, keep=keep, apex=apex, equalise=equalise, landmarks_every=landmarks_every,
            max_gap=max_gap, stabilise=stabilise, motion=motion, landmarker=landmarker,
        )  # fmt: skip
        own = _installed(plugin)
        with _progress() as report:
            path = show.sheet(clip, root, workspace, settings, plugins=own, report=report)
        _say(str(path))


def _installed(wheres: list[str]) -> list[plugins.Plugin]:
    for sentence in LEFT_OUT:
        _say(sentence)
    own = [plugins.read(where) for where in wheres]
    plugins.install(own)
    return own


def _start_ray() -> None:
    if address := os.environ.get("MER_ADDRESS"):  # set on a cluster's hosts: its cluster.yaml
        joined_ray.join(address)
    else:
        local_ray.start()


if __name__ == "__main__":
    app()
