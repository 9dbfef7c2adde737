"""A corpus that any lab describes in one CSV file. Also the form in which the synthetic corpus is written,
and NaME, whose layout is not public.

Layout, from ``root`` (the CSV itself, or a folder that holds ``manifest.csv``)
    subject,clip,frames,onset,apex,offset,emotion,aus,fps          header; the order is free, further columns
                                                                   are passed over
    01,smile_1,frames/01/smile_1,10,25,40,happiness,6+R12,200
    02,frown_1,/data/videos/02.avi,0,,31,anger,,30
frames  a folder of images or a video file. A relative path starts at the CSV's folder and must stay inside
        it, links followed: a manifest that came with its data cannot point elsewhere unseen. For data
        elsewhere write the absolute path.
onset, apex, offset  frame numbers as in the file names, 0-based indices in a video; empty = unknown. Without
        onset and offset all frames belong to the clip.
aus     action units (grammar in action_units.py). If no row has any, the corpus counts as not annotated; else
        an empty cell means that the coder saw none.
fps     frames per second, above 0; empty = unknown.
Classes 3: positive = happiness, surprise, negative = anger, contempt, disgust, fear, sadness, repression;
        "others" is left out. 4, 5, 7: CASME II's, so that a lab's own clips compare with the best-known
        table. 6: MMEW's. all: every class below, also those that the lab never elicited, which
        then score 0; so name its own: --classes happiness,surprise,disgust.
split   not needed: a column "split" with train, test or other names is the lab's own split, for --protocol
        fixed_split.
"""

from __future__ import annotations

import csv
import math
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from preprocessing.datasets.labelled import number
from preprocessing.datasets.words import first, only, same
from preprocessing.schema import Clip, CorpusError

CORPUS = "manifest"
COLUMNS = ("subject", "clip", "frames", "onset", "apex", "offset", "emotion", "aus", "fps")
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


def read(root: Path, corpus: str) -> Iterator[Clip]:
    """As ``clips``, under the name ``corpus``."""
    path = root if root.is_file() else root / "manifest.csv"
    rows = table(path, COLUMNS)
    annotated = any(row["aus"] for row in rows)
    home = os.path.realpath(path.parent)
    for row in rows:
        frames, problem = _frames(path.parent, home, row["frames"])
        problems = [problem]
        numbers: dict[str, int | None] = {}
        for what in ("onset", "apex", "offset"):
            numbers[what], problem = number(row[what], what)
            problems.append(problem)
        fps, problem = _fps(row["fps"])
        problems.append(problem)
        yield Clip(
            corpus=corpus,
            subject=f"{corpus}/{row['subject']}",
            name=row["clip"],
            frames=frames,
            emotion=row["emotion"].lower(),
            aus=row["aus"],
            aus_known=annotated,
            fps=fps,
            apex_source="none" if numbers["apex"] is None else "annotated",
            problem="; ".join(filter(None, problems)),
            onset=numbers["onset"],
            apex=numbers["apex"],
            offset=numbers["offset"],
            split=row.get("split", ""),
        )


def table(path: Path, columns: tuple[str, ...]) -> list[dict[str, str]]:
    """Rows of a CSV file as stripped text by column name; UTF-8 with or without byte order mark.

    Raises CorpusError if it is missing, unreadable, lacks one of ``columns``, has one twice, or has a row of
    another length.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            lines = [(reader.line_num, row) for reader in [csv.reader(file)] for row in reader if any(row)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise CorpusError(f"{path} cannot be read as a UTF-8 CSV file: {error}") from error
    if not lines:
        raise CorpusError(f"{path} is empty; its first line must be {','.join(columns)}")
    header = [name.strip().lower() for name in lines[0][1]]
    for name in columns:
        if header.count(name) != 1:
            have = f"the header is {','.join(header)}"
            raise CorpusError(
                f"{path}: {header.count(name)} columns are named {name!r}, one is needed; {have}"
            )
    for line, row in lines[1:]:
        if len(row) != len(header):
            rule = f"{len(row)} values for {len(header)} columns; quote a value that holds a comma"
            raise CorpusError(f"{path} line {line}: {rule}")
    return [dict(zip(header, (value.strip() for value in row), strict=True)) for _, row in lines[1:]]


def _frames(base: Path, home: str, value: str) -> tuple[Path, str]:
    """(path, problem or "") of one frames cell. home: ``base`` with its links followed."""
    path = base / value
    if not value:
        return path, "no frames are given"
    if not os.path.isabs(value) and os.path.commonpath([home, os.path.realpath(path)]) != home:
        return (
            path,
            f"frames {value!r} lead out of the manifest's folder; write the absolute path if that is meant",
        )
    return path, ""


def _fps(value: str) -> tuple[float | None, str]:
    try:
        fps = float(value) if value else None
    except ValueError:
        fps = math.nan
    if fps is None or (math.isfinite(fps) and fps > 0):
        return fps, ""
    return None, f"fps {value!r} is no number above 0"
