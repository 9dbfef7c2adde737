"""One clip on one sheet, for the eye: crops with landmarks and windows, flow, the motion of the windows over
time, motion images.

Look at some sheets of every new corpus before a sweep: a crop that cuts the mouth, an apex that shows nothing
or a window beside the brow is seen at once and found by no test.
"""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray

from preprocessing import extract, pipelines
from preprocessing.datasets import DATASETS
from preprocessing.datasets.reading import read
from preprocessing.files import danger
from preprocessing.frames import read_picture
from preprocessing.inputs import INPUTS, Settings
from preprocessing.inputs.onset_apex_flow import flow_and_strain
from preprocessing.inputs.roi_flow import motion
from preprocessing.inputs.view import Collector, Frame, KeyFrames, Shared, triple
from preprocessing.pipeline import FAULTS
from preprocessing.places import write_atomically
from preprocessing.plugins import Plugin, install
from preprocessing.regions import CHANNELS, PICTURE_CENTRES, REGIONS, regions, windows
from preprocessing.schema import Clip, CorpusError
from preprocessing.terminal import drawn

IMAGES = ("apex_frame", "mesti", "dynamic_image", "active_image", "affective_motion_image")
GROUPS = {
    "left brow": slice(0, 4),
    "right brow": slice(4, 8),
    "mouth": slice(8, 14),
    "nose": slice(14, 16),
    "eyes": slice(16, 18),
}
EVERY = 12  # pixels of the crop between two flow arrows


def sheet(
    clip_id: str,
    root: Path | None,
    workspace: Path,
    settings: Settings,
    *,
    plugins: Collection[Plugin] = (),
    report: extract.Report | None = None,
) -> Path:
    """Write the sheet of one clip into ``workspace``/sheets and return its path.

    clip_id  "corpus/person/name"; "corpus" or "corpus/person" stands for the first such clip.
    plugins  are installed first. report is told how far the rendering of the synthetic corpus is.
    Raises CorpusError for a clip that the corpus does not have and for one that cannot be used, PluginError,
    OSError.
    """
    install(plugins)
    corpus = clip_id.partition("/")[0]
    if corpus not in DATASETS:
        read(corpus, Path("."))  # raises, and names the nearest
    clips = read(corpus, root or extract.synthetic_root(corpus, workspace, report))
    found = [clip for clip in clips if clip.clip_id == clip_id or clip.clip_id.startswith(f"{clip_id}/")]
    if not found:
        some = ", ".join(clip.clip_id for clip in clips[:5])
        raise CorpusError(f"no clip {clip_id!r}; {corpus} has {len(clips)} clips, the first are {some}")
    clip = found[0]
    if why := clip.problem or danger(clip):
        raise CorpusError(f"{clip.clip_id} cannot be shown: {why}")
    figure = _picture_sheet(clip) if DATASETS[corpus].PICTURES else _clip_sheet(clip, settings)
    path = workspace / "sheets" / f"{clip.clip_id.replace('/', '_')}.png"
    path.parent.mkdir(parents=True, exist_ok=True)
    FigureCanvasAgg(figure)
    write_atomically(path, lambda p: figure.savefig(p, dpi=80, format="png"))
    return path


class _Key:
    """The three key frames and what is drawn of them."""

    def __init__(self, clip: Clip):
        self.clip, self.numbers = clip, triple(clip)
        self.frames = KeyFrames(self.numbers)

    def see(self, frame: Frame, shared: Shared) -> None:
        self.frames.see(frame, shared)

    def result(self, shared: Shared) -> Any:
        onset, apex, offset = (self.frames[number] for number in self.numbers)
        rise, fall = flow_and_strain(shared, onset, apex), flow_and_strain(shared, apex, offset)
        return self.clip, (onset, apex, offset), rise, fall


class _Course:
    """Displacement of the 18 windows since the onset, frame by frame."""

    def __init__(self) -> None:
        self.before: Frame | None = None
        self.steps: list[NDArray[Any]] = []

    def see(self, frame: Frame, shared: Shared) -> None:
        if self.before is not None:
            apart = frame.number - self.before.number
            self.steps += [motion(shared, self.before, frame) / apart] * apart
        self.before = frame

    def result(self, shared: Shared) -> NDArray[Any]:
        return np.concatenate([np.zeros((1, 18, 2)), np.cumsum(self.steps, axis=0)])


