"""Manifests as people and their programs write them: read as they are meant, or refused in words; no row is
dropped and nothing guessed in silence."""

from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openpyxl
import pytest
from openpyxl.chart import BarChart
from openpyxl.chartsheet import Chartsheet

from preprocessing.datasets.labelled import number
from preprocessing.datasets.manifest import COLUMNS
from preprocessing.datasets.reading import read
from preprocessing.datasets.workbook import tables
from preprocessing.findings import inspect
from preprocessing.schema import CorpusError

HEADER = ",".join(COLUMNS)
ROW = "1,a,f,1,3,5,joy,12,200"
PICTURE = cv2.imencode(".png", np.zeros((4, 4, 3), np.uint8))[1].tobytes()


def folder(root: Path, *names: str) -> Path:
    """Folders of five frames."""
    for name in names:
        (root / name).mkdir(parents=True, exist_ok=True)
        for i in range(1, 6):
            (root / name / f"img{i}.png").write_bytes(PICTURE)
    return root


@pytest.mark.parametrize(
    ("text", "encoding", "ids"),
    [
        pytest.param(f"sep=;\n{HEADER}\n{ROW}".replace(",", ";"), "utf-8", "1/a", id="Excel's sep"),
        pytest.param(f'{HEADER}\n1, a, f, 1, 3, 5, joy, "12,4", 200', "utf-8", "1/a", id="blanks"),
        pytest.param(
            f"{HEADER.replace(',', ';')};note (a, b, c, d, e, f, g, h, i, j, k)\n{ROW.replace(',', ';')};x",
            "utf-8", "1/a", id="commas in a name",
        ),
        pytest.param(f"{HEADER}\n{ROW}".replace(",", "\t"), "utf-8", "1/a", id="tabs"),
        pytest.param(f"{HEADER}\n1,a,f,1,3,5,joy", "utf-8", "1/a", id="Excel's short row"),
        pytest.param(f"Coding; of 2023\n\n{HEADER}\n{ROW}", "utf-8", "1/a", id="title"),
        pytest.param(f"\ufeff\ufeff{HEADER}\n{ROW}", "utf-8", "1/a", id="two marks"),
        pytest.param(f"subject\u200b,clip\u00a0{HEADER[12:]}\n{ROW}", "utf-8", "1/a", id="unseen signs"),
        pytest.param(f"{HEADER}\n{ROW}\n\x1a", "utf-8", "1/a", id="DOS's end"),
        pytest.param(f"{HEADER}\r{ROW}\r\n2,b,f,1,3,5,joy,,\n", "utf-8", "1/a 2/b", id="line ends"),
        pytest.param(f'{HEADER}\n# a "quote, alone\n{ROW}', "utf-8", "1/a", id="comment"),
        pytest.param(f'{HEADER}\n"#3",c,f,,,,joy,,', "utf-8", "#3/c", id="a quoted #"),
        pytest.param(f'{HEADER},note\n{ROW},"two\nlines"\n2,b,f,,,,joy', "utf-8", "1/a 2/b", id="lines"),
        pytest.param(f"{HEADER}\n李,高兴,f,1,3,5,joy,12,200", "gbk", "李/高兴", id="Chinese"),
        pytest.param(f"{HEADER}\ncolère,Zoé,f,1,3,5,joy,12,200", "cp1252", "colère/Zoé", id="French"),
        pytest.param(f",{HEADER}\n0,{ROW}", "utf-8", "1/a", id="index of pandas"),
        pytest.param(f'{HEADER}\n="01","=""a""",f,="1",3,5,joy', "utf-8", "01/a", id="kept from Excel"),
    ],
)  # fmt: skip
def test_a_manifest_is_read_however_it_was_written(
    tmp_path: Path, text: str, encoding: str, ids: str
) -> None:
    folder(tmp_path, "f")
    (tmp_path / "manifest.csv").write_bytes(text.encode(encoding))
    clips = read("manifest", tmp_path)
    assert [clip.clip_id.removeprefix("manifest/") for clip in clips] == ids.split()
    assert not any(clip.problem for clip in clips)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (f"{HEADER},note\n{ROW},\"open\n2,b,f,,,,joy,,,\n3,c,f,,,,joy,,,", "line 4: unexpected end.* quote"),
        (f'{HEADER}\n1,a,f,1,3,5,"joy,,\n2,b,f,1,3,5,"joy",,', "is a quote missing, or one too many"),
        (f"{HEADER}\n#1,a,f,1,3,5,joy,,\n#2,b,f,1,3,5,joy,,", "every row begins with '#', as '#1' does"),
        (f"# {HEADER}\n{ROW}", "the line with these names begins with '#'"),
        (f"{HEADER},split,split\n{ROW},train,test", "several columns are named 'split'"),
        (f"{HEADER}\n1,a,f,1,3,5", "6 values for 9 columns"),
        (f"{HEADER}\n1,{ROW}\n2,{ROW}", "10 values for 9 columns.* is a number of the row, give it a name"),
        (HEADER.replace(",", "|"), "separated by comma, semicolon or tab"),
        ("PK\x03\x04", "is a workbook inside"),
    ],
)  # fmt: skip
def test_what_would_lose_rows_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "manifest.csv").write_text(text, encoding="utf-8")
    with pytest.raises(CorpusError, match=message):
        read("manifest", tmp_path)


