"""Spotters by name. Each is fitted on videos of training people alone, and gives, for one threshold after the
other, the intervals of a video that it has not seen.

    peaks      preprocessing/spotting/peaks.py: trained on nothing; the threshold is in robust deviations
    frame_cnn  frame_cnn.py: a small network; the threshold is a probability
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from orchestrator.spotting.frame_cnn import FrameCNN
from orchestrator.spotting.marked import Marked, Seen
from preprocessing.spotting.peaks import SPREADS, Interval, intervals


class Fitted(Protocol):
    """digest: 16 hex digits of what training has decided, "" where it has decided nothing."""

    @property
    def digest(self) -> str: ...

    def __call__(self, seen: Seen, thresholds: Sequence[float]) -> list[list[Interval]]: ...


class Spotter(Protocol):
    """thresholds: those among which training people choose, rising; usual: the one that is taken where nobody
    chooses."""

    @property
    def thresholds(self) -> tuple[float, ...]: ...

    @property
    def usual(self) -> float: ...

    def fit(self, videos: Sequence[Marked], seed: int, /) -> Fitted: ...


@dataclass(frozen=True)
class Peaks:
    """Nothing is fitted: what it finds in a video is remembered, so that the folds ask for it once."""

    thresholds: tuple[float, ...] = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0)
    usual: float = SPREADS
    digest: str = ""
    _known: dict[tuple[Seen, float], list[Interval]] = field(default_factory=dict, compare=False, repr=False)

    def fit(self, videos: Sequence[Marked], seed: int, /) -> Peaks:
        return self

    def __call__(self, seen: Seen, thresholds: Sequence[float]) -> list[list[Interval]]:
        for one in thresholds:
            if (seen, one) not in self._known:
                self._known[seen, one] = intervals(
                    seen.curves, seen.rate, seen.frames, first=seen.first, spreads=one
                )
        return [self._known[seen, one] for one in thresholds]


def spotters() -> dict[str, Spotter]:
    """New ones, by name."""
    return {"peaks": Peaks(), "frame_cnn": FrameCNN()}
