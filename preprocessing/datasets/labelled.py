"""From a row of labels to a Clip, and what all sheet corpora share: repairs, frames that no row labels."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from preprocessing import fixes
from preprocessing.datasets.au_cells import spelt
from preprocessing.datasets.layout import shown
from preprocessing.datasets.values import blank
from preprocessing.schema import Clip, CorpusError

if TYPE_CHECKING:
    import pandas as pd

DIGITS = 18  # of a number that int() may have
THOUSANDS = re.compile(r"[1-9]\d{0,2}(?:[., '\u2019]\d{3})+", re.ASCII)


def number(value: str, what: str) -> tuple[int | None, str]:
    """(frame number or None, problem or ""). Unknown is no problem; any other text that is no whole number
    is."""
    signs = unicodedata.normalize("NFKC", value).strip()
    value = "".join(str(unicodedata.decimal(sign, sign)) for sign in signs)  # digits of every script
    if not blank(value) or not value.strip("?"):
        return None, ""
    if value.isascii() and value.isdecimal():
        if len(value.lstrip("0")) > DIGITS:
            return None, f"{what} of {len(value)} digits is no frame number"
        return int(value), ""
    hint = "; write thousands without a separator" if THOUSANDS.fullmatch(value) else ""
    if not hint and re.fullmatch(r"\d*[.,]\d+|\d+:\d+.*", value):
        hint = "; if it is a time, write the number of the frame"
    return None, f"{what} {value[:40]!r} is no frame number{hint}"


def rate(value: str) -> tuple[float | None, str]:
    """(frames per second, at least 1, or None; problem or ""). An empty cell is no problem."""
    if not value:
        return None, ""
    found = re.fullmatch(
        r"(\d+(?:\.\d+|,\d\d?)?(?:e\d)?)(?:/(\d+))?\s*(?:fps|hz)?", value, re.ASCII | re.IGNORECASE
    )
    fps = float(found[1].replace(",", ".")) / float(found[2] or 1) if found and found[2] != "0" else 0.0
    if fps >= 1:
        return fps, ""
    return None, f"fps {value[:40]!r} is no number of frames per second, 1 or more"


def id_number(value: str, where: str) -> int:
    """1 from '1', '01', 'sub01', 's1', also in full-width signs. Raises CorpusError for any other text."""
    digits = unicodedata.normalize("NFKC", value).lower().removeprefix("sub").removeprefix("s")
    if not (digits.isascii() and digits.isdecimal() and len(digits) <= DIGITS):
        raise CorpusError(f"{where}: subject {value[:40]!r} is no number; correct the sheet")
    return int(digits)


def subjects(table: pd.DataFrame, sheet: Path, form: str) -> list[str]:
    """``id_number`` of each row's subject, written as ``form`` ("sub{:02d}"); "" where a cell of the row
    holds an error and none is left, and in a row that names no clip, such as a total: its column ``problem``
    says so. Other errors name the row in ``sheet``.
    """
    made, problems = [], table["problem"].tolist()
    for i, row in enumerate(table.itertuples(index=False)):
        value = str(row.subject)
        if not row.clip and not value.isdecimal() and not row.problem:
            problems[i] = (
                f"row {row.row} names no clip, but has {value[:40]!r} for a person: is it a total, or a note?"
            )
            value = ""
        elif value or not row.problem:
            value = form.format(id_number(value, f"{sheet} row {row.row}"))
        made.append(value)
    table["problem"] = problems
    return made


def clips(
    corpus: str,
    table: pd.DataFrame,
    *,
    aus_known: bool,
    fps: float | None,
    needed: tuple[str, ...] = ("onset", "offset"),
) -> Iterator[Clip]:
    """One Clip per row of ``table``, repaired by fixes/<corpus>.csv.

    ``table`` has the text columns subject, clip, onset, apex, offset, emotion, aus, a column frames of Path,
    and may have the column problem of ``sheet.read``.

    A row whose frame numbers cannot be read, or that gives none where one is ``needed``, gets a ``problem``;
    no row is left out.
    """
    repaired, repairs = fixes.apply(table, corpus)
    for row, lines in zip(repaired.itertuples(index=False), repairs, strict=True):
        seen = str(getattr(row, "problem", ""))
        problems = [seen] if seen else []
        numbers: dict[str, int | None] = {}
        for what in ("onset", "apex", "offset"):
            value = str(getattr(row, what))
            numbers[what], problem = number(value, what)
            if not problem and numbers[what] is None and what in needed and not seen:
                problem = f"no {what} is given"
            if problem:
                problems.append(problem)
        aus, said = spelt(blank(str(row.aus)))
        yield Clip(
            corpus=corpus,
            subject=f"{corpus}/{row.subject}",
            name=str(row.clip),
            frames=Path(str(row.frames)),
            emotion=str(row.emotion).strip().lower(),
            aus=aus,
            aus_known=aus_known,
            fps=fps,
            apex_source="none" if numbers["apex"] is None else "annotated",
            repairs=(*lines, said) if said else lines,
            problem="; ".join(problems),
            onset=numbers["onset"],
            apex=numbers["apex"],
            offset=numbers["offset"],
        )


def unlabelled(corpus: str, root: Path, table: pd.DataFrame) -> Iterator[Clip]:
    """A Clip with a problem for each folder ``root/<subject>/<clip>`` that no row of ``table`` names."""
    known = set(table["frames"])
    for person in shown(root):
        for folder in shown(person):
            if folder not in known:
                yield without_label(corpus, person.name, folder)


def without_label(corpus: str, subject: str, folder: Path) -> Clip:
    """The Clip with a problem for a folder of frames that no row of the sheet names."""
    problem = f"frames without a label: no row of the sheet names {folder.name} of {subject}"
    return Clip(corpus, f"{corpus}/{subject}", folder.name, folder, emotion="", problem=problem)
