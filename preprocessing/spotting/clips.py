"""Intervals of a long video -> clips of their own, one at a time, as folders of frames: what a model is asked
about. The pixels are those of the video."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
from numpy.typing import NDArray

from preprocessing.decode import read_image
from preprocessing.landmarks import FaceError
from preprocessing.schema import Clip
from preprocessing.spotting.motion import Follows
from preprocessing.spotting.peaks import Interval
from preprocessing.spotting.reading import reading
from preprocessing.spotting.run import Curves

PICTURE = 200  # pixels: height of a key frame
ROOM = 1.8  # side of the square around a face in it, in lengths of the face from brows to chin


def clips(curves: Curves, found: Sequence[Interval]) -> Iterator[Clip]:
    """The clip of each interval, in order: it is there until the next one is asked for.

    found  in order of time, without overlap. Raises FramesError, OSError.
    """
    if curves.source.is_dir():
        for one in found:
            yield _clip(curves, one, curves.source)
        return
    within = {number for one in found for number in range(one.onset, one.offset + 1)}
    waiting = list(found)
    with tempfile.TemporaryDirectory(prefix="mer-spot-") as name:
        folder = Path(name)
        for number, image in reading(curves.source).frames(within.__contains__):
            _, data = cv2.imencode(".png", image, [cv2.IMWRITE_PNG_COMPRESSION, 1])
            (folder / f"{number:08d}.png").write_bytes(data.tobytes())
            if number == waiting[0].offset:
                yield _clip(curves, waiting.pop(0), folder)
                for path in folder.iterdir():
                    path.unlink()


def _clip(curves: Curves, one: Interval, frames: Path) -> Clip:
    return Clip(
        "video",
        "video/somebody",
        frames.name,
        frames,
        "",
        onset=one.onset,
        apex=one.apex,
        offset=one.offset,
        fps=curves.rate.fps,
        apex_source="spotted",
    )


def key_frames(clip: Clip, landmarker: Follows) -> tuple[bytes, ...]:
    """Onset, apex and offset of a clip in a folder of frames, as JPEG of PICTURE pixels height: the part of
    the frame around the face at the onset, or the whole where no single face is seen there."""
    from preprocessing.frames import list_frames

    files = list_frames(clip.frames)
    numbers = (clip.onset, clip.apex, clip.offset)
    return _pictures([read_image(files[int(number or 0)]) for number in numbers], landmarker)


def key_frames_of(curves: Curves, one: Interval, landmarker: Follows) -> tuple[bytes, ...]:
    """The same of an interval of a video. Raises FramesError."""
    wanted = (one.onset, one.apex, one.offset)
    held = dict(reading(curves.source).frames(wanted.__contains__))
    return _pictures([held[number] for number in wanted], landmarker)


def _pictures(images: Sequence[NDArray[Any]], landmarker: Follows) -> tuple[bytes, ...]:
    rows, columns = _around_face(images[0], landmarker)
    return tuple(_picture(image[rows, columns]) for image in images)


def _around_face(image: NDArray[Any], landmarker: Follows) -> tuple[slice, slice]:
    """Rows and columns of a square, cut at the picture's sides; all of them where no single face is seen."""
    try:
        points = landmarker.start(image)
    except FaceError:
        return slice(None), slice(None)
    low, high = points.min(axis=0), points.max(axis=0)
    half = ROOM * float((high - low).max()) / 2
    columns, rows = (
        slice(max(0, round(at - half)), max(1, round(at + half))) for at in ((low + high) / 2).tolist()
    )
    return rows, columns


def _picture(image: NDArray[Any]) -> bytes:
    width = max(1, round(image.shape[1] * PICTURE / image.shape[0]))
    how = cv2.INTER_AREA if image.shape[0] > PICTURE else cv2.INTER_LINEAR
    made = cv2.resize(image, (width, PICTURE), interpolation=how)
    return cv2.imencode(".jpg", made, [cv2.IMWRITE_JPEG_QUALITY, 85])[1].tobytes()
