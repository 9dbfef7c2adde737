"""What a spreadsheet makes of ids (dates, numbers in their short form), and ids that folders contradict."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator

from preprocessing.people import spelling
from preprocessing.schema import Clip

_SHORT = re.compile(r"\d+(?:[.,]\d+)?[eE]\+\d+", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)?", re.ASCII)
_MONTH = r"(?:jan|feb|mar|mrz|m\u00e4r|apr|may|mai|jun|jul|aug|sep|sept|oct|okt|nov|dec|dez)\.?"
_CLOCK = r"\d{1,2}:\d\d(?::\d\d)?"
_DAY = re.compile(rf"\d{{1,4}}[-. ]{_MONTH}|{_MONTH}[-. ]\d{{1,4}}|{_CLOCK}", re.IGNORECASE)
NEXT = "format that column as text and write the ids again"


def spoilt(clip: Clip) -> Iterator[str]:
    """A problem for each id of a clip of which digits are surely lost, or that a workbook holds as a date."""
    for what, word in (("subject", clip.subject.partition("/")[2]), ("clip", clip.name)):
        if _SHORT.fullmatch(word):
            yield f"{what} {word!r} is a number that a spreadsheet has shortened: {NEXT}"
        if _DATE.fullmatch(word):
            yield f"{what} {word!r} is a date that a spreadsheet has made of it: {NEXT}"


def questions(clips: Iterable[Clip]) -> Iterator[str]:
    """What looks wrong with the ids of clips of any corpora, a sentence each."""
    corpora: dict[str, list[Clip]] = {}
    for clip in clips:
        corpora.setdefault(clip.corpus, []).append(clip)
    for mine in corpora.values():
        yield from filter(None, [_dates(mine), _misplaced(mine)])


def _dates(clips: list[Clip]) -> str:
    words = {word for clip in clips for word in (clip.subject.partition("/")[2], clip.name)}
    found = sorted(word for word in words if _DAY.fullmatch(word))
    if not found:
        return ""
    return (
        f"{len(found)} id(s) look like dates or times that a spreadsheet has made of them, as {found[0]!r}: "
        f"{NEXT}"
    )


def _misplaced(clips: list[Clip]) -> str:
    """Where most clips lie in folders named after their people, those that lie in another person's."""
    home = os.path.commonpath([os.path.dirname(os.path.abspath(clip.frames)) for clip in clips])
    people = {spelling(clip.subject.partition("/")[2]) for clip in clips} - {""}
    own, other = 0, []
    for clip in clips:
        person = spelling(clip.subject.partition("/")[2])
        place = os.path.relpath(os.path.abspath(clip.frames), home)
        parts = {spelling(part) for part in os.path.dirname(place).split(os.sep)}
        own += person in parts
        if person not in parts and parts & people:
            other.append(f"{clip.clip_id} has its frames in {place}")
    if not other or 2 * own < len(clips):
        return ""
    return f"{len(other)} clip(s) lie in a folder of another person, as {other[0]}: is that a slip?"
