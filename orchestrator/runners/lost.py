"""Whether the Ray of a sweep is still there.

Ray itself waits a minute for a control service (gcs_server) that has died, then ends this very process; of a
raylet that has died it tells every trial, with a traceback each. Where this process has started them, both
are its children, and their end is seen at once. The head of a cluster that was joined is somewhere else: it
counts as dead when its port has refused every connection for half of Ray's minute. A head that is slow, or
that cannot be reached just now, refuses none.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import ray

from preprocessing import joined_ray

VITAL = ("gcs_server", "raylet")
EVERY = 0.2  # seconds between two looks at this process' children
EVERY_HEAD = 3.0  # seconds between two connections to a head
# seconds: half of what Ray waits, as a control service that keeps its state elsewhere may come back
REFUSES = float(os.environ.get("RAY_gcs_rpc_server_reconnect_timeout_s", "60")) / 2  # noqa: SIM112  Ray's name
GRACE = 10.0  # seconds for the main thread to come out of a call that waits for the head
_started: set[int] = set()  # process ids


@contextmanager
def begins() -> Iterator[None]:
    """Ray's vital processes that start meanwhile are this program's own, and watched. Those of a cluster that
    a test or a notebook makes in this process are not: there a node may be lost, and the sweep goes on."""
    before = _children().keys()
    yield
    _started.update(_children().keys() - before)


@contextmanager
def watched(lost: Callable[[str], object], stuck: Callable[[str], object]) -> Iterator[None]:
    """While open, ``lost`` is called once, in a thread of its own, with what has ended.

    stuck  likewise, where a joined cluster's head was lost and this is still open GRACE seconds later: the
           main thread waits in a call of Ray's, which ends the process.
    """
    over = threading.Event()
    if children := {process: name for process, name in _children().items() if process in _started}:
        watch = threading.Thread(target=_of_children, args=(children, over, lost), daemon=True)
    else:
        address = ray.get_runtime_context().gcs_address
        watch = threading.Thread(target=of_head, args=(address, over, lost, stuck), daemon=True)
    watch.start()
    try:
        yield
    finally:
        over.set()


def _of_children(processes: dict[int, str], over: threading.Event, lost: Callable[[str], object]) -> None:
    while not over.wait(EVERY):
        for process, name in processes.items():
            if _ended(process):
                lost(f"its process {name} has ended")
                return


def of_head(
    address: str, over: threading.Event, lost: Callable[[str], object], stuck: Callable[[str], object]
) -> None:
    """Until ``over``: whether a head, "host:port", still takes connections. It counts only once it has."""
    host, port = joined_ray.parts(address)
    last = None  # time when it was there
    while not over.wait(EVERY_HEAD):
        if not _refuses(host, port):
            last = time.monotonic()
        elif last is not None and time.monotonic() - last >= REFUSES:
            what = f"its head at {address} has taken no connection for {REFUSES:.0f} s"
            lost(what)
            if not over.wait(GRACE):
                stuck(what)
            return


def _refuses(host: str, port: int) -> bool:
    """Whether nobody listens there. A head that is busy lets one wait; one that cannot be reached says
    nothing of itself."""
    try:
        socket.create_connection((host, port), timeout=EVERY_HEAD).close()
    except (ConnectionRefusedError, ConnectionResetError):
        return True
    except OSError:
        return False
    return False


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
