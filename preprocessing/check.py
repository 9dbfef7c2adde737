"""What a corpus' folder holds, against the published counts, before any work: no image is opened and nothing
is written.

``inspect`` looks, ``check`` prints. A clip cannot be used when its labels say so or frames of it are missing
by name; what only decoding shows (a damaged file, no face) comes to light at extraction. A video without a
labelled offset is counted through.
"""

from __future__ import annotations

import math
import os
import re
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.table import Table
from rich.text import Text

from preprocessing.datasets import DATASETS, read
from preprocessing.decode import FramesError
from preprocessing.frames import extent
from preprocessing.plan import holds_pictures
from preprocessing.schema import Clip

SHOWN = 5  # ids, or repairs, named for each reason
ALLOWED = 0.2  # the default of extract --max-failed
WHOLE = "all"
# parts of the reasons that copying files can mend, and of those of frames that no label names
INCOMPLETE = (" missing: ", "labelled, but", "holds no frame", "no frame in", "ends after")
UNLABELLED = "without a label: "


@dataclass(frozen=True)
class Findings:
    """What ``inspect`` found.

    clips     as the adapter gives them, unlabelled frames included.
    problems  clip id -> why it cannot be used.
    lengths   clip id -> frames from onset to offset, of the clips that can be used; {} for a corpus of
              pictures.
    there     "frame folder", "video", "flow picture" -> how many of those that the clips name exist, each
              counted once.
    published group -> {"clips", "subjects", "emotions"}: "all", and the corpus' own splits or parts; {} where
    none is published.
    source    of the published counts, or "".
    """

    corpus: str
    root: Path
    clips: tuple[Clip, ...]
    problems: Mapping[str, str]
    lengths: Mapping[str, int]
    there: Mapping[str, int]
    published: Mapping[str, Mapping[str, Any]]
    source: str

    @property
    def usable(self) -> int:
        return len(self.clips) - len(self.problems)

    def groups(self) -> dict[str, list[Clip]]:
        """Labelled clips by group: "all", then each split or part that the published counts name.

        A part is what stands before the '-' of a person (casme3 'A-spNO.1', megc2019 'samm-006').
        """
        labelled = [clip for clip in self.clips if clip.emotion]
        found = {WHOLE: labelled}
        for name in self.published:
            if name != WHOLE:
                found[name] = [
                    clip for clip in labelled if name in (clip.split, _person(clip).partition("-")[0])
                ]
        return found

    def absent(self) -> list[str]:
        """Splits and parts that are published and of which no clip is there."""
        return [name for name, clips in self.groups().items() if name != WHOLE and not clips]

    def numbers(self, name: str) -> list[tuple[str, int, int | None]]:
        """(what, found, published or None if not published) of one group: its emotion words, "clips",
        "subjects"."""
        clips, told = self.groups()[name], self.published.get(name, {})
        have = Counter(clip.emotion for clip in clips)
        words = told.get("emotions", {})
        rows = [
            (word, have[word], words.get(word, 0) if words else None)
            for word in [*words, *sorted(set(have) - set(words))]
        ]
        rows.append(("clips", len(clips), told.get("clips")))
        rows.append(("subjects", len({clip.subject for clip in clips}), told.get("subjects")))
        return rows

    def differences(self) -> list[tuple[str, str, int, int]]:
        """(group, what, found, published) wherever the numbers differ.

        An absent split or part is one entry, its clips; "all" is then left out, as it cannot be as published.
        """
        absent, rows = self.absent(), []
        for name in self.published:
            if name == WHOLE and absent:
                continue
            numbers = [n for n in self.numbers(name) if name not in absent or n[0] == "clips"]
            rows += [
                (name, what, found, wanted)
                for what, found, wanted in numbers
                if wanted is not None
                if found != wanted
            ]
        return rows

    def incomplete(self) -> list[str]:
        """Ids of clips of which frames, or all, are missing."""
        return [
            clip_id for clip_id, why in self.problems.items() if any(words in why for words in INCOMPLETE)
        ]

    def unlabelled(self) -> list[str]:
        """Ids of frames that no label names."""
        return [clip_id for clip_id, why in self.problems.items() if UNLABELLED in why]


