"""Corpora of long videos, from tiny copies of their layouts: the labels are invented."""

import cv2
import numpy as np
import openpyxl
import pytest

from preprocessing.long_videos import LONG, read
from preprocessing.long_videos.truth import Expression
from preprocessing.schema import CorpusError

PROSE = [["SAMM Long Videos Dataset - FACS Codes"], [], ["Symbol Key:"], ['"/" = or'], []]
SAMM_HEADER = ["Subject", "Filename", "Inducement Code", "Onset", "Apex", "Offset", "Duration", "Type",
               "Action Units", "Notes"]  # fmt: skip
SAMM_ROWS = [
    ["006", "006_1_1", 1, 566.4, 647.6, 743.2, 177.8, "Macro", "4", None],
    ["006", "006_1_2", 1, 62, 88, 132, 71, "Micro - 1/2", "4+7", "While blinking"],
    ["010", "010_2_13", 2, 89, -1, 209, 121, "Macro", "12", None],
    ["010", "010_2_14", 2, 0, -1, 0, 1, "Macro", "12", None],  # no interval
]
SQ_ROWS = [
    [1, "anger1_1", 57, 72, 108, "4", "negative", "macro-expression", "anger"],
    [1, "happy1_1", 99, 103, 107, "43", "others", "micro-expression", "fear"],
    [2, "anger1_1", 55, 63, 0, "4", "negative", "macro-expression", "anger"],  # no offset: the apex
    [2, "anger1_3", 70, 75, 60, "4", "negative", "macro-expression", "anger"],  # offset before the onset
    [2, "anger1_2", 21, 30, 24, "4", "surprise", "micro-expression", "anger"],  # apex behind the offset
]


def frames(folder, count=2, form="img{}.jpg"):
    folder.mkdir(parents=True)
    for number in range(1, count + 1):
        cv2.imwrite(str(folder / form.format(number)), np.zeros((4, 4, 3), np.uint8))


def book(path, **pages):
    made = openpyxl.Workbook()
    made.remove(made.active)
    for name, rows in pages.items():
        page = made.create_sheet(name)
        for row in rows:
            page.append(row)
    made.save(path)


def samm_lv(root):
    book(root / "SAMM_LongVideos_V3_Release.xlsx", FACS_Movement_Only=[*PROSE, SAMM_HEADER, *SAMM_ROWS])
    samm = [
        "Subject",
        "Filename",
        "Onset Frame",
        "Apex Frame",
        "Offset Frame",
        "Action Units",
        "Estimated Emotion",
    ]
    book(root / "SAMM_Micro_FACS_Codes_v2.xlsx", MICRO_ONLY=[samm, ["006", "006_1_2", 1, 2, 3, "4", "Anger"]])
    for name in ("006_1", "010_2", "037_5"):
        frames(root / "SAMM_longvideos" / name, form=name + "_{:04d}.jpg")
    return root


def casme_sq(root):
    people = [[15, "s15", 1], [15, "s15", 1], [16, "s16", 2]]
    codes = [["0401", "anger1"], ["0502", "happy1"]]
    book(root / "CAS(ME)^2code_final.xlsx", CASFEcode_final=SQ_ROWS, rule1=people, rule2=codes)
    for name in ("s15/15_0401girlcrashing", "s15/15_0502funnyerrors", "s16/16_0401girlcrashing"):
        frames(root / "rawpic" / name)
    return root


def casme3_lv(root):
    header = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Expression type", "Objective class"]
    rows = [["spNO.1", "A", "37", "63", "65", "4", "Macro-expression", "VII"],
            ["spNO.1", "A", "355", "359", "360", "5", "Micro-expression", "II"],
            ["spNO.9", "b", "5", "6", "7", "5", "Micro-expression", "II"]]  # fmt: skip
    book(root / "CAS(ME)3_part_A_v2.xlsx", AU=[header, *rows])
    micro = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Objective class", "emotion"]
    book(root / "cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx",
         label=[micro, ["spNO.1", "a", "355", "359", "360", "5", "II", "surprise"]])  # fmt: skip
    for name in ("spNO.1/a", "spNO.2/c"):
        frames(root / "part_A" / name / "color", form="{}.jpg")
    return root


