"""Files that we keep and check when we read them: what is not as it was written is damaged, named, set aside,
and never used.

Of a feature set a JSON text carries a checksum of itself, any other file has its SHA-256 in such a text:
``{..., "seal": SHA-256 of the text without it}``, written with sorted keys. Reading writes it again and
compares every byte, so that no change, of a space or of a digit, passes. What else a workspace keeps has
formats of its own (orchestrator/workspace/sealed.py).
"""

from __future__ import annotations

import errno
import hashlib
import json
import logging
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from preprocessing.errors import BadInput
from preprocessing.places import Place, free_name, moved, names, write_atomically
from preprocessing.reread import twice

SEAL = "seal"
# ns since the last change of a file whose digest is remembered: a clock's tick could hide one more change
SETTLED = 2_000_000_000
log = logging.getLogger(__name__)
_checked: dict[tuple[int, ...], str] = {}  # state of a file -> its SHA-256


class Damaged(BadInput):
    """A kept file is there and is not what was written: cut, changed, of another kind. way_out: what the user
    does. Its text says path, why and that."""

    def __init__(self, path: Place, why: str, way_out: str = ""):
        super().__init__(f"{path} is damaged ({why})" + (f"; {way_out}" if way_out else ""))
        self.path, self.why = path, why


_PART = 2**18  # bytes of a file that are read at once


def sha256(data: bytes | Path) -> str:
    """64 hex digits of bytes, or of a file's. Raises OSError."""
    digest = hashlib.sha256()
    if isinstance(data, bytes):
        digest.update(data)
        return digest.hexdigest()
    # hashlib.file_digest clears 256 KiB first, which takes longer than a frame's bytes
    with open(data, "rb", buffering=0) as file:
        while part := file.read(_PART):
            digest.update(part)
    return digest.hexdigest()


def text_of(value: Mapping[str, Any]) -> str:
    """The sealed text of a JSON object that has no key "seal"."""
    seal = sha256(json.dumps(value, sort_keys=True).encode())
    return json.dumps({**value, SEAL: seal}, sort_keys=True)


def write(path: Place, value: Mapping[str, Any], *, flush: bool = True) -> None:
    """Write the object atomically, sealed. Raises OSError (places.write_atomically)."""
    text = text_of(value)
    write_atomically(path, lambda temporary: temporary.write_text(text), flush=flush)


def read(path: Place) -> dict[str, Any]:
    """The object that ``write`` wrote. Raises FileNotFoundError, Damaged, and OSError where the place cannot
    be reached."""
    data = _bytes(path)
    try:
        text = data.decode()
        held = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise Damaged(path, str(error)) from error
    if not isinstance(held, dict):
        raise Damaged(path, f"it holds {text[:20]!r}, no JSON object")
    if SEAL not in held:
        raise Damaged(path, "it carries no checksum: an older program wrote it, or it is cut")
    seal = held.pop(SEAL)
    if text_of(held) != text:
        raise Damaged(path, f"it does not agree with its checksum {str(seal)[:12]!r}")
    return held


def kept(path: Place) -> dict[str, Any]:
    """As ``read``; {} of what is not there, and of what is damaged, which is then set aside."""
    try:
        return read(path)
    except FileNotFoundError:
        return {}
    except Damaged as error:
        set_aside(path, error)
        return {}


@twice
def _bytes(path: Place) -> bytes:
    check_kind(path)
    return path.read_bytes()


def check_kind(path: Place, way_out: str = "") -> None:
    """Raises FileNotFoundError where nothing is, Damaged for a folder, a pipe or a device: reading one could
    wait for ever."""
    if isinstance(path, Path) and not path.is_file():
        if not path.exists():
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        raise Damaged(path, "it is no regular file", way_out)


def set_aside(path: Place, why: object = "") -> Place:
    """Rename what is there to the first free name beside it that ends in ``.damaged``, and return that.

    why  is logged with both names; gone already (another process was first) is then no error. Raises OSError
         where it may not be renamed.
    """
    aside = free_name(path)
    try:
        moved(path, aside)
    except FileNotFoundError:
        if not why:
            raise
        log.warning("%s; another process has set it aside", why)
    else:
        if why:
            log.warning("%s; set aside as %s", why, aside.name)
    return aside


def verified(path: Place) -> tuple[Path | bytes, dict[str, Any]]:
    """What a file is read from, once all of it and its ``.json``, which states its SHA-256, were checked; and
    what that says.

    A file of this machine, or of a mount, that this process has read through before is not read through again
    as long as nothing of its state has changed. Raises FileNotFoundError, Damaged, OSError.
    """
    return _agrees(path, read(path.with_suffix(".json")))


@twice
def _agrees(path: Place, marker: dict[str, Any]) -> tuple[Path | bytes, dict[str, Any]]:
    check_kind(path)
    if isinstance(path, Path):
        held: Path | bytes = path
        began, state = time.time_ns(), _state(path)
        bytes_, found = state[0], _checked.get(state, "")
        if not found and bytes_ == marker["bytes"]:
            found = sha256(path)
            if state[-1] < began - SETTLED:
                _checked[state] = found
    else:
        data = path.read_bytes()
        held, bytes_, found = data, len(data), sha256(data)
    if (bytes_, found) != (marker["bytes"], marker["sha256"]):
        raise Damaged(
            path,
            f"its {bytes_} bytes do not agree with the size {marker['bytes']} and the checksum "
            f"{marker['sha256'][:12]} that its marker states",
        )
    return held, marker


def _state(path: Path) -> tuple[int, ...]:
    """Changes whenever the file is written or replaced: size, device, number, times of the last write and of
    change."""
    held = path.stat()
    return held.st_size, held.st_dev, held.st_ino, held.st_mtime_ns, held.st_ctime_ns


def both_aside(path: Place, why: Damaged) -> str:
    """The marker, which vouches for the shard, goes first; then the shard. Returns words."""
    there = names(path.parent)
    both = [one for one in (path.with_suffix(".json"), path) if one.name in there]
    if not both:
        return "the store does not list it (any more)"
    return f"set aside as {' and '.join(set_aside(one, why).name for one in both)}"
