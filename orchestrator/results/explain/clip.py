"""Why a bundle calls somebody's clip what it calls it: one picture and the same as text. For
``predict --explain`` and for a page."""

from __future__ import annotations

import io
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from numpy.typing import NDArray

from orchestrator.inference.video import ClipPredictor
from orchestrator.results.explain import face
from orchestrator.results.explain.of_model import of_bundle
from orchestrator.results.explain.places import PARTS, Places, even
from preprocessing.files import danger
from preprocessing.inputs.view import Frame, KeyFrames, Shared, triple
from preprocessing.places import write_atomically
from preprocessing.schema import Clip
from preprocessing.terminal import drawn

PANELS = 6  # methods that are drawn; the text holds all


@dataclass(frozen=True)
class ClipExplanation:
    """Of one clip. called: the class that is explained, which the bundle gives the clip.

    importance  method -> float32 (T, P), each summing to 1 (methods.py); the mean over the bundle's models.
    lacking     method -> why the model has none.
    face        uint8 (256, 256, 3) RGB: the apex as the model's crop shows it, or None for a ready flow
                picture. landmarks: float (68, 2) on it.
    """

    clip: str
    called: str
    probability: float
    places: Places
    importance: dict[str, NDArray[np.float32]]
    lacking: dict[str, str]
    face: NDArray[Any] | None
    landmarks: NDArray[Any] | None

    def nested(self) -> dict[str, Any]:
        """For JSON: each method's share of the parts of the face and of the steps, and its strongest
        places, none where it is even."""
        return {
            "clip": self.clip,
            "class": self.called,
            "probability": self.probability,
            "methods": {name: _told(self.places, shares) for name, shares in self.importance.items()},
            "lacking": self.lacking,
        }

    def png(self) -> bytes:
        """The picture: the face with each method's places, shares of the parts, and the course over time."""
        figure = self._figure()
        FigureCanvasAgg(figure)
        data = io.BytesIO()
        figure.savefig(data, format="png", dpi=110)
        return data.getvalue()

    def _figure(self) -> Figure:
        names = list(self.importance)[:PANELS]
        figure = Figure(figsize=(2.5 * len(names) + 0.6, 5.4), layout="constrained")
        said = f"{self.called} ({self.probability:.0%})"
        figure.suptitle(drawn(f"{self.clip[-70:]}\nwhat counted for {said}"), fontsize=9)
        rows: Any = figure.subplots(2, len(names), squeeze=False, height_ratios=(3, 2))
        for column, name in enumerate(names):
            shares = self.importance[name]
            face.draw(
                rows[0, column], self.places.boxes, shares.sum(0), name.replace("_", " "),
                picture=self.face, landmarks=self.landmarks,
            )  # fmt: skip
            _bars(rows[1, column], self.places, shares)
        return figure


def explanation(predictor: ClipPredictor, clip: Clip) -> ClipExplanation | str:
    """What counted for the class that the bundle gives the clip, or why there is nothing to explain: the
    reason for which the bundle abstains."""
    told = predictor(clip)
    if told.reason or told.called is None:
        return told.reason
    x, (picture, points) = _read(predictor, clip)
    called = np.array([predictor.bundle.about.classes.index(told.called)])
    made, places = of_bundle(predictor.bundle, x, called, published=predictor.pictures, landmarks=points)
    return ClipExplanation(
        told.clip, told.called, told.probabilities[told.called], places,
        {name: values[0] for name, values in made.importance.items()}, made.lacking,
        picture, points,
    )  # fmt: skip


def write_beside(predictor: ClipPredictor, clips: Sequence[Clip], folder: Path, name: str = "") -> list[Path]:
    """NAME.why.png and NAME.why.json of each clip that the model does not abstain from; returns the pictures.

    NAME is the clip's file or folder without ending, with a number where several have it; ``name`` stands in
    its place and in the files if given. Raises OSError.
    """
    made: list[Path] = []
    for clip in clips:
        told = explanation(predictor, clip)
        if isinstance(told, str):
            continue
        told = replace(told, clip=name or told.clip)
        stem = first = name or clip.frames.stem
        number = 1
        while (picture := folder / f"{stem}.why.png") in made:
            number += 1
            stem = f"{first}-{number}"
        png, text = told.png(), json.dumps(told.nested(), indent=2) + "\n"
        write_atomically(picture, lambda path, data=png: path.write_bytes(data))
        write_atomically(folder / f"{stem}.why.json", lambda path, said=text: path.write_text(said))
        made.append(picture)
    return made


def explanation_picture(predictor: ClipPredictor, clip: Clip) -> bytes:
    """PNG of ``explanation``. Raises ValueError with the reason where the bundle abstains."""
    made = explanation(predictor, clip)
    if isinstance(made, str):
        raise ValueError(f"{clip.frames} is not explained, as the model abstains: {made}")
    return made.png()


class _Face:
    """The picture at the apex, with the landmarks of the onset: these are there whatever the input needs."""

    def __init__(self, clip: Clip) -> None:
        self.onset, self.apex, _ = triple(clip)
        self.frames = KeyFrames((self.onset, self.apex))

    def see(self, frame: Frame, shared: Shared) -> None:
        self.frames.see(frame, shared)

    def result(self, shared: Shared) -> Any:
        """(picture, landmarks): Face."""
        landmarks = self.frames[self.onset].landmarks
        if landmarks is None:
            raise ValueError("the first frame has landmarks")
        return self.frames[self.apex].colour, landmarks


Face = tuple[NDArray[Any], NDArray[Any]]


def _read(predictor: ClipPredictor, clip: Clip) -> tuple[NDArray[Any], Face | tuple[None, None]]:
    """(the clip's input (1, ...), its face). The predictor has read the clip before."""
    clip = replace(clip, problem=clip.problem or danger(clip))
    row = predictor.pipeline.rows(clip, pictures=predictor.pictures)[predictor.name]
    x = row["x"][None]
    if predictor.pictures:
        return x, (None, None)
    apex = replace(clip, apex=row["apex"], apex_source=row["apex_source"])
    values, _ = predictor.pipeline.collect(apex, lambda whole: {"face": _Face(whole)})
    if isinstance(values["face"], Exception):
        raise values["face"]
    return x, values["face"]


def _told(places: Places, shares: NDArray[np.float32]) -> dict[str, Any]:
    by_place = shares.sum(0)
    alike = bool(even(by_place))
    first: Sequence[int] = [] if alike else np.argsort(-by_place, kind="stable")[:5].tolist()
    return {
        "even": alike,
        "parts": dict(zip(PARTS, (round(float(v), 4) for v in places.by_part(shares)), strict=True)),
        "steps": dict(zip(places.steps, (round(float(v), 4) for v in shares.sum(1)), strict=True)),
        "places": {places.names[i]: round(float(by_place[i]), 4) for i in first},
    }


def _bars(axes: Any, places: Places, shares: NDArray[np.float32]) -> None:
    """Shares of the parts; of an input with several steps, their course instead of one bar."""
    if len(places.steps) > 1:
        axes.bar(range(1, len(places.steps) + 1), shares.sum(1), color="#1b6ca8")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        axes.set_xlabel("step", fontsize=7)
        axes.set_title("share of each step", fontsize=7)
    else:
        axes.barh(PARTS, places.by_part(shares), color="#1b6ca8")
        axes.invert_yaxis()
        axes.set_title("share of each part, per area", fontsize=7)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
