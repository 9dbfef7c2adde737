"""The user asks a sweep to end: the first Ctrl-C lets the folds that run end, the second ends all at once."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Draining:
    """Whether the user has asked the sweep to end."""

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def listens(self, say: Callable[[str], object]) -> Iterator[None]:
        """While open, the first SIGINT or SIGTERM sets ``asked``; the second raises KeyboardInterrupt.

        Python lets the main thread alone listen: in another one signals stay as they were.
        """
        if threading.current_thread() is not threading.main_thread():
            yield
            return

        def handle(*_: object) -> None:
            if self.asked:
                raise KeyboardInterrupt
            self.asked = True
            say("ending: folds that run may finish and are kept; once more ends them too")

        before = {number: signal.signal(number, handle) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)
