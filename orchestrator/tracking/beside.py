"""Work beside a sweep: in a thread of its own, so that a sweep waits for it at its end alone, and not for
ever."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Beside:
    """Runs ``work`` when asked, once more when asked while it runs, and never twice at once.

    The thread ends with the work, and with the process, whatever it waits for.
    """

    def __init__(self, work: Callable[[], None]):
        self.work, self.stopped = work, False
        self._asked = False
        self._thread: threading.Thread | None = None
        self._lock, self._now = threading.Lock(), threading.Event()
        self._error: BaseException | None = None

    def ask(self, after: float = 0.0) -> None:
        """Return at once. after: seconds, or until the sweep ends, that the first work may wait."""
        with self._lock:
            self._asked = True
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, args=(after,), daemon=True, name="mlflow")
                self._thread.start()

    def hurry(self) -> None:
        """What waits for its time begins."""
        self._now.set()

    def stop(self, patience: float) -> None:
        """``stopped`` is true from now on; wait so many seconds for the work that runs to see it."""
        self.stopped = True
        self._now.set()
        if (thread := self._thread) is not None:
            thread.join(patience)

    def settle(self, state: Callable[[], object], still: float) -> None:
        """Wait for the end of the work, as long as ``state()`` changes within ``still`` seconds. Raises what
        the work has raised."""
        self._now.set()
        before, since = state(), time.monotonic()
        while (thread := self._thread) is not None and time.monotonic() - since < still:
            thread.join(0.2)
            if before != (now := state()):
                before, since = now, time.monotonic()
        if self._error is not None:
            raise self._error

    def _run(self, after: float) -> None:
        self._now.wait(after)
        try:
            while True:
                with self._lock:
                    if self.stopped or not self._asked:
                        self._thread = None
                        return
                    self._asked = False
                self.work()
        except BaseException as error:  # noqa: BLE001 - settle raises it, in the sweep's own thread
            with self._lock:
                self._error, self._thread = error, None
