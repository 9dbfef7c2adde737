"""SMIC-HS adapter: labels are folder names, onset and offset the first and last frame."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from preprocessing.datasets.reading import read
from tests.fake_corpora import fake_smic_hs, write_image
from tests.preprocessing.datasets.contract import AdapterContract, by_id


class TestSmicHs(AdapterContract):
    corpus = "smic_hs"

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return fake_smic_hs(tmp_path)


@pytest.mark.parametrize("home", ["HS", "SMIC_all_cropped/HS", "."])
def test_clips_come_from_the_folders(tmp_path: Path, home: str) -> None:
    clips = read("smic_hs", fake_smic_hs(tmp_path, home=home))
    assert [(c.subject, c.name, c.emotion, c.onset, c.offset) for c in clips] == [
        ("smic_hs/s01", "s1_ne_01", "negative", 90823, 90825),
        ("smic_hs/s01", "s1_sur_01", "surprise", 123456, 123458),
        # six to seven digits: order by name would be wrong
        ("smic_hs/s02", "s2_po_01", "positive", 99999, 100001),
        ("smic_hs/s20", "s20_ne_01", "negative", 17581039, 17581041),
    ]
    assert all(c.apex is None and not c.aus_known and not c.problem and c.fps == 100 for c in clips)


def test_folders_that_are_no_clip_become_problems(tmp_path: Path) -> None:
    root = fake_smic_hs(tmp_path)
    (root / "HS/s1/micro/negative/s1_ne_02").mkdir()
    (root / "HS/s1/micro/bored/s1_bo_01").mkdir(parents=True)
    twin = next((root / "HS/s2/micro/positive/s2_po_01").glob("*.bmp"))
    write_image(twin.with_name(twin.stem.replace("image", "copy_") + ".bmp"), np.zeros((4, 4, 3), np.uint8))
    problems = {k: c.problem for k, c in by_id(read("smic_hs", root)).items() if c.problem}
    assert set(problems) == {"s01/s1_ne_02", "s01/s1_bo_01", "s02/s2_po_01"}
    assert "no frame in" in problems["s01/s1_ne_02"]
    assert "'bored' is none of negative" in problems["s01/s1_bo_01"]
    assert "both are frame" in problems["s02/s2_po_01"]
