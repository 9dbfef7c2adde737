"""Annotation workbooks: find the one in a corpus' folder, find its header row, read its columns by name, as text.

The same corpus circulates with blank columns or without, with 13 rows of prose above the header or without, with numbers stored
as numbers or as text. So nothing is read by position: the header is the row whose first cell is 'Subject', and names are compared
without spaces, underscores and case.
"""

from __future__ import annotations

import fnmatch
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import openpyxl
import pandas as pd
from openpyxl.utils.exceptions import InvalidFileException

from preprocessing.schema import CorpusError


def find_one(folders: Iterable[Path], patterns: Sequence[str], what: str) -> Path:
    """The one file in ``folders`` whose name fits one of ``patterns`` (case ignored). Raises CorpusError for none or several."""
    folders = list(dict.fromkeys(folders))
    found = [
        path
        for folder in folders
        if folder.is_dir()
        for path in sorted(folder.iterdir())
        if path.is_file() and any(fnmatch.fnmatchcase(path.name.lower(), pattern.lower()) for pattern in patterns)
    ]
    if not found:
        raise CorpusError(f"no {what} in {_join(folders)}; expected a file named {' or '.join(patterns)}")
    if len(found) > 1:
        raise CorpusError(f"several {what}s: {_join(found)}; keep the one to use, move the others away")
    return found[0]


def read(path: Path, columns: Mapping[str, Sequence[str]]) -> pd.DataFrame:
    """The data rows as text, one column for each key of ``columns``, whose values are the names it may have in the sheet.

    Empty cells are "", whole numbers lose a ".0", text is stripped, rows without any cell are left out; the sheet's row number
    is in column ``row``. Raises CorpusError if the file is no readable workbook, no sheet or several have the header, or a
    column is missing or there twice.
    """
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as error:
        raise CorpusError(f"{path} cannot be read as a workbook ({error}); save it as .xlsx, move this one away") from error
    try:
        tables = {
            page.title: [[text(cell) for cell in row] for row in page.iter_rows(values_only=True)] for page in book.worksheets
        }
    finally:
        book.close()
    starts = {title: at for title, rows in tables.items() if (at := _header_row(rows)) is not None}
    if len(starts) != 1:
        have = ", ".join(starts) or "none has"
        raise CorpusError(f"{path}: exactly one sheet must have a row that starts with 'Subject', but: {have}")
    title, at = next(iter(starts.items()))
    header, rows = [_plain(name) for name in tables[title][at]], tables[title][at + 1 :]
    places = {}
    for key, names in columns.items():
        hits = [i for i, name in enumerate(header) if name in {_plain(n) for n in names}]
        if len(hits) != 1:
            have = ", ".join(repr(n) for n in tables[title][at] if n)
            want = f"{len(hits)} columns are named {' or '.join(names)}, one is needed"
            raise CorpusError(f"{path}, sheet {title!r}: {want}; it has {have}")
        places[key] = hits[0]
    data = [
        {"row": at + 2 + i} | {key: row[place] if place < len(row) else "" for key, place in places.items()}
        for i, row in enumerate(rows)
        if any(row)
    ]
    if not data:
        raise CorpusError(f"{path}, sheet {title!r}: no row below the header in row {at + 1}")
    return pd.DataFrame(data)


def text(cell: object) -> str:
    """One cell as text: "" for an empty one, 46 and 46.0 both "46", otherwise stripped text."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip()


def _header_row(rows: list[list[str]]) -> int | None:
    return next((i for i, row in enumerate(rows) if row and row[0].lower() == "subject"), None)


def _plain(name: str) -> str:
    return name.lower().replace(" ", "").replace("_", "")


def _join(paths: Iterable[Path]) -> str:
    return ", ".join(map(str, paths))
