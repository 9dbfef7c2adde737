"""One clip through the steps that the asked inputs need, each once: decode, landmarks, crop, flow. Every clip
gives one row.

What goes wrong with a clip (no face, a broken frame, a label that cannot be) ends in the row's ``status`` and
``error``; what goes wrong for one input alone (a frame that it needs is missing) in that of its row. What
this machine could not read is no verdict on the clip: its ``error`` begins with UNREAD, and the next run
tries again. What goes wrong with the program is raised. However long the clip, a few frames are held at
a time; where the apex is spotted, which needs the whole clip before any input can start, the aligned frames
wait in a temporary file.
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
from preprocessing.align import CROP, crop_of
from preprocessing.apex import SPOTTERS
from preprocessing.decode import Unreadable
from preprocessing.flow import FLOWS, Flow
from preprocessing.frames import container_fps, extent, missing, read_clip, read_picture
from preprocessing.gaps import BRIDGED, Runs, count, refusal, said
from preprocessing.inputs import INPUTS
from preprocessing.inputs.settings import MIDDLE, Settings
from preprocessing.inputs.view import Collector, Frame, Shared
from preprocessing.landmarks import Landmarker
from preprocessing.pace import varying
from preprocessing.schema import AU_VOCABULARY, Clip

IN_MEMORY = 64 << 20  # bytes of waiting frames above which they go to disk


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
        row, names = _labels(clip), names or self.names
        try:
            if clip.problem:
                raise ClipError(clip.problem)
            if pictures:
                picture = read_picture(clip.frames)
                row |= {"n_frames": 1, "height": picture.shape[0], "width": picture.shape[1]}
                gaps: Runs = ()
                values: dict[str, Any] = {name: INPUTS[name].from_picture(picture) for name in names}
            else:
                gaps, last = missing(clip), extent(clip)[1]
                values = {
                    name: ClipError(f"{clip.frames}: {why}")
                    for name in names
                    if (why := refusal(INPUTS[name].gaps, gaps, last, self.settings))
                }
                wanted = [name for name in names if name not in values]

                def collectors(whole: Clip) -> dict[str, Collector]:
                    return {name: INPUTS[name].collector(whole, self.settings) for name in wanted}

                if wanted:
                    made, facts = self.collect(clip, collectors)
                    values, row = values | made, row | facts
        except FAULTS as error:
            return dict.fromkeys(names, row | _failed(error))
        return {name: row | _filled(name, values[name], gaps, row["notes"]) for name in names}

    def collect(
        self, clip: Clip, make: Callable[[Clip], Mapping[str, Collector]]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Show a clip's frames, in one decoding, to the collectors that ``make`` gives for it; returns their
        results and the facts. The result of a collector that fails is its exception.

        ``make`` is called with the clip completed: onset, apex and offset filled in where the labels leave
        them open. The facts are the columns of a row that follow from the frames. Raises FAULTS.
        """
        (first, last), gaps = extent(clip), missing(clip)
        fps, notes = clip.fps, ""
        if not clip.frames.is_dir():
            varied, notes = varying(clip, first, last)
            fps = fps or varied or container_fps(clip.frames)
        # without labelled ends every frame belongs to the clip
        whole = replace(clip, onset=first, offset=last, fps=fps)
        final = gaps[-1][0] - 1 if gaps and gaps[-1][1] == last else last
        frames = _Aligned(whole, final, self.landmarker, self.settings, self.tracks)
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as waiting:
            source: Iterable[Frame] = frames
            apex, apex_source = clip.apex, clip.apex_source
            if apex is None and self.settings.apex == MIDDLE:
                apex, apex_source = _there((first + last) // 2, gaps, self.settings), MIDDLE
            elif apex is None:
                apex, numbers = _spot(frames, self.settings.apex, waiting)
                apex_source, source = self.settings.apex, _spooled(waiting, numbers)
            whole = replace(whole, apex=apex, apex_source=apex_source)
            shared = Shared(self.flow, whole, self.settings)
            collectors = dict(make(whole))
            values: dict[str, Any] = {}
            for frame in source:
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


class _Aligned:
    """The frames of a clip with their landmarks, in order: an iterable for one pass.

    The geometry of the crop is that of the first frame. After it the landmark model runs only where its
    points are used, and then once in ``landmarks_every`` seconds; the frames between wait until their
    landmarks can be interpolated. final: number of the last frame that is there.
    """

    def __init__(self, clip: Clip, final: int, landmarker: Landmarker, settings: Settings, tracks: bool):
        self.clip, self.landmarker, self.settings, self.tracks = clip, landmarker, settings, tracks
        self.final = final
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
        waiting: list[tuple[int, NDArray[Any]]] = []
        looked = first = number
        for number, image in images:
            if not self.tracks:
                yield Frame(number, None, image, crop, table)
                continue
            waiting.append((number, image))
            if number - looked < self.every and number != self.final:
                continue
            before, points = points, crop.points(self.landmarker.follow(image, number - first))
            for earlier, held in waiting:
                share = np.float32((earlier - looked) / (number - looked))
                yield Frame(earlier, before + (points - before) * share, held, crop, table)
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


def _spot(frames: Iterable[Frame], method: str, waiting: Any) -> tuple[int, list[int]]:
    """The apex that the method finds, and the frames' numbers. The frames are written to ``waiting`` as they
    go by."""
    spotter = SPOTTERS[method]()
    numbers = []
    for frame in frames:
        spotter.see(frame)
        numbers.append(frame.number)
        for part in (frame.grey, frame.colour, frame.landmarks):
            waiting.write(np.ascontiguousarray(part).tobytes())
    return spotter.result(), numbers


def _spooled(waiting: Any, numbers: Iterable[int]) -> Iterator[Frame]:
    """The frames that ``_spot`` wrote, in the same order."""
    waiting.seek(0)
    pixels = CROP * CROP
    for number in numbers:
        block = waiting.read(pixels * 4 + 68 * 2 * 4)
        landmarks = np.frombuffer(block[pixels * 4 :], np.float32).reshape(68, 2)
        grey = np.frombuffer(block[:pixels], np.uint8).reshape(CROP, CROP)
        colour = np.frombuffer(block[pixels : pixels * 4], np.uint8).reshape(CROP, CROP, 3)
        yield Frame.cut(number, landmarks, grey, colour)


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
