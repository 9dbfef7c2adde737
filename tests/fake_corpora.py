"""Seeded writers of tiny corpora with the true folder names, file names, sheet headers and quirks. No face:
noise pictures.

Each writer fills ``root`` and returns it. What each quirk is for stands beside it; the labels themselves are
invented.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import openpyxl

SIZE = (12, 16)  # rows, columns of the noise pictures
CASME2_HEADER = (
    "Subject",
    "Filename",
    None,
    "OnsetFrame",
    "ApexFrame",
    "OffsetFrame",
    None,
    "Action Units",
    "Estimated Emotion",
)
CASME2_ROWS: tuple[tuple[Any, ...], ...] = (
    ("01", "EP02_01f", None, 46, 59, 61, None, "6+R12", "happiness"),
    ("01", "EP19_05f", None, 9, 11, 13, None, 4, "disgust "),  # one-digit frames, an AU cell that is a number
    ("04", "EP12_01f", None, 261, "/", 264, None, "4+7", "disgust"),  # the one apex that is not known
    # 99 -> 100: order by name would be wrong
    ("17", "EP01_2", None, 99, 100, 102, None, "L1+L2+?", "Surprise"),
    ("26", "EP06_02_01", None, 1, 3, 4, None, None, "others"),  # no AU
)
SAMM_HEADER = (
    "Subject",
    "Filename",
    "Inducement Code",
    "Onset Frame",
    "Apex Frame",
    "Offset Frame",
    "Duration",
    "Micro",
    "Action Units",
    "Estimated Emotion",
    "Objective Classes",
    "Notes",
)
SAMM_ROWS: tuple[tuple[Any, ...], ...] = (
    ("006", "006_1_2", 1, 5562, 5564, 5565, 4, "Micro - 1/2", "7B", "Anger", 3, None),
    ("007", "007_6_1", 6, 497, 499, 500, 4, "Micro - 1/2", "(R6 or R12)+R15", "Happiness", 1, None),
    # offset: digits swapped
    ("013", "013_1_9", 1, 5658, 5680, 5793, 82, "Micro - 1/2", "A/L12", "Contempt", 7, None),
    ("028", "028_4_1", 4, 1071, 3000, 1074, 4, "Micro - 1/2", "10A/B", "Disgust", 5, None),  # apex outside
    ("035", "035_7_2", 7, 2001, 2002, 2003, 3, "Micro - 1/2", "R14A or 17A or 24A", "Other", 7, "soft"),
    # apex outside, no known repair
    ("035", "035_7_3", 7, 3001, 3009, 3003, 3, "Micro - 1/2", 43, "Sadness", 6, None),
)


def noise(rng: np.random.Generator, size: tuple[int, int] = SIZE) -> np.ndarray:
    """uint8 (rows, columns, 3)."""
    return rng.integers(0, 256, (*size, 3), dtype=np.uint8)


def write_image(path: Path, image: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    good, data = cv2.imencode(path.suffix, image)
    if not good:
        raise ValueError(f"{path} could not be encoded")
    path.write_bytes(data.tobytes())


def write_frames(folder: Path, names: Sequence[str], rng: np.random.Generator) -> None:
    for name in names:
        write_image(folder / name, noise(rng))


def write_book(path: Path, sheets: dict[str, Sequence[Sequence[Any]]]) -> None:
    book = openpyxl.Workbook()
    book.remove(book.worksheets[0])
    for title, rows in sheets.items():
        page = book.create_sheet(title)
        for row in rows:
            page.append(list(row))
    path.parent.mkdir(parents=True, exist_ok=True)
    book.save(path)


def fake_casme2(
    root: Path, rows: Sequence[Sequence[Any]] = CASME2_ROWS, *, frames: str = "CASME2_RAW_selected",
    sheet: str = "CASME2-coding-20140508.xlsx", blank_columns: bool = True, int_subjects: bool = False,
    seed: int = 0,
) -> Path:  # fmt: skip
    """CASME II. ``int_subjects`` and no ``blank_columns`` as in later and copied sheets; ``frames='Cropped'``
    for crops."""
    rng = np.random.default_rng(seed)
    keep = [i for i, name in enumerate(CASME2_HEADER) if blank_columns or name]
    table = [[row[i] for i in keep] for row in (CASME2_HEADER, *rows)]
    if int_subjects:
        table = [table[0], *([int(row[0]), *row[1:]] for row in table[1:])]
    table.insert(2, [None] * len(keep))  # an empty row
    write_book(root / sheet, {"Sheet1": table, "Sheet2": [], "Sheet3": []})
    prefix = "reg_img" if "Cropped" in frames else "img"
    for subject, clip, _, onset, _, offset, *_ in rows:
        names = [f"{prefix}{n}.jpg" for n in range(onset, offset + 1)]  # no zero padding
        write_frames(root / frames / f"sub{subject}" / clip, names, rng)
    (root / frames / "sub01" / "Desktop - Shortcut.lnk").write_bytes(b"L\0\0\0")
    return root


def fake_samm(
    root: Path, rows: Sequence[Sequence[Any]] = SAMM_ROWS, *, nested: bool = True, prose: bool = True,
    int_subjects: bool = False,
    seed: int = 0,
) -> Path:  # fmt: skip
    """SAMM; ``nested`` puts the frames into root/SAMM, ``prose`` the 13 rows above the header. Grey frames, 4
    or 5 digits."""
    rng = np.random.default_rng(seed)
    table = [SAMM_HEADER, *([int(row[0]) if int_subjects else row[0], *row[1:]] for row in rows)]
    above = [["SAMM micro-movements"], *([f"legend {i}", "/ = or"] for i in range(12))] if prose else []
    name = "SAMM_Micro_FACS_Codes_v2.xlsx" if prose else "SAMM.xlsx"
    write_book(root / name, {"MICRO_ONLY" if prose else "Sheet1": [*above, *table]})
    for i, (subject, clip, _, onset, _, offset, duration, *_) in enumerate(rows):
        folder = (root / "SAMM" if nested else root) / subject / clip
        # the true length, whatever the offset cell says
        for n in range(onset, min(offset, onset + duration - 1) + 1):
            write_image(folder / f"{subject}_{n:0{4 + i % 2}d}.jpg", noise(rng)[..., 0])
    return root


def fake_smic_hs(root: Path, *, home: str = "HS", frames: int = 3, seed: int = 0) -> Path:
    """SMIC-HS: unpadded persons, numbers of six to eight digits, and a folder of non-micro clips beside
    them."""
    rng = np.random.default_rng(seed)
    prefix = "reg_image" if "cropped" in home else "image"
    starts = {"s1_ne_01": 90823, "s1_sur_01": 123456, "s2_po_01": 99999, "s20_ne_01": 17581039}
    words = {"ne": "negative", "po": "positive", "sur": "surprise"}
    for clip, start in starts.items():
        person, token, _ = clip.split("_")
        folder = root / home / person / "micro" / words[token] / clip
        write_frames(folder, [f"{prefix}{n:06d}.bmp" for n in range(start, start + frames)], rng)
        (folder / "Thumbs.db").write_bytes(b"\xd0\xcf\x11\xe0")
    write_frames(root / home / "s1" / "non_micro" / "s1_non_01", [f"{prefix}000001.bmp"], rng)
    return root


def fake_manifest(
    root: Path, people: int = 3, *, frames: int = 4, seed: int = 0, name: str = "manifest.csv"
) -> Path:
    """Two clips a person, one without an apex; byte order mark, an extra column, columns in another order."""
    rng = np.random.default_rng(seed)
    rows = [["clip", "subject", "emotion", "frames", "onset", "apex", "offset", "aus", "fps", "remark"]]
    for person in range(1, people + 1):
        for n, (emotion, aus) in enumerate((("Happiness", "6+R12"), ("surprise", "1+2+25?"))):
            folder = f"frames/{person:02d}/{emotion.lower()}_{n}"
            write_frames(root / folder, [f"{i:04d}.png" for i in range(10, 10 + frames)], rng)
            apex = "" if n else str(10 + frames // 2)
            rows.append(
                [
                    f"clip_{n}",
                    f"{person:02d}",
                    emotion,
                    folder,
                    "10",
                    apex,
                    str(9 + frames),
                    aus,
                    "200",
                    "a, b",
                ]
            )
    with (root / name).open("w", encoding="utf-8-sig", newline="") as file:
        csv.writer(file).writerows(rows)
    return root


def fake_ststnet_flow(root: Path, *, space: bool = True, original_names: bool = False, seed: int = 0) -> Path:
    """Flow pictures: 28x28, one CSV, a space before '.png'. Person 's1' style ids of three corpora."""
    rng = np.random.default_rng(seed)
    rows = [["dataset", "sub", "filename_o", "label", "apex", "imagename", "sub_filename"]]
    for dataset, sub, clip, label in (
        ("casme2", "sub01", "EP02_01f", 1), ("casme2", "sub07", "EP06_02_01", 0), ("samm", "006", "006_1_2",
        0),
        ("samm", "016", "016_7_10", 2), ("smic", "s01", "s01_ne_01", 0), ("smic", "s01", "s01_sur_01", 2),
    ):  # fmt: skip
        rows.append([dataset, sub, clip, str(label), "", f"{sub}_{clip}.jpg", ""])
        folder = "STSNet_whole_norm_u_v_os" if original_names else "flow"
        write_image(root / folder / f"{sub}_{clip}{' ' if space else ''}.png", noise(rng, (28, 28)))
    with (root / ("combined_3_class2_for_optical_flow.csv" if original_names else "labels.csv")).open(
        "w", newline=""
    ) as file:
        csv.writer(file).writerows(rows)
    return root
