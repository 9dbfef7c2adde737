"""Tables that people write: comma, semicolon or tab; UTF-8, Windows' cp1252 or Chinese GB 18030; or a
workbook.

A table is a header and rows of stripped text. The header is the first row that has most of the columns'
names; what stands above it, such as a title, is passed over, and so are lines that are empty or begin with
'#', and Excel's "sep=;". Whole numbers lose the ".0" that a column with an empty cell is given by pandas and
by spreadsheets, and what such programs write into an empty cell (NA, NaN, None, null, n.a., -) is "" where a
reader asks for it with ``blank``.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Sequence
from pathlib import Path

from preprocessing.datasets import headers
from preprocessing.datasets.text import commented, comments, cut, is_comment, records
from preprocessing.datasets.values import bare, whole
from preprocessing.schema import CorpusError

WORKBOOKS = (".xlsx", ".xlsm", ".xls", ".ods")
LONGEST = 1000  # characters of a cell that says something
ABOVE = 40  # rows in which the header is looked for
Rows = list[tuple[int, list[str]]]  # (number of the line or row, cells)


def table(path: Path, columns: Sequence[str], optional: Sequence[str] = ()) -> list[dict[str, str]]:
    """Rows by column name, lower case; of the ``optional`` columns those that are not there are "".

    A row may lack cells at its end, as Excel writes it, but none of a needed column. Raises CorpusError, with
    all that is wrong with the header at once, if the file is missing, unreadable, lacks a column, has one of
    them twice, or has a row of another length.
    """
    lines = rows(path, columns)
    if not lines:
        raise CorpusError(f"{path} is empty; its first line must be {','.join(columns)}")
    header = list(map(_name, lines[0][1]))
    if faults := _faults(lines[0][1], columns, optional):
        if len(header) == 1:
            faults.append("columns are separated by comma, semicolon or tab")
        if path.suffix.lower() not in WORKBOOKS and _is_header(comments(path), columns):
            faults.append("the line with these names begins with '#', as a comment does: remove the sign")
        raise CorpusError(f"{path}: {'; '.join(faults)}; the header is {','.join(header)[:LONGEST]}")
    least = max(header.index(name) for name in columns) + 1
    made = []
    for line, cells in lines[1:]:
        if not least <= len(cells) <= len(header):
            rule = f"{len(cells)} values for {len(header)} columns; quote a value that holds the separator"
            if {len(header) + 1} == {len(row) for _, row in lines[1:]}:
                rule += ", or, if the first value of each line is a number of the row, give it a name too"
            raise CorpusError(f"{path} line {line}: {rule}")
        row = dict(zip(header, cells + [""] * (len(header) - len(cells)), strict=True))
        for name, value in row.items():
            if len(value) > LONGEST:
                rule = (
                    f"column {name!r} has {len(value)} characters, of at most {LONGEST}; is a quote missing?"
                )
                raise CorpusError(f"{path} line {line}: {rule}")
        made.append(dict.fromkeys(optional, "") | row)
    if not made and path.suffix.lower() not in WORKBOOKS and (hidden := commented(path)):
        raise CorpusError(
            f"{path}: every row begins with '#', as {hidden[0]!r} does, which makes a comment of it; write "
            "the ids without it, or in quotes"
        )
    return made


def rows(path: Path, columns: Sequence[str] = ()) -> Rows:
    """(line number, stripped cells) of each line that holds something, from the header with these columns on.
    Raises CorpusError."""
    if path.suffix.lower() in WORKBOOKS:
        return _of_workbook(path, columns)
    text, separator = cut(path)
    try:
        found = [(n, list(map(_kept, cells))) for n, cells in records(text, separator) if any(cells)]
    except csv.Error as error:
        raise CorpusError(
            f"{path} cannot be read as CSV: {error}; is a quote missing, or one too many?"
        ) from error
    found = _from_header(found, columns)
    width = _named(found)
    # without the empty cells at the end that spreadsheets write
    return [(n, cells[:width] if not any(cells[width:]) else cells) for n, cells in found]


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


def _kept(cell: str) -> str:
    """Without the sign of a formula and quotes, ="01", by which programs keep Excel from making 1 of it."""
    return cell[2:-1] if len(cell) > 2 and cell.startswith('="') and cell.endswith('"') else cell


def _name(cell: str) -> str:
    return bare(cell).lower()


def _named(found: Rows) -> int:
    """Columns up to the header's last name."""
    return max((i + 1 for i, name in enumerate(found[0][1]) if name), default=0) if found else 0


def _from_header(found: Rows, columns: Sequence[str]) -> Rows:
    """From the first row with most of the columns on; all where no row has two of them."""
    most, at = _best(found, columns)
    return found[at:] if most > 1 else found


def _best(found: Rows, columns: Sequence[str]) -> tuple[int, int]:
    """(how many of the columns it has, its place) of the row that has most."""
    held = [len(set(columns).intersection(map(_name, cells))) for _, cells in found[:ABOVE]]
    most = max(held, default=0)
    return most, held.index(most) if held else 0


def _of_workbook(path: Path, columns: Sequence[str]) -> Rows:
    """Of the sheet that has the header, or of the only one. What stands right of the header's last name are
    notes."""
    from preprocessing.datasets import workbook

    pages = {
        title: [(n, cells) for n, cells in enumerate(page, 1) if any(cells) and not is_comment(cells[0])]
        for title, page in workbook.tables(path).items()
        if any(map(any, page))
    }
    fit = {title: page for title, page in pages.items() if 2 * _best(page, columns)[0] > len(columns)}
    pages = fit or pages
    if len(pages) > 1:
        raise CorpusError(f"{path} has several sheets ({', '.join(pages)}); keep the one with the clips")
    found = _from_header(next(iter(pages.values()), []), columns)
    width = _named(found)
    return [(n, (cells + [""] * width)[:width]) for n, cells in found if any(cells[:width])]


def unread(path: Path, columns: Sequence[str], optional: Sequence[str]) -> dict[str, str]:
    """{one of ``optional`` that the table lacks: the header, of those that are not read, that may mean it}.
    Raises CorpusError."""
    header = [cell for _, cells in rows(path, columns)[:1] for cell in cells]
    held = set(map(_name, header))
    return headers.meant(
        _further(header, (*columns, *optional)), {name: (name,) for name in optional if name not in held}
    )


def _further(header: Sequence[str], known: Collection[str]) -> list[str]:
    """Its cells that are the name of no column, as they are written."""
    return [bare(cell) for cell in header if _name(cell) and _name(cell) not in known]


def _is_header(lines: Sequence[Sequence[str]], columns: Sequence[str]) -> bool:
    """Whether one of these comments has most of the columns."""
    named = [{_name(cell).lstrip("# ") for cell in cells} for cells in lines]
    return any(2 * len(names.intersection(columns)) > len(columns) for names in named)


def _faults(cells: Sequence[str], columns: Sequence[str], optional: Sequence[str]) -> list[str]:
    header = list(map(_name, cells))
    missing = [name for name in columns if name not in header]
    twice = [name for name in (*columns, *optional) if header.count(name) > 1]
    faults = []
    if missing:
        faults.append(f"no column is named {', '.join(map(repr, missing))}")
        lacking = {name: (name,) for name in missing}
        found = headers.meant(_further(cells, (*columns, *optional)), lacking)
        faults += [headers.said(found, lacking)] if found else []
    if twice:
        faults.append(f"several columns are named {', '.join(map(repr, twice))}, one each is needed")
    return faults
