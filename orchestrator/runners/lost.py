"""Whether the Ray that this process has started is still there.

Ray itself waits a minute for a control service (gcs_server) that has died, then ends this very process; of a
raylet that has died it tells every trial, with a traceback each. Both are children of this process, so their
end is seen at once here.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

VITAL = ("gcs_server", "raylet")
EVERY = 0.2  # seconds between two looks
_started: set[int] = set()  # process ids


@contextmanager
def begins() -> Iterator[None]:
    """Ray's vital processes that start meanwhile are this program's own, and watched. Those of a cluster that
    a test or a notebook makes in this process are not: there a node may be lost, and the sweep goes on."""
    before = _children().keys()
    yield
    _started.update(_children().keys() - before)


@contextmanager
def watched(lost: Callable[[str], object]) -> Iterator[None]:
    """While open, ``lost`` is called once, in a thread of its own, with the name of the process that has
    ended. A cluster that was joined has its processes elsewhere, and is not watched."""
    over = threading.Event()

    def watch(processes: dict[int, str]) -> None:
        while not over.wait(EVERY):
            for process, name in processes.items():
                if _ended(process):
                    lost(name)
                    return

    if children := {process: name for process, name in _children().items() if process in _started}:
        threading.Thread(target=watch, args=(children,), daemon=True).start()
    try:
        yield
    finally:
        over.set()


def _children() -> dict[int, str]:
    """Process id -> name of Ray's vital processes among this one's children."""
    found = {}
    for process in Path(f"/proc/{os.getpid()}/task").glob("*/children"):
        for child in process.read_text().split():
            name = _name(int(child))
            if name in VITAL:
                found[int(child)] = name
    return found


def _name(process: int) -> str:
    try:
        return Path(f"/proc/{process}/comm").read_text().strip()
    except FileNotFoundError:
        return ""


def _ended(process: int) -> bool:
    """Gone, or a zombie that nobody has asked for yet."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except (FileNotFoundError, ProcessLookupError):
        return True
