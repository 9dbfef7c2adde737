"""The user asks a sweep to end: the first Ctrl-C lets the folds that run end, the second ends all at once. A
terminal that is closed (SIGHUP) and SIGTERM ask the same."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from orchestrator.common.signals import handled
from preprocessing.terminal import without_terminal


class Draining:
    """Whether the user has asked the sweep to end."""

    def __init__(self) -> None:
        self.asked = False

    @contextmanager
    def listens(self, say: Callable[[str], object]) -> Iterator[None]:
        """While open, the first of the signals sets ``asked``; the second raises KeyboardInterrupt. In the
        main thread alone (common/signals.py)."""

        def handle(number: int, _: object) -> None:
            if number == signal.SIGHUP:
                without_terminal()
            if self.asked:
                raise KeyboardInterrupt
            self.asked = True
            say("ending: folds that run may finish and are kept; once more ends them too")

        asks = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
        # a program that nohup has started is to outlive its terminal
        with handled([one for one in asks if signal.getsignal(one) != signal.SIG_IGN], handle):
            yield
