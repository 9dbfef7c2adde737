"""One clip through the steps that the asked inputs need, each once: decode, landmarks, crop, flow. Every clip
gives one row.

What goes wrong with a clip (no face, a broken frame, a label that cannot be) ends in the row's ``status`` and
``error``; what goes wrong for one input alone (a frame that it needs is missing) in that of its row. What
this machine could not read is no verdict on the clip: its ``error`` begins with UNREAD, and the next run
tries again. What goes wrong with the program is raised. However long the clip, a few frames are held at
a time; where the apex is spotted, which needs the whole clip before any input can start, the aligned frames
wait (waiting.py).

A video without an offset is decoded once where its packets say how many frames it has and when they are
(pace.even). Where they leave a doubt, or the clip ends in an error, its frames are counted first.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.action_units import vector
from preprocessing.align import crop_of
from preprocessing.apex import SPOTTERS
from preprocessing.decode import Unreadable
from preprocessing.flow import FLOWS, Flow
from preprocessing.frames import container_fps, extent, missing, read_clip, read_picture
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
        if known and known.frames > (clip.onset or 0):
            made = self._rows(clip, names, known=known)
            if all(row["status"] == "ok" for row in made.values()):
                return made
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
        an offset, which spares decoding it to count its frames. Raises FAULTS.
        """
        first, last, fps, notes = _ends(clip, known)
        gaps = missing(clip)
        # without labelled ends every frame belongs to the clip
        whole = replace(clip, onset=first, offset=last, fps=fps)
        final = gaps[-1][0] - 1 if gaps and gaps[-1][1] == last else last
        frames = _Aligned(whole, final, self.landmarker, self.settings, self.tracks)
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
    if known:
        return clip.onset or 0, known.frames - 1, clip.fps or known.fps, ""
    first, last = extent(clip)
    if clip.frames.is_dir():
        return first, last, clip.fps, ""
    varied, notes = varying(clip, first, last)
    return first, last, clip.fps or varied or container_fps(clip.frames), notes


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


class _Aligned:
    """The frames of a clip with their landmarks, in order: an iterable for one pass.

    The geometry of the crop is that of the first frame. After it the landmark model runs only where its
    points are used, and then once in ``landmarks_every`` seconds; the frames between wait until their
    landmarks can be interpolated. final: number of the last frame that is there.
    """

    def __init__(self, clip: Clip, final: int, landmarker: Landmarker, settings: Settings, tracks: bool):
        self.clip, self.landmarker, self.settings, self.tracks = clip, landmarker, settings, tracks
        self.final = final
        # the spotter looks at every frame: cut at once it is in the processor's cache still, and is smaller
        self.cuts = settings.apex != MIDDLE and clip.apex is None
        self.every = max(1, round(settings.landmarks_every * clip.fps)) if tracks and clip.fps else 1
        self.height = self.width = 0

    def __iter__(self) -> Iterator[Frame]:
        images = read_clip(self.clip)
        number, image = next(images)
        self.height, self.width = image.shape[:2]
        found = self.landmarker.start(image)
        crop = crop_of(found)
        points = crop.points(found)
        reduce = 4 if crop.scale <= 1 / 4 else 2 if crop.scale <= 1 / 2 else 1
        # the crop needs no more: fewer pixels to decode, to look at and to warp, and no aliasing
        if reduce > 1:
            images, crop = read_clip(self.clip, reduce), crop.of_reduced(reduce)
            number, image = next(images)
        table = (
            equalising(cv2.cvtColor(crop.image(image), cv2.COLOR_BGR2GRAY))
            if self.settings.equalise
            else None
        )
        yield Frame(number, points, image, crop, table)
        waiting: list[Frame] = []
        looked = first = number
        for number, image in images:
            if not self.tracks:
                yield Frame(number, None, image, crop, table)
                continue
            frame = Frame(number, None, image, crop, table)
            waiting.append(frame.without_picture() if self.cuts else frame)
            if number - looked < self.every and number != self.final:
                continue
            before, points = points, crop.points(self.landmarker.follow(image, number - first))
            for held in waiting:
                share = np.float32((held.number - looked) / (number - looked))
                held.landmarks = before + (points - before) * share
                yield held
            looked = number
            waiting.clear()


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


def equalising(grey: NDArray[Any]) -> NDArray[Any]:
    """Look-up table uint8 (256,) that equalises the histogram of ``grey`` uint8 (H, W): the same as
    cv2.equalizeHist on it."""
    count = np.bincount(grey.ravel(), minlength=256)
    below = np.cumsum(count) - count[np.flatnonzero(count)[0]]
    return np.round(np.clip(below, 0, None) * (255 / max(below[-1], 1))).astype(np.uint8)


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
