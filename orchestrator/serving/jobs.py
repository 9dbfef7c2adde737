"""The videos that were sent, one after the other: each waits, runs, and is forgotten.

Everything lies in one folder, which ends with the program. Of each video: the upload is deleted when its job
has ended, however it ended; its results when somebody forgets them, or when KEPT later ones are there.
"""

from __future__ import annotations

import secrets
import shutil
import tempfile
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from preprocessing.errors import BadInput

WAITING = 8  # videos that wait, at most
KEPT = 8  # results, at most


class Full(BadInput):
    """So many videos wait already that no other is taken."""


class Forgotten(Exception):
    """Nobody wants this job any more."""


@dataclass(eq=False)
class Job:
    """One video. What changes is written by the thread that runs it, and read by those that tell of it.

    folder   of this job alone; video: the upload in it; name: as its sender calls it.
    asked    what its sender wants: "kind" and "fps".
    state    "waiting", "running", "done" or "failed"; error: why it failed.
    phase, share  what it does now, and how far that is: 0..1.
    result   for JSON, once it is done; timeline: SVG; pictures: name -> JPEG or PNG.
    """

    id: str
    folder: Path
    video: Path
    name: str
    asked: dict[str, Any]
    state: str = "waiting"
    error: str = ""
    phase: str = ""
    share: float = 0.0
    result: dict[str, Any] = field(default_factory=dict)
    timeline: str = ""
    pictures: dict[str, bytes] = field(default_factory=dict)
    forgotten: threading.Event = field(default_factory=threading.Event)

    def tell(self, phase: str, done: float, total: float) -> None:
        """How far it is. Raises Forgotten where nobody waits for it."""
        if self.forgotten.is_set():
            raise Forgotten
        self.phase, self.share = phase, min(1.0, done / total) if total else 0.0


Work = Callable[[Job], None]  # fills result, timeline and pictures; raises what is wrong
Fault = Callable[[Job, BaseException], str]  # what its sender is told of that


class Jobs:
    """A queue and the one thread that works on it. A context manager: at its end everything is deleted."""

    def __init__(self, work: Work, fault: Fault) -> None:
        self._work, self._fault = work, fault
        self._root = Path(tempfile.mkdtemp(prefix="mer-serve-"))  # mode 0700
        self._jobs: dict[str, Job] = {}
        self._lock = threading.Lock()
        self._thread = ThreadPoolExecutor(1, "mer-serve")

    def __enter__(self) -> Jobs:
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            for job in self._jobs.values():
                job.forgotten.set()
        self._thread.shutdown(cancel_futures=True)
        shutil.rmtree(self._root)

    def new(self, name: str, ending: str, asked: dict[str, Any]) -> Job:
        """A job with a folder, into which its video is to be written before ``put``. Raises Full, OSError."""
        with self._lock:
            if sum(job.state == "waiting" for job in self._jobs.values()) >= WAITING:
                raise Full(f"{WAITING} videos wait already; send yours again in a while")
            number = secrets.token_urlsafe(16)  # who does not know it cannot ask for it
            folder = self._root / number
            folder.mkdir()
            self._jobs[number] = job = Job(number, folder, folder / f"video{ending}", name, asked)
            return job

    def put(self, job: Job) -> None:
        """Its video is there whole."""
        self._thread.submit(self._run, job).add_done_callback(lambda made: self._ended(job, made))

    def get(self, number: str) -> Job | None:
        return self._jobs.get(number)

    def place(self, job: Job) -> int:
        """How many are before one that waits; 0 for others."""
        with self._lock:
            others = list(self._jobs.values())
        if job.state != "waiting" or job not in others:
            return 0
        return sum(one.state in ("waiting", "running") for one in others[: others.index(job)])

    def forget(self, job: Job) -> None:
        """End it if it runs, and delete all that is there of it."""
        job.forgotten.set()
        with self._lock:
            self._jobs.pop(job.id, None)
        if job.state != "running":  # else the thread deletes it, which still reads it
            shutil.rmtree(job.folder, ignore_errors=True)  # both may be at it

    def _run(self, job: Job) -> None:
        if job.forgotten.is_set():
            return
        job.state = "running"
        try:
            self._work(job)
        finally:
            job.video.unlink(missing_ok=True)

    def _ended(self, job: Job, made: Future[None]) -> None:
        """Also of one that was cancelled before it ran."""
        error = None if made.cancelled() else made.exception()
        if error is not None and not isinstance(error, Forgotten):
            job.error = self._fault(job, error)
        job.state = "failed" if made.cancelled() or error is not None else "done"
        if job.forgotten.is_set():
            shutil.rmtree(job.folder, ignore_errors=True)
        with self._lock:
            ended = [one for one in self._jobs.values() if one.state in ("done", "failed")]
        for one in ended[:-KEPT]:
            self.forget(one)