def _clip_sheet(clip: Clip, settings: Settings) -> Figure:
    pipeline = pipelines.pipeline(("roi_flow18", *IMAGES), settings)

    def collectors(whole: Clip) -> dict[str, Collector]:
        own: dict[str, Collector] = {"key": _Key(whole), "course": _Course()}
        return own | {name: INPUTS[name].collector(whole, settings) for name in IMAGES}

    try:
        values, facts = pipeline.collect(clip, collectors)
    except FAULTS as error:
        raise CorpusError(f"{clip.clip_id} cannot be shown: {error}") from error
    if failed := next((one for one in values.values() if isinstance(one, Exception)), None):
        raise CorpusError(f"{clip.clip_id} cannot be shown: {failed}")
    whole, frames, rise, fall = values["key"]
    figure = Figure(figsize=(20, 13), layout="constrained")
    figure.suptitle(
        drawn(f"{clip.clip_id}   {clip.emotion}")
        + f"   AU {clip.aus or ('none' if clip.aus_known else 'not annotated')}   "
        f"{facts['n_frames']} frames of {facts['width']} x {facts['height']}, {facts['fps'] or '?'} per "
        "second",
        fontsize=15,
    )
    rows: Any = figure.subfigures(3, 1)  # rows of their own: long labels in one do not move the others
    axes = [row.subplots(1, 5) for row in rows]
    names = ("onset", f"apex ({facts['apex_source']})", "offset")
    for ax, name, frame in zip(axes[0], names, frames, strict=False):
        _face(ax, frame, f"{name}: frame {frame.number}")
    _arrows(axes[0][3], frames[0], rise, "flow from onset to apex, 5 x")
    _arrows(axes[0][4], frames[1], fall, "flow from apex to offset, 5 x")
    limit = float(np.abs(rise[..., :2]).max()) or 1.0
    for ax, plane, name in zip(axes[1], (0, 1), ("u: to the right", "v: down"), strict=False):
        image = ax.imshow(rise[..., plane], cmap="RdBu_r", vmin=-limit, vmax=limit)
        ax.set_title(f"onset to apex, {name} (px)")
        figure.colorbar(image, ax=ax, shrink=0.7)
    strongest = max(float(np.percentile(s[..., 2], 99.5)) for s in (rise, fall)) or 1.0
    image = axes[1][2].imshow(rise[..., 2], cmap="magma", vmin=0, vmax=strongest)
    axes[1][2].set_title("onset to apex, strain")
    figure.colorbar(image, ax=axes[1][2], shrink=0.7)
    _course(axes[1][3], axes[1][4], values["course"], whole)
    for ax, name in zip(axes[2], IMAGES, strict=True):
        ax.imshow(_displayed(values[name], name))
        ax.set_title(name)
    for ax in [*axes[0], *axes[1][:3], *axes[2]]:
        ax.set_xticks([])
        ax.set_yticks([])
    return figure


def _face(ax: Axes, frame: Frame, title: str) -> None:
    ax.imshow(frame.colour)
    points = frame.landmarks
    if points is not None:
        ax.plot(points[:, 0], points[:, 1], ".", color="lime", markersize=3)
        for i, (x0, y0, x1, y1) in enumerate(windows(points)):
            ax.add_patch(
                Rectangle(
                    (x0, y0), x1 - x0, y1 - y0, fill=False, color="cyan" if i < 14 else "yellow", linewidth=1
                )
            )
        for (x0, y0, x1, y1), name in zip(regions(points), REGIONS, strict=True):
            ax.add_patch(
                Rectangle((x0, y0), x1 - x0, y1 - y0, fill=False, color="white", linewidth=1, linestyle="--")
            )
            ax.text(x1 - 2, y1 - 3, name, color="white", fontsize=8, ha="right")
    ax.set_xlim(0, frame.grey.shape[1])  # a chin below the crop has its landmark there
    ax.set_ylim(frame.grey.shape[0], 0)
    ax.set_title(title)


def _arrows(ax: Axes, frame: Frame, field: NDArray[Any], title: str) -> None:
    ax.imshow(frame.grey, cmap="gray", vmin=0, vmax=255)
    y, x = np.mgrid[EVERY // 2 : frame.grey.shape[0] : EVERY, EVERY // 2 : frame.grey.shape[1] : EVERY]
    ax.quiver(
        x,
        y,
        5 * field[y, x, 0],
        5 * field[y, x, 1],
        color="red",
        angles="xy",
        scale_units="xy",
        scale=1,
        width=0.004,
    )
    ax.set_title(title)


def _course(heat: Axes, lines: Axes, course: NDArray[Any], clip: Clip) -> None:
    onset, apex, offset = triple(clip)
    moved = np.hypot(course[..., 0], course[..., 1])
    image = heat.imshow(moved.T, aspect="auto", cmap="magma", extent=(onset - 0.5, offset + 0.5, 17.5, -0.5))
    heat.set_yticks(range(18), tuple(CHANNELS[18]), fontsize=7)
    heat.set_title("displacement since onset (px)")
    heat.figure.colorbar(image, ax=heat, shrink=0.7)
    for name, rows in GROUPS.items():
        lines.plot(range(onset, offset + 1), course[:, rows, 1].mean(axis=1), label=name)
    lines.set_title("v since onset (px, down > 0)")
    lines.legend(fontsize=8)
    for ax in (heat, lines):
        ax.axvline(apex, color="black" if ax is lines else "white", linestyle=":")
        ax.set_xlabel("frame; dotted: apex")


def _displayed(values: NDArray[Any], name: str) -> NDArray[Any]:
    """(3, H, W) of any range -> (H, W, 3) in 0..1: pixels as they are, signed sums from their least to their
    largest value."""
    picture = np.asarray(values, np.float32).transpose(1, 2, 0)
    low, high = (
        (0.0, 255.0) if INPUTS[name].dtype == "uint8" else (float(picture.min()), float(picture.max()))
    )
    return (picture - low) / ((high - low) or 1.0)


def _picture_sheet(clip: Clip) -> Figure:
    """A ready flow picture: its three planes, and where the channels are read off."""
    picture = read_picture(clip.frames)
    figure = Figure(figsize=(15, 5.5), layout="constrained")
    figure.suptitle(
        drawn(f"{clip.clip_id}   {clip.emotion}   {picture.shape[1]} x {picture.shape[0]} flow picture"),
        fontsize=15,
    )
    for ax, plane, name in zip(figure.subplots(1, 3), range(3), ("u", "v", "strain"), strict=True):
        ax.imshow(picture[..., plane], cmap="gray", vmin=0, vmax=255)
        for channel, (x, y) in PICTURE_CENTRES.items():
            ax.plot(x, y, "+", color="cyan" if channel in CHANNELS[14] else "yellow", markersize=10)
        ax.set_title(name)
    return figure
