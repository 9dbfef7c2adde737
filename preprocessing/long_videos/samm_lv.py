"""SAMM Long Videos: 200 frames per second, grey (Yap, Kendrick, Yap, FG 2020).

Layout, from ``root``
    SAMM_LongVideos_V3_Release.xlsx     or V1, V2; nine lines of prose, then a header: Subject, Filename,
                                        Inducement Code, Onset, Apex, Offset, Duration, Type ...
    SAMM_longvideos/006_1/006_1_0001.jpg
    SAMM_Micro_FACS_Codes_v2.xlsx       need not be there: that of SAMM, for the emotions
Row     Filename 006_1_2 is the second expression in recording 006_1. Type "Macro" or "Micro - 1/2"; in the
        copy that the teams of MEGC 2021 used 343 and 159. Onset may be a broken number (566.4), Apex -1 where
        nobody annotated it.
Emotion Only micro-expressions have one, and only in SAMM's own sheet, by the same Filename; "" without it.
Person  '006', as in SAMM: a sweep over SAMM's clips holds the same people out.
Silence A recording without a row holds no expression: false alarms in it count. Some teams leave those out.
Unsure  Layout and header are those that public code reads; no release was at hand. Macro-expressions that
        begin at the first frame, which some teams pass over as extremely long, are kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from preprocessing.datasets import layout, samm, sheet
from preprocessing.long_videos.truth import LongVideo, Rows, joined

LIKE = "samm"
FPS = 200.0
SHEETS = ("SAMM_LongVideos*Release*.xls*", "SAMMLV_gt.xls*")
FRAMES = ("SAMM_longvideos", "SAMM_LongVideos")
COLUMNS = {
    "clip": ("Filename",),
    "onset": ("Onset", "Onset Frame"),
    "apex": ("Apex", "Apex Frame"),
    "offset": ("Offset", "Offset Frame"),
    "type": ("Type",),
}


def videos(root: Path) -> Iterator[LongVideo]:
    """Raises CorpusError for a missing sheet, column or folder of frames."""
    path = sheet.find_one([root], SHEETS, "SAMM Long Videos sheet")
    home = layout.first_folder(root, FRAMES, "SAMM Long Videos frames")
    found = {one.name: one for one in layout.folders(home)}
    words = _emotions(root)
    rows = {name: Rows(name.partition("_")[0]) for name in found}
    for row in sheet.read(path, COLUMNS).itertuples(index=False):
        person, _, rest = str(row.clip).partition("_")
        video = f"{person}_{rest.partition('_')[0]}"
        rows.setdefault(video, Rows(person)).add(
            str(row.type), str(row.onset), str(row.apex), str(row.offset), words.get(str(row.clip), ""),
            f"{path.name} row {row.row}",
        )  # fmt: skip
    yield from joined(found, rows, FPS)


def _emotions(root: Path) -> dict[str, str]:
    """Filename -> emotion, of SAMM's own sheet, or {}."""
    if not sheet.find([root], samm.SHEETS):
        return {}
    path = sheet.find_one([root], samm.SHEETS, "SAMM annotation sheet")
    table = sheet.read(path, {name: samm.COLUMNS[name] for name in ("clip", "emotion")})
    return dict(zip(table["clip"], table["emotion"], strict=True))
