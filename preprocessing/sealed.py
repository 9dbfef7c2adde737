"""Files that we keep and check when we read them: a JSON text carries a checksum of itself, any other file
has its SHA-256 in such a text. What does not agree is set aside, never used.

A text is ``{..., "seal": SHA-256 of the text without it}``, written with sorted keys. Reading writes it again
and compares every byte, so that no change, of a space or of a digit, passes.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from preprocessing.errors import BadInput
from preprocessing.places import Place, free_name, moved, names, write_atomically

SEAL = "seal"
log = logging.getLogger(__name__)


class DamagedFile(BadInput):
    """A kept file is there and is not what was written: cut, changed, of another kind, or of an older program
    that kept no checksum. Names it and what is wrong."""


_PART = 2**18  # bytes of a file that are read at once


def sha256(path: Path) -> str:
    """64 hex digits of a file's bytes. Raises OSError."""
    digest = hashlib.sha256()
    # hashlib.file_digest clears 256 KiB first, which takes longer than a frame's bytes
    with open(path, "rb", buffering=0) as file:
        while part := file.read(_PART):
            digest.update(part)
    return digest.hexdigest()


def text_of(value: Mapping[str, Any]) -> str:
    """The sealed text of a JSON object that has no key "seal"."""
    seal = hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
    return json.dumps({**value, SEAL: seal}, sort_keys=True)


def write(path: Place, value: Mapping[str, Any], *, flush: bool = True) -> None:
    """Write the object atomically, sealed. Raises OSError (places.write_atomically)."""
    text = text_of(value)
    write_atomically(path, lambda temporary: temporary.write_text(text), flush=flush)


def read(path: Place) -> dict[str, Any]:
    """The object that ``write`` wrote. Raises FileNotFoundError, DamagedFile, and OSError where the place
    cannot be reached."""
    check_kind(path)
    data = path.read_bytes()
    try:
        text = data.decode()
        held = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise DamagedFile(f"{path} is damaged: {error}") from error
    if not isinstance(held, dict):
        raise DamagedFile(f"{path} is damaged: it holds {text[:20]!r}, no JSON object")
    if SEAL not in held:
        raise DamagedFile(f"{path} carries no checksum: an older program wrote it, or it is damaged")
    seal = held.pop(SEAL)
    if text_of(held) != text:
        raise DamagedFile(f"{path} is damaged: it does not agree with its checksum {str(seal)[:12]!r}")
    return held


def check_kind(path: Place) -> None:
    """Raises FileNotFoundError where nothing is, DamagedFile for a folder, a pipe or a device: reading one
    could wait for ever."""
    if isinstance(path, Path) and not path.is_file():
        if not path.exists():
            raise FileNotFoundError(f"{path} is not there")
        raise DamagedFile(f"{path} is damaged: it is no regular file")


def set_aside(path: Place, why: object) -> Place:
    """Rename what is there to a free name that ends in ``.damaged``, beside it, and log both names.

    Returns the new name. Gone already (another process was first) is no error. Raises OSError where it may
    not be renamed.
    """
    aside = free_name(path)
    try:
        moved(path, aside)
    except FileNotFoundError:
        log.warning("%s; another process has set it aside", why)
    else:
        log.warning("%s; set aside as %s", why, aside.name)
    return aside


def verified(path: Place) -> tuple[Path | bytes, dict[str, Any]]:
    """What a file is read from, once all of it and its ``.json``, which states its SHA-256, were checked; and
    what that says.

    Raises FileNotFoundError, DamagedFile, OSError.
    """
    marker = read(path.with_suffix(".json"))
    check_kind(path)
    if isinstance(path, Path):
        held: Path | bytes = path
        bytes_, found = path.stat().st_size, ""
        if bytes_ == marker["bytes"]:
            found = sha256(path)
    else:
        data = path.read_bytes()
        held, bytes_, found = data, len(data), hashlib.sha256(data).hexdigest()
    if (bytes_, found) != (marker["bytes"], marker["sha256"]):
        raise DamagedFile(
            f"{path} is damaged: its {bytes_} bytes do not agree with the size {marker['bytes']} and the "
            f"checksum {marker['sha256'][:12]} that its marker states"
        )
    return held, marker


def both_aside(path: Place, why: DamagedFile) -> str:
    """The marker, which vouches for the shard, goes first; then the shard. Returns words."""
    there = names(path.parent)
    both = [one for one in (path.with_suffix(".json"), path) if one.name in there]
    if not both:
        return "the store does not list it (any more)"
    return f"set aside as {' and '.join(set_aside(one, why).name for one in both)}"
