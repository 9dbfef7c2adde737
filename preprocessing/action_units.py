"""Action-unit strings of the coding sheets, parsed without throwing anything away.

Source  FACS notation as CASME II, SAMM, 4DME, CAS(ME)^3, MMEW and DFME write it. SAMM's own legend: "/" means
        or, "?" unclear, L/R unilateral, A asymmetric, T/B top/bottom half.
Input   the text of one cell ('R12+L14', '(R6 or R12)+R15', '10A/B', 'ref(7B)+43', 'AUR2+12(k)+45', '4,7'); a
        plain integer cell is accepted too.
Output  a tuple of terms, one per '+' or ',' item; a term with several marks is "one of these".

    cell   = [term {separator term}]                       separator = '+' | ','       (an empty item around
           ',' is skipped)
    term   = group | note                                  note = words without digits: 'soft focus'
    group  = 'ref' '(' marks ')' | '(' marks ')' | marks
    marks  = item {('or' | '/') item}                      item = mark | 'ref' '(' marks ')'
    mark   = [kind] [side {'/' side}] number {intensity | '(k)' | '?'}  |  '?'
    kind   = 'AU' | 'AD' | 'M'        side = 'L' | 'R' | 'A' | 'T' | 'B'        intensity = 'A'..'E' ['/'
           'A'..'E']

'A' before the number is asymmetry, after it the lowest intensity. Letters are read in either case.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace


class ActionUnitError(ValueError):
    """A cell does not follow the grammar. ``position`` is the 0-based place in the text where reading
    stopped."""

    def __init__(self, text: str, position: int, expected: str) -> None:
        self.position = position
        super().__init__(
            f"action units {text!r}: expected {expected} at character {position + 1}, found "
            f"{text[position:] or 'the end'!r}; "
            "correct the cell in the sheet, or add a row to preprocessing/fixes"
        )


@dataclass(frozen=True)
class Mark:
    """One coded movement.

    au         FACS number; None for a lone '?' and for a free-text note.
    side       '' or 'L' left, 'R' right, 'A' asymmetric, 'T' top, 'B' bottom; alternatives joined: 'A/L'.
    intensity  '' or 'A' (trace) .. 'E' (maximum); alternatives joined: 'A/B'.
    static     '(k)': present all through the clip, so no movement.
    uncertain  '?'.
    reference  inside 'ref(..)'.
    kind       '' action unit, 'AD' action descriptor, 'M' head or eye movement code.
    note       free text that stands in place of a mark.
    """

    au: int | None
    side: str = ""
    intensity: str = ""
    static: bool = False
    uncertain: bool = False
    reference: bool = False
    kind: str = ""
    note: str = ""


@dataclass(frozen=True)
class Term:
    """One item of a cell: ``marks`` are alternatives, exactly one of which was seen. Never empty."""

    marks: tuple[Mark, ...]


_SPACE = re.compile(r"\s*")
_SEPARATOR = re.compile(r"[+,\uff0b\uff0c]")  # the last two are full width, as one CAS(ME)^3 row has
_COMMA = re.compile(r"[,\uff0c]")
_OPEN, _CLOSE = re.compile(r"\((?!\s*k\s*\))", re.I), re.compile(r"\)")
_UNCLEAR = re.compile(r"\?+")
_OR = re.compile(r"or\b|/", re.I)
_REF = re.compile(r"ref\s*\(", re.I)
_MARK = re.compile(r"(?:(AU|AD|M)\s*)?([LRATB](?:/[LRATB])*)?\s*(\d{1,2})(?!\d)", re.I)
_INTENSITY = re.compile(r"[A-E](?:/[A-E](?!\s*\d))?(?![A-Za-z])", re.I)  # not the 'B' of '10/B12'
_STATIC = re.compile(r"\(\s*k\s*\)", re.I)
# the first word has three letters: 'R' alone is no note
_NOTE = re.compile(r"(?=[^\W\d_]{3})[^\W\d_]+(?:[ \t-]+[^\W\d_]+)*")


def parse(text: str | int) -> tuple[Term, ...]:
    """Terms of one cell, in the order written; () for an empty cell.

    Raises ActionUnitError, which names the place, where the text leaves the grammar.
    """
    return _Reader(str(text)).cell()


def vector(text: str | int, vocabulary: Sequence[int]) -> tuple[int, ...]:
    """1 for each number of ``vocabulary`` that the cell may mean, else 0. Same length and order as
    ``vocabulary``.

    All alternatives count ('L12 or L14' sets both), and so do uncertain marks, marks in 'ref(..)' and every
    side and intensity. Static marks '(k)' do not: they describe the neutral face, not the movement. Notes, a
    lone '?' and numbers outside the vocabulary have no place in the vector; ``parse`` keeps them.
    """
    seen = {mark.au for term in parse(text) for mark in term.marks if not mark.static}
    return tuple(int(au in seen) for au in vocabulary)


class _Reader:
    """Recursive descent over one cell; each method reads one rule of the grammar above and leaves ``at``
    behind it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        start = _SPACE.match(self.text, self.at)
        found = pattern.match(self.text, start.end() if start else self.at)
        if found:
            self.at = found.end()
        return found

    def fail(self, expected: str) -> ActionUnitError:
        start = _SPACE.match(self.text, self.at)
        return ActionUnitError(self.text, start.end() if start else self.at, expected)

    def done(self) -> bool:
        return not self.text[self.at :].strip()

    def cell(self) -> tuple[Term, ...]:
        terms: list[Term] = []
        needed = False  # a '+' promises another term, a ',' does not
        while not self.done():
            comma = self.take(_COMMA) if not needed else None
            if comma:
                continue
            terms.append(self.term())
            needed = False
            if not self.done():
                separator = self.take(_SEPARATOR)
                if not separator:
                    raise self.fail("'+', ',' or the end")
                needed = separator.group() in "+\uff0b"
        if needed:
            raise self.fail("a number after '+'")
        return tuple(terms)

    def term(self) -> Term:
        if self.take(_OPEN):
            marks = self.marks()
            if not self.take(_CLOSE):
                raise self.fail("')'")
            return Term(marks)
        return Term(self.marks())

    def marks(self) -> tuple[Mark, ...]:
        found = list(self.item())
        while self.take(_OR):
            found += self.item()
        return tuple(found)

    def item(self) -> tuple[Mark, ...]:
        if self.take(_REF):
            inner = self.marks()
            if not self.take(_CLOSE):
                raise self.fail("')' that closes 'ref('")
            return tuple(replace(mark, reference=True) for mark in inner)
        return (self.mark(),)

    def mark(self) -> Mark:
        head = self.take(_MARK)
        if not head:
            if self.take(_UNCLEAR):
                return Mark(None, uncertain=True)
            note = self.take(_NOTE)
            if not note:
                raise self.fail("an action unit such as '12', 'R12B' or 'AD29'")
            return Mark(None, note=note.group())
        kind, side, number = head.group(1) or "", head.group(2) or "", int(head.group(3))
        intensity, static, uncertain = "", False, False
        while True:
            if not intensity and (letter := self.take(_INTENSITY)):
                intensity = letter.group().upper()
            elif self.take(_STATIC):
                static = True
            elif self.take(_UNCLEAR):
                uncertain = True
            else:
                break
        return Mark(number, side.upper(), intensity, static, uncertain, kind=kind.upper().replace("AU", ""))
