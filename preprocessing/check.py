"""What a corpus' folder holds, against the published counts, before any work: nothing is decoded and nothing is written.

``inspect`` looks, ``check`` prints. A clip "cannot be used" when its labels say so or frames of it are missing by name; what only
decoding shows (a damaged file, no face) comes to light at extraction.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from preprocessing.datasets import DATASETS, read
from preprocessing.frames import VIDEOS, FramesError, extent
from preprocessing.pipeline import PICTURE_CORPORA
from preprocessing.schema import Clip

SHOWN = 5  # ids named for each reason
WHOLE = "all"


@dataclass(frozen=True)
class Findings:
    """What ``inspect`` found.

    clips     as the adapter gives them; those whose frames are missing have a ``problem`` here.
    lengths   frames of each clip that has them, by clip id.
    published group -> {"clips", "subjects", "emotions"}: "all", and the corpus' own splits or parts; {} where none is published.
    """

    corpus: str
    root: Path
    clips: tuple[Clip, ...]
    problems: Mapping[str, str]
    lengths: Mapping[str, int]
    published: Mapping[str, Mapping[str, Any]]
    source: str

    @property
    def usable(self) -> int:
        return len(self.clips) - len(self.problems)

    def groups(self) -> dict[str, list[Clip]]:
        """Labelled clips by group: "all", then each split or part that the published counts name."""
        labelled = [clip for clip in self.clips if clip.emotion]
        found = {WHOLE: labelled}
        for name in self.published:
            if name != WHOLE:
                found[name] = [
                    clip for clip in labelled if name in (clip.split, clip.subject.partition("/")[2].partition("-")[0])
                ]
        return found

    def differences(self) -> list[tuple[str, str, int, int]]:
        """(group, what, found, published) wherever the numbers differ; a split or part that is wholly absent counts as one line."""
        rows = []
        for name, clips in self.groups().items():
            told = self.published.get(name)
            if told is None:
                continue
            have = Counter(clip.emotion for clip in clips)
            numbers = [("clips", len(clips), told["clips"])]
            if clips and "subjects" in told:
                numbers.append(("subjects", len({clip.subject for clip in clips}), told["subjects"]))
            if clips:
                words = told.get("emotions", {})
                numbers += [(word, have[word], words.get(word, 0)) for word in [*words, *sorted(set(have) - set(words))] if words]
            rows += [(name, what, found, wanted) for what, found, wanted in numbers if found != wanted]
        return rows


def inspect(corpus: str, root: Path) -> Findings:
    """Read labels and file names. Raises CorpusError when the corpus cannot be read at all."""
    clips = tuple(read(corpus, root))
    problems, lengths = {}, {}
    for clip in clips:
        if clip.problem:
            problems[clip.clip_id] = clip.problem
        elif corpus not in PICTURE_CORPORA:
            try:
                first, last = extent(clip)
                lengths[clip.clip_id] = last - first + 1
            except FramesError as error:
                problems[clip.clip_id] = str(error)
    told = getattr(DATASETS[corpus], "PUBLISHED", None) or {}
    published = {WHOLE: told} | told.get("splits", {}) | told.get("parts", {}) if told else {}
    return Findings(corpus, root, clips, problems, lengths, published, told.get("source", ""))


def check(corpus: str, root: Path, console: Console) -> bool:
    """Print what ``inspect`` finds and what to do. True if at least one clip can be used. Raises CorpusError as ``inspect``."""
    found = inspect(corpus, root)
    _overview(found, console)
    _emotions(found, console)
    _people(found, console)
    _repairs(found, console)
    _problems(found, console)
    _next(found, console)
    return found.usable > 0


def _say(console: Console, text: str) -> None:
    console.print(escape(text), highlight=False)


def _overview(found: Findings, console: Console) -> None:
    clips = found.clips
    kinds = Counter("videos" if clip.frames.suffix.lower() in VIDEOS else "folders" for clip in clips)
    rates = sorted({clip.fps for clip in clips if clip.fps})
    lengths = sorted(found.lengths.values())
    seconds = sorted(n / clip.fps for clip in clips if clip.fps and (n := found.lengths.get(clip.clip_id)))
    _say(console, f"{found.corpus} in {found.root}")
    held = "flow pictures" if found.corpus in PICTURE_CORPORA else ", ".join(f"{n} {kind}" for kind, n in kinds.items())
    _say(console, f"  {len(clips)} clips of {len({clip.subject for clip in clips})} people ({held}), {found.usable} can be used")
    if lengths:
        span = f", {seconds[0]:.2f} to {seconds[-1]:.2f} s" if seconds else ""
        rate = f" at {', '.join(f'{rate:g}' for rate in rates)} frames per second" if rates else ", frame rate not given"
        _say(console, f"  {lengths[0]} to {lengths[-1]} frames, median {lengths[len(lengths) // 2]}{rate}{span}")
    without = sum(clip.apex is None and clip.clip_id not in found.problems for clip in clips)
    known = sum(clip.aus_known for clip in clips)
    _say(console, f"  apex not annotated: {without} of those; action units annotated: {known}")


def _emotions(found: Findings, console: Console) -> None:
    for name, clips in found.groups().items():
        told = found.published.get(name, {})
        words = told.get("emotions", {})
        have = Counter(clip.emotion for clip in clips)
        if name != WHOLE and not clips:
            _say(console, f"{name}: not there ({told['clips']} clips are published)")
            continue
        table = Table(box=box.SIMPLE_HEAD, title=None if name == WHOLE else name, title_justify="left", pad_edge=False)
        for heading in ("emotion", "found", *(("published", "difference") if told else ())):
            table.add_column(heading, justify="left" if heading == "emotion" else "right")
        rows = [(word, have[word], words.get(word, 0) if words else None) for word in [*words, *sorted(set(have) - set(words))]]
        rows.append(("clips", len(clips), told.get("clips")))
        rows.append(("subjects", len({clip.subject for clip in clips}), told.get("subjects")))
        for word, number, wanted in rows:
            cells = ["-", "-"] if wanted is None else [str(wanted), f"{number - wanted:+d}" if number != wanted else "0"]
            table.add_row(escape(word), str(number), *(cells if told else ()))
        console.print(table)
    if found.source:
        _say(console, f"published: {found.source}")


def _people(found: Findings, console: Console) -> None:
    count = Counter(clip.subject.partition("/")[2] for clip in found.clips)
    _say(console, "clips per subject: " + ", ".join(f"{who} {n}" for who, n in sorted(count.items())))


def _repairs(found: Findings, console: Console) -> None:
    repaired = [(clip.clip_id, line) for clip in found.clips for line in clip.repairs]
    if repaired:
        _say(console, f"\n{len(repaired)} labels repaired:")
        for clip_id, line in repaired:
            _say(console, f"  {clip_id}: {line}")


def _problems(found: Findings, console: Console) -> None:
    """One entry a reason: digits and paths left out, so that the same mistake in many clips is one line."""
    reasons: dict[str, list[tuple[str, str]]] = {}
    for clip_id, text in found.problems.items():
        reasons.setdefault(_alike(text), []).append((clip_id, text))
    if reasons:
        _say(console, f"\n{len(found.problems)} clips cannot be used:")
    for mine in sorted(reasons.values(), key=len, reverse=True):
        _say(console, f"  {len(mine)} x, as {mine[0][0]}: {mine[0][1]}")
        if others := _names(clip_id for clip_id, _ in mine[1:]):
            _say(console, f"      also {others}")


def _alike(text: str) -> str:
    words = ["/" if "/" in word else "".join("0" if c.isdigit() else c for c in word) for word in text.split()]
    return " ".join(words).replace("00", "0").replace("00", "0")


def _names(ids: Iterable[str]) -> str:
    names = list(ids)
    return ", ".join(names[:SHOWN]) + (f" and {len(names) - SHOWN} more" if len(names) > SHOWN else "")


def _next(found: Findings, console: Console) -> None:
    different = found.differences()
    _say(console, "")
    if found.published and not different and not found.problems:
        _say(console, "Everything is as published.")
    for group, what, number, wanted in different:
        where = "" if group == WHOLE else f"{group}: "
        _say(console, f"{where}{what}: {number} found, {wanted} published")
    missing = [text for text in found.problems.values() if "missing" in text or "does not exist" in text]
    if missing:
        _say(console, f"Copy what is missing of {len(missing)} clips from the original archive, then check again.")
    if found.problems and found.usable:
        share = len(found.problems) / len(found.clips)
        _say(console, f"{len(found.problems)} clips ({share:.0%}) will be quarantined; extraction allows 20 % (--max-failed).")
    if found.usable:
        _say(console, f"Next: python -m preprocessing extract {found.corpus} --root {found.root}")
    else:
        _say(console, f"No clip can be used; preprocessing/datasets/{found.corpus}.py describes the layout that is expected.")
