"""The spotter that is trained on nothing (preprocessing/spotting/peaks.py); its threshold is in robust
deviations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from orchestrator.spotting.marked import Marked, Seen
from preprocessing.spotting.peaks import SPREADS, Interval, intervals


@dataclass(frozen=True)
class Peaks:
    """Nothing is fitted: what it finds in a video is remembered, so that the folds of a process ask for it
    once."""

    thresholds: tuple[float, ...] = (2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 10.0, 12.0, 15.0, 20.0)
    usual: float = SPREADS
    digest: str = ""
    _known: dict[tuple[str, float], list[Interval]] = field(default_factory=dict, compare=False, repr=False)

    def fit(self, videos: Sequence[Marked], seed: int, /) -> Peaks:
        return self

    def __call__(self, seen: Seen, thresholds: Sequence[float]) -> list[list[Interval]]:
        for one in thresholds:
            if (seen.digest, one) not in self._known:
                self._known[seen.digest, one] = intervals(
                    seen.curves, seen.rate, seen.frames, first=seen.first, spreads=one
                )
        return [self._known[seen.digest, one] for one in thresholds]
