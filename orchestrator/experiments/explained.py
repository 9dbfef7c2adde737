"""Pictures of an experiment's models on the clips of the people that they have not seen: those of ``mer
explain``, and what the models were given.

A row's models are explained as its rule chose them. Pictures are means over held-out people on a canonical
face; ``given`` alone shows clips, one of each class.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from orchestrator.experiments.run import Done
from orchestrator.results.explain import face, pictures
from orchestrator.results.explain.collected import Collected
from orchestrator.results.explain.methods import GRAD_CAM, GRADIENTS, OCCLUSION
from orchestrator.search.events import Listener, Note
from orchestrator.study.table import ClipTable
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.explaining import explain_opened
from orchestrator.sweeps.reopened import Reopened, reopen
from preprocessing.align import CROP
from preprocessing.terminal import drawn

OF_METHODS = {name: pictures.DRAWN[name] for name in ("faces", "classes", "egat", "flow", "embedding")}
GIVEN, PICTURES_OF_A_FACE = "given", ("image", "frame_pair", "flow_picture")  # kinds of input


def explained(
    wanted: Sequence[str], done: Sequence[Done], execution: Execution, tell: Listener, folds: int = 0
) -> dict[str, Figure]:
    """File name -> figure, of all lines that have a result; lines of one sweep share theirs. wanted: of
    file.PICTURES. folds: so many of each sweep, the first; 0 = all. Models whose weights were not kept are
    trained again. Raises as sweeps.explaining.explain_opened."""
    made: dict[str, Figure] = {}
    of_sweep: dict[str, dict[str, Figure]] = {}
    for at, one in enumerate(done, 1):
        if one.summary is None:
            continue
        name = one.summary["name"]
        if name not in of_sweep:
            of_sweep[name] = _drawn(wanted, reopen(name, execution.workspace, tell), tell, folds)
        for picture in wanted:
            if picture in of_sweep[name]:
                made[f"{picture}_{at:02d}.png"] = of_sweep[name][picture]
            else:
                tell(Note(f"{one.line.name}: its model and input have no picture {picture!r}"))
    return made


def _drawn(wanted: Sequence[str], sweep: Reopened, tell: Listener, folds: int) -> dict[str, Figure]:
    """Those of the pictures that the sweep's model and input have."""
    names = [one.name for one in sweep.study.folds(sweep.table)][:folds]
    found, _ = explain_opened(sweep, tell, folds=names)
    made = {}
    for picture in wanted:
        if picture == GIVEN:
            if sweep.table.kind in PICTURES_OF_A_FACE:
                made[picture] = given(found, _clips(sweep.table, found))
        elif OF_METHODS[picture][0](found):
            made[picture] = OF_METHODS[picture][1](found)
    return made


def _clips(table: ClipTable, of: Collected) -> NDArray[Any]:
    """Inputs of the explained clips, in their order."""
    row = {clip: n for n, clip in enumerate(table.clip_ids)}
    made: NDArray[Any] = table.x[[row[clip] for clip in of.clips["clip"]]]
    return made


def given(of: Collected, x: NDArray[Any]) -> Figure:
    """A clip of each class, the first that was called right (or the first, where none was): what the model
    was given, and on it each attention, or integrated gradients of a model that has none.

    x: the clips of ``of`` as stored: (n, 3, H, W), or (n, 2, 3, H, W) of onset and apex. What is no picture
    of 0..255 (motion, a weighted sum of frames) is shown by its own range, as the papers do.
    """
    shown = x if x.ndim == 4 else x[:, 1]
    plain = (GRADIENTS, OCCLUSION, GRAD_CAM)
    names = [name for name in of.importance if name not in plain] or list(plain[:1])
    chosen = [(name, _first(of, name)) for name in of.classes]
    rows = [(name, at) for name, at in chosen if at is not None]
    figure = Figure(
        figsize=(max(4.6, 2.1 * (1 + len(names))), 2.3 * len(rows) + 0.7), dpi=110, layout="constrained"
    )
    figure.suptitle(drawn(f"{of.title}\nwhat it was given, and where it looked"), fontsize=9)
    axes: Any = figure.subplots(len(rows), 1 + len(names), squeeze=False)
    for (label, at), line in zip(rows, axes, strict=True):
        right = "called right" if of.clips["right"].iloc[at] else f"called {of.clips['called'].iloc[at]}"
        picture = np.moveaxis(shown[at], 0, -1)
        if picture.dtype != np.uint8:
            low, high = (float(end) for end in (picture.min(), picture.max()))
            picture = (picture.astype(np.float32) - low) / (high - low or 1.0)
        line[0].set_title(drawn(f"{label}, {right}"), fontsize=8)
        for ax in line:
            ax.imshow(picture, extent=(0, CROP, CROP, 0))
            ax.axis("off")
        for ax, method in zip(line[1:], names, strict=True):
            values = of.importance[method][at].sum(0)
            side = math.isqrt(len(values))  # places are cells of the picture, row by row
            shares = (values / face.darkest(values)).reshape(side, side)
            ax.imshow(
                shares, cmap=face.SHADES, extent=(0, CROP, CROP, 0), alpha=0.65 * shares, vmin=0, vmax=1
            )
            ax.set_title(face.titled(drawn(method.replace("_", " ")), values), fontsize=8)
    return figure


def _first(of: Collected, label: str) -> int | None:
    """Number of the clip that stands for a class; None where nobody shows it."""
    own = np.flatnonzero((of.clips["truth"] == label).to_numpy())
    right = [int(at) for at in own if of.clips["right"].iloc[at]]
    return next(iter([*right, *map(int, own)]), None)
