"""CAS(ME)^3, part A, whole recordings: 30 frames per second (Li et al. 2023, doi:10.1109/TPAMI.2022.3174895).

Layout, from ``root``
    CAS(ME)3_part_A_v2.xls                      header: Subject, Filename, Onset, Apex, Offset, AU, Expression
                                                type, Objective class
    cas(me)3_part_A_ME_label_JpgIndex_v2.xlsx   need not be there: for the emotions
    part_A/spNO.1/b/color/166.jpg               part_A may lie in part_A_split, that in part_A/data
Row     3,346 macro- and 860 micro-expressions of 98 people in the authors' repository.
Emotion Only micro-expressions have one, in the second sheet, by person, recording and onset; "" without it.
Person  'A-spNO.1', as in casme3: a sweep over its clips holds the same people out.
Silence Whether a recording without a row was coded is not said, so those are left out.
Frames  Some recordings lack frames. The spotter takes no recording with a gap: all that is in it counts as
        missed, and a note says so.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from preprocessing.datasets import casme3, layout, sheet
from preprocessing.long_videos.truth import LongVideo, Rows, folders_below, joined

LIKE = "casme3"
FPS = 30.0
SHEETS = ("cas(me)*3_part_A_v*.xls*",)
COLUMNS = {
    "subject": ("Subject",),
    "clip": ("Filename",),
    "onset": ("Onset",),
    "apex": ("Apex",),
    "offset": ("Offset",),
    "type": ("Expression type",),
}


def videos(root: Path) -> Iterator[LongVideo]:
    """Raises CorpusError for a missing sheet, column or folder of frames."""
    path = sheet.find_one([root], SHEETS, "CAS(ME)^3 part A sheet of all expressions")
    emotions, homes = casme3.PARTS["A"]
    home = layout.first_folder(root, homes, "CAS(ME)^3 part A frames")
    found = {f"{one.parent.name}/{one.name.lower()}": one / "color" for one in folders_below(home)}
    words = _emotions(root, emotions)
    rows: dict[str, Rows] = {}
    for row in sheet.read(path, COLUMNS).itertuples(index=False):
        key = f"{row.subject}/{str(row.clip).lower()}"
        kind = "micro" if str(row.type).lower().startswith("micro") else "macro"
        word = words.get((key, str(row.onset)), "") if kind == "micro" else ""
        rows.setdefault(key, Rows(f"A-{row.subject}")).add(
            kind, str(row.onset), str(row.apex), str(row.offset), word, f"{path.name} row {row.row}"
        )
    yield from joined(found, rows, FPS)


def _emotions(root: Path, form: str) -> dict[tuple[str, str], str]:
    """(recording, onset) -> emotion, or {}."""
    if not sheet.find([root], [form]):
        return {}
    path = sheet.find_one([root], [form], "CAS(ME)^3 part A sheet of micro-expressions")
    table = sheet.read(path, {name: casme3.COLUMNS[name] for name in ("subject", "clip", "onset", "emotion")})
    return {
        (f"{row.subject}/{str(row.clip).lower()}", str(row.onset)): str(row.emotion)
        for row in table.itertuples(index=False)
    }
