"""Which clip ended its process: kept beside its shard while that is made, for whoever makes it next.

A decoder's abort and a kill for want of memory leave no exception. Before each clip it is written down who
begins it, and struck out after it, also when an exception ends it; what is found there later, of a process
that is gone, did not come back. After TRIES of them the clip is quarantined by name, and the rest of the
shard is made.
"""

from __future__ import annotations

import contextlib
import os
import socket
import time
from collections.abc import Iterator
from typing import Any

from preprocessing import sealed
from preprocessing.places import Place
from preprocessing.schema import Clip

TRIES = 3
ELSEWHERE = 600  # seconds; of a try on another machine only its age is known: older ones did not come back


_Try = list[Any]  # machine, process number, second


class Tries:
    """Of one shard: which of its clips were begun and not ended, and by whom."""

    def __init__(self, shard: Place):
        self.path = shard.with_suffix(".tries")
        self._begun: dict[str, list[_Try]] = sealed.kept(self.path)

    @property
    def begun(self) -> list[str]:
        """Ids of the clips that were begun and not ended."""
        return list(self._begun)

    def refusal(self, clip: Clip) -> str:
        """Why the clip is not tried again, or ""."""
        if sum(_gone(*one) for one in self._begun.get(clip.clip_id, ())) < TRIES:
            return ""
        return (
            f"{clip.frames} ended the process that read it {TRIES} times (a decoder's abort, or killed for "
            "memory); look at its files and at the memory of this machine; to have it tried again, delete "
            f"each {self.path.with_suffix('.json').name} below features"
        )

    @contextlib.contextmanager
    def trying(self, clip: Clip) -> Iterator[None]:
        """One try. Raises OSError when it cannot be written down."""
        me: _Try = [socket.gethostname(), os.getpid(), int(time.time())]
        before = self._begun.get(clip.clip_id, [])
        self._begun[clip.clip_id] = [*before, me]
        self._keep()
        try:
            yield
        except BaseException:  # this process lives
            self._begun[clip.clip_id] = before
            self._keep()
            raise
        del self._begun[clip.clip_id]  # struck out on disk when the next one begins

    def over(self) -> None:
        """The last clip has ended."""
        self._keep()

    def forget(self) -> None:
        """The shard is there."""
        self._begun.clear()
        self._keep()

    def _keep(self) -> None:
        if held := {clip: tries for clip, tries in self._begun.items() if tries}:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            sealed.write(self.path, held, flush=False)
        else:
            with contextlib.suppress(FileNotFoundError):
                self.path.unlink()


def _gone(machine: str, process: int, when: int) -> bool:
    """Whether that process has ended. Of another machine's it is taken to have, after a while."""
    if machine != socket.gethostname():
        return time.time() - when > ELSEWHERE
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:  # of another user
        return False
    return process == os.getpid()  # a number that was given again: this process has only begun
