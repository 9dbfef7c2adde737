"""Who is who: ids that are one person, ids that look as if they were, and clips that stand under two people.

A split by person keeps a person on one side only if that person has one id, and one person's frames stand
under no other. Neither can be known from a label file alone; what can be seen is refused or said here, and a
person who has several ids is joined by a file for ``--same-person``: CSV, two columns, one pair a line::

    id,same as
    p01b,p01
    casme2/sub03,samm/011

An id is ``corpus/person``, or the person alone where only one of the corpora has it, in any spelling that
means nobody else (P1 for p01). The second one stands for the person from then on. The header is not needed.
Pairs add up: with a,b and b,c all three are person c.
"""

from __future__ import annotations

import csv
import difflib
import re
import unicodedata
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from preprocessing.datasets import DATASETS
from preprocessing.errors import BadInput
from preprocessing.regular import regular

if TYPE_CHECKING:
    from preprocessing.schema import Clip

Groups = tuple[tuple[str, ...], ...]  # ids that are one person, group by group; the first stands for it
ONE_PERSON = "one person, written differently"  # why an id was changed into another
SHOWN = 3  # pairs of clips named in one message, or sets of ids
# words for "person", of one language or habit each
PERSON = (
    ("s", "sub", "subj", "subject"),
    ("p", "part", "participant", "person"),
    ("vp", "vpn", "proband", "v"),
    ("id", "no", "nr", "n"),
)
# Cyrillic, Greek and Turkish small letters that look like Latin ones
LOOK_ALIKE = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0455\u03bf\u03b1\u03c1\u0131", "aeopcxyisoapi"
)
LIKE_DIGITS = str.maketrans("oli", "011")


class IdentityError(BadInput):
    """Clips of two people share their frames or their inputs, or ``--same-person`` names nobody. Names the
    clips, the people, the rule and the next step."""


@dataclass(frozen=True)
class Double:
    """Two clips that are not two: their ids, their people, and why.

    why  follows the ids and ends a sentence: "have equal inputs".
    """

    clips: tuple[str, str]
    people: tuple[str, str]
    why: str

    @property
    def across(self) -> bool:
        """They stand under two people."""
        return self.people[0] != self.people[1]

    def __str__(self) -> str:
        (one, other), (who, whom) = self.clips, self.people
        of = f"of {who} and {other} of {whom}" if self.across else f"and {other}, both of {who},"
        return f"{one} {of} {self.why}"


def refused(doubles: Iterable[Double]) -> str:
    """What is wrong with clips of two people that are not two clips, and the next step; "" if there is
    none."""
    wrong = _once(double for double in doubles if double.across)
    if not wrong:
        return ""
    who, whom = wrong[0].people
    return (
        f"{_few(wrong)}. One clip must not stand under two people: whoever is held out would be trained on. "
        f"If {who} and {whom} are one person, join them with --same-person FILE (a line {whom},{who}); else "
        "remove one of the two clips"
    )


def repeated(doubles: Iterable[Double]) -> str:
    """What a reader has to know of clips of one person that are not two clips; "" if there is none."""
    twice = _once(double for double in doubles if not double.across)
    return f"the same clip twice: {_few(twice)}; it counts twice, remove one" if twice else ""


def _once(doubles: Iterable[Double]) -> list[Double]:
    """The first of each pair of clips: equal frames make equal inputs."""
    found: dict[frozenset[str], Double] = {}
    for double in doubles:
        found.setdefault(frozenset(double.clips), double)
    return list(found.values())


def _few(doubles: Sequence[Double]) -> str:
    more = f"; and {len(doubles) - SHOWN} more pairs" if len(doubles) > SHOWN else ""
    return "; ".join(map(str, doubles[:SHOWN])) + more


