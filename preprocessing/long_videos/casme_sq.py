"""CAS(ME)^2: 30 frames per second (Qu et al., IEEE Transactions on Affective Computing, 2018).

Layout, from ``root``
    CAS(ME)^2code_final.xlsx            or "...code_final(Updated).xlsx"; three sheets without a header
    rawpic/s15/15_0401girlcrashing/img1.jpg
Sheets  ("CASFEcode_final" or "CASMEcode_final", "naming rule1", "naming rule2", in any order)
        1: participant, VIDEO_NUMBER (anger1_2), onset, apex, offset, action units, emotion, type
        and, in public copies, the emotion that the person reported.
        2: number, folder (s15), participant. 3: code (0401), VIDEO (anger1). The code is the four digits
        behind the first "_" of a recording's folder.
Row     type "macro-expression" or "micro-expression", 300 and 57. Offset 0 where nobody knows it: the apex
        is taken then, as teams of MEGC do.
Emotion negative, positive, surprise, others: the words of a manifest.
Person  's15'.
Silence A recording without a row holds no expression: false alarms in it count.
Unsure  Columns are read by position, as public code reads them, and as the copy has them that the teams of
        MEGC 2021 used; no release was at hand. Whether image numbers are padded does not matter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from preprocessing.datasets import layout, sheet
from preprocessing.datasets.tables import pages_of
from preprocessing.long_videos.truth import LongVideo, Rows, folders_below, joined
from preprocessing.schema import CorpusError

LIKE = "manifest"
FPS = 30.0
SHEETS = ("CAS(ME)^2code_final*.xls*", "code_final*.xls*", "CASME_sq_gt.xls*")
FRAMES = ("rawpic",)


def videos(root: Path) -> Iterator[LongVideo]:
    """Raises CorpusError for a missing sheet or folder of frames, and for sheets that do not say who a
    participant or what a video is."""
    path = sheet.find_one([root], SHEETS, "CAS(ME)^2 sheet")
    pages = _in_order(pages_of(path))
    if len(pages) < 3:
        raise CorpusError(f"{path} has {len(pages)} sheet(s); three are needed: rows, people, recordings")
    people = {line[2]: line[1] for line in pages[1] if len(line) > 2 and line[2]}
    codes = {line[1].casefold(): line[0].zfill(4) for line in pages[2] if len(line) > 1 and line[1]}
    home = layout.first_folder(root, FRAMES, "CAS(ME)^2 frames")
    found, rows, by_code = {}, {}, {}
    for folder in folders_below(home):
        if code := re.fullmatch(r"[^_]*_(\d{4}).*", folder.name):
            name = f"{folder.parent.name}/{folder.name}"
            found[name], rows[name] = folder, Rows(folder.parent.name)
            by_code[folder.parent.name, code[1]] = name
    for number, line in enumerate(pages[0], start=1):
        if len(line) < 8 or line[0] not in people:
            if any(line):
                raise CorpusError(
                    f"{path} row {number}: participant {line[0][:40]!r} is not in the second sheet, or a "
                    "column is missing; eight are needed, without a header"
                )
            continue
        person, video = people[line[0]], line[1].rpartition("_")[0].casefold()
        if video not in codes:
            raise CorpusError(f"{path} row {number}: video {video!r} is not in the third sheet")
        key = by_code.get((person, codes[video]), f"{person}/{codes[video]}")
        where = f"{path.name} row {number}"
        rows.setdefault(key, Rows(person)).add(line[7], line[2], line[3], line[4], line[6], where)
    yield from joined(found, rows, FPS)


def _in_order(pages: Mapping[str, list[list[str]]]) -> list[list[list[str]]]:
    """Rows, people, recordings: by the sheets' own names where they have them, else as they stand."""
    place = {"namingrule1": 1, "namingrule2": 2}
    named = {place.get(re.sub(r"[\W_]", "", title.casefold()), 0): rows for title, rows in pages.items()}
    return [named[one] for one in sorted(named)] if len(named) == 3 else list(pages.values())