def part_c(root):
    annotation = root / "annotation" / "partC"
    annotation.mkdir(parents=True)
    rows = [
        ["4", "520", "525", "5", "1", "1"],
        ["4", "15", "45", "30", "0", "1"],
        ["5", "9", "12", "3", "2", "0"],
    ]
    header = ["Subject", "Onset", "Offset", "diff", "Exp_type", "risk"]
    book(annotation / "CAS(ME)3_part_C.xlsx", organize=[header, *rows])
    micro = ["sub", "count", "onset", "offset", "au", "emotion"]
    book(
        annotation / "CAS(ME)3_part_C_ME.xlsx",
        mockCrimeME=[
            micro,
            ["1", "1", "373", "385", "R4,5", "negative"],
            ["4", "1", "520", "525", "4", "Others"],
        ],
    )
    frames(root / "part_C" / "04" / "a" / "color", form="{}.jpg")
    frames(root / "part_C" / "05" / "color", form="{}.jpg")
    return root


def rendered(root):
    (root / "intervals.csv").write_text(
        "subject,video,fps,frames,kind,onset,apex,offset,emotion,aus\n"
        "p01,p01/v01.avi,50,100,blink,1,2,3,,\np01,p01/v01.avi,50,100,macro,0,7,9,anger,4\n"
        "p02,p02/v01.avi,50,100,blink,1,2,3,,\n"
    )
    return root


MAKE = {"samm_lv": samm_lv, "casme_sq": casme_sq, "casme3_lv": casme3_lv, "rendered": rendered}


def test_every_corpus_is_tested():
    assert set(MAKE) == set(LONG)


def test_samm_long_videos(tmp_path):
    one, two, silent = read("samm_lv", samm_lv(tmp_path))
    assert (one.name, one.person, one.fps) == ("006_1", "006", 200.0)
    assert one.source == tmp_path / "SAMM_longvideos" / "006_1" and one.notes == ()
    assert one.expressions == (
        Expression("micro", 62, 88, 132, "anger"),
        Expression("macro", 566, 648, 743, ""),
    )
    assert two.expressions == (Expression("macro", 89, None, 209),)
    assert len(two.notes) == 1 and "row 10" in two.notes[0] and "left out" in two.notes[0]
    assert (silent.name, silent.expressions) == ("037_5", ())
    (tmp_path / "SAMM_Micro_FACS_Codes_v2.xlsx").unlink()
    assert read("samm_lv", tmp_path)[0].expressions[0].emotion == ""


def test_casme_squared(tmp_path):
    anger, happy, other = read("casme_sq", casme_sq(tmp_path))
    assert (anger.name, anger.person, anger.fps) == ("s15/15_0401girlcrashing", "s15", 30.0)
    assert anger.expressions == (Expression("macro", 57, 72, 108, "negative"),)
    assert happy.expressions == (Expression("micro", 99, 103, 107, "others"),)
    assert other.expressions == (
        Expression("micro", 21, None, 24, "surprise"),
        Expression("macro", 55, 63, 63, "negative"),
        Expression("macro", 70, 75, 75, "negative"),
    )
    assert "the apex is taken for the offset" in other.notes[0]


def test_casme_cubed(tmp_path):
    coded, lost = read("casme3_lv", casme3_lv(tmp_path))  # spNO.2/c: nobody says that it was coded
    assert (coded.name, coded.person, coded.fps) == ("spNO.1/a", "A-spNO.1", 30.0)
    assert coded.source == tmp_path / "part_A" / "spNO.1" / "a" / "color"
    assert coded.expressions == (
        Expression("macro", 37, 63, 65),
        Expression("micro", 355, 359, 360, "surprise"),
    )
    assert lost.expressions and "frames are missing" in lost.notes[-1]  # missed, not forgotten


def test_casme_cubed_part_c_is_a_recording_a_person(tmp_path):
    coded, unsaid = read("casme3_lv", part_c(tmp_path))
    assert (coded.name, coded.person, coded.fps) == ("C/04", "C-04", 30.0)
    assert coded.source == tmp_path / "part_C" / "04" / "a" / "color" and coded.notes == ()
    assert coded.expressions == (
        Expression("macro", 15, None, 45),
        Expression("micro", 520, None, 525, "others"),
    )
    assert unsaid.source.parent.name == "05" and unsaid.expressions == ()
    assert "type '2': left out" in unsaid.notes[0]
    casme3_lv(tmp_path)
    assert {one.person for one in read("casme3_lv", tmp_path)} == {"A-spNO.1", "A-spNO.9", "C-04", "C-05"}


