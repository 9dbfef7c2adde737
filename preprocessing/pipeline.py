"""One clip through the steps that the asked inputs need, each once: decode, landmarks, crop, flow. Every clip
gives one row.

What goes wrong with a clip (no face, a broken frame, a label that cannot be) ends in the row's ``status`` and
``error``; what goes wrong for one input alone (a frame that it needs is missing) in that of its row. What
this machine could not read is no verdict on the clip: its ``error`` begins with UNREAD, and the next run
tries again. What goes wrong with the program is raised. However long the clip, a few frames are held at
a time; where the apex is spotted, which needs the whole clip before any input can start, the aligned frames
wait (waiting.py).

A video without an offset is decoded once where its packets say how many frames it has and when they are
(pace.even). Where they leave a doubt, or say too many, its frames are counted first.
"""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.action_units import vector
from preprocessing.aligned import Aligned, Fewer
from preprocessing.apex import SPOTTERS
from preprocessing.decode import Unreadable, endless
from preprocessing.flow import FLOWS, Flow
from preprocessing.frames import container_fps, extent, missing, read_picture
from preprocessing.gaps import BRIDGED, Runs, count, refusal, said
from preprocessing.inputs import INPUTS
from preprocessing.inputs.settings import MIDDLE, Settings
from preprocessing.inputs.view import Collector, Frame, Shared
from preprocessing.landmarks import Landmarker
from preprocessing.pace import Even, even, varying
from preprocessing.schema import AU_VOCABULARY, Clip
from preprocessing.waiting import kept

# what one clip can cause: FramesError, FaceError and ClipError are ValueErrors, as what an input says is
FAULTS = (ValueError, OSError, cv2.error)
OF_ONE = (ValueError, cv2.error)  # what one input can
UNREAD = f"{Unreadable.__name__}: "
NO_MOTION = "no motion (all zero)"


class ClipError(ValueError):
    """The clip cannot give its inputs; the text goes into its row."""


