"""Prints what a corpus' folder holds, against the published counts, before any work; findings.py looks."""

from __future__ import annotations

import math
import re
import shlex
import textwrap
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from rich import box
from rich.columns import Columns
from rich.console import Console
from rich.table import Table
from rich.text import Text

from preprocessing import pasted
from preprocessing.datasets import DATASETS
from preprocessing.datasets.facts import path_of
from preprocessing.findings import WHOLE, Findings, inspect, person_of
from preprocessing.inputs.settings import Settings
from preprocessing.people import Groups

SHOWN = 5  # ids, or repairs, named for each reason
ALLOWED = 0.2  # the default of extract --max-failed


def check(
    corpus: str,
    root: Path,
    console: Console,
    joined: Groups = (),
    meant: Mapping[str, str] | None = None,
    again: Sequence[str] = (),
) -> Findings:
    """Print what ``inspect`` finds and what to do, and return it. again: words of the command line that the
    next one needs too. Raises as ``inspect``."""
    found = inspect(corpus, root, joined, meant)
    _overview(found, console)
    _emotions(found, console)
    _words(found, console)
    _people(found, console)
    _repairs(found, console)
    _problems(found, console)
    _gaps(found, console)
    _identity(found, console)
    _next(found, again, console)
    return found


def _say(console: Console, text: str, indent: int = 0) -> None:
    """Wrapped between words only, so that paths stay whole; as Text, so that no name is taken for markup."""
    lines = textwrap.wrap(
        text, console.width, initial_indent=" " * indent, subsequent_indent=" " * (indent + 4),
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    console.print(Text("\n".join(lines)), soft_wrap=True)


def _count(n: int, what: str) -> str:
    return f"{n} {what}{'' if n == 1 else 's'}"


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


def _words(found: Findings, console: Console) -> None:
    have = Counter(clip.emotion for clip in found.clips)
    for word, near in found.words.items():
        _say(
            console,
            f"no label scheme knows {word!r} ({_count(have[word], 'clip')}), so a sweep leaves them out; "
            f"did you mean {near!r}? Say so with --label {shlex.quote(f'{word}={near}')}, here and "
            "for the sweep, or in a labels.csv beside a manifest: word,class",
        )


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
    everyone = Counter(person_of(clip) for clip in found.clips)
    usable = Counter(person_of(clip) for clip in found.clips if clip.clip_id not in found.problems)
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


def _gaps(found: Findings, console: Console) -> None:
    if not found.gaps:
        return
    _say(console, "")
    _say(
        console,
        f"{_count(len(found.gaps), 'clip')} with frames missing inside. Inputs of key frames do not need "
        f"them, sequences bridge up to {Settings.max_gap} in a row (extract --max-gap):",
    )
    for clip_id, lost in list(found.gaps.items())[:SHOWN]:
        _say(console, f"{clip_id}: {lost}", 2)
    if len(found.gaps) > SHOWN:
        _say(console, f"and {len(found.gaps) - SHOWN} more", 2)


def _by_reason(texts: Iterable[tuple[str, str]]) -> list[list[tuple[str, str]]]:
    """(clip id, text) grouped by what the texts say once quoted values, numbers, names with a digit and paths
    are left out."""
    groups: dict[str, list[tuple[str, str]]] = {}
    for clip_id, text in texts:
        blank = re.sub(r"'[^']*'|\S*[\d/]\S*|\.\.\.\S*", "*", text)
        groups.setdefault(re.sub(r"\*( \*)+", "*", blank), []).append((clip_id, text))
    return sorted(groups.values(), key=len, reverse=True)


def _identity(found: Findings, console: Console) -> None:
    one = {who: name for who, name in found.same.items() if who != name}
    joined = [f"{who} is {name}" for who, name in sorted(one.items())]
    for text in (*([f"joined: {', '.join(joined)}"] if joined else []), *found.doubts, found.refused):
        if text:
            _say(console, "")
            _say(console, text)


def _next(found: Findings, again: Sequence[str], console: Console) -> None:
    _say(console, "")
    if found.refused:
        _say(console, "A sweep refuses this corpus as long as one clip stands under two people (above).")
        return
    different = found.differences()
    if others := dict.fromkeys(group for group, *_ in different if group not in found.absent()):
        _say(
            console,
            f"Other than published ({', '.join(others)}): is the label file the release named above, and is "
            "its copy whole?",
        )
    if not different and not found.problems and not found.words and not found.gaps:
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
            f"No clip can be used; {path_of(DATASETS[found.corpus])} describes the layout that is expected.",
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
    command = pasted.line(
        "preprocessing", "extract", found.corpus, "--root", pasted.anywhere(found.root), *again
    )
    # one line however long, to be copied
    console.print(Text(f"Next: {command}"), soft_wrap=True)