def test_casme_cubeds_first_sheet_is_read_and_the_second_corrects_it(tmp_path):
    """Both lie in the authors' repository; v1 has a second sheet with the same header."""
    header = ["Subject", "Filename", "Onset", "Apex", "Offset", "AU", "Expression type", "Objective class"]
    row = ["spNO.1", "A", "0", "0", "65", "4", "Micro-expression", "VII"]
    (tmp_path / "annotation" / "partA").mkdir(parents=True)
    first = tmp_path / "annotation" / "partA" / "CAS(ME)3_part_A_v1.xlsx"
    book(first, **{"AU+Emotion": [header, row], "Sheet1": [[*header, "emotion"], [*row, "others"]]})
    frames(tmp_path / "part_A" / "data" / "part_A" / "spNO.1" / "a" / "color", form="{}.jpg")
    (one,) = read("casme3_lv", tmp_path)
    assert one.expressions == (Expression("micro", 1, None, 65),) and one.source.is_dir()
    assert "frame 1 is taken for the onset" in one.notes[0]
    row[6] = "Macro-expression"
    book(first.with_name("CAS(ME)3_part_A_v2.xlsx"), a=[header, row])
    assert read("casme3_lv", tmp_path)[0].expressions[0].kind == "macro"


def test_casme_squareds_sheets_are_told_by_their_names(tmp_path):
    before = read("casme_sq", casme_sq(tmp_path))
    people, codes = [[15, "s15", 1], [16, "s16", 2]], [["0401", "anger1"], ["0502", "happy1"]]
    book(tmp_path / "CAS(ME)^2code_final.xlsx",
         **{"naming rule2": codes, "CASFEcode_final": SQ_ROWS, "naming rule1": people})  # fmt: skip
    assert read("casme_sq", tmp_path) == before


def test_rendered(tmp_path):
    one, silent = read("rendered", rendered(tmp_path))
    assert (one.name, one.person, one.fps) == ("p01/v01.avi", "p01", 50.0)
    assert one.expressions == (Expression("macro", 0, 7, 9, "anger"),)
    assert silent.expressions == ()


@pytest.mark.parametrize("wrong", ["x,1,2,3", "50,a,2,3", "50,1,,3", "50,9,2,12", "50,1,9,3", "50,-1,2,3"])
def test_a_rendered_row_that_is_no_interval_is_told(wrong, tmp_path):
    fps, *frames = wrong.split(",")
    text = f"p03,p03/v01.avi,{fps},100,micro,{','.join(frames)},fear,4\n"
    sheet = rendered(tmp_path) / "intervals.csv"
    sheet.write_text(sheet.read_text() + text)
    with pytest.raises(CorpusError, match=r"intervals.csv: p03/v01.avi has fps .*render it again"):
        read("rendered", tmp_path)


@pytest.mark.parametrize(
    ("corpus", "make", "says"),
    [
        ("samm-lv", rendered, "did you mean 'samm_lv'"),
        ("samm_lv", rendered, "no SAMM Long Videos sheet"),
        ("casme_sq", rendered, r"no CAS\(ME\)\^2 sheet"),
        ("casme3_lv", rendered, r"no CAS\(ME\)\^3 part A sheet"),
        ("rendered", samm_lv, "intervals.csv cannot be read"),
    ],
)
def test_what_is_no_such_corpus_is_told(corpus, make, says, tmp_path):
    with pytest.raises(CorpusError, match=says):
        read(corpus, make(tmp_path))


def test_a_participant_or_video_that_no_sheet_names_is_told(tmp_path):
    casme_sq(tmp_path)
    for row, says in (
        ([7, *SQ_ROWS[0][1:]], "row 1: participant '7'"),
        ([1, "sad1_1", *SQ_ROWS[0][2:]], "'sad1'"),
    ):
        book(tmp_path / "CAS(ME)^2code_final.xlsx", a=[row], b=[[15, "s15", 1]], c=[["0401", "anger1"]])
        with pytest.raises(CorpusError, match=says):
            read("casme_sq", tmp_path)
