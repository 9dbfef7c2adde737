"""A workbook as text, sheet by sheet: .xlsx by openpyxl, .xls and .ods by calamine."""

from __future__ import annotations

import contextlib
import zipfile
from pathlib import Path

from preprocessing.schema import CorpusError


def tables(path: Path) -> dict[str, list[list[str]]]:
    """{sheet: rows of cells as text}; rows may differ in length. Raises CorpusError for what is no
    workbook."""
    import openpyxl
    from openpyxl.utils.exceptions import InvalidFileException

    if path.suffix.lower() in (".xls", ".ods"):
        return _of_other_programs(path)
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, OSError) as error:
        raise CorpusError(
            f"{path} cannot be read as a workbook ({error}); save it as .xlsx, move this one away"
        ) from error
    with contextlib.closing(book):
        for page in book.worksheets:
            # a size stated too small, as some programs write it, would cut rows off in silence
            page.reset_dimensions()
        return {
            page.title: [list(map(text, row)) for row in page.iter_rows(values_only=True)]
            for page in book.worksheets
        }


def _of_other_programs(path: Path) -> dict[str, list[list[str]]]:
    """As ``tables``, of the formats of older and of free office programs."""
    from python_calamine import CalamineError, CalamineWorkbook

    try:
        book = CalamineWorkbook.from_path(path)
        return {
            name: [
                list(map(text, row)) for row in book.get_sheet_by_name(name).to_python(skip_empty_area=False)
            ]
            for name in book.sheet_names
        }
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
