"""One process at a time."""

from __future__ import annotations

import contextlib
import fcntl
from collections.abc import Iterator
from pathlib import Path

from orchestrator.workspace import sealed


@contextlib.contextmanager
def alone(lock: Path) -> Iterator[bool]:
    """Wait until no other process holds the file ``lock``, and hold it. Gives False on a file system without
    locks, where nobody waits. What stands in its place and is no file is set aside."""
    sealed.room(lock)
    with open(lock, "w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            held = True
        except OSError:
            held = False
        yield held
