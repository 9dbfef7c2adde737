"""A workbook as text, sheet by sheet: .xlsx by openpyxl, .xls and .ods by calamine, and so an .xlsx at which
openpyxl fails (a chart sheet without its drawing).

A cell that is merged with those below it stands in each of its rows. What would pass for "unknown" as an
empty cell is marked: the cells that one merged over several columns covers (values.MERGED), and a formula
that no program has calculated, as an error like the workbook's own (#NOT CALCULATED!).
"""

from __future__ import annotations

import datetime
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING
from xml.etree import ElementTree

from preprocessing.datasets.merged import Block, blocks_in_ods, fill
from preprocessing.regular import regular
from preprocessing.schema import CorpusError

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

NOT_CALCULATED = "#NOT CALCULATED!"
OTHER_KINDS = (".xlsb", ".numbers", ".fods", ".et", ".gnumeric", ".sxc", ".wks")  # workbooks not read here


def tables(path: Path) -> dict[str, list[list[str]]]:
    """{sheet: rows of cells as text}; rows may differ in length. Raises CorpusError for what is no
    workbook, NoRegularFile, NotPermitted."""
    regular(path)
    if path.suffix.lower() in (".xls", ".ods"):
        return _of_other_programs(path)
    try:
        book = _opened(path, values=True)
    except CorpusError:
        if zipfile.is_zipfile(path) and _has_formulas(path):
            raise
        return _of_other_programs(path)
    made = {
        page.title: [list(map(text, row)) for row in page.iter_rows(max_row=_last(page), values_only=True)]
        for page in book.worksheets
    }
    for page in book.worksheets:
        for block in page.merged_cells.ranges:
            corners = (block.min_row - 1, block.min_col - 1, block.max_row - 1, block.max_col - 1)
            fill(made[page.title], *corners)
    if _has_formulas(path):
        for page in _opened(path, values=False).worksheets:
            for row in page.iter_rows(max_row=_last(page)):
                for cell in row:
                    if cell.data_type == "f" and not made[page.title][cell.row - 1][cell.column - 1]:
                        made[page.title][cell.row - 1][cell.column - 1] = NOT_CALCULATED
    return made


def _last(page: Worksheet) -> int:
    """The last row that holds something, at least 1. openpyxl counts cells too that have a format alone: of a
    column formatted to its end a million, 40 s."""
    return max((row for (row, _), cell in page._cells.items() if cell.value is not None), default=1)


def hidden_rows(path: Path) -> int:
    """How many rows of an .xlsx a reader of the workbook does not see; 0 of other formats. Raises
    CorpusError."""
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        return 0
    try:
        book = _opened(regular(path), values=True)
    except CorpusError:
        tables(path)  # raises where nobody can read it
        return 0
    return sum(bool(one.hidden) for page in book.worksheets for one in page.row_dimensions.values())


def _opened(path: Path, *, values: bool) -> Workbook:
    """values: of the formulas; else the formulas themselves."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return openpyxl.load_workbook(path, data_only=values)
    except (*_OF_ODD_PARTS, InvalidFileException, zipfile.BadZipFile, OSError) as error:
        raise _unread(path, error) from error


# what openpyxl raises of a part that is not as Excel writes it
_OF_ODD_PARTS = (AttributeError, IndexError, KeyError, TypeError, ValueError)


def _unread(path: Path, error: Exception) -> CorpusError:
    with path.open("rb") as file:
        head = file.read(64).lstrip(b"\xef\xbb\xbf").lstrip()
    if head.startswith(b"<"):  # of a web page or of an old office program
        return CorpusError(
            f"{path} is a page of HTML or XML, no workbook: open it in an office program, save it as .xlsx"
        )
    if head and head.isascii() and b"\0" not in head and not head.startswith(b"PK"):
        return CorpusError(f"{path} is text, no workbook: name it {path.stem}.csv, or save it as .xlsx")
    return CorpusError(
        f"{path} cannot be read as a workbook ({error}); save it as .xlsx without a password, move this one "
        "away"
    )


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as book:
        pages = [name for name in book.namelist() if name.startswith("xl/worksheets/")]
        return any(b"<f" in book.read(name) for name in pages)


def _of_other_programs(path: Path) -> dict[str, list[list[str]]]:
    """As ``tables``, of the formats of older and of free office programs."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(path)
        merged = blocks_in_ods(path) if path.suffix.lower() == ".ods" else {}
        made = {}
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            made[name] = [list(map(text, row)) for row in sheet.to_python(skip_empty_area=False)]
            blocks: Iterable[Block] = [(*one, *other) for one, other in sheet.merged_cell_ranges or ()]
            for block in blocks or merged.get(name, ()):
                fill(made[name], *block)
        return made
    except (CalamineError, ElementTree.ParseError, KeyError, ValueError, OSError) as error:
        raise _unread(path, error) from error


def text(cell: object) -> str:
    """One cell as text: "" for an empty one, 46 and 46.0 both "46", a day with its time as openpyxl has it,
    otherwise stripped text."""
    if cell is None:
        return ""
    if isinstance(cell, datetime.date) and not isinstance(cell, datetime.datetime):
        cell = datetime.datetime.combine(cell, datetime.time())
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip()
