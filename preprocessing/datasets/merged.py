"""Merged cells of a workbook, whose value stands in the first of them alone: told to the cells that they
cover. A block is (first row, first column, last row, last column), 0-based."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.etree import ElementTree

from preprocessing.datasets.values import MERGED

_OF_TABLES = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
Block = tuple[int, int, int, int]


def fill(page: list[list[str]], top: int, left: int, bottom: int, right: int) -> None:
    """Of a block of one column each of its rows gets the value; of one of several columns the cells that it
    covers get MERGED, unless it is all of its row: a title or a note. Empty rows stay so."""
    value = page[top][left] if top < len(page) and left < len(page[top]) else ""
    for number, row in enumerate(page[top : bottom + 1], top):
        if left == right and left < len(row) and any(row):
            row[left] = value
        elif left != right and value and any(row[:left] + row[right + 1 :]):
            begin = left + (number == top)  # the first cell has the value
            covered = row[begin : right + 1]
            row[begin : right + 1] = [MERGED + _block(top, left, bottom, right)] * len(covered)


def _block(top: int, left: int, bottom: int, right: int) -> str:
    """D5:E5 of (4, 3, 4, 4)."""
    from openpyxl.utils import get_column_letter

    return f"{get_column_letter(left + 1)}{top + 1}:{get_column_letter(right + 1)}{bottom + 1}"


def blocks_in_ods(path: Path) -> dict[str, list[Block]]:
    """{sheet: merged blocks}, which calamine does not tell of an .ods."""
    with zipfile.ZipFile(path) as book, book.open("content.xml") as file:
        pages = ElementTree.parse(file)  # noqa: S314
    made: dict[str, list[Block]] = {}
    for page in pages.iter(f"{_OF_TABLES}table"):
        blocks = made.setdefault(page.get(f"{_OF_TABLES}name", ""), [])
        at = 0
        for row in page.iter(f"{_OF_TABLES}table-row"):
            left = 0
            for cell in row:
                tall, wide = (_times(cell, f"number-{what}-spanned") for what in ("rows", "columns"))
                if (tall, wide) != (1, 1):
                    blocks.append((at, left, at + tall - 1, left + wide - 1))
                left += _times(cell, "number-columns-repeated")
            at += _times(row, "number-rows-repeated")
    return made


def _times(part: ElementTree.Element, what: str) -> int:
    return int(part.get(_OF_TABLES + what, 1))
