"""A corpus that any lab describes in one CSV file. Also the form in which the synthetic corpus is written,
and NaME, whose layout is not public.

Layout, from ``root`` (the file itself, or a folder that holds ``manifest.csv``; or .xlsx, .xls, .ods)
    subject,clip,frames,onset,apex,offset,emotion,aus,fps          header; the order is free, further columns
                                                                   are passed over
    01,smile_1,frames/01/smile_1,10,25,40,happiness,6+R12,200
    02,frown_1,/data/videos/02.avi,0,,31,anger,,30
The separator may be a semicolon or a tab too, the text UTF-8, cp1252 or GB 18030 (tables.py); lines that
begin with '#' and what stands above the header are passed over. Whole numbers may end in ".0"; NA, nan,
None, null, n.a., - and / are empty cells. aus and fps may lack. In a workbook the sheet with this header is
read, and a cell that is merged with those below stands in each of their rows; a row with one that is merged
over columns cannot be used.
frames  a folder of images or a video file. A relative path starts at the CSV's folder and must stay inside
        it, links followed: a manifest that came with its data cannot point elsewhere unseen. For data
        elsewhere write the absolute path. Windows' backslashes, and upper and lower case that differ from
        the folder's, are read as what they mean (paths.py).
onset, apex, offset  frame numbers as in the file names, 0-based indices in a video; empty = unknown. Without
        onset and offset all frames belong to the clip. Where a folder holds exactly as many frames, numbered
        otherwise, its numbers are taken (numbered_anew.py).
aus     action units (grammar in action_units.py). If no row has a number, the corpus counts as not annotated;
        else an empty cell means that the coder saw none. nan, None and a lone 0 are empty cells. Other usual
        notations (12L, 4;12, [4, 12]) are respelt (au_cells.py).
fps     frames per second, at least 1 ("200", "29,97", "30000/1001", "200 fps"); empty = unknown.
first   not needed: a column "first" says whether the frames of a video are counted from 0 or from 1. Without
        it an offset that is the number of frames shows it, and ``check`` asks where nothing does.
Classes 3: positive = happiness, surprise, negative = anger, contempt, disgust, fear, sadness, repression;
        "others" is left out. 4, 5, 7: CASME II's, so that a lab's own clips compare with the best-known
        table. 6: MMEW's. all: every class below, also those that the lab never elicited, which
        then score 0; so name its own: --classes happiness,surprise,disgust.
emotion one of the words below. labels.csv beside the manifest (word,class: surprised,surprise) says what
        other words mean.
split   not needed: a column "split" with train, test or other names is the lab's own split, for --protocol
        fixed_split.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from preprocessing.datasets import manifest_file
from preprocessing.datasets.au_cells import spelt
from preprocessing.datasets.labelled import THOUSANDS, number, rate
from preprocessing.datasets.numbered_anew import of_its_folder
from preprocessing.datasets.paths import Spelling
from preprocessing.datasets.tables import table
from preprocessing.datasets.values import blank, seen, whole, wrong
from preprocessing.datasets.words import LABELS, first, only, plain, same, unmeant, words_in, words_of
from preprocessing.people import ONE_PERSON
from preprocessing.schema import Clip, CorpusError

CORPUS = "manifest"
READ_BY = (CORPUS, "name")  # corpora that come as a manifest
COLUMNS = ("subject", "clip", "frames", "onset", "apex", "offset", "emotion", "aus", "fps")
MAY_LACK = ("aus", "fps")
FIRST, SPLIT = "first", "split"  # further columns, which few need
NEEDED = tuple(name for name in COLUMNS if name not in MAY_LACK)
OPTIONAL = (*MAY_LACK, FIRST, SPLIT)
NUMBERS = ("onset", "apex", "offset")
PUBLISHED: dict[str, Any] = {}
_ALL = {
    "happiness": ("happiness", "happy", "joy"),
    **same("surprise", "disgust", "repression"),
    "others": ("others", "other"),
    "sadness": ("sadness", "sad"),
    **same("fear", "anger", "contempt", "negative", "positive"),
}
SCHEMES = {
    "3": {
        "negative": ("negative", "anger", "contempt", "disgust", "fear", "sadness", "sad", "repression"),
        "positive": ("positive", "happiness", "happy", "joy"),
        "surprise": ("surprise",),
    },
    "4": first(_ALL, 4),
    "5": first(_ALL, 5),
    "6": only(_ALL, "happiness", "surprise", "disgust", "fear", "sadness", "anger"),
    "7": first(_ALL, 7),
    "all": _ALL,
}
COMPOSITE = False
PICTURES = False


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip per row, in file order. Opens no frame. Raises CorpusError if the CSV is missing or
    malformed."""
    yield from read(root, CORPUS)