@pytest.mark.parametrize(
    ("column", "values", "want"),
    [
        ("onset", ["1.000", "950"], [None, 950]),  # a thousand, as others have no point
        ("onset", ["1.000", "2.000"], [1, 2]),  # pandas' float_format
        ("onset", ["1,0", "\uff12"], [1, 2]),
        ("onset", ["1,000", "1 000"], [None, None]),
        ("apex", ["n.a.", "\u2014", "?", "NaT", "\\N"], [None] * 5),
        ("fps", ["29,97", "30000/1001", "200 fps", "200Hz"], [29.97, 30000 / 1001, 200, 200]),
        ("fps", ["0.005", "1/200", "1/0", "1,000", "fast"], [None] * 5),
    ],
)
def test_numbers_as_people_write_them(
    tmp_path: Path, column: str, values: list[str], want: list[Any]
) -> None:
    place = COLUMNS.index(column)
    blank = {"onset": "1", "apex": "", "offset": "9999"} if column == "onset" else {}
    rows = []
    for i, value in enumerate(values):
        cells = ["1", f"c{i}", "f", *(blank.get(name, "") for name in COLUMNS[3:6]), "joy", "", ""]
        cells[place] = f'"{value}"'
        rows.append(",".join(cells))
    (tmp_path / "f").mkdir()
    (tmp_path / "manifest.csv").write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    clips = read("manifest", tmp_path)
    assert [getattr(clip, column) for clip in clips] == want
    unread = [clip for clip, value in zip(clips, want, strict=True) if value is None and column != "apex"]
    assert [clip for clip in clips if clip.problem] == unread
    assert all(column in clip.problem for clip in unread)


def first(*rows: list[Any], at: int = 0) -> Callable[[openpyxl.Workbook], None]:
    def write(book: openpyxl.Workbook) -> None:
        for _ in range(at):
            book.worksheets[0].append(["Coding of 2023"])
        book.worksheets[0].append(list(COLUMNS))
        for row in rows:
            book.worksheets[0].append(row)

    return write


A, B = [1, "a", "f", 1, 3, 5, "joy", 12, 200], [None, "b", "g", 1, 3, 5, "joy", 12, 200]


def merged(book: openpyxl.Workbook) -> None:
    first(A, [], B, at=1)(book)
    book.worksheets[0].merge_cells("A3:A5")
    book.worksheets[0].merge_cells("A1:I1")


def merged_across(book: openpyxl.Workbook) -> None:
    """Onset and apex are one cell: without a word the apex would be unknown."""
    first(A, [2, *B[1:]])(book)
    book.worksheets[0].merge_cells("D2:E2")


