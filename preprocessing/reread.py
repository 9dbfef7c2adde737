"""Reading from a folder that several machines share (NFS).

A file that another machine has just replaced can fail once while it is read: its handle is stale (ESTALE).
The name then leads to the new one. What was open when it was deleted lies on beside the others for a while,
as ``.nfs`` and a number: that is no file of ours.
"""

from __future__ import annotations

import errno
import functools
from collections.abc import Callable
from typing import ParamSpec, TypeVar

from preprocessing import places
from preprocessing.places import Place

P = ParamSpec("P")
T = TypeVar("T")


def twice(read: Callable[P, T]) -> Callable[P, T]:
    """The same, which begins anew once where a handle is stale."""

    @functools.wraps(read)
    def again(*given: P.args, **named: P.kwargs) -> T:
        try:
            return read(*given, **named)
        except OSError as error:
            if error.errno != errno.ESTALE:
                raise
        return read(*given, **named)

    return again


@twice
def file_bytes(path: Place) -> bytes:
    """As places.file_bytes, tried twice."""
    return places.file_bytes(path)


@twice
def read_part(path: Place, start: int, length: int) -> bytes:
    """As places.read_part, tried twice."""
    return places.read_part(path, start, length)


def left_by_nfs(name: str) -> bool:
    """Whether it is the rest of a deleted file."""
    return name.startswith(".nfs")