def inspect(corpus: str, root: Path) -> Findings:
    """Read labels and file names. Raises CorpusError when the corpus cannot be read at all."""
    clips = tuple(read(corpus, root))
    pictures = holds_pictures(corpus)
    problems, lengths = {}, {}
    for clip in clips:
        if clip.problem:
            problems[clip.clip_id] = clip.problem
        elif not pictures:
            try:
                first, last = extent(clip)
                lengths[clip.clip_id] = last - first + 1
            except FramesError as error:
                problems[clip.clip_id] = str(error)
    paths = {clip.frames for clip in clips}
    file = "flow picture" if pictures else "video"
    there = {"frame folder": sum(map(os.path.isdir, paths)), file: sum(map(os.path.isfile, paths))}
    told = getattr(DATASETS[corpus], "PUBLISHED", {})
    published = {WHOLE: told} | told.get("splits", {}) | told.get("parts", {}) if told else {}
    return Findings(corpus, root, clips, problems, lengths, there, published, told.get("source", ""))


def check(corpus: str, root: Path, console: Console) -> bool:
    """Print what ``inspect`` finds and what to do. True if at least one clip can be used. Raises CorpusError
    as ``inspect``."""
    found = inspect(corpus, root)
    _overview(found, console)
    _emotions(found, console)
    _people(found, console)
    _repairs(found, console)
    _problems(found, console)
    _next(found, console)
    return found.usable > 0


