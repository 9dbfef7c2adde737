"""The scores of MEGC for spotting, and for spotting and then recognising.

Source  MEGC 2021 to 2025 (arXiv:2506.15298 for spot-then-recognise): a spotted interval is right where its
        intersection with a true one is at least half of their union; TP, FP and FN are summed over all videos
        before precision, recall and F1 are taken; what was spotted rightly is then scored as recognition;
        STRS is the product of spotting's F1 and recognition's.
Differs each true interval is matched once, to the spotted one of the largest overlap; of the challenge's
        texts none says what becomes of a second one. Here it is a false positive. For two intervals that
        each keep half of one other, IoU >= 1/2 leaves next to no other choice.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

KINDS = ("micro", "macro")
IOU = 0.5


@dataclass(frozen=True)
class Spotted:
    """An interval of a video, true or spotted: frames, inclusive, in the numbers of the video. kind:
    "micro" or "macro"; emotion: its class, or "" where nobody says. score: of a spotted one, larger is
    surer."""

    video: str
    onset: int
    offset: int
    kind: str
    emotion: str = ""
    score: float = 0.0


@dataclass(frozen=True)
class Counts:
    """TP, FP, FN of some videos. Sums with +."""

    tp: int = 0
    fp: int = 0
    fn: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.tp + other.tp, self.fp + other.fp, self.fn + other.fn)

    @property
    def precision(self) -> float:
        """0 where nothing was spotted."""
        return self.tp / (self.tp + self.fp) if self.tp + self.fp else 0.0

    @property
    def recall(self) -> float:
        """0 where nothing is there."""
        return self.tp / (self.tp + self.fn) if self.tp + self.fn else 0.0

    @property
    def f1(self) -> float:
        """0 where there is nothing and nothing was spotted."""
        whole = 2 * self.tp + self.fp + self.fn
        return 2 * self.tp / whole if whole else 0.0


@dataclass(frozen=True)
class Scores:
    """spotting: kind ("micro", "macro", "all") -> counts. pairs: (true class, recognised class) of each true
    positive that both say a class of; recognition_f1, recognition_uar: of these, the mean over ``classes``.
    strs: F1 of spotting micro-expressions times recognition_f1."""

    spotting: dict[str, Counts]
    pairs: tuple[tuple[str, str], ...] = ()
    classes: tuple[str, ...] = ()
    recognition_f1: float = 0.0
    recognition_uar: float = 0.0
    strs: float = 0.0
    per_class: dict[str, Counts] = field(default_factory=dict)


def iou(one: Spotted, other: Spotted) -> float:
    """Intersection over union of two intervals, in frames; 0 of two videos."""
    if one.video != other.video:
        return 0.0
    both = min(one.offset, other.offset) - max(one.onset, other.onset) + 1
    if both <= 0:
        return 0.0
    return both / (one.offset - one.onset + 1 + other.offset - other.onset + 1 - both)


def matched(
    true: Sequence[Spotted], spotted: Sequence[Spotted], least: float = IOU
) -> list[tuple[Spotted, Spotted]]:
    """(true, spotted) pairs whose overlap is at least ``least``, each interval in one pair at most: the
    largest overlaps first, of equals the surer one."""
    pairs = [
        (overlap, other.score, -i, -j)
        for i, one in enumerate(true)
        for j, other in enumerate(spotted)
        if (overlap := iou(one, other)) >= least
    ]
    left, right = set(range(len(true))), set(range(len(spotted)))
    kept = []
    for _, _, i, j in sorted(pairs, reverse=True):
        if -i in left and -j in right:
            left.remove(-i)
            right.remove(-j)
            kept.append((true[-i], spotted[-j]))
    return kept


def scores(
    true: Iterable[Spotted],
    spotted: Iterable[Spotted],
    *,
    classes: Sequence[str] = (),
    videos: Iterable[str] | None = None,
) -> Scores:
    """Scores pooled over videos.

    classes  of recognition; by default those of the true micro-expressions. The mean is over all of them,
             also those that were never spotted.
    videos   those that count, by default all that are named.
    """
    kept = set(videos) if videos is not None else None
    truth, found = ([one for one in given if kept is None or one.video in kept] for given in (true, spotted))
    spotting: dict[str, Counts] = {}
    pairs: list[tuple[Spotted, Spotted]] = []
    for kind in KINDS:
        mine, theirs = ([one for one in held if one.kind == kind] for held in (truth, found))
        hits = _by_video(mine, theirs)
        spotting[kind] = Counts(len(hits), len(theirs) - len(hits), len(mine) - len(hits))
        if kind == "micro":
            pairs = hits
    spotting["all"] = spotting["micro"] + spotting["macro"]
    called = tuple((one.emotion, other.emotion) for one, other in pairs if one.emotion and other.emotion)
    shown = {one.emotion for one in truth if one.kind == "micro" and one.emotion}
    names = tuple(classes) or tuple(sorted(shown))
    each = {name: _of_class(name, called) for name in names}
    f1 = _mean([counts.f1 for counts in each.values()])
    uar = _mean([counts.recall for counts in each.values()])
    return Scores(spotting, called, names, f1, uar, spotting["micro"].f1 * f1, each)


def _by_video(true: Sequence[Spotted], spotted: Sequence[Spotted]) -> list[tuple[Spotted, Spotted]]:
    def split(held: Sequence[Spotted]) -> Mapping[str, list[Spotted]]:
        of: dict[str, list[Spotted]] = {}
        for one in held:
            of.setdefault(one.video, []).append(one)
        return of

    theirs = split(spotted)
    return [pair for video, mine in split(true).items() for pair in matched(mine, theirs.get(video, []))]


def _of_class(name: str, pairs: Sequence[tuple[str, str]]) -> Counts:
    return Counts(
        sum(a == name and b == name for a, b in pairs),
        sum(a != name and b == name for a, b in pairs),
        sum(a == name and b != name for a, b in pairs),
    )


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
