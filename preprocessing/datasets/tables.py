"""Tables that people write: comma, semicolon or tab; UTF-8 or Windows' cp1252; or a workbook.

A table is a header and rows of stripped text. Lines that are empty or begin with '#' are passed over. Whole
numbers lose the ".0" that a column with an empty cell is given by pandas and by spreadsheets, and what such
programs write into an empty cell (NA, NaN, None, null, -) is "" where a reader asks for it with ``blank``.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from pathlib import Path

from preprocessing.schema import CorpusError

EMPTY = ("", "/", "-", "na", "n/a", "#n/a", "nan", "none", "null", "<na>")
WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
LONGEST = 1000  # characters of a cell that says something
_WHOLE = re.compile(r"(\d+)\.0+", re.ASCII)


def table(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> list[dict[str, str]]:
    """Rows by column name, lower case; of the ``optional`` columns those that are not there are "".

    Raises CorpusError, with all that is wrong with the header at once, if the file is missing, unreadable,
    lacks a column, has one of them twice, or has a row of another length.
    """
    lines = rows(path)
    if not lines:
        raise CorpusError(f"{path} is empty; its first line must be {','.join((*columns, *optional))}")
    header = [name.strip().lower() for name in lines[0][1]]
    if faults := _faults(header, columns, optional):
        raise CorpusError(f"{path}: {'; '.join(faults)}; the header is {','.join(header)[:LONGEST]}")
    made = []
    for line, cells in lines[1:]:
        if len(cells) != len(header):
            rule = f"{len(cells)} values for {len(header)} columns; quote a value that holds the separator"
            raise CorpusError(f"{path} line {line}: {rule}")
        row = dict(zip(header, cells, strict=True))
        for name, value in row.items():
            if len(value) > LONGEST:
                rule = (
                    f"column {name!r} has {len(value)} characters, of at most {LONGEST}; is a quote missing?"
                )
                raise CorpusError(f"{path} line {line}: {rule}")
        made.append(dict.fromkeys(optional, "") | row)
    return made


def blank(value: str) -> str:
    """The value, or "" where it is one of the ways to write that there is none."""
    return "" if value.lower() in EMPTY else value


def whole(value: str) -> str:
    """'25' of '25.0'; anything else as it is."""
    found = _WHOLE.fullmatch(value)
    return found[1] if found else value


def rows(path: Path) -> list[tuple[int, list[str]]]:
    """(line number, stripped cells) of each line that holds something. Raises CorpusError."""
    if path.suffix.lower() in WORKBOOKS:
        return _of_workbook(path)
    text = read_text(path)
    lines = (line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#"))
    separator = max(",;\t", key=next(lines, "").count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    limit = csv.field_size_limit(1 << 24)  # a cell that is too long is told by name, in table()
    try:
        found = []
        for cells in reader:
            cells = [cell.strip() for cell in cells]
            if any(cells) and not cells[0].startswith("#"):
                found.append((reader.line_num, cells))
    except csv.Error as error:
        raise CorpusError(f"{path} line {reader.line_num} cannot be read as CSV: {error}") from error
    finally:
        csv.field_size_limit(limit)
    return _same_length(found)


def pages_of(path: Path) -> dict[str, list[list[str]]]:
    """{sheet: rows of cells as text} of a workbook, or of a CSV file as its one sheet; rows may differ in
    length. Raises CorpusError."""
    from preprocessing.datasets import workbook

    if path.suffix.lower() != ".csv":
        return workbook.tables(path)
    made: list[list[str]] = []
    for number, cells in rows(path):
        made += [[]] * (number - 1 - len(made)) + [list(map(whole, cells))]
    return {path.name: made}


def read_text(path: Path) -> str:
    """A text file in UTF-8, with or without byte order mark, or in UTF-16 with one, else in cp1252. Raises
    CorpusError."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise CorpusError(f"{path} cannot be read: {error.strerror}") from error
    marked = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "cp1252"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise CorpusError(
        f"{path} cannot be read as text: it is no UTF-8, UTF-16 or cp1252; save it as UTF-8 CSV"
    )


def _same_length(found: list[tuple[int, list[str]]]) -> list[tuple[int, list[str]]]:
    """Without the empty cells at the end that spreadsheets write: of all rows behind the header's last."""
    if not found:
        return found
    width = max(i + 1 for i, name in enumerate(found[0][1]) if name)
    return [(n, cells[:width] if not any(cells[width:]) else cells) for n, cells in found]


def _of_workbook(path: Path) -> list[tuple[int, list[str]]]:
    from preprocessing.datasets import workbook

    pages = {title: page for title, page in workbook.tables(path).items() if any(map(any, page))}
    if len(pages) > 1:
        raise CorpusError(f"{path} has several sheets ({', '.join(pages)}); keep the one with the clips")
    page = next(iter(pages.values()), [])
    held = [(n, cells) for n, cells in enumerate(page, 1) if any(cells) and not cells[0].startswith("#")]
    if not held:
        return held
    width = max(len(cells) for _, cells in held)
    return _same_length([(n, cells + [""] * (width - len(cells))) for n, cells in held])


def _faults(header: Sequence[str], columns: Sequence[str], optional: Sequence[str]) -> list[str]:
    missing = [name for name in columns if name not in header]
    twice = [name for name in (*columns, *optional) if header.count(name) > 1]
    faults = []
    if missing:
        faults.append(f"no column is named {', '.join(map(repr, missing))}")
    if twice:
        faults.append(f"several columns are named {', '.join(map(repr, twice))}, one each is needed")
    return faults