def _say(console: Console, text: str, indent: int = 0) -> None:
    """Wrapped between words only, so that paths stay whole; as Text, so that no name is taken for markup."""
    lines = textwrap.wrap(
        text, console.width, initial_indent=" " * indent, subsequent_indent=" " * (indent + 4),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    console.print(Text("\n".join(lines)), soft_wrap=True)


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


def _person(clip: Clip) -> str:
    return clip.subject.partition("/")[2]


def _overview(found: Findings, console: Console) -> None:
    clips = found.groups()[WHOLE]
    _say(console, f"{found.corpus} in {found.root}")
    people = len({clip.subject for clip in clips})
    there = ", ".join(_count(n, what) for what, n in found.there.items() if n) or "no frames"
    _say(
        console,
        f"{_count(len(clips), 'labelled clip')} of {people} people, {found.usable} can be used; {there} "
        "there",
        2,
    )
    lengths = sorted(found.lengths.values())
    usable = [clip for clip in found.clips if clip.clip_id not in found.problems]
    if lengths:
        rates = ", ".join(f"{rate:g}" for rate in sorted({clip.fps for clip in usable if clip.fps}))
        seconds = sorted(found.lengths[clip.clip_id] / clip.fps for clip in usable if clip.fps)
        span = (
            f" at {rates} frames per second: {seconds[0]:.2f} to {seconds[-1]:.2f} s"
            if seconds
            else ", frame rate not given"
        )
        _say(
            console,
            f"{lengths[0]} to {lengths[-1]} frames a clip, median {lengths[len(lengths) // 2]}{span}",
            2,
        )
    without = sum(clip.apex is None for clip in usable)
    known = sum(clip.aus_known for clip in usable)
    _say(
        console,
        f"of those that can be used, {without} without an annotated apex, {known} with action units",
        2,
    )


def _emotions(found: Findings, console: Console) -> None:
    """The whole corpus in one table; its splits or parts, if there are any, side by side in a second one."""
    usable = Counter(clip.emotion for clip in found.groups()[WHOLE] if clip.clip_id not in found.problems)
    people = {clip.subject for clip in found.clips if clip.clip_id not in found.problems}
    usable.update(clips=found.usable, subjects=len(people))
    headings = ("emotion", "found", "can be used", *(("published", "difference") if found.published else ()))
    rows = []
    for what, number, wanted in found.numbers(WHOLE):
        compared = ["-", "-"] if wanted is None else [str(wanted), _difference(number, wanted)]
        rows.append([what, str(number), str(usable[what]), *(compared if found.published else ())])
    _table(console, headings, rows)
    parts = [name for name in found.published if name != WHOLE and name not in found.absent()]
    if parts:
        cells = {
            name: {what: _compared(n, wanted) for what, n, wanted in found.numbers(name)} for name in parts
        }
        words = dict.fromkeys(
            what for name in parts for what in cells[name] if what not in ("clips", "subjects")
        )
        rows = [
            [what, *(cells[name].get(what, "-") for name in parts)] for what in (*words, "clips", "subjects")
        ]
        _table(console, ("found/published", *parts), rows)
    for name in found.absent():
        _say(console, f"{name}: not there ({found.published[name]['clips']} clips are published)")
    if found.source:
        _say(console, f"published: {found.source}")


def _difference(number: int, wanted: int) -> str:
    return f"{number - wanted:+d}" if number != wanted else "0"


def _compared(number: int, wanted: int | None) -> str:
    if wanted is None:
        return str(number)
    return f"{number}/{wanted}" + (f" ({_difference(number, wanted)})" if number != wanted else "")


def _table(console: Console, headings: Iterable[str], rows: Iterable[Iterable[str]]) -> None:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for i, heading in enumerate(headings):
        table.add_column(Text(heading), justify="right" if i else "left")
    for row in rows:
        table.add_row(*map(Text, row))
    console.print(table)


def _people(found: Findings, console: Console) -> None:
    everyone = Counter(_person(clip) for clip in found.clips)
    usable = Counter(_person(clip) for clip in found.clips if clip.clip_id not in found.problems)
    _say(
        console,
        "clips per subject (that can be used, of those found):" if found.problems else "clips per subject:",
    )
    shares = [
        f"{who} {usable[who]} of {n}" if usable[who] != n else f"{who} {n}"
        for who, n in sorted(everyone.items())
    ]
    console.print(Columns([Text(share) for share in shares], padding=(0, 2)))
    lost = [who for who in sorted(everyone) if not usable[who]]
    if lost and found.usable:
        _say(console, f"no clip can be used of {', '.join(lost)}")


def _repairs(found: Findings, console: Console) -> None:
    repaired = [(clip.clip_id, line) for clip in found.clips for line in clip.repairs]
    if repaired:
        _say(console, "")
        _say(console, f"{_count(len(repaired), 'label')} repaired:")
    for mine in _by_reason(repaired):
        for clip_id, line in mine[:SHOWN]:
            _say(console, f"{clip_id}: {line}", 2)
        if len(mine) > SHOWN:
            _say(console, f"and {len(mine) - SHOWN} more of this kind", 2)


def _problems(found: Findings, console: Console) -> None:
    if found.problems:
        _say(console, "")
        _say(console, f"{_count(len(found.problems), 'clip')} cannot be used:")
    for mine in _by_reason(found.problems.items()):
        (clip_id, why), others = mine[0], [clip_id for clip_id, _ in mine[1:SHOWN]]
        _say(console, f"{len(mine)} x, as {clip_id}: {why}" if others else f"{clip_id}: {why}", 2)
        if others:
            more = f" and {len(mine) - SHOWN} more" if len(mine) > SHOWN else ""
            _say(console, f"also {', '.join(others)}{more}", 6)


def _by_reason(texts: Iterable[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """(clip id, text) grouped by what the texts say once quoted values, numbers, names with a digit and paths
    are left out."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for clip_id, text in texts:
        blank = re.sub(r"'[^']*'|\S*[\d/]\S*|\.\.\.\S*", "*", text)
        groups.setdefault(re.sub(r"\*( \*)+", "*", blank), []).append((clip_id, text))
    return sorted(groups.values(), key=len, reverse=True)


def _next(found: Findings, console: Console) -> None:
    _say(console, "")
    different = found.differences()
    if others := dict.fromkeys(group for group, *_ in different if group not in found.absent()):
        _say(
            console,
            f"Other than published ({', '.join(others)}): is the label file the release named above, and is "
            "its copy whole?",
        )
    if not different and not found.problems:
        _say(
            console,
            "Everything is as published."
            if found.published
            else "Every clip can be used; no counts are published.",
        )
    if incomplete := found.incomplete():
        _say(
            console,
            f"Copy what is missing of {_count(len(incomplete), 'clip')} from the original archive, then "
            "check again.",
        )
    if unlabelled := found.unlabelled():
        _say(
            console,
            f"{_count(len(unlabelled), 'clip')} without a label: add the missing rows to the label file, or "
            "move them away.",
        )
    if not found.usable:
        _say(
            console,
            f"No clip can be used; preprocessing/datasets/{found.corpus}.py describes the layout that is "
            "expected.",
        )
        return
    if found.problems:
        share = len(found.problems) / len(found.clips)
        text = (
            f"{len(found.problems)} of {_count(len(found.clips), 'clip')} ({share:.1%}) will be quarantined; "
        )
        if share > ALLOWED:
            enough = math.ceil(100 * share) / 100
            text += (
                f"extraction allows {ALLOWED:.0%} and would end with an error: mend them, or give "
                f"--max-failed {enough:g}."
            )
        else:
            text += f"extraction allows {ALLOWED:.0%} by default."
        _say(console, text)
    # one line however long, to be copied
    command = f"python -m preprocessing extract {found.corpus} --root {shlex.quote(str(found.root))}"
    console.print(Text(f"Next: {command}"), soft_wrap=True)
