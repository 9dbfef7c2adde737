"""A long video as a spotter sees it, and with what is true of it."""

from __future__ import annotations

import functools
import hashlib
from dataclasses import dataclass
from typing import Any

from numpy.typing import NDArray

from orchestrator.spotting.metrics import Spotted
from preprocessing.spotting.motion import Rate
from preprocessing.spotting.peaks import Interval
from preprocessing.spotting.run import Curves


@dataclass(frozen=True, eq=False)
class Seen:
    """What a spotter is given of a video: no name, no person, no truth.

    curves  float32 (samples, scales, groups) of preprocessing.spotting.motion, NaN without a face.
    head    float32 (samples,): pixels of the crop that the head has gone in one lag.
    """

    curves: NDArray[Any]
    head: NDArray[Any]
    rate: Rate
    frames: int
    first: int = 0

    @functools.cached_property
    def digest(self) -> str:
        """16 hex digits of all of it."""
        made = hashlib.sha256(repr((self.rate.fps, self.frames, self.first, self.curves.shape)).encode())
        for each in (self.curves, self.head):
            made.update(each.tobytes())
        return made.hexdigest()[:16]

    @classmethod
    def of(cls, made: Curves) -> Seen:
        return cls(made.rows["curves"], made.rows["head"], made.rate, made.frames, made.first)

    @classmethod
    def nothing(cls) -> Seen:
        """Of a video that cannot be read: nothing is spotted in it."""
        import numpy as np

        return cls(np.zeros((0, 2, 5), np.float32), np.zeros(0, np.float32), Rate(30.0), 0)


@dataclass(frozen=True, eq=False)
class Marked:
    """A video of a person, and its true expressions; their emotion is a class, or ""."""

    video: str
    person: str
    seen: Seen
    true: tuple[Spotted, ...]


def spotted(video: str, found: list[Interval]) -> list[Spotted]:
    """Of one video, for the scores; without a class."""
    return [Spotted(video, one.onset, one.offset, one.kind, "", one.score) for one in found]
