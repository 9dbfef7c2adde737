"""What MediaPipe, TensorFlow Lite, FFmpeg and Ray's core write to stderr by themselves, past Python's
logging, and what Ray Data logs of its own work: no user of ours can act on it."""

from __future__ import annotations

import faulthandler
import logging
import os
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

NOISE = re.compile(
    rb"[WI]\d{4} |WARNING: All log messages before absl::InitializeLog\(\)|INFO: Created TensorFlow Lite"
    # of VP8 in .webm, which it then writes by its other tag
    rb"|OpenCV: FFMPEG: tag 0x30385056/'VP80' is not supported"
    # of Ray's core, which raises what is wrong
    rb"|\[[\d\- :,]+ [WI] \d+ \d+\] \w+\.cc:\d+: "
    # of a video that cannot be opened or read on, which our own line says
    rb"|\[ ?WARN:\d+@[\d.]+\] global cap\.cpp|\[[\w,]+ @ 0x[0-9a-f]+\] "
    # of a worker that is started again: its plan stays at hand
    rb"|\[[\d\- :,]+ E \d+ \d+\] \S+: Actor with class name: 'MapWorker"
    # of a head that is gone, which our own line says
    rb"|\[[\d\- :,]+ E \d+ \d+\] task_manager\.cc:\d+: Failed to push error to driver"
)


@contextmanager
def quiet() -> Iterator[None]:
    """Lines of NOISE never reach stderr while it is open; all others do, those of Python itself directly.
    Where stderr is not the process' own (a test that captures it) nothing is done."""
    if sys.stderr is not sys.__stderr__ or sys.stderr is None or sys.stderr.fileno() != 2:
        yield
        return
    python, there = sys.stderr, os.dup(2)
    ours = os.fdopen(os.dup(2), "w", buffering=1, encoding=python.encoding, errors=python.errors)
    read, write = os.pipe()
    sys.stderr = ours
    if not (enabled := faulthandler.is_enabled()):
        faulthandler.enable(ours)  # an end by a signal leaves no time for the thread
    passing = threading.Thread(target=_pass, args=(read, there), daemon=True)
    passing.start()
    os.dup2(write, 2)
    os.close(write)
    try:
        yield
    finally:
        python.flush()
        os.dup2(there, 2)  # the last end of the pipe that this process has
        passing.join(timeout=1.0)  # processes that it began may hold others
        sys.stderr = python
        if not enabled:
            faulthandler.disable()


def _pass(read: int, there: int) -> None:
    with os.fdopen(read, "rb") as lines, os.fdopen(there, "wb", buffering=0) as out:
        for line in lines:
            if not NOISE.match(line):
                out.write(line)


def quiet_ray_data() -> None:
    """Ray Data logs errors alone. Called after it has been imported, which sets its own level."""
    os.environ.setdefault("RAY_DATA_LOG_LEVEL", "ERROR")
    logging.getLogger("ray.data").setLevel(logging.ERROR)
