"""A fold that hangs is ended: first by an exception where it stands, and if it does not answer, with its
process."""

from __future__ import annotations

import faulthandler
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

GRACE = 30.0  # seconds that a fold has to leave after it was told to; a hang in C code cannot be told


class FoldTooSlow(TimeoutError):
    """The fold was still running at its time limit."""


@contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise FoldTooSlow in this thread, the process' main one, after ``seconds``; 0 = no limit.

    Code that does not come back to Python within GRACE more seconds is ended with the process, every thread's
    stack on its standard error: only a thread of C can do that, since the hanging one may hold the
    interpreter.
    """
    if not seconds:
        yield
        return

    def late(*_: object) -> None:
        raise FoldTooSlow(
            f"still running after its limit of {seconds:g} s; raise it with --fold-limit, or find out why it "
            "hangs"
        )

    before = signal.signal(signal.SIGALRM, late)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    faulthandler.dump_traceback_later(seconds + GRACE, exit=True, file=sys.__stderr__ or sys.stderr)
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
