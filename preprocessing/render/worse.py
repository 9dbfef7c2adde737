"""A rendered corpus made worse along one axis, clip by clip the same otherwise: how much a score hangs on
what a laboratory gets right.

keyframes    frames by which an annotator errs: the onset that much too late, the apex as much too early or
             too late (a coin a clip). Both stay within the clip, the apex behind the onset. 0..64.
noise        standard deviation of noise added to every pixel, grey levels of 255. 0..64.
frame_rate   every n-th frame is left, and the frame rate is divided by n. 1..16.
compression  JPEG quality at which frames are written; the renderer writes 95. 1..95.
head_motion  face pixels: how far the head sways more, on an ellipse of 1 to 3 turns a second at most, and a
             tenth of a degree for each of them. 0..32.

Frames are those of the source where nothing is done to them. What is random is drawn from the names of axis,
person and clip, so that a corpus made again is the same.
"""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from preprocessing.places import write_atomically
from preprocessing.render.config import DEFAULT_SIZE, generator
from preprocessing.render.corpus import MANIFEST_FIELDS, read_claim

VERSION = 1  # raise it when the same axis and amount would give other bytes
CLAIM = "worse.json"
# axis -> smallest and largest amount
AXES = {
    "keyframes": (0, 64),
    "noise": (0, 64),
    "frame_rate": (1, 16),
    "compression": (1, 95),
    "head_motion": (0, 32),
}
NEUTRAL = {"keyframes": 0, "noise": 0, "frame_rate": 1, "compression": 95, "head_motion": 0}
AS_THEY_ARE = ("keyframes", "frame_rate")  # their frames are copied, byte by byte
Row = dict[str, str]
Picture = NDArray[Any]


def worsened(source: Path, target: Path, axis: str, amount: float) -> Path:
    """The corpus rendered in ``source``, made worse, in the folder ``target``, which is returned; left as it
    is where it is there already. For the neutral amount it is ``source`` itself.

    Raises ValueError for an unknown axis and an amount out of range, FileExistsError where the folder holds
    something else, OSError when a file cannot be read or written.
    """
    if axis not in AXES:
        raise ValueError(f"axis {axis!r} is none of {', '.join(AXES)}")
    low, high = AXES[axis]
    if not low <= amount <= high or (axis in AS_THEY_ARE and amount != int(amount)):
        raise ValueError(f"{axis} must be from {low} to {high}, whole for frames, got {amount}")
    if amount == NEUTRAL[axis]:
        return source
    # the source may be moved with its workspace; what it is, its own claim says
    rendered = read_claim(source / "render.json")
    wanted = {"version": VERSION, "axis": axis, "amount": float(amount), "source": rendered}
    claim, manifest = target / CLAIM, target / "manifest.csv"
    if claim.exists() and read_claim(claim) != wanted:
        raise FileExistsError(f"{target} holds another corpus than {wanted}; delete it or choose another")
    if not claim.exists() and target.exists() and any(target.iterdir()):
        raise FileExistsError(f"{target} holds files that were not written here; delete it")
    target.mkdir(parents=True, exist_ok=True)
    write_atomically(claim, lambda path: path.write_text(json.dumps(wanted), encoding="utf-8"))
    with (source / "manifest.csv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines))
    whole = manifest.exists()
    made = [_row(row, source, target, axis, amount, write=not whole) for row in rows]
    text = io.StringIO()
    writer = csv.DictWriter(text, MANIFEST_FIELDS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(made)
    if not whole or manifest.read_text(encoding="utf-8") != text.getvalue():
        write_atomically(manifest, lambda path: path.write_text(text.getvalue(), encoding="utf-8"))
    return target


def moved(row: Row, by: int) -> Row:
    """A clip's row with its key frames moved. An onset never leaves two frames less than the clip has."""
    onset, apex, offset = (int(row[name]) for name in ("onset", "apex", "offset"))
    sign = 1 if generator(0, "keyframes", row["subject"], row["clip"]).random() < 0.5 else -1
    late = min(onset + by, offset - 2)
    return row | {"onset": str(late), "apex": str(min(max(apex + sign * by, late + 1), offset))}


def _row(row: Row, source: Path, target: Path, axis: str, amount: float, *, write: bool) -> Row:
    folder = source / row["frames"]
    first, last = int(row["onset"]), int(row["offset"])
    step = int(amount) if axis == "frame_rate" else 1
    numbers = list(range(first, last + 1, step))
    if write:
        _frames(
            folder, target / row["frames"], numbers, _change(axis, amount, row, len(numbers)), axis, amount
        )
    if axis == "keyframes":
        return moved(row, int(amount))
    if step == 1:
        return row
    return row | {
        "onset": "0",
        "apex": str(min(max(round((int(row["apex"]) - first) / step), 1), len(numbers) - 1)),
        "offset": str(len(numbers) - 1),
        "fps": f"{float(row['fps']) / step:g}",
    }


def _frames(
    source: Path, target: Path, numbers: list[int], change: Callable[[int, Picture], Picture], axis: str,
    amount: float,
) -> None:  # fmt: skip
    target.mkdir(parents=True, exist_ok=True)
    quality = int(amount) if axis == "compression" else 95
    for place, number in enumerate(numbers):
        name = f"img{place if axis == 'frame_rate' else number}.jpg"
        data = (source / f"img{number}.jpg").read_bytes()
        if axis not in AS_THEY_ARE:
            picture = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
            coded = cv2.imencode(".jpg", change(place, picture), [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
            data = coded.tobytes()
        (target / name).write_bytes(data)


def _change(axis: str, amount: float, row: Row, frames: int) -> Callable[[int, Picture], Picture]:
    """Function of (place of the frame in the clip, picture)."""
    rng = generator(0, axis, row["subject"], row["clip"])
    if axis == "noise":
        return lambda place, picture: np.clip(picture + rng.normal(0, amount, picture.shape), 0, 255).astype(
            np.uint8
        )
    if axis == "head_motion":
        start, turns = rng.uniform(0, 2 * math.pi), rng.uniform(0.3, 1.0)  # of a clip

        def sway(place: int, picture: Picture) -> Picture:
            side = picture.shape[0]
            angle = 2 * math.pi * turns * place / max(frames - 1, 1)
            length = amount * side / DEFAULT_SIZE
            x, y = (length * (f(start + angle) - f(start)) / 2 for f in (math.sin, math.cos))
            turned = 0.1 * amount * math.sin(angle)
            matrix: Picture = cv2.getRotationMatrix2D((side / 2, side / 2), turned, 1.0)
            matrix[:, 2] += (x, y)
            return cv2.warpAffine(picture, matrix, (side, side), borderMode=cv2.BORDER_REFLECT)

        return sway
    return lambda place, picture: picture
