"""Cells as people, spreadsheets and scripts write them: action units, ids, words."""

from __future__ import annotations

from pathlib import Path

import pytest

from preprocessing.datasets.au_cells import spelt
from preprocessing.datasets.ids import questions, spoilt
from preprocessing.datasets.reading import read
from preprocessing.datasets.words import plain, unmeant, unused
from preprocessing.findings import inspect
from preprocessing.people import doubts
from preprocessing.schema import Clip, CorpusError
from tests.fake_corpora import CASME2_HEADER, CASME2_ROWS, fake_casme2, write_book
from tests.preprocessing.datasets.test_manifest import HEADER, write


def clip(person: str, name: str = "a", frames: str = "/root/f") -> Clip:
    return Clip("manifest", f"manifest/{person}", name, Path(frames), "joy")


# the last two lines may mean two things, and are told by the grammar
@pytest.mark.parametrize(
    "cell",
    [
        "4+12", "AU4, AU12", "4\uff0b12", "R12B", "4?", "?", "4/12", "soft focus", "10A/B",
        "12 14", "6.12", "4+", "+4", "4++12", "100", "AU6AU12", "2024-04-12 00:00:00",
    ],
)  # fmt: skip
def test_action_units_that_follow_the_grammar_or_are_not_clear_stay(cell: str) -> None:
    assert spelt(cell) == (cell, "")


NO_AUS = ("", "nan", "None", "0", "0.0", "-", "n.a.", "NaN+NaN", "0+0", "AU0", "[]", "False", "no AU")


@pytest.mark.parametrize("cell", NO_AUS)
def test_what_says_that_there_is_no_annotation_is_none(cell: str) -> None:
    assert spelt(cell) == ("", "")


@pytest.mark.parametrize(
    ("cell", "want"),
    [
        ("4L", "L4"),
        ("AU12R+4", "R12+4"),
        ("4;12", "4+12"),
        ("AU4 & AU12", "AU4+AU12"),
        ("4 | 12", "4+12"),
        ("4\u300112", "4+12"),
        ("4\n12", "4+12"),
        ("4 and 12", "4+12"),
        ("[4, 12]", "4, 12"),
        ("['AU4', 'AU12']", "AU4, AU12"),
        ("AU4_r;AU12_c", "AU4+AU12"),
        ("12(b)+4", "12b+4"),
        ("AU12-B", "AU12B"),
        ("4+12.", "4+12"),
        ("AU6 AU12  au 25", "AU6+AU12+au 25"),
    ],
)
def test_action_units_of_one_meaning_are_respelt_and_told(cell: str, want: str) -> None:
    assert spelt(cell) == (want, f"aus {cell!r} -> {want!r}: the same in the usual notation")
    assert spelt("4.0+12.0") == ("4+12", "")


@pytest.mark.parametrize(
    ("person", "name", "said"),
    [
        ("2.02E+10", "a", "subject '2.02E+10' is a number that a spreadsheet has shortened"),
        ("1", "1,5e+3", "clip '1,5e+3' is a number"),
        ("2024-01-02 00:00:00", "a", "subject '2024-01-02 00:00:00' is a date"),
        ("e3", "1e3", ""),
        ("20230101001", "2024-01-02", ""),
    ],
)
def test_an_id_that_a_spreadsheet_has_spoilt_is_a_problem(person: str, name: str, said: str) -> None:
    assert said in "".join(spoilt(clip(person, name)))
    assert bool(said) == bool(list(spoilt(clip(person, name))))


@pytest.mark.parametrize(
    ("clips", "said"),
    [
        ([clip("1", "2-Jan"), clip("2", "b")], "1 id(s) look like dates"),
        ([clip("M\u00e4r. 02"), clip("2", "b")], "1 id(s) look like dates"),
        ([clip("Jan"), clip("May-Britt"), clip("Mara 1")], ""),
        (
            [clip("p01", "a", "/r/p1/a"), clip("p02", "b", "/r/p2/b"), clip("p02", "c", "/r/p01/c")],
            "p01/c: is that a slip",
        ),
        # not by person
        ([clip("p01", "a", "/r/x/a"), clip("p02", "b", "/r/y/b"), clip("p02", "c", "/r/p01/c")], ""),
        ([clip("1", "a", "/r/1/2/a"), clip("2", "b", "/r/2/1/b")], ""),
        ([clip("p01", "a", "/r/a")], ""),
    ],
)  # fmt: skip
def test_ids_that_look_wrong_are_asked_about(clips: list[Clip], said: str) -> None:
    found = list(questions(clips))
    assert len(found) == bool(said) and said in "".join(found)


