"""A long video or folder of frames -> its curves: one pass, a few frames in memory, a chunk of about twenty
seconds kept as soon as it is whole. A pass that was interrupted goes on, and ends with the same numbers as
one that was not.

So that it does, the face is looked for anew at each chunk's begin, and a pass that goes on begins a chunk
earlier, whose rows are there already: a row depends on nothing that lies further back.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from preprocessing import closure
from preprocessing.decode import FramesError
from preprocessing.errors import BadInput
from preprocessing.files import danger, files_of
from preprocessing.flow import Flow
from preprocessing.frames import LARGEST, container_fps
from preprocessing.landmarks import Landmarker
from preprocessing.pace import varying
from preprocessing.places import file_bytes, write_atomically
from preprocessing.schema import Clip
from preprocessing.sealed import set_aside
from preprocessing.spotting.motion import GROUPS, SCALES, Follows, Motion, Rate, Row
from preprocessing.spotting.reading import reading

SLOWEST, FASTEST = 15.0, 1000.0  # frames a second
CHUNK = 20.0  # seconds, about
ROW = np.dtype([("curves", np.float32, (len(SCALES), len(GROUPS))), ("head", np.float32), ("lost", np.uint8)])
LOST = ("", "no face", "several faces", "face turned away or cut off")  # what ROW's "lost" means


class SpotError(BadInput):
    """What cannot be spotted in: names the video, what is wrong and what to do."""


@dataclass(frozen=True)
class Curves:
    """Of a whole video.

    frames        number of frames; first: the number of the first one.
    rows          (samples,) of ROW: every ``rate.step``-th frame.
    """

    source: Path
    rate: Rate
    first: int
    frames: int
    rows: NDArray[Any]

    @property
    def lost(self) -> dict[str, float]:
        """Why there is no face -> seconds, of those that are not 0."""
        seconds = {
            why: float((self.rows["lost"] == i).sum()) / self.rate.samples
            for i, why in enumerate(LOST)
            if why
        }
        return {why: length for why, length in seconds.items() if length}


Progress = Callable[[int, int], None]


def curves(
    source: Path,
    *,
    fps: float | None = None,
    kept: Path | None = None,
    progress: Progress | None = None,
    landmarker: Follows | None = None,
    flow: Flow | None = None,
) -> Curves:
    """The curves of a video (avi, mp4, mov) or a folder of frames.

    fps       of a folder of frames; of a video where its own is wrong.
    kept      folder in which chunks are kept, and from which those are taken that are there already: under
              the name of the video's state and of the code that made them.
    progress  is told (frames seen, frames in all) after each sample; frames in all as the container states
    it. landmarker, flow  what finds the face and the flow, for tests.
    Raises SpotError for what is no video, cannot be read to its end, has a rate that is unknown or out of
    range, or no face in any frame; OSError where a chunk cannot be kept.
    """
    try:
        return _curves(source, fps, kept, progress, landmarker, flow)
    except FramesError as error:
        raise SpotError(str(error)) from error


def _curves(
    source: Path,
    fps: float | None,
    kept: Path | None,
    progress: Progress | None,
    landmarker: Follows | None,
    flow: Flow | None,
) -> Curves:
    clip = Clip("video", "video/somebody", source.name, source, "", fps=fps)
    if why := danger(clip):
        raise SpotError(why)
    reader = reading(source)
    rate = Rate(_rate(source, fps))
    size = max(round(CHUNK * rate.samples), 2 * rate.behind)
    keep = _Kept(kept / _identity(source, rate, size) if kept is not None else None, size)
    done = keep.whole()
    warm = max(0, done - 1) * size
    motion = Motion(rate, landmarker or Landmarker(), first=warm, flow=flow)
    sample = warm
    begin, step = reader.first + warm * rate.step, rate.step
    for number, image in reader.frames(lambda n: n >= begin and (n - reader.first) % step == 0):
        if sample % size == 0:
            motion.restart()
        for row in motion.see(image):
            keep.add(row)
        sample += 1
        if progress:
            progress(number + 1 - reader.first, reader.count)
    for row in motion.end():
        keep.add(row)
    keep.close()
    rows = keep.rows(reader.seen, rate.step)
    if len(rows) and (rows["lost"] > 0).all():
        raise SpotError(
            f"{source}: no face to follow in any of {len(rows)} frames that were looked at ({_most(rows)}); "
            "one face, larger than 80 pixels, must be seen"
        )
    if len(rows) <= rate.lag:
        raise SpotError(
            f"{source} has {reader.seen} frames, {reader.seen / rate.fps:.2f} s: too short to spot in, where "
            f"frames {rate.lag * rate.step} apart are compared; a cut clip is for predict"
        )
    return Curves(source, rate, reader.first, reader.seen, rows)


def _most(rows: NDArray[Any]) -> str:
    return LOST[int(np.bincount(rows["lost"]).argmax())]


def _rate(source: Path, fps: float | None) -> float:
    stated = fps
    if fps is None and not source.is_dir():
        # phones and browsers record at a rate that varies, and state another, or that of their clock
        whole = Clip("video", "video/somebody", source.name, source, "")
        stated = varying(whole, 0, LARGEST)[0] or container_fps(source)
    if stated is None:
        raise SpotError(f"{source} does not say how many frames it has a second; say --fps")
    if not SLOWEST <= stated <= FASTEST:
        raise SpotError(
            f"{source} has {stated:g} frames a second; {SLOWEST:g} to {FASTEST:g} can be spotted in (a micro-"
            "expression of half a second would be a few frames): record faster, or say --fps if that is wrong"
        )
    return float(stated)


def _identity(source: Path, rate: Rate, size: int) -> str:
    """16 hex digits: of the files, the rate, and the code that makes rows."""
    code = closure.digest(["preprocessing.spotting.motion"])
    text = json.dumps([files_of(source).state, rate.fps, size, code])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


class _Kept:
    """The rows of a pass: in files, one a chunk, or in memory where nothing is to be kept."""

    def __init__(self, folder: Path | None, size: int) -> None:
        """size: rows of a chunk."""
        self.folder, self.size = folder, size
        self.chunks: dict[int, NDArray[Any]] = {}
        self.waiting: list[Row] = []
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)

    def whole(self) -> int:
        """How many chunks are there from the first on; a damaged one and those behind it count as missing."""
        if self.folder is None:
            return 0
        while (rows := _chunk(self._file(self.folder, len(self.chunks)))) is not None:
            if len(rows) != self.size:
                break
            self.chunks[len(self.chunks)] = rows
        return len(self.chunks)

    def add(self, row: Row) -> None:
        """The next row; the chunk that it makes whole is kept."""
        self.waiting.append(row)
        if (row.sample + 1) % self.size == 0:
            self.close()

    def close(self) -> None:
        """Keep what waits as a chunk, unless it is one of those that were there."""
        waiting, self.waiting = self.waiting, []
        if not waiting or (number := waiting[0].sample // self.size) in self.chunks:
            return
        rows = np.zeros(len(waiting), ROW)
        for i, row in enumerate(waiting):
            rows[i] = (row.curves, row.head, _why(row.lost))
        self.chunks[number] = rows
        if self.folder is not None:
            write_atomically(self._file(self.folder, number), lambda path: _write(path, rows))

    def rows(self, frames: int, step: int) -> NDArray[Any]:
        """All rows, one for each sample of so many frames."""
        held = [self.chunks[number] for number in sorted(self.chunks)]
        rows: NDArray[Any] = np.concatenate(held) if held else np.zeros(0, ROW)
        return rows[: -(-frames // step)]

    @staticmethod
    def _file(folder: Path, number: int) -> Path:
        return folder / f"{number:06d}.rows"


def _write(path: Path, rows: NDArray[Any]) -> None:
    """As NPY behind its SHA-256."""
    made = io.BytesIO()
    np.save(made, rows, allow_pickle=False)
    path.write_bytes(hashlib.sha256(made.getvalue()).digest() + made.getvalue())


def _chunk(path: Path) -> NDArray[Any] | None:
    """None where there is none, or it is damaged, which is said; it is then set aside. Of an older program:
    NPY without a digest."""
    try:
        data = file_bytes(path)  # a pipe would be waited for
    except FileNotFoundError:
        return _rows(path.with_suffix(".npy"))
    except OSError as error:
        set_aside(path, f"{path}: {error}; these curves are made again")
        return None
    if hashlib.sha256(data[32:]).digest() != data[:32]:
        set_aside(path, f"{path} is damaged, its SHA-256 is another; these curves are made again")
        return None
    return _rows(io.BytesIO(data[32:]))


def _rows(source: Path | io.BytesIO) -> NDArray[Any] | None:
    try:
        held = io.BytesIO(file_bytes(source)) if isinstance(source, Path) else source
        rows = np.load(held, allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return rows if isinstance(rows, np.ndarray) and rows.dtype == ROW else None


def _why(lost: str) -> int:
    """Place in LOST of what motion.Row says."""
    if not lost:
        return 0
    return 1 if "no face" in lost or "is lost" in lost else 2 if "faces" in lost else 3
