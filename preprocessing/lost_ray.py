"""Whether the Ray that is used is still there, and the end of the work where it is not.

Ray itself waits a minute for a control service (gcs_server) that has died, then ends this very process; of a
raylet that has died it tells every task, with a traceback each. Where this process has started them, both
are its children, and their end is seen at once. The head of a cluster that was joined is somewhere else: it
counts as dead when its port has refused every connection for half of Ray's minute. A head that is slow, or
that cannot be reached just now, refuses none.
"""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

VITAL = ("gcs_server", "raylet")
EVERY = 0.2  # seconds between two looks at this process' children
EVERY_HEAD = 3.0  # seconds between two connections to a head
# seconds: half of what Ray waits, as a control service that keeps its state elsewhere may come back
REFUSES = float(os.environ.get("RAY_gcs_rpc_server_reconnect_timeout_s", "60")) / 2  # noqa: SIM112  Ray's name
GRACE = 10.0  # seconds for the main thread to come out of a call that waits for the head
AGAIN = "what is finished is kept; the same command goes on from there"
WAKES = signal.SIGUSR2  # the main thread; SIGINT may be ignored, or mean that a sweep drains

_started: set[int] = set()  # process ids


class RayDied(ConnectionError):
    """The Ray that was used has ended; the text says what of it. What was finished is kept."""


class Watched:
    """While it is open, the end of the Ray that is used, also of one that begins meanwhile, ends the work:
    KeyboardInterrupt is raised in the main thread, and where this closes RayDied, whatever came of that.
    Opened inside another one, it closes first, and the other one lets pass what was made of its RayDied.

    stuck  is told what has ended, in another thread, where GRACE seconds later nothing has been closed: the
           main thread is held in a call of Ray's, which ends the process soon. In work of another thread
           than the main one nothing is raised.
    """

    def __init__(self, stuck: Callable[[str], object]):
        self.stuck = stuck

    def __enter__(self) -> Watched:
        global _looking
        if _looking is None:
            _looking = _Looking()
        _looking.open.append(self)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        global _looking
        looking = _looking
        if looking is None:
            return
        looking.open.remove(self)
        if looking.what:
            looking.left.set()
        if not looking.open:
            looking.end()
            _looking = None
        if looking.what and not died(error):
            raise RayDied(looking.what) from error


def ended() -> str:
    """What has ended of the Ray that is used, in words, while a Watched is open; "" where it is there."""
    return _looking.what if _looking else ""


def check() -> None:
    """Raises RayDied where Ray has ended: whoever has run the work may have kept the KeyboardInterrupt."""
    if what := ended():
        raise RayDied(what)


def died(error: BaseException | None) -> bool:
    """Whether it is a RayDied, or was made of one."""
    while error is not None and not isinstance(error, RayDied):
        error = error.__cause__
    return error is not None


class _Looking:
    """The thread that looks, one for all that are open."""

    def __init__(self) -> None:
        self.open: list[Watched] = []
        self.what = ""
        self.left, self._over = threading.Event(), threading.Event()
        self._main = threading.current_thread() is threading.main_thread()
        self._before = signal.signal(WAKES, self._raise) if self._main else None
        threading.Thread(target=self._look, daemon=True).start()

    def end(self) -> None:
        self._over.set()
        self.left.set()
        if self._main:
            signal.signal(WAKES, self._before or signal.SIG_DFL)

    def _raise(self, *_: object) -> None:
        if not self.left.is_set():
            raise KeyboardInterrupt

    def _look(self) -> None:
        while not self._over.wait(EVERY):
            if not _connected():
                continue
            children = {process: name for process, name in _children().items() if process in _started}
            if what := of_children(children, self._still) if children else of_head(_address(), self._still):
                self.what = f"Ray has died: {what}"
                if self._main:
                    signal.pthread_kill(threading.main_thread().ident or 0, WAKES)
                if not self.left.wait(GRACE) and self.open:
                    self.open[-1].stuck(self.what)
                return

    def _still(self, seconds: float) -> bool:
        """Whether there is anything to look at so many seconds later."""
        return not self._over.wait(seconds) and _connected()


_looking: _Looking | None = None


@contextmanager
def begins() -> Iterator[None]:
    """Ray's vital processes that start meanwhile are this program's own, and watched. Those of a cluster that
    a test or a notebook makes in this process are not: there a node may be lost, and the sweep goes on."""
    before = _children().keys()
    yield
    _started.update(_children().keys() - before)


def of_children(processes: dict[int, str], still: Callable[[float], bool]) -> str:
    """What has ended of them, process id -> name, in words; "" once ``still`` says no. Ray leaves them before
    it ends them itself, so that is no loss."""
    while still(EVERY):
        for process, name in processes.items():
            if _ended(process) and still(0):
                return f"its process {name} has ended"
    return ""


def of_head(address: str, still: Callable[[float], bool]) -> str:
    """Likewise of a head, "host:port". It counts only once it has taken a connection."""
    host, _, port = address.rpartition(":")
    last = None  # time when it was there
    while still(EVERY_HEAD):
        if not _refuses(host.strip("[]"), int(port)):
            last = time.monotonic()
        elif last is not None and time.monotonic() - last >= REFUSES and still(0):
            return f"its head at {address} has taken no connection for {REFUSES:.0f} s"
    return ""


def _connected() -> bool:
    """Whether this process uses a Ray."""
    is_initialized = getattr(sys.modules.get("ray"), "is_initialized", None)  # it may just be imported
    return is_initialized is not None and bool(is_initialized())


def _address() -> str:
    import ray

    return str(ray.get_runtime_context().gcs_address)


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
