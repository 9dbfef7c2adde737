"""A workbook as text, sheet by sheet: .xlsx by openpyxl, .xls and .ods by calamine.

A cell that is merged with those below it stands in each of its rows. A formula that no program has calculated
is an error like the workbook's own (#NOT CALCULATED!): as an empty cell it would pass for "unknown".
"""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from preprocessing.schema import CorpusError

if TYPE_CHECKING:
    from openpyxl import Workbook

NOT_CALCULATED = "#NOT CALCULATED!"


def tables(path: Path) -> dict[str, list[list[str]]]:
    """{sheet: rows of cells as text}; rows may differ in length. Raises CorpusError for what is no
    workbook."""
    if path.suffix.lower() in (".xls", ".ods"):
        return _of_other_programs(path)
    book = _opened(path, values=True)
    made = {
        page.title: [list(map(text, row)) for row in page.iter_rows(values_only=True)]
        for page in book.worksheets
    }
    for page in book.worksheets:
        for block in page.merged_cells.ranges:
            corners = (block.min_row - 1, block.min_col - 1, block.max_row - 1, block.max_col - 1)
            _fill(made[page.title], *corners)
    if _has_formulas(path):
        for page in _opened(path, values=False).worksheets:
            for row in page.iter_rows():
                for cell in row:
                    if cell.data_type == "f" and not made[page.title][cell.row - 1][cell.column - 1]:
                        made[page.title][cell.row - 1][cell.column - 1] = NOT_CALCULATED
    return made


def hidden_rows(path: Path) -> int:
    """How many rows of an .xlsx a reader of the workbook does not see; 0 of other formats. Raises
    CorpusError."""
    if path.suffix.lower() not in (".xlsx", ".xlsm"):
        return 0
    return sum(
        bool(one.hidden)
        for page in _opened(path, values=True).worksheets
        for one in page.row_dimensions.values()
    )


def _opened(path: Path, *, values: bool) -> Workbook:
    """values: of the formulas; else the formulas themselves."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    try:
        return openpyxl.load_workbook(path, data_only=values)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError) as error:
        raise CorpusError(
            f"{path} cannot be read as a workbook ({error}); save it as .xlsx, move this one away"
        ) from error


def _has_formulas(path: Path) -> bool:
    with zipfile.ZipFile(path) as book:
        pages = [name for name in book.namelist() if name.startswith("xl/worksheets/")]
        return any(b"<f" in book.read(name) for name in pages)


def _fill(page: list[list[str]], top: int, left: int, bottom: int, right: int) -> None:
    """A merged block, 0-based, both ends included. One of several columns is a title; empty rows stay so."""
    if left != right:
        return
    for row in page[top + 1 : bottom + 1]:
        if left < len(row) and any(row):
            row[left] = page[top][left]


def _of_other_programs(path: Path) -> dict[str, list[list[str]]]:
    """As ``tables``, of the formats of older and of free office programs."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(path)
        made = {}
        for name in book.sheet_names:
            sheet = book.get_sheet_by_name(name)
            made[name] = [list(map(text, row)) for row in sheet.to_python(skip_empty_area=False)]
            for (top, left), (bottom, right) in sheet.merged_cell_ranges or ():
                _fill(made[name], top, left, bottom, right)
        return made
    except (CalamineError, OSError) as error:
        raise CorpusError(
            f"{path} cannot be read as a workbook ({error}); save it as .xlsx, move this one away"
        ) from error


def text(cell: object) -> str:
    """One cell as text: "" for an empty one, 46 and 46.0 both "46", otherwise stripped text."""
    if cell is None:
        return ""
    if isinstance(cell, float) and cell.is_integer():
        cell = int(cell)
    return str(cell).strip()
