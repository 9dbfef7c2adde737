"""One clip through the steps that the asked inputs need, each once: decode, landmarks, crop, flow. Every clip
gives one row.

What goes wrong with a clip (no face, a broken frame, a label that cannot be) ends in the row's ``status`` and
``error``; what goes wrong with the program is raised. However long the clip, a few frames are held at a time;
where the apex is spotted, which needs the whole clip before any input can start, the aligned frames wait in a
temporary file.
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
from preprocessing.flow import FLOWS, Flow
from preprocessing.frames import container_fps, extent, read_clip, read_picture
from preprocessing.inputs import INPUTS
from preprocessing.inputs.settings import MIDDLE, Settings
from preprocessing.inputs.view import Collector, Frame, Shared
from preprocessing.landmarks import Landmarker
from preprocessing.schema import AU_VOCABULARY, Clip

IN_MEMORY = 64 << 20  # bytes of waiting frames above which they go to disk


# what one clip can cause: FramesError, FaceError and ClipError are ValueErrors, as what an input says is
FAULTS = (ValueError, OSError, cv2.error)


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
                values = {name: INPUTS[name].from_picture(picture) for name in names}
            else:

                def collectors(whole: Clip) -> dict[str, Collector]:
                    return {name: INPUTS[name].collector(whole, self.settings) for name in names}

                values, facts = self.collect(clip, collectors)
                row |= facts
                for name, x in values.items():
                    if not _finite(x):
                        raise ClipError(f"input {name} is not finite")
        except FAULTS as error:
            failed = row | {"status": "error", "error": f"{type(error).__name__}: {error}", "x": None}
            return dict.fromkeys(names, failed)
        return {name: row | {"x": np.ascontiguousarray(x, INPUTS[name].dtype)} for name, x in values.items()}

    def collect(
        self, clip: Clip, make: Callable[[Clip], Mapping[str, Collector]]
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Show a clip's frames, in one decoding, to the collectors that ``make`` gives for it; returns their
        results and the facts.

        ``make`` is called with the clip completed: onset, apex and offset filled in where the labels leave
        them open. The facts are the columns of a row that follow from the frames. Raises FAULTS.
        """
        first, last = extent(clip)
        fps = clip.fps if clip.fps or clip.frames.is_dir() else container_fps(clip.frames)
        # without labelled ends every frame belongs to the clip
        whole = replace(clip, onset=first, offset=last, fps=fps)
        frames = _Aligned(whole, self.landmarker, self.settings, self.tracks)
        with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as waiting:
            source: Iterable[Frame] = frames
            apex, apex_source = clip.apex, clip.apex_source
            if apex is None and self.settings.apex == MIDDLE:
                apex, apex_source = (first + last) // 2, MIDDLE
            elif apex is None:
                apex, apex_source = _spot(frames, self.settings.apex, waiting), self.settings.apex
                source = _spooled(waiting, first)
            whole = replace(whole, apex=apex, apex_source=apex_source)
            shared = Shared(self.flow, whole, self.settings)
            collectors = make(whole)
            for frame in source:
                for collector in collectors.values():
                    collector.see(frame, shared)
            values = {name: collector.result(shared) for name, collector in collectors.items()}
        facts = {
            "n_frames": last - first + 1,
            "height": frames.height,
            "width": frames.width,
            "apex": apex,
            "apex_source": apex_source,
            "fps": fps,
            "duration_s": (last - first) / fps if fps else None,
            "apex_s": (apex - first) / fps if fps else None,
        }
        return values, facts


class _Aligned:
    """The frames of a clip with their landmarks, in order: an iterable for one pass.

    The geometry of the crop is that of the first frame. After it the landmark model runs only where its
    points are used, and then once in ``landmarks_every`` seconds; the frames between wait until their
    landmarks can be interpolated.
    """

    def __init__(self, clip: Clip, landmarker: Landmarker, settings: Settings, tracks: bool):
        self.clip, self.landmarker, self.settings, self.tracks = clip, landmarker, settings, tracks
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
        for step, (number, image) in enumerate(images, start=1):
            if not self.tracks:
                yield Frame(number, None, image, crop, table)
                continue
            waiting.append((number, image))
            if step % self.every and number != self.clip.offset:
                continue
            before, points = points, crop.points(self.landmarker.follow(image, step))
            for i, (earlier, held) in enumerate(waiting, start=1):
                yield Frame(
                    earlier, before + (points - before) * np.float32(i / len(waiting)), held, crop, table
                )
            waiting.clear()


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


def _spot(frames: Iterable[Frame], method: str, waiting: Any) -> int:
    """The apex that the method finds. The frames are written to ``waiting`` as they go by."""
    spotter = SPOTTERS[method]()
    for frame in frames:
        spotter.see(frame)
        for part in (frame.grey, frame.colour, frame.landmarks):
            waiting.write(np.ascontiguousarray(part).tobytes())
    return spotter.result()


def _spooled(waiting: Any, first: int) -> Iterator[Frame]:
    """The frames that ``_spot`` wrote, in the same order."""
    waiting.seek(0)
    number = first
    pixels = CROP * CROP
    while block := waiting.read(pixels * 4 + 68 * 2 * 4):
        landmarks = np.frombuffer(block[pixels * 4 :], np.float32).reshape(68, 2)
        grey = np.frombuffer(block[:pixels], np.uint8).reshape(CROP, CROP)
        colour = np.frombuffer(block[pixels : pixels * 4], np.uint8).reshape(CROP, CROP, 3)
        yield Frame.cut(number, landmarks, grey, colour)
        number += 1


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
        "status": "ok",
        "error": "",
    }
