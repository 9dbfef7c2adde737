"""What is asked of tens of thousands of folds again and again, and is too much to hold in memory: in a file
without a name, in the system's folder for temporary files (TMPDIR), which goes with the process."""

from __future__ import annotations

import os
import tempfile
from typing import IO

NOWHERE = -1


class Scratch:
    """Bytes by where they lie. Several threads may read; one writes. A process that was forked off reads what
    there was, and keeps nothing of its own: both would write to one place."""

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._end, self._owner = 0, os.getpid()

    def put(self, data: bytes) -> int:
        """Where they lie; NOWHERE if the disk is full or may not be written: then they are not kept."""
        if os.getpid() != self._owner:
            return NOWHERE
        try:
            if self._file is None:
                self._file = tempfile.TemporaryFile(buffering=0)  # noqa: SIM115  as long as the process
            if os.pwrite(self._file.fileno(), data, self._end) != len(data):
                return NOWHERE
        except OSError:
            return NOWHERE
        at, self._end = self._end, self._end + len(data)
        return at

    def get(self, at: int, length: int) -> bytes:
        """So many bytes from there on. Raises OSError."""
        if self._file is None:
            raise ValueError("nothing was put there")
        return os.pread(self._file.fileno(), length, at)


SCRATCH = Scratch()
