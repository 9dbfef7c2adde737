"""Signals that are handled otherwise for a while."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from types import FrameType

Handler = Callable[[int, FrameType | None], object] | signal.Handlers


@contextmanager
def handled(numbers: Iterable[int], handler: Handler) -> Iterator[None]:
    """While open, ``handler`` takes the signals; then who took them before. Python lets the main thread alone
    say so: in another one signals stay as they were."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)