def remarks(root: Path) -> Iterator[str]:
    """What ``check`` says of the file itself, a sentence each. Raises CorpusError."""
    return manifest_file.remarks(root, (*NEEDED, FIRST), (*MAY_LACK, SPLIT))


def read(root: Path, corpus: str) -> Iterator[Clip]:
    """As ``clips``, under the name ``corpus``."""
    path = manifest_file.manifest_of(root)
    rows = table(path, NEEDED, OPTIONAL)
    written = [row["subject"] for row in rows]
    grouped = {name for name in NUMBERS if _grouped([row[name] for row in rows])}
    errors = [_cleaned(row, grouped) for row in rows]
    cells = [spelt(row["aus"]) for row in rows]
    annotated = any(re.search(r"\d", aus) for aus, _ in cells)  # a word alone, such as True, names no unit
    mapped = words_of(path.parent / LABELS)
    if why := unmeant(mapped, words_in(_ALL)):
        raise CorpusError(f"{path.parent / LABELS}: {why}")
    spelling = Spelling(path.parent)
    for row, person, failed, (aus, said) in zip(rows, written, errors, cells, strict=True):
        word = plain(row["emotion"])
        emotion = mapped.get(word, word)
        repairs = [f"emotion {word!r} -> {emotion!r}: {LABELS}"] if emotion != word else []
        repairs += [said] if said else []
        if person != row["subject"] and row["subject"] in written:
            repairs.append(f"subject {person!r} -> {row['subject']!r}: {ONE_PERSON}")
        frames, problem, respelt = spelling.frames(row["frames"])
        numbers, counted, line, unclear = _numbers(row, frames)
        fps, no_rate = rate(row["fps"])
        clip = Clip(
            corpus=corpus,
            subject=f"{corpus}/{row['subject']}",
            name=row["clip"],
            frames=frames,
            emotion=emotion,
            aus=aus,
            aus_known=annotated,
            fps=fps,
            apex_source="none" if numbers["apex"] is None else "annotated",
            problem="; ".join(filter(None, [*failed, problem, *unclear, no_rate])),
            onset=numbers["onset"],
            apex=numbers["apex"],
            offset=numbers["offset"],
            split=row[SPLIT],
            repairs=tuple(filter(None, [*repairs, *respelt, line])),
            counted=counted,
        )
        yield of_its_folder(clip)


def _cleaned(row: dict[str, str], grouped: Collection[str]) -> list[str]:
    """Problems of cells that say nothing, which become "", as empty ones do. grouped: columns in which 1.000
    is a thousand."""
    row.update({name: seen(value) for name, value in row.items() if name != "frames"})
    row.update({name: blank(row[name]) for name in (*NUMBERS, "emotion", "aus", "fps")})
    faults = {name: why for name in (*COLUMNS, FIRST, SPLIT) if (why := wrong(row[name]))}
    row.update(dict.fromkeys(faults, ""))
    # an office program makes a number of a person "1" or a clip "7" as soon as one cell is empty
    row.update({name: whole(row[name]) for name in ("subject", "clip", *NUMBERS) if name not in grouped})
    return [f"{name} {why}" for name, why in faults.items()]


def _numbers(row: Mapping[str, str], frames: Path) -> tuple[dict[str, int | None], bool, str, list[str]]:
    """(onset, apex, offset counted from 0, whether the row says from where its video's are counted, the
    repair or "", problems)."""
    from preprocessing.decode import VIDEOS  # OpenCV, which whoever asks for a scheme can spare

    read = {what: number(row[what], what) for what in NUMBERS}
    found, problems = {what: n for what, (n, _) in read.items()}, [why for _, why in read.values()]
    begin = whole(blank(row[FIRST]))
    if begin not in ("", "0", "1"):
        problems.append(f"first {begin[:40]!r} is none of 0 and 1, the numbers that a video may begin at")
    counted = begin in ("0", "1") and frames.suffix.lower() in VIDEOS
    if not counted or begin == "0":
        return found, counted, "", problems
    line = "frame numbers less 1: the column first says that they begin at 1"
    return {what: n and n - 1 for what, n in found.items()}, counted, line, problems


def _grouped(values: list[str]) -> bool:
    """Whether 1.000 in a column of frame numbers may be a thousand: others of it have no point at all."""
    pointed = [value for value in values if THOUSANDS.fullmatch(value)]
    return bool(pointed) and any(value.isdecimal() for value in values)
