"""Annotation workbooks: find the one in a corpus' folder, find its header row, read its columns by name, as
text.

The same corpus circulates with blank columns or without, in another order of columns, with 13 rows of prose
above the header or without, with numbers stored as numbers or as text. So nothing is read by position: the
header is the first row that holds all needed columns, and names are compared without white space, underscores
and case.
"""

from __future__ import annotations

import contextlib
import fnmatch
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from preprocessing.datasets import headers
from preprocessing.datasets.paths import unpack
from preprocessing.datasets.tables import pages_of
from preprocessing.datasets.values import seen, wrong
from preprocessing.datasets.workbook import OTHER_KINDS
from preprocessing.schema import CorpusError

if TYPE_CHECKING:
    import pandas as pd

SAVED_AS = (".xlsx", ".xls", ".ods", ".csv")  # formats of a sheet; of several the first is read
Names = Mapping[str, Sequence[str]]  # key -> the names that its column may have


def find(folders: Iterable[Path], patterns: Sequence[str]) -> list[Path]:
    """Files in ``folders`` whose name fits one of ``patterns`` (case ignored), by name within each folder."""
    listed = [
        path for folder in dict.fromkeys(folders) if folder.is_dir() for path in sorted(folder.iterdir())
    ]
    return [
        p
        for p in listed
        if not p.is_dir()  # a pipe is told by who reads it
        and not p.name.startswith((".", "~$"))  # macOS' second half of a file, and Excel's lock
        and _fits(p, patterns)
    ]


def _fits(path: Path, patterns: Sequence[str]) -> bool:
    """Also for the same sheet, saved by another program."""
    forms = {other for form in patterns for other in _saved_as(form.lower())}
    return any(fnmatch.fnmatchcase(path.name.lower(), form) for form in forms)


def _saved_as(form: str) -> set[str]:
    stem, dot, suffix = form.rpartition(".")
    if dot and suffix.startswith("xls"):
        return {form, *(f"{stem}{other}" for other in SAVED_AS)}
    return {form}


def _twins(one: Path, found: Sequence[Path]) -> bool:
    """Another file of the same name is in a format that stands before this one's."""
    before = SAVED_AS[: SAVED_AS.index(one.suffix.lower())]
    return any(p.with_suffix("") == one.with_suffix("") and p.suffix.lower() in before for p in found)


def find_one(folders: Iterable[Path], patterns: Sequence[str], what: str) -> Path:
    """The one file that ``find`` gives. Raises CorpusError for none or several."""
    folders = list(dict.fromkeys(folders))
    found = find(folders, patterns)
    for other in SAVED_AS[1:]:  # a copy that another program has saved
        found = [one for one in found if one.suffix.lower() != other or not _twins(one, found)]
    if not found:
        raise CorpusError(
            f"no {what} in {_join(folders)}; expected a file named {' or '.join(patterns)}"
            f"{_elsewhere(folders[0], patterns)}"
        )
    if len(found) > 1:
        raise CorpusError(f"several {what}s: {_join(found)}; keep the one to use, move the others away")
    return found[0]


def _elsewhere(root: Path, patterns: Sequence[str]) -> str:
    """Which folder is meant: one of ``root``'s, or the one above; or that an archive has to be unpacked."""
    inside = (
        [path for path in sorted(root.iterdir()) if not path.name.startswith(".")] if root.is_dir() else []
    )
    for folder in (*filter(Path.is_dir, inside), root.absolute().parent):
        with contextlib.suppress(OSError):
            if found := find([folder], patterns):
                return f"; {found[0]} is one: point --root at {folder}"
    for path in filter(Path.is_file, inside):
        if path.suffix.lower() in OTHER_KINDS and _fits(path.with_suffix(".xlsx"), patterns):
            return f"; {path.name} is a workbook of another kind: save it as .xlsx"
    return unpack(filter(Path.is_file, inside))