@pytest.mark.parametrize(
    ("ids", "said"),
    [
        (("1", "s1"), "'m/1', 'm/s1' look alike"),
        (("sub01", "S1"), "look alike"),
        (("P1", "participant_01"), "look alike"),
        (("A", "\u0410"), "look alike"),
        (("p\u043e1", "po1"), "look alike"),
        (("Zo\u00e9", "Zoe"), "look alike"),
        (("P01", "PO1", "P0l"), "'m/P01', 'm/P0l', 'm/PO1' look alike"),
        (("\u0131nci", "inci"), "look alike"),
        (("ID1", "no. 1"), "look alike"),
        (("p1", "c1"), ""),
        (("s1", "p1"), ""),
        (("p01", "p02", "10"), ""),
    ],
)
def test_ids_that_may_be_one_person_are_told(ids: tuple[str, ...], said: str) -> None:
    found = doubts(f"m/{one}" for one in ids)
    assert len(found) == bool(said) and said in "".join(found)


def test_of_many_ids_that_look_alike_a_few_are_named() -> None:
    found = doubts([f"m/{i}" for i in range(50)] + [f"m/s{i:02d}" for i in range(50)])
    assert len(found) == 4 and found[-1] == "and 47 more sets of ids that look alike"


def test_a_label_that_means_nothing_is_refused_and_one_that_changes_nothing_is_told(tmp_path: Path) -> None:
    known = {"joy", "surprise"}
    assert unmeant({"surprised": "surprise"}, known) == ""
    assert "surprised=joyful: no label scheme has this class; did you mean 'joy'" in unmeant(
        {"surprised": "joyful"}, known
    )
    assert unused({"surprised": "surprise"}, ["surprised"]) == ""
    assert "no clip has the word 'surprised'; the clips have 'joy'" in unused(
        {"surprised": "surprise"}, ["joy", ""]
    )
    assert plain("jo\u200by\u00a0") == "joy"

    root = write(tmp_path, HEADER, "1,a,f,,,,joy,,")
    with pytest.raises(CorpusError, match="--label surprised=joyful: no label scheme"):
        inspect("manifest", root, meant={"surprised": "joyful"})
    assert any("changes nothing" in one for one in inspect("manifest", root, meant={"x": "joy"}).doubts)
    (root / "labels.csv").write_text("word,class\nsurprised,joyful\n")
    with pytest.raises(CorpusError, match=r"labels\.csv: surprised=joyful: no label scheme"):
        read("manifest", root)


def test_an_apex_at_the_onset_is_told(tmp_path: Path) -> None:
    root = write(tmp_path, HEADER, "1,a,f,1,1,3,joy,,", "1,b,f,1,,2,joy,,")
    for i in (1, 2, 3):
        (root / "f" / f"img{i}.png").write_bytes(b"")
    (said,) = [one for one in inspect("manifest", root).doubts if "apex" in one]
    assert said.startswith("1 clip(s) have their apex at the onset, as manifest/1/a")


@pytest.mark.parametrize("total", [("Total", None), ("Sum: 5 clips", None)])
def test_a_total_below_a_sheet_is_a_problem_of_its_row_alone(tmp_path: Path, total: tuple[str, None]) -> None:
    root = fake_casme2(tmp_path)
    clips = read("casme2", root)
    rows = [CASME2_HEADER, *CASME2_ROWS, (*total, None, None, None, 5)]
    write_book(root / "CASME2-coding-20140508.xlsx", {"Sheet1": rows})
    more = [one for one in read("casme2", root) if one not in clips]
    assert len(more) == 1 and f"names no clip, but has {total[0]!r} for a person" in more[0].problem


@pytest.mark.parametrize(
    ("root", "said"),
    [
        ("outer", r"CASME2-coding-20140508.xlsx is one: point --root at .*inner"),
        ("outer/inner/CASME2_RAW_selected", r"CASME2-coding-20140508.xlsx is one: point --root at .*inner"),
        ("packed", "CASME2.zip is an archive: unpack it first"),
    ],
)
def test_a_root_one_folder_off_is_told_which_is_meant(tmp_path: Path, root: str, said: str) -> None:
    (tmp_path / "outer").mkdir()
    fake_casme2(tmp_path / "outer" / "inner")
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "CASME2.zip").write_bytes(b"PK")
    with pytest.raises(CorpusError, match=said):
        read("casme2", tmp_path / root)