class Pipeline:
    """Holds the models and flow method of one worker; ``rows`` is called for clip after clip and keeps
    nothing between them."""

    def __init__(self, names: tuple[str, ...], settings: Settings):
        self.names, self.settings = names, settings
        needs_flow = any(INPUTS[name].needs_flow for name in names)
        self.flow: Flow | None = FLOWS[settings.flow]() if needs_flow else None
        self.tracks = settings.apex != MIDDLE or any(INPUTS[name].needs_landmarks for name in names)
        self._landmarker: Landmarker | None = None

    @property
    def landmarker(self) -> Landmarker:
        if self._landmarker is None:
            self._landmarker = Landmarker()
        return self._landmarker

    def rows(
        self, clip: Clip, names: tuple[str, ...] = (), *, pictures: bool = False
    ) -> dict[str, dict[str, Any]]:
        """{input name: row of its feature set} for one clip. A clip that fails gives error rows for every
        input.

        names     those of the pipeline's inputs that are wanted; by default all.
        pictures  the clip is a ready flow picture: no frames, no face.
        """
        names = names or self.names
        known = None if pictures or clip.problem or clip.offset is not None else even(clip.frames)
        if known and known.frames > (clip.onset or 0) + 1:
            with contextlib.suppress(Fewer):
                return self._rows(clip, names, known=known)
        return self._rows(clip, names, pictures=pictures)

    def _rows(
        self, clip: Clip, names: tuple[str, ...], *, pictures: bool = False, known: Even | None = None
    ) -> dict[str, dict[str, Any]]:
        row = _labels(clip)
        try:
            if clip.problem:
                raise ClipError(clip.problem)
            if pictures:
                picture = read_picture(clip.frames)
                row |= {"n_frames": 1, "height": picture.shape[0], "width": picture.shape[1]}
                gaps: Runs = ()
                values: dict[str, Any] = {name: INPUTS[name].from_picture(picture) for name in names}
            else:
                gaps = missing(clip)
                last = extent(clip)[1] if gaps else 0
                values = {
                    name: ClipError(f"{clip.frames}: {why}")
                    for name in names
                    if (why := refusal(INPUTS[name].gaps, gaps, last, self.settings))
                }
                wanted = [name for name in names if name not in values]

                def collectors(whole: Clip) -> dict[str, Collector]:
                    return {name: INPUTS[name].collector(whole, self.settings) for name in wanted}

                if wanted:
                    made, facts = self.collect(clip, collectors, known)
                    values, row = values | made, row | facts
        except FAULTS as error:
            return dict.fromkeys(names, row | _failed(error))
        return {name: row | _filled(name, values[name], gaps, row["notes"]) for name in names}

    def collect(
        self, clip: Clip, make: Callable[[Clip], Mapping[str, Collector]], known: Even | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Show a clip's frames, in one decoding, to the collectors that ``make`` gives for it; returns their
        results and the facts. The result of a collector that fails is its exception.

        ``make`` is called with the clip completed: onset, apex and offset filled in where the labels leave
        them open. The facts are the columns of a row that follow from the frames. known: of a video without
        an offset, which spares decoding it to count its frames; where that is too many, Fewer is raised.
        Raises FAULTS.
        """
        first, last, fps, notes = _ends(clip, known)
        if clip.apex is not None and not first <= clip.apex <= last:
            raise ClipError(
                f"{clip.frames}: its frames are {first}..{last}, and the apex {clip.apex} is none of them"
            )
        gaps = missing(clip)
        # without labelled ends every frame belongs to the clip
        whole = replace(clip, onset=first, offset=last, fps=fps)
        final = gaps[-1][0] - 1 if gaps and gaps[-1][1] == last else last
        # one that nobody has counted is read to its end, which tells whether it is whole
        read = clip if known else whole
        frames = Aligned(whole, read, final, self.landmarker, self.settings, self.tracks)
        with tempfile.SpooledTemporaryFile(max_size=1) as waiting:  # no file until something is written
            source: Iterable[Frame] = frames
            apex, apex_source = clip.apex, clip.apex_source
            if apex is None and self.settings.apex == MIDDLE:
                apex, apex_source = _there((first + last) // 2, gaps, self.settings), MIDDLE
            elif apex is None:
                spotter = SPOTTERS[self.settings.apex]()
                source = list(kept(frames, spotter, waiting))
                apex, apex_source = spotter.result(), self.settings.apex
            whole = replace(whole, apex=apex, apex_source=apex_source)
            values = _shown(source, dict(make(whole)), Shared(self.flow, whole, self.settings))
        facts = {
            "n_frames": last - first + 1 - count(gaps),
            "height": frames.height,
            "width": frames.width,
            "apex": apex,
            "apex_source": apex_source,
            "fps": fps,
            "duration_s": (last - first) / fps if fps else None,
            "apex_s": (apex - first) / fps if fps else None,
            "notes": notes,
        }
        return values, facts


def _ends(clip: Clip, known: Even | None) -> tuple[int, int, float | None, str]:
    """(first frame, last frame, frames per second, notes). Raises FramesError."""
    notes = [] if clip.offset is not None or clip.frames.is_dir() else [endless(clip.frames)]
    if known:
        return clip.onset or 0, known.frames - 1, clip.fps or known.fps, "".join(notes)
    first, last = extent(clip)
    if clip.frames.is_dir():
        return first, last, clip.fps, ""
    varied, uneven = varying(clip, first, last)
    notes.append(uneven)
    fps = clip.fps or varied or container_fps(clip.frames)
    return first, last, fps, "\n".join(filter(None, notes))


def _shown(frames: Iterable[Frame], collectors: dict[str, Collector], shared: Shared) -> dict[str, Any]:
    """Results of collectors that see all frames; of one that fails its exception."""
    values: dict[str, Any] = {}
    for frame in frames:
        for name, collector in list(collectors.items()):
            try:
                collector.see(frame, shared)
            except OF_ONE as error:
                values[name] = error
                del collectors[name]
    for name, collector in collectors.items():
        try:
            values[name] = collector.result(shared)
        except OF_ONE as error:
            values[name] = error
    return values


def _there(apex: int, gaps: Runs, settings: Settings) -> int:
    """The frame that is there and nearest to ``apex``, the earlier of two. Raises ClipError where it lies
    further off than Settings.max_gap."""
    for a, b in gaps:
        if a <= apex <= b:
            near = a - 1 if apex - a <= b - apex else b + 1
            if abs(near - apex) > settings.max_gap:
                raise ClipError(f"frame {apex}, which would stand for the apex, is missing, as are {a}-{b}")
            return near
    return apex


def _failed(error: Exception) -> dict[str, Any]:
    """The columns of a row that has no values."""
    no_memory = isinstance(error, cv2.error) and error.code == cv2.Error.StsNoMem
    of_the_machine = isinstance(error, OSError) or no_memory
    text = f"{UNREAD}this machine: {error}" if of_the_machine else f"{type(error).__name__}: {error}"
    return {"status": "error", "error": text, "x": None}


def _filled(name: str, x: Any, gaps: Runs, known: str) -> dict[str, Any]:
    """The columns of a row that follow from its values, or from why there are none. known: notes on the
    clip."""
    if isinstance(x, Exception):
        return _failed(x)
    if not _finite(x):
        return _failed(ClipError(f"input {name} is not finite"))
    notes = [known] if known else []
    if gaps and INPUTS[name].gaps == BRIDGED:
        notes.append(f"bridged gaps: {said(gaps)}")
    if not x.any():
        notes.append(f"{NO_MOTION}: the frames that it compares are one, equal, or cancel each other")
    return {"x": np.ascontiguousarray(x, INPUTS[name].dtype), "notes": "\n".join(notes)}


def _finite(x: NDArray[Any]) -> bool:
    """No infinity and no NaN. In float16 both have all bits of the exponent set; numpy's own test of it is
    ten times slower."""
    if x.dtype == np.float16:
        return not ((x.view(np.uint16) & 0x7C00) == 0x7C00).any()
    return bool(np.isfinite(x).all()) if x.dtype.kind == "f" else True


def _labels(clip: Clip) -> dict[str, Any]:
    """The columns that a clip has whatever becomes of its pixels."""
    au_vector: list[int] | None = None
    if clip.aus_known and not clip.problem:
        au_vector = list(vector(clip.aus, AU_VOCABULARY))
    return {
        "clip_id": clip.clip_id,
        "corpus": clip.corpus,
        "subject": clip.subject,
        "name": clip.name,
        "emotion": clip.emotion,
        "split": clip.split,
        "aus_known": clip.aus_known,
        "aus": clip.aus,
        "au_vector": au_vector,
        "onset": clip.onset,
        "apex": clip.apex,
        "offset": clip.offset,
        "apex_source": clip.apex_source,
        "fps": clip.fps,
        "duration_s": None,
        "apex_s": None,
        "n_frames": None,
        "height": None,
        "width": None,
        "repairs": "\n".join(clip.repairs),
        "notes": "",
        "status": "ok",
        "error": "",
    }
