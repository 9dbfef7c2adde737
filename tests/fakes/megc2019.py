"""A fake root of MEGC 2019: the fakes of CASME II, SAMM and SMIC-HS side by side, with the clips on which the
composite turns."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.fake_corpora import CASME2_ROWS, SAMM_ROWS, fake_casme2, fake_samm, fake_smic_hs

ROWS_OF_CASME2: tuple[tuple[Any, ...], ...] = (
    *CASME2_ROWS,  # sub04/EP12_01f, which has no apex, is excluded
    ("05", "EP09_05f", None, 20, 21, 22, None, "4", "disgust"),  # excluded
    ("24", "EP02_07", None, 30, 31, 32, None, "4", "disgust"),  # excluded; in newer sheets only
    ("05", "EP02_07", None, 30, 31, 32, None, "1+2", "surprise"),  # the same name of another person is not
    ("02", "EP03_02f", None, 10, 11, 12, None, "17", "repression"),
    ("02", "EP08_04", None, 10, 11, 12, None, "1", "sadness"),  # no class
    ("02", "EP09_01", None, 10, 11, 12, None, "1", "fear"),  # no class
    ("02", "EP09_10", None, 10, 19, 12, None, "12", "happiness"),  # apex after the offset
    ("02", "EP14_01", None, 10, 11, 12, None, "1", "surprize"),  # no word of CASME II
    ("02", "EP15_04", None, 10, 99, 12, None, "1", "others"),  # no class, and a problem beside
)
ROWS_OF_SAMM: tuple[tuple[Any, ...], ...] = (
    *SAMM_ROWS,
    *(
        (f"0{n}", f"0{n}_1_1", 1, 10, 11, 12, 3, "Micro - 1/2", "4", word, 7, None)
        for n, word in (
            (20, "Surprise"),
            (21, "Fear"),
            (22, "Sadness"),
            (23, "Disgust"),
            (24, "Contempt"),
            (25, "Other"),
        )
    ),
)
FOLDERS: Mapping[str, str] = {"casme2": "casme2", "samm": "samm", "smic": "smic_hs"}


def fake_megc2019(root: Path, folders: Mapping[str, str] = FOLDERS, *, seed: int = 0) -> Path:
    """The sources that ``folders`` names, each in the folder that it gives."""
    root.mkdir(parents=True, exist_ok=True)
    if "casme2" in folders:
        fake_casme2(root / folders["casme2"], ROWS_OF_CASME2, seed=seed)
    if "samm" in folders:
        fake_samm(root / folders["samm"], ROWS_OF_SAMM, seed=seed)
    if "smic" in folders:
        fake_smic_hs(root / folders["smic"], seed=seed)
    return root
