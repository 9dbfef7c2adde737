"""CAS(ME)^3, parts A and C, whole recordings: 30 frames per second (Li et al. 2023,
doi:10.1109/TPAMI.2022.3174895). Part B has no labels.

Layout, from ``root``; it may hold one part or both, each sheet in annotation/ or annotation/partA too
    CAS(ME)3_part_A_v2.xls                      header: Subject, Filename, Onset, Apex, Offset, AU, Expression
                                                type, Objective class; of v1 the sheet "AU+Emotion"
    cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx   need not be there: for the emotions
    part_A/spNO.1/b/color/166.jpg               part_A may lie in part_A_split, that in part_A/data
    CAS(ME)3_part_C.xls                         header: Subject, Onset, Offset, diff, Exp_type (1 is micro, 0
                                                macro), risk; no apex
    CAS(ME)3_part_C_ME.xlsx                     need not be there: for the emotions
    part_C/04/a/color/520.jpg                   one recording a person; "a" may be missing or called otherwise
Row     A: 3,346 macro- and 860 micro-expressions of 98 people in 956 recordings; v1 has 3,285 and 921. Where
        both are there v2 is read, which corrects it. C: 303 macro- and 160 micro-expressions of 28 people.
        All counted in the authors' repository, github.com/jingtingEmmaLi/CAS-ME-3.
Emotion Only micro-expressions have one, in a sheet of their own, by person, recording and onset; "" without.
Person  'A-spNO.1', 'C-04', as in casme3: a sweep over its clips holds the same people out.
Silence Whether a recording without a row was coded is not said, so those are left out. So are the people 1 to
        3 of part C: their micro-expressions are coded, their macro-expressions are not.
Frames  Some recordings of part A lack frames, or have some that no program opens. The spotter takes no
        recording with a gap: all that is in it counts as missed, and a note says so. That part C has 30 a
        second is what its last expressions say: at 30 they end in minute 7 to 9 of recordings of 8 minutes.
Long    26 micro-expressions of part A go on for more than 100 frames, one of them for 3,455 (spNO.214/c):
        they stay as they are coded.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from preprocessing.datasets import casme3, layout, sheet
from preprocessing.long_videos.truth import LongVideo, Rows, folders_below, joined
from preprocessing.schema import CorpusError

LIKE = "casme3"
FPS = 30.0
SHEETS = ("cas(me)*3_part_A_v2*.xls*", "cas(me)*3_part_A_v*.xls*")  # the first that is there
SHEETS_C = ("cas(me)*3_part_C.xls*",)
BESIDE = ("", "annotation", "annotation/part{0}", "part_{0}/annotation")
HOMES_A = ("part_A/data/part_A", "data/part_A_split/part_A", "data/part_A")  # and those of casme3
HOMES_C = ("part_C/RGB_Depth/part_C/part_C", "data/part_C", "part_C")
COLUMNS = {
    "subject": ("Subject",),
    "clip": ("Filename",),
    "onset": ("Onset",),
    "apex": ("Apex",),
    "offset": ("Offset",),
    "type": ("Expression type",),
}
COLUMNS_C = {
    "subject": ("Subject",),
    "onset": ("Onset",),
    "offset": ("Offset",),
    "type": ("Exp_type",),
    "risk": ("risk",),
}
CODED_C = {"1": "micro", "0": "macro"}
Words = Mapping[tuple[str, str], str]  # (recording, onset) -> emotion


def videos(root: Path) -> Iterator[LongVideo]:
    """Raises CorpusError where there is no part's sheet, and for a missing column or folder of frames."""
    second = sheet.find(_folders(root, "C"), SHEETS_C)
    if sheet.find(_folders(root, "A"), SHEETS) or not second:
        yield from _part_a(root)
    if second:
        yield from _part_c(root)


def _part_a(root: Path) -> Iterator[LongVideo]:
    folders = _folders(root, "A")
    forms = next((form for form in SHEETS if sheet.find(folders, [form])), None)
    path = sheet.find_one(folders, [forms] if forms else SHEETS, "CAS(ME)^3 part A sheet of all expressions")
    home = layout.first_folder(root, (*HOMES_A, *casme3.PARTS["A"][1]), "CAS(ME)^3 part A frames")
    found = {f"{one.parent.name}/{one.name.lower()}": one / "color" for one in folders_below(home)}
    words = _emotions(root, "A")
    rows: dict[str, Rows] = {}
    for row in sheet.read(path, COLUMNS, page="AU+Emotion").itertuples(index=False):
        key = f"{row.subject}/{str(row.clip).lower()}"
        rows.setdefault(key, Rows(f"A-{row.subject}")).add(
            str(row.type), str(row.onset), str(row.apex), str(row.offset),
            words.get((key, str(row.onset)), "") if str(row.type).lower().startswith("micro") else "",
            f"{path.name} row {row.row}",
        )  # fmt: skip
    yield from joined(found, rows, FPS)


def _part_c(root: Path) -> Iterator[LongVideo]:
    path = sheet.find_one(_folders(root, "C"), SHEETS_C, "CAS(ME)^3 part C sheet of all expressions")
    home = layout.first_folder(root, HOMES_C, "CAS(ME)^3 part C frames")
    found = {}
    for person in layout.folders(home):
        if person.name.isdecimal() and (inner := _colour(person)):
            found[f"C/{int(person.name):02d}"] = inner
    words = _emotions(root, "C")
    rows: dict[str, Rows] = {}
    for row in sheet.read(path, COLUMNS_C).itertuples(index=False):
        if not str(row.subject).isdecimal():
            raise CorpusError(f"{path} row {row.row}: subject {row.subject!r} is no number")
        key = f"C/{int(str(row.subject)):02d}"
        kind = CODED_C.get(str(row.type), str(row.type))
        rows.setdefault(key, Rows(f"C-{key[2:]}")).add(
            kind, str(row.onset), "", str(row.offset),
            words.get((key, str(row.onset)), "") if kind == "micro" else "",
            f"{path.name} row {row.row}",
        )  # fmt: skip
    yield from joined(found, rows, FPS)


def _colour(person: Path) -> Path | None:
    """The folder ``color`` of a person's recording, in it or one below."""
    below = [person, *layout.folders(person)]
    return next((one / "color" for one in below if (one / "color").is_dir()), None)


def _folders(root: Path, part: str) -> list[Path]:
    return [root / one.format(part) for one in BESIDE]


def _emotions(root: Path, part: str) -> Words:
    form, folders = casme3.PARTS[part][0], _folders(root, part)
    if not sheet.find(folders, [form]):
        return {}
    path = sheet.find_one(folders, [form], f"CAS(ME)^3 part {part} sheet of micro-expressions")
    table = sheet.read(path, {name: casme3.COLUMNS[name] for name in ("subject", "clip", "onset", "emotion")})
    return {
        (_key(part, str(row.subject), str(row.clip)), str(row.onset)): str(row.emotion)
        for row in table.itertuples(index=False)
    }


def _key(part: str, person: str, clip: str) -> str:
    if part == "A":
        return f"{person}/{clip.lower()}"
    return f"C/{int(person):02d}" if person.isdecimal() else ""
