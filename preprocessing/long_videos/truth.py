"""What a recording is, and the expressions that somebody has seen in it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from preprocessing.datasets import layout

KINDS = ("micro", "macro")


@dataclass(frozen=True)
class Expression:
    """onset <= offset: frame numbers as in the file names, of a video from 0; inclusive. apex: None where
    nobody says. kind: one of KINDS; emotion: the corpus' own word, lower case, or ""."""

    kind: str
    onset: int
    apex: int | None
    offset: int
    emotion: str = ""


@dataclass(frozen=True)
class LongVideo:
    """One recording.

    name         unique in its corpus. person: without the corpus' name.
    source       a video, or a folder of frames. fps: frames a second; None: as the video says.
    expressions  () is a recording in which nobody saw one.
    notes        a sentence for each row that was repaired or could not be used.
    """

    name: str
    person: str
    source: Path
    fps: float | None
    expressions: tuple[Expression, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class Rows:
    """The rows of one recording, as they are read."""

    person: str
    expressions: list[Expression] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def add(self, kind: str, onset: str, apex: str, offset: str, emotion: str, where: str) -> None:
        """A row of a sheet, as text. kind: as the sheet has it ("Micro - 1/2", "macro-expression"); of a row
        of another one a note is made, and nothing else. where: for notes. Numbers may be broken ("566.4":
        rounded). An onset 0 with a known offset is frame 1, the first of every corpus. An offset that is
        unknown (0), or before the onset, is the apex, as spotting's authors take it; an apex outside of onset
        and offset is unknown. A row of which onset and offset stay unknown is left out."""
        meant = next((one for one in KINDS if kind.strip().lower().startswith(one)), "")
        if not meant:
            self.notes.append(f"{where}: type {kind[:40]!r}: left out, it is neither micro nor macro")
            return
        first, middle, last = map(_number, (onset, apex, offset))
        said = f"onset {onset or '-'}, apex {apex or '-'}, offset {offset or '-'}"
        if onset.strip() in ("0", "0.0") and last is not None:
            first = 1
            self.notes.append(f"{where}: {said}: frame 1 is taken for the onset")
        if first is not None and (last is None or last < first):
            last = middle
            self.notes.append(f"{where}: {said}: the apex is taken for the offset")
        if first is None or last is None or last < first:
            self.notes.append(f"{where}: {said}: left out, it is no interval")
            return
        if middle is not None and not first <= middle <= last:
            middle = None
        self.expressions.append(Expression(meant, first, middle, last, emotion.strip().lower()))


def _number(value: str) -> int | None:
    """None for what is no number above 0: sheets write 0 and -1 for what nobody knows."""
    try:
        number = float(value)
    except ValueError:
        return None
    return round(number) if math.isfinite(number) and number > 0 else None


def folders_below(root: Path) -> Iterator[Path]:
    """The folders in each folder of ``root``."""
    for one in layout.folders(root):
        yield from layout.folders(one)


def joined(found: Mapping[str, Path], rows: Mapping[str, Rows], fps: float | None) -> Iterator[LongVideo]:
    """A recording for each of ``rows``, its frames from ``found`` by the same key. One whose frames are not
    there is a recording all the same: its expressions are missed, not forgotten."""
    for key, held in rows.items():
        source = found.get(key)
        notes = tuple(held.notes) if source else (*held.notes, f"{key}: labelled, but its frames are missing")
        yield LongVideo(key, held.person, source or Path(key), fps, _in_order(held.expressions), notes)


def _in_order(expressions: Iterable[Expression]) -> tuple[Expression, ...]:
    return tuple(sorted(expressions, key=lambda one: (one.onset, one.offset, one.kind)))