def several(book: openpyxl.Workbook) -> None:
    first(A)(book)
    book.create_sheet("Export Summary", 0).append(["This document was exported from Numbers"])
    book.create_sheet("lists").append(["joy"])
    book.worksheets[2].sheet_state = "hidden"
    chart: Chartsheet = book.create_chartsheet("plot")
    chart.add_chart(BarChart())


def filtered(book: openpyxl.Workbook) -> None:
    first(A, [2, *B[1:]])(book)
    book.worksheets[0].row_dimensions[3].hidden = True


def without_drawing(book: openpyxl.Workbook) -> None:
    first(A)(book)
    book.create_chartsheet("plot", 0)


@pytest.mark.parametrize(
    ("write", "want"),
    [
        pytest.param(without_drawing, [("1/a", "")], id="openpyxl fails"),
        pytest.param(merged, [("1/a", ""), ("1/b", "")], id="merged"),
        pytest.param(
            merged_across, [("1/a", "apex lies under the merged cell D2:E2"), ("2/b", "")], id="across"
        ),
        pytest.param(several, [("1/a", "")], id="several sheets"),
        pytest.param(filtered, [("1/a", ""), ("2/b", "")], id="hidden"),
        pytest.param(first([*A, None, "see mail"]), [("1/a", "")], id="notes"),
        pytest.param(
            first([1, "a", "f", 1, "=1+2", 5, "joy", 12]), [("1/a", "apex is #NOT CALCULATED!")], id="formula"
        ),
        pytest.param(
            first(A, ["#N/A", *B[1:]]), [("1/a", ""), ("/b", "subject is #N/A, an error of")], id="error"
        ),
    ],
)  # fmt: skip
def test_a_workbook_loses_no_row(
    tmp_path: Path, write: Callable[[openpyxl.Workbook], None], want: list[tuple[str, str]]
) -> None:
    book = openpyxl.Workbook()
    write(book)
    book.save(folder(tmp_path, "f", "g") / "manifest.xlsx")
    clips = read("manifest", tmp_path)
    assert [clip.clip_id.removeprefix("manifest/") for clip in clips] == [name for name, _ in want]
    for clip, (_, problem) in zip(clips, want, strict=True):
        assert problem in clip.problem if problem else not clip.problem


