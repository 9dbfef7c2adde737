"""The reader of annotation sheets: header anywhere, columns in any order, error cells; alone and through the
adapters."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import openpyxl
import pytest

from preprocessing.datasets import DATASETS, labelled, sheet
from preprocessing.datasets.reading import read
from preprocessing.schema import CorpusError
from tests.fake_corpora import fake_casme2, fake_samm, write_book
from tests.fakes.dfme import fake_dfme
from tests.fakes.mmew import fake_mmew

ADAPTERS = [
    pytest.param("casme2", fake_casme2, "CASME2-coding-20140508.xlsx", id="casme2"),
    pytest.param("samm", fake_samm, "SAMM_Micro_FACS_Codes_v2.xlsx", id="samm"),
    pytest.param("mmew", fake_mmew, "MMEW_Micro_Exp.xlsx", id="mmew"),
    pytest.param("dfme", fake_dfme, "training_full_with_AU.xlsx", id="dfme"),
]
COLUMNS = {"subject": ("sub_ID", "sub"), "onset": ("Onset",), "aus": ("AUs", "au"), "apex": ("Apex",)}


def _rows(path: Path) -> list[list[object]]:
    return [list(row) for row in openpyxl.load_workbook(path).worksheets[0].iter_rows(values_only=True)]


@pytest.mark.parametrize(("corpus", "fake", "name"), ADAPTERS)
def test_the_place_of_the_header_and_the_order_of_the_columns_do_not_matter(
    tmp_path: Path, corpus: str, fake: Callable[[Path], Path], name: str
) -> None:
    root = fake(tmp_path)
    clips = read(corpus, root)
    # the first cell of the header is no longer the subject
    turned = [[None, *reversed(row)] for row in _rows(root / name)]
    legend = [["Subject", "person"], ["Filename", "clip"], [], ["Subject", "Filename"]]
    write_book(root / name, {"Notes": legend, "Labels": [*legend, *turned], "Empty": []})
    assert read(corpus, root) == clips


@pytest.mark.parametrize("error", ["#N/A", "#REF!"])
@pytest.mark.parametrize(("corpus", "fake", "name"), ADAPTERS)
def test_an_error_cell_gives_its_row_a_problem_and_nothing_else(
    tmp_path: Path, corpus: str, fake: Callable[[Path], Path], name: str, error: str
) -> None:
    root = fake(tmp_path)
    clips = read(corpus, root)
    for key, names in DATASETS[corpus].COLUMNS.items():
        book = openpyxl.load_workbook(root / name)
        page = book.worksheets[0]
        header = next(
            row for row in page.iter_rows() if {names[0], "Filename"} <= {cell.value for cell in row}
        )
        column = next(cell.column for cell in header if cell.value == names[0])
        at = next(
            row
            for row in range(header[0].row + 1, page.max_row + 1)
            if page.cell(row, header[0].column).value is not None
        )
        cell = page.cell(at, column)
        before, cell.value = cell.value, error
        book.save(root / name)
        bad, *others = read(corpus, root)
        cell.value = before
        book.save(root / name)
        assert bad.problem.startswith(
            f"cell {cell.coordinate} ({key}) is {error}, an error of the workbook: correct it"
        )
        # those of a nameless row
        assert [c for c in others if "frames without a label" not in c.problem] == clips[1:]
        if key in ("subject", "clip", "duration"):
            continue
        assert bad.clip_id == clips[0].clip_id
        assert not getattr(bad, key)
        if key == "aus":
            assert replace(bad, problem="", aus=clips[0].aus) == clips[0]
    assert read(corpus, root) == clips


def test_the_adapter_names_its_columns_and_those_that_may_lack(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_book(
        path,
        {
            "1": [
                ["au\n s", "on_set", "SUB id", "Apex frame"],
                [4, 7.0, "S1"],
                [None, None, None],
                ["6+7", " 9 "],
            ]
        },
    )
    table = sheet.read(path, COLUMNS, optional=("apex",))
    assert table.to_dict("records") == [
        {"row": 2, "problem": "", "subject": "S1", "onset": "7", "aus": "4", "apex": ""},
        {"row": 4, "problem": "", "subject": "", "onset": "9", "aus": "6+7", "apex": ""},
    ]
    with pytest.raises(
        CorpusError,
        match=r"0 columns are named Apex, one is needed; row 1 has .*'SUB id', 'Apex frame'; did you "
        "mean 'Apex frame' for 'Apex'",
    ):
        sheet.read(path, COLUMNS)
    write_book(path, {"1": [["sub", "Onset", "AUs", "Apex", "apex"], [1, 2, 3, 4, 5]]})
    with pytest.raises(CorpusError, match="2 columns are named Apex"):
        sheet.read(path, COLUMNS, optional=("apex",))
    write_book(path, {"1": [["sub", "Onset", "AUs", "Apex"], ["#VALUE!", 2, "#DIV/0!", 4], [1, 2, "#4", 4]]})
    table = sheet.read(path, COLUMNS, optional=("apex",))
    assert table["problem"].tolist() == [
        "cell A2 (subject) is #VALUE!, an error of the workbook: correct it; "
        "cell C2 (aus) is #DIV/0!, an error of the workbook: correct it",
        "",
    ]
    assert table["aus"].tolist() == ["", "#4"]


@pytest.mark.parametrize("pages", [{"1": [["Onset", "Apex"], [1, 2]]}, {"1": []}])
def test_no_header_is_an_error_that_tells_what_it_would_hold(
    tmp_path: Path, pages: dict[str, list[list[object]]]
) -> None:
    write_book(tmp_path / "a.xlsx", pages)
    with pytest.raises(
        CorpusError,
        match=r"exactly one sheet must have a header: .*'sub_ID'.* has Onset, AUs, Apex; but: none has",
    ):
        sheet.read(tmp_path / "a.xlsx", COLUMNS)


def test_two_sheets_with_a_whole_header_are_an_error_but_one_with_a_part_of_it_is_not(tmp_path: Path) -> None:
    whole, part = [["sub", "Onset", "AUs", "Apex"], [1, 2, 3, 4]], [["sub", "Onset", "AUs"], [5, 6, 7]]
    path = tmp_path / "a.xlsx"
    write_book(path, {"part": part, "whole": whole})
    assert sheet.read(path, COLUMNS)["subject"].tolist() == ["1"]
    write_book(path, {"one": whole, "two": whole})
    with pytest.raises(CorpusError, match=r"exactly one sheet .*but: one, two"):
        sheet.read(path, COLUMNS)


def test_rows_and_columns_beyond_the_stated_size_of_the_sheet_are_read(tmp_path: Path) -> None:
    path = tmp_path / "a.xlsx"
    write_book(path, {"1": [["sub", "Onset", "AUs", "Apex"], [1, 2, 3, 4], [5, 6, 7, 8]]})
    with zipfile.ZipFile(path) as book:
        files = {name: book.read(name) for name in book.namelist()}
    page = "xl/worksheets/sheet1.xml"
    assert b'<dimension ref="A1:D3"' in files[page]
    with zipfile.ZipFile(path, "w") as book:
        for name, content in files.items():
            book.writestr(
                name,
                content.replace(b'<dimension ref="A1:D3"', b'<dimension ref="A1:C2"')
                if name == page
                else content,
            )
    assert sheet.read(path, COLUMNS)["apex"].tolist() == ["4", "8"]


def test_full_width_digits_and_signs_that_nobody_sees_are_read_as_what_they_look_like(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Subject\u00a0", "File\u200bname"])
    book.active.append(["\uff10\uff12", "EP02\u200b_01f\u00a0"])
    book.save(tmp_path / "x.xlsx")
    table = sheet.read(tmp_path / "x.xlsx", {"subject": ("Subject",), "clip": ("Filename",)})
    assert table["clip"].tolist() == ["EP02_01f"]
    assert labelled.subjects(table, tmp_path / "x.xlsx", "sub{:02d}") == ["sub02"]
