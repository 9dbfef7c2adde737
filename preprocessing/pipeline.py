"""One clip through the steps that the asked inputs need, each once: decode, landmarks, crop, flow. Every clip gives one row.

What goes wrong with a clip (no face, a broken frame, a label that cannot be) ends in the row's ``status`` and ``error``; what
goes wrong with the program is raised.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import cv2
import numpy as np

from preprocessing.action_units import vector
from preprocessing.align import Crop, crop_of
from preprocessing.flow import FLOWS, Flow
from preprocessing.frames import FramesError, read_clip, read_picture
from preprocessing.inputs import INPUTS
from preprocessing.inputs.view import Collector, Frame, Settings
from preprocessing.landmarks import FaceError, Landmarker
from preprocessing.schema import AU_VOCABULARY, Clip

PICTURE_CORPORA = ("ststnet_flow",)  # corpora of ready flow pictures: no frames, no face


class ClipError(ValueError):
    """The clip cannot give its inputs; the text goes into its row."""


class Pipeline:
    """Holds the models and flow method of one worker; ``row`` is called for clip after clip and keeps nothing between them."""

    def __init__(self, names: tuple[str, ...], settings: Settings):
        self.names, self.settings = names, settings
        self.flow: Flow = FLOWS[settings.flow]()
        self._landmarker: Landmarker | None = None

    @property
    def landmarker(self) -> Landmarker:
        if self._landmarker is None:
            self._landmarker = Landmarker()
        return self._landmarker

    def rows(self, clip: Clip) -> dict[str, dict[str, Any]]:
        """{input name: row of its feature set} for one clip. A clip that fails gives error rows for every input."""
        row = _labels(clip)
        try:
            if clip.problem:
                raise ClipError(clip.problem)
            if clip.corpus in PICTURE_CORPORA:
                picture = read_picture(clip.frames)
                row |= {"n_frames": 1, "height": picture.shape[0], "width": picture.shape[1]}
                values = {name: INPUTS[name].from_picture(picture) for name in self.names}
            else:
                values, facts = self._from_frames(clip)
                row |= facts
        except (ClipError, FramesError, FaceError, ValueError, OSError, cv2.error) as error:
            failed = row | {"status": "error", "error": f"{type(error).__name__}: {error}", "x": None}
            return dict.fromkeys(self.names, failed)
        return {name: row | {"x": np.ascontiguousarray(x, np.float32).ravel()} for name, x in values.items()}

    def _from_frames(self, clip: Clip) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
        apex_source = clip.apex_source
        if clip.apex is None and clip.onset is not None and clip.offset is not None:
            clip = replace(clip, apex=(clip.onset + clip.offset) // 2)
            apex_source = "middle"
        collectors: dict[str, Collector] = {name: INPUTS[name].collector(clip, self.settings) for name in self.names}
        shared = _Remember(self.flow)
        crop: Crop | None = None
        n, height, width = 0, 0, 0
        for n, (number, image) in enumerate(read_clip(clip), start=1):
            if crop is None:
                points = self.landmarker.start(image)
                crop, height, width = crop_of(points), image.shape[0], image.shape[1]
            else:
                points = self.landmarker.follow(image, n - 1)
            grey = crop.image(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY))
            frame = Frame(number, grey, crop.points(points))
            for collector in collectors.values():
                collector.see(frame, shared)
        if n < 2:
            raise ClipError(f"{n} frame(s) between onset {clip.onset} and offset {clip.offset}; motion needs at least two")
        values = {name: collector.result(shared) for name, collector in collectors.items()}
        for name, x in values.items():
            if not np.isfinite(x).all():
                raise ClipError(f"input {name} is not finite")
        facts = {"n_frames": n, "height": height, "width": width, "apex": clip.apex, "apex_source": apex_source}
        return values, facts


class _Remember:
    """The flow method with its last answer kept: several inputs that ask for the same pair of frames pay once."""

    def __init__(self, flow: Flow):
        self.flow = flow
        self.pair: tuple[np.ndarray, np.ndarray] | None = None
        self.answer: np.ndarray | None = None

    def __call__(self, first: np.ndarray, second: np.ndarray) -> np.ndarray:
        if self.answer is None or self.pair is None or self.pair[0] is not first or self.pair[1] is not second:
            self.pair, self.answer = (first, second), self.flow(first, second)
        return self.answer


def _labels(clip: Clip) -> dict[str, Any]:
    """The columns that a clip has whatever becomes of its pixels."""
    au_vector: list[int] | None = None
    if clip.aus_known and not clip.problem:
        au_vector = list(vector(clip.aus, AU_VOCABULARY))
    return {
        "clip_id": clip.clip_id, "corpus": clip.corpus, "subject": clip.subject, "name": clip.name, "emotion": clip.emotion,
        "aus_known": clip.aus_known, "aus": clip.aus, "au_vector": au_vector,
        "onset": clip.onset, "apex": clip.apex, "offset": clip.offset, "apex_source": clip.apex_source, "fps": clip.fps,
        "n_frames": None, "height": None, "width": None, "repairs": "\n".join(clip.repairs), "status": "ok", "error": "",
    }  # fmt: skip
