"""What a clip's files hold: a digest of their bytes, so that a copy of a corpus, elsewhere and of another
day, is the same corpus, and a frame that was replaced by another of equal size is not.

Bytes are read once. The digest is remembered with the paths and the state of the files (name, size, time of
the last write, time of change), in ``features/contents/``: as long as nothing of that changes, no file is
opened again. A file that changed within the last seconds is not remembered, as a clock's tick could hide one
more change.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from preprocessing import sealed
from preprocessing.decode import Unreadable, unread
from preprocessing.files import Files, no_regular_file
from preprocessing.places import Place, make_folder

# A mount answers several readers in the time of one; on a disk of this machine they only wait for each other.
READERS, SLOW = 8, 5_000_000  # ns that a clip's first file takes where the others are read side by side


class Contents:
    """The remembered digests of one corpus. home: its folder, absolute; kept: where ``features/`` is, or None
    to remember nothing."""

    def __init__(self, home: str = "", kept: Place | None = None):
        self.path = kept and kept / "contents" / f"{_sha256(home)[:16]}.json"
        self._known: dict[str, str] = {}
        self._new = False
        self._readers = ThreadPoolExecutor(READERS)  # its threads begin when it is first asked
        if self.path is not None:
            self._known = sealed.kept(self.path)

    def of(self, files: Files) -> str:
        """64 hex digits of the files' numbers, names and bytes; of what is no regular file, its state instead
        of its bytes. Raises Unreadable where this machine cannot read one."""
        key = _sha256(*map(str, files.paths), files.state)
        if key in self._known:
            return self._known[key]
        began = time.time_ns()
        held = [_bytes(path, state) for path, state in zip(files.paths[:1], files.states, strict=False)]
        slow = time.time_ns() - began > SLOW
        read = self._readers.map if slow else map
        held += read(_bytes, files.paths[1:], files.states[1:])
        made = _sha256(repr(files.numbers), *(path.name for path in files.paths), *held)
        if files.newest < began - sealed.SETTLED:
            self._known[key], self._new = made, True
        return made

    def keep(self) -> None:
        """Write down what was read. Raises OSError, PlaceError for a folder that cannot be."""
        if self.path is None or not self._new:
            return
        # a store that may only be read from here: the bytes are read again next time
        with contextlib.suppress(PermissionError):
            make_folder(self.path.parent)
            sealed.write(self.path, self._known)
        self._new = False


def _sha256(*parts: str) -> str:
    return hashlib.sha256(b"\0".join(map(os.fsencode, parts))).hexdigest()


def _bytes(path: Path, state: str) -> str:
    """Digest of a file's bytes, or its state where it is none to read."""
    if no_regular_file(path):
        return state
    try:
        return sealed.sha256(path)
    except FileNotFoundError:
        return state
    except OSError as error:
        raise Unreadable(str(unread(path, error))) from error