def read(path: Path | str) -> Groups:
    """The groups that a file for ``--same-person`` gives; lines that begin with '#' are passed over. Raises
    IdentityError with the line, NoRegularFile, NotPermitted."""
    try:
        with regular(Path(path)).open(encoding="utf-8-sig", newline="") as file:
            # as empty lines, so that numbers of lines stay; a quoted "#3" is an id
            reader = csv.reader("\n" if line.lstrip().startswith("#") else line for line in file)
            rows = [(reader.line_num, [cell.strip() for cell in row]) for row in reader if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise IdentityError(f"--same-person {path} cannot be read as a UTF-8 CSV file: {error}") from error
    rows = rows[1:] if rows and rows[0][1][0].lower() == "id" else rows
    if not rows:
        raise IdentityError(f"--same-person {path} is empty; write one pair a line: id,same as id")
    for line, row in rows:
        if len(row) != 2:
            raise IdentityError(
                f"--same-person {path} line {line}: {','.join(row)!r} has {len(row)} columns; write two: "
                "id,same as id"
            )
    return joined(row[::-1] for _, row in rows)


def joined(groups: Iterable[Sequence[str]]) -> Groups:
    """Groups that share an id as one. The first id of a group stands for the person; where groups are joined,
    the one that stands behind no other. Raises IdentityError for a group of fewer than two different ids, and
    for an empty id."""
    group: dict[str, set[str]] = {}
    first: set[str] = set()
    behind: set[str] = set()
    for given in groups:
        if isinstance(given, str) or len(set(given)) < 2 or not all(given):
            raise IdentityError(f"same person: {given!r} must be two or more different ids of one person")
        first.add(given[0])
        behind.update(given[1:])
        one = set(given).union(*(group.get(who, ()) for who in given))
        group.update(dict.fromkeys(one, one))
    found = {frozenset(one) for one in group.values()}
    heads = [(min(one & (first - behind), default=min(one)), one) for one in found]
    return tuple(sorted((head, *sorted(one - {head})) for head, one in heads))


def names(groups: Groups, known: Collection[str]) -> dict[str, str]:
    """Id -> the one id that stands for the person (the first of the group that is here), of ids that are
    joined.

    known  people that are here, "corpus/person".
    Ids of a corpus of which nobody is here are passed over: one file may serve several sweeps. Raises
    IdentityError for an id of nobody else, with the nearest, and for a person alone whom two corpora have.
    """
    here = {who.partition("/")[0] for who in known}

    def whole(who: str) -> str | None:
        corpus, slash, _ = who.partition("/")
        found = meant(who, known)
        if len(found) == 1:
            return found[0]
        if found:
            raise IdentityError(f"same person: {who!r} is in {' and '.join(found)}; write which one")
        if slash and corpus not in here and corpus in DATASETS:
            return None
        raise IdentityError(f"same person: there is no {who!r}; did you mean {nearest(who, known)!r}?")

    found = [tuple(dict.fromkeys(filter(None, map(whole, group)))) for group in groups]
    return {who: group[0] for group in joined(one for one in found if len(one) > 1) for who in group}


def meant(who: str, known: Collection[str]) -> list[str]:
    """Those of ``known`` ("corpus/person") whom an id means: in full, else the person alone, as written; else
    in another spelling (``spelling``)."""
    if who in known:
        return [who]
    if alone := [one for one in sorted(known) if one.partition("/")[2] == who]:
        return alone
    corpus, slash, person = who.partition("/")
    wanted = spelling(person if slash else who)
    return [
        one
        for one in sorted(known)
        if spelling(one.partition("/")[2]) == wanted and (not slash or one.partition("/")[0] == corpus)
    ]


def nearest(who: str, known: Collection[str]) -> str:
    """Whom of ``known`` an id of nobody looks like: in full where it names a corpus, else the person."""
    names = sorted(known) if "/" in who else sorted({one.partition("/")[2] for one in known})
    return difflib.get_close_matches(who, names, n=1, cutoff=0.0)[0]


def respelt(clips: Iterable[Clip]) -> str:
    """Whose ids were several ways to write one, in a sentence; "" if nobody's were."""
    lines = dict.fromkeys(line for clip in clips for line in clip.repairs if line.endswith(ONE_PERSON))
    more = f" and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    return "; ".join(list(lines)[:SHOWN]) + more


def doubts(people: Iterable[str]) -> list[str]:
    """One sentence for each set of people who may be one, and parts of a corpus that may share people. People
    may be one whose ids differ in their spelling alone, in a word for "person" before one number (1, s1,
    sub01), in accents, or in letters and digits that look alike (P01, PO1). people: "corpus/person", after
    joining."""
    alike: dict[tuple[str, ...], list[str]] = {}
    parts: dict[str, set[str]] = {}
    for who in sorted(set(people)):
        corpus, _, person = who.partition("/")
        for key in _keys(person):
            alike.setdefault((corpus, *key), []).append(who)
        parts.setdefault(corpus, set()).add(person.partition("-")[0])
    sets = list(dict.fromkeys(tuple(ids) for ids in alike.values() if len(ids) > 1))
    found = [
        f"{', '.join(map(repr, ids))} look alike: if they are one person, written differently, that person "
        "is trained on and tested; write one id, or join them with --same-person FILE"
        for ids in sets[:SHOWN]
    ]
    if len(sets) > SHOWN:
        found.append(f"and {len(sets) - SHOWN} more sets of ids that look alike")
    for corpus, there in sorted(parts.items()):
        both = [part for part in _may_share(corpus) if part in there]
        if len(both) > 1:
            found.append(
                f"{corpus}: parts {' and '.join(both)} are pooled, and nobody says who is in both; such a "
                "person is trained on and tested; take one part alone, or join whom you know with "
                "--same-person FILE"
            )
    return found


def _keys(person: str) -> Iterator[tuple[str, str]]:
    """What people who may be one have in common."""
    plain = _without_accents(spelling(person)).translate(LOOK_ALIKE)
    yield "", plain
    # before leading zeros go: PO1 is P01
    yield "typed", spelling(_without_accents(person.casefold()).translate(LOOK_ALIKE).translate(LIKE_DIGITS))
    found = re.fullmatch(r"(\D*)(\d+)", plain, re.ASCII)
    for family in PERSON if found else ():
        if found and found[1] in ("", *family):
            yield family[0], found[2]


def _without_accents(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFKD", text) if not unicodedata.combining(sign))


def _may_share(corpus: str) -> tuple[str, ...]:
    """Of a corpus that is not registered nothing is known: a table may come from a plugin that is not
    here."""
    return getattr(DATASETS[corpus], "MAY_SHARE_PEOPLE", ()) if corpus in DATASETS else ()


def invented(clip_id: str) -> bool:
    """Whether its person was rendered, so that nobody has to ask who that is."""
    corpus = clip_id.partition("/")[0]
    return corpus in DATASETS and getattr(DATASETS[corpus], "INVENTED", False)


def spelling(person: str) -> str:
    """What is left of an id without case, leading zeros, separators, a float's ".0" and Unicode's second ways
    to write: "p1" of "P01", "p-01" and "p 1"; "1" of "01" and "1.0", and of the digits of another script."""
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", person).casefold())
    # without zero width; digits of every script as the usual ones
    signs = (sign for sign in text if unicodedata.category(sign) != "Cf")
    text = "".join(str(unicodedata.decimal(sign, sign)) for sign in signs)
    text = re.sub(r"^(\d+)\.0+$", r"\1", text)
    text = re.sub(r"(?<=\d)[\W_]+(?=\d)", " ", text)  # 1-12 is not 11-2
    text = re.sub(r"(?<!\d)[\W_]+|[\W_]+(?!\d)", "", text)
    return re.sub(r"\d+", lambda digits: digits[0].lstrip("0") or "0", text) or person