def read(path: Path, columns: Names, *, optional: Collection[str] = (), page: str = "") -> pd.DataFrame:
    """The data rows as text, one column for each key of ``columns``, whose values are the names it may have
    in the sheet.

    optional  keys whose column the sheet may lack; it is then "" in every row.
    page      of several sheets that have the header, the one of this name.

    Empty cells are "", whole numbers lose a ".0", text is stripped, rows without any cell are left out.
    Column ``row`` is the sheet's row number. Column ``problem`` is "", or names each cell of the row that
    holds an Excel error such as #N/A; the value of that cell is then "". Raises CorpusError if the file is no
    readable workbook, no sheet or several have the header, or a column is missing or there twice.
    """
    import pandas as pd

    pages = pages_of(path)
    needed = {key: names for key, names in columns.items() if key not in optional}
    title, at = _header(path, pages, needed, page)
    header, places = pages[title][at], {}
    known = {_plain(name) for names in columns.values() for name in names}
    further = [cell for cell in header if cell and _plain(cell) not in known]
    for key, names in columns.items():
        hits = [i for i, cell in enumerate(header) if _plain(cell) in map(_plain, names)]
        if len(hits) > 1 or (not hits and key not in optional):
            want = f"{len(hits)} columns are named {' or '.join(names)}, one is needed"
            found = {} if hits else headers.meant(further, {key: names})
            raise CorpusError(
                f"{path}, sheet {title!r}: {want}; row {at + 1} has {', '.join(repr(n) for n in header if n)}"
                + (f"; {headers.said(found, {key: names})}" if found else "")
            )
        if hits:
            places[key] = hits[0]
    rows = [
        (number, cells) for number, cells in enumerate(pages[title][at + 1 :], start=at + 2) if any(cells)
    ]
    data = [
        _row(number, {key: cells[i] for key, i in places.items() if i < len(cells)}, places)
        for number, cells in rows
    ]
    if not data:
        raise CorpusError(f"{path}, sheet {title!r}: no row below the header in row {at + 1}")
    return pd.DataFrame(data, columns=["row", "problem", *columns]).fillna("")


def _header(
    path: Path, pages: Mapping[str, list[list[str]]], needed: Names, page: str = ""
) -> tuple[str, int]:
    """(sheet, 0-based row) of the first row that holds all ``needed`` columns, or else of the one that lacks
    fewest, but not half. page: as in ``read``."""
    wanted = [{_plain(name) for name in names} for names in needed.values()]
    held: dict[str, tuple[int, int]] = {}
    for title, rows in pages.items():
        counts = [sum(not names.isdisjoint(map(_plain, row)) for names in wanted) for row in rows]
        held[title] = max(((count, -at) for at, count in enumerate(counts)), default=(0, 0))
    most = max((count for count, _ in held.values()), default=0)
    best = [title for title, (count, _) in held.items() if count == most and 2 * count > len(needed)]
    if len(best) > 1 and page in best:
        best = [page]
    if len(best) != 1:
        first, *others = (names[0] for names in needed.values())
        want = (
            f"a header: a row that starts with {first!r}, or holds it elsewhere, and has {', '.join(others)}"
        )
        raise CorpusError(f"{path}: exactly one sheet must have {want}; but: {', '.join(best) or 'none has'}")
    return best[0], -held[best[0]][1]


def _row(number: int, values: dict[str, str], places: Mapping[str, int]) -> dict[str, object]:
    from openpyxl.utils import get_column_letter

    values = {key: seen(v) for key, v in values.items()}
    faults = {key: why for key, v in values.items() if (why := wrong(v))}
    problem = "; ".join(
        f"cell {get_column_letter(places[key] + 1)}{number} ({key}) {why}" for key, why in faults.items()
    )
    return {"row": number, "problem": problem} | values | dict.fromkeys(faults, "")


def _plain(name: str) -> str:
    return "".join(seen(name).lower().replace("_", " ").split())


def _join(paths: Iterable[Path]) -> str:
    return ", ".join(map(str, paths))