def test_a_column_that_is_formatted_to_its_end_has_no_more_rows(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    first(A)(book)
    book.worksheets[0].cell(5000, 1).font = openpyxl.styles.Font(bold=True)  # of a million they took 40 s
    book.save(tmp_path / "manifest.xlsx")
    assert [len(page) for page in tables(tmp_path / "manifest.xlsx").values()] == [2]


def test_a_time_is_no_frame_number_and_the_next_step_is_told() -> None:
    assert all("number of the frame" in number(value, "onset")[1] for value in ("0.035", "1.5", "0:01.035"))


def ods(path: Path, *rows: str) -> None:
    names = ("office", "text", "table")
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    table = "".join(f"<table:table-row>{row}</table:table-row>" for row in rows)
    body = f'<office:body><office:spreadsheet><table:table table:name="S">{table}</table:table>'
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        file.writestr("META-INF/manifest.xml", "<manifest/>")
        ends = "</office:spreadsheet></office:body></office:document-content>"
        file.writestr("content.xml", f"<office:document-content {spaces}>{body}{ends}")


def cell(value: str, more: str = "") -> str:
    return f'<table:table-cell office:value-type="string" {more}><text:p>{value}</text:p></table:table-cell>'


def test_merged_cells_and_days_of_a_free_office_program_are_read_as_excels(tmp_path: Path) -> None:
    """Of a merged cell of an .ods the rows below would be without a person, or without action units."""
    tall = 'table:number-rows-spanned="3"'
    wide = 'table:number-columns-spanned="2"'
    covered = '<table:covered-table-cell table:number-columns-repeated="1"/>'
    day = '<table:table-cell office:value-type="date" office:date-value="2024-12-01"/>'
    rest = [cell(value) for value in ("1", "3", "5", "joy")]
    ods(
        folder(tmp_path, "f", "g") / "manifest.ods",
        "".join(map(cell, COLUMNS)),
        "".join([cell("7", tall), cell("a"), cell("f"), *rest, cell("R12", tall)]),
        f"{covered}<table:table-cell table:number-columns-repeated='6'/>{covered}",
        "".join([covered, day, cell("g"), rest[0], cell("3", wide), covered, rest[3], covered]),
    )
    one, other = read("manifest", tmp_path)
    assert (one.clip_id, one.aus, one.problem) == ("manifest/7/a", "R12", "")
    assert (other.subject, other.aus) == ("manifest/7", "R12")
    assert "offset lies under the merged cell E4:F4" in other.problem
    assert "'2024-12-01 00:00:00' is a date that a spreadsheet has made of it" in other.problem


def test_signs_that_nobody_sees_make_no_other_name(tmp_path: Path) -> None:
    folder(tmp_path, "f", "g h")
    rows = (
        "p\u200b01,a\u00a0b\u200b,f\u2060,1,3,5,j\u00adoy,R12\u00a0+ L14",
        "p01,a c,g\u00a0h,1,3,5,\u200bjoy,",
    )
    (tmp_path / "manifest.csv").write_text("\n".join([HEADER, *rows]), encoding="utf-8")
    one, other = read("manifest", tmp_path)
    assert [clip.clip_id for clip in (one, other)] == ["manifest/p01/a b", "manifest/p01/a c"]
    assert [clip.frames.name for clip in (one, other)] == ["f", "g h"]
    assert (one.emotion, other.emotion, one.aus) == ("joy", "joy", "R12 + L14")
    assert not one.problem and not other.problem


@pytest.mark.parametrize(
    ("name", "data", "message"),
    [
        ("manifest.xlsb", b"PK\3\4", "manifest.xlsb is a workbook of another kind: save it as manifest.xlsx"),
        ("manifest.xls", f"{HEADER}\n{ROW}".encode(), "is text, no workbook: name it manifest.csv"),
        ("manifest.xls", b"\xef\xbb\xbf <html><table>", "is a page of HTML or XML, no workbook"),
        ("manifest.xlsx", b"\xd0\xcf\x11\xe0" * 500, "save it as .xlsx without a password"),
    ],
)
def test_what_is_no_workbook_that_is_read_says_how_to_save_it(
    tmp_path: Path, name: str, data: bytes, message: str
) -> None:
    (tmp_path / name).write_bytes(data)
    with pytest.raises(CorpusError, match=message):
        read("manifest", tmp_path)


def test_a_word_for_action_units_is_no_annotation(tmp_path: Path) -> None:
    (folder(tmp_path, "f") / "manifest.csv").write_text(f"{HEADER}\n1,a,f,1,3,5,joy,True,200")
    assert not read("manifest", tmp_path)[0].aus_known


def test_an_id_that_names_nobody_makes_no_person(tmp_path: Path) -> None:
    rows = [f"{who},c{i},f,1,3,5,joy,12,200" for i, who in enumerate(("nan", "None", "-", "?", "NA", "Nil"))]
    (folder(tmp_path, "f") / "manifest.csv").write_text("\n".join([HEADER, *rows]))
    told = ["names nobody" in clip.problem for clip in read("manifest", tmp_path)]
    assert told == [True, True, True, True, False, True]  # NA may be somebody's initials


def test_check_says_which_encoding_was_guessed(tmp_path: Path) -> None:
    text = f"{HEADER}\n\u0418\u0432\u0430\u043d,a,f,1,3,5,joy,12,200"
    (folder(tmp_path, "f") / "manifest.csv").write_bytes(text.encode("cp1251"))
    assert "is read as gb18030: if '\u8089\u56d7' is not" in inspect("manifest", tmp_path).doubts[0]
    (tmp_path / "manifest.csv").write_bytes(text.encode())
    assert not inspect("manifest", tmp_path).doubts


def test_check_says_what_nobody_sees_and_what_is_passed_over(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    filtered(book)
    book.save(folder(tmp_path / "x", "f", "g") / "manifest.xlsx")
    assert "1 row(s) of manifest.xlsx are hidden" in inspect("manifest", tmp_path / "x").doubts[0]
    text = (
        f"# coded by A., 2024\n{HEADER.replace('aus', 'AU_codes')},first_frame\n{ROW}\n#2,b,f,1,3,5,joy,,\n"
    )
    (folder(tmp_path / "y", "f") / "manifest.csv").write_text(text)
    hidden, respelt = inspect("manifest", tmp_path / "y").doubts
    assert "1 row(s) of manifest.csv begin with '#', as '#2' does" in hidden
    assert respelt == "column 'AU_codes' of manifest.csv is not read; if it holds aus, name it 'aus'"


@pytest.mark.parametrize(
    ("files", "root", "message"),
    [
        (["Manifest.CSV"], ".", ""),
        (["manifest.tsv"], ".", ""),
        (["mine/manifest.csv"], ".", "manifest.csv is one: point --root at .*mine"),
        (["manifest.csv", "f/x"], "f", "manifest.csv is one: point --root at "),
        (["labels of clips.csv"], ".", "if labels of clips.csv is meant, point --root at the file itself"),
        (["data.zip"], ".", "data.zip is an archive: unpack it"),
        (["manifest.json"], ".", "manifest.json is of a kind that is not read: save it as manifest.csv"),
        (["manifest/Table 1.csv"], ".", "manifest is a folder: copy Table 1.csv in it to .*manifest.csv"),
        (["._manifest.csv", "~$manifest.xlsx"], ".", "no manifest.csv in [^;]*$"),
        (["manifest.xlsx", "manifest.ods"], ".", "several manifests"),
    ],
)
def test_the_manifest_is_found_or_the_one_that_is_meant_is_named(
    tmp_path: Path, files: list[str], root: str, message: str
) -> None:
    home = tmp_path / "outer" / "corpus"
    for name in files:
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(f"{HEADER}\n{ROW}\n")
    if not message:
        assert len(read("manifest", home / root)) == 1
        return
    with pytest.raises(CorpusError, match=message):
        read("manifest", home / root)


@pytest.mark.parametrize(
    ("frames", "found", "said"),
    [
        (r".\c\x", "c/x", "-> 'c/x': as the folder is spelt"),
        ("C/X", "c/x", "-> 'c/x': as the folder is spelt"),
        ("c/x/", "c/x", ""),
        ("Zoe\u0301", "Zo\u00e9", "-> 'Zo\u00e9': as the folder is spelt"),
        ("c/x/img1.png", "", "is one picture; write its folder, 'c/x'"),
        ("d.zip", "", "is an archive; unpack it"),
        ("d", "", "d.zip is there: unpack it"),
        (r"C:\Users\anna\c\x", "", "are not on this machine; 'c/x' is there beside the manifest"),
        (r"\\server\share\c\x", "", "'c/x' is there beside the manifest"),
        ("/home/anna/data/c/x", "", "'c/x' is there beside the manifest"),
        (r"C:\Users\anna\q", "", "is a path of Windows"),
        ("/home/anna/q", "", "/home/anna/q does not exist"),
        (r"..\out", "", "does not exist"),
        ("both", "", "does not exist"),
        ("~/x", "c/x", ""),
        ("c/x/img*.png", "", "is a pattern; write its folder, 'c/x'"),
    ],
)
def test_a_path_of_another_system_is_read_as_it_is_meant_or_the_right_one_is_named(
    tmp_path: Path, frames: str, found: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path / "root" / "c"))
    root = folder(tmp_path / "root", "c/x", "Zo\u00e9", "Both", "bOth")
    folder(tmp_path, "out")
    (root / "d.zip").write_bytes(b"PK")
    (root / "manifest.csv").write_text(f'{HEADER}\n1,a,"{frames}",1,3,5,joy,,', encoding="utf-8")
    (clip,) = read("manifest", root)
    assert said in (" ".join(clip.repairs) if found else clip.problem)
    assert (clip.frames == root / found and not clip.problem) if found else clip.problem
