"""MEGC 2019 composite: which clips of three corpora belong, under which id and word."""

from __future__ import annotations

import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from orchestrator.study.labels import classify
from preprocessing.datasets import megc2019
from preprocessing.datasets.reading import read
from preprocessing.frames import read_clip
from preprocessing.schema import CorpusError
from tests.fake_corpora import write_frames
from tests.fakes.megc2019 import FOLDERS, fake_megc2019
from tests.preprocessing.datasets.contract import AdapterContract, by_id

EXPECTED = {
    "casme2-sub01/EP02_01f": "positive",
    "casme2-sub01/EP19_05f": "negative",
    "casme2-sub17/EP01_2": "surprise",
    "casme2-sub05/EP02_07": "surprise",
    "casme2-sub02/EP03_02f": "negative",
    "casme2-sub02/EP09_10": "positive",
    "casme2-sub02/EP14_01": "surprize",
    "samm-006/006_1_2": "negative",
    "samm-007/007_6_1": "positive",
    "samm-013/013_1_9": "negative",
    "samm-028/028_4_1": "negative",
    "samm-035/035_7_3": "negative",
    "samm-020/020_1_1": "surprise",
    "samm-021/021_1_1": "negative",
    "samm-022/022_1_1": "negative",
    "samm-023/023_1_1": "negative",
    "samm-024/024_1_1": "negative",
    "smic-s01/s01_ne_01": "negative",
    "smic-s01/s01_sur_01": "surprise",
    "smic-s02/s02_po_01": "positive",
    "smic-s20/s20_ne_01": "negative",
}
PROBLEMS = {
    "casme2-sub02/EP09_10": "apex 19 is outside",
    "casme2-sub02/EP14_01": "'surprize' is no word of casme2 (happiness, surprise,",
    "samm-035/035_7_3": "apex 3009 is outside",
}


class TestMegc2019(AdapterContract):
    corpus = "megc2019"

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return fake_megc2019(tmp_path / "root")


@pytest.mark.parametrize(
    "folders",
    [
        FOLDERS,
        {"casme2": "CASMEII", "samm": "SAMM", "smic": "SMIC"},
        {"casme2": "CASME II", "samm": "Samm", "smic": "HS"},
        {"casme2": "CASME2", "samm": "samm", "smic": "SMIC-HS"},
    ],
)
def test_exactly_the_composite_is_kept_under_its_ids_and_words(
    tmp_path: Path, folders: dict[str, str]
) -> None:
    clips = by_id(read("megc2019", fake_megc2019(tmp_path, folders)))
    assert {k: c.emotion for k, c in clips.items()} == EXPECTED
    problems = {k: c.problem for k, c in clips.items() if c.problem}
    assert set(problems) == set(PROBLEMS)
    for key, text in PROBLEMS.items():
        assert text in problems[key]


def test_all_else_is_as_in_the_source(tmp_path: Path) -> None:
    root = fake_megc2019(tmp_path)
    clips = by_id(read("megc2019", root))
    for source, corpus in (("casme2", "casme2"), ("samm", "samm"), ("smic", "smic_hs")):
        for clip in read(corpus, root / FOLDERS[source]):
            name = clip.name.replace("s1_", "s01_").replace("s2_", "s02_")
            key = f"{source}-{clip.subject.partition('/')[2]}/{name}"
            here = clips.pop(key, None)
            if here:
                same = (
                    "frames",
                    "onset",
                    "apex",
                    "offset",
                    "aus",
                    "aus_known",
                    "fps",
                    "apex_source",
                    "split",
                    "repairs",
                )
                assert [getattr(here, name) for name in same] == [getattr(clip, name) for name in same]
                assert here.problem or [n for n, _ in read_clip(here)]
                assert bool(here.problem) == bool(clip.problem) or clip.name == "EP14_01"
    assert not clips


def test_missing_frames_and_frames_without_a_label_stay_as_problems(tmp_path: Path) -> None:
    root, rng = fake_megc2019(tmp_path), np.random.default_rng(0)
    raw = root / "casme2" / "CASME2_RAW_selected"
    shutil.rmtree(raw / "sub01" / "EP02_01f")
    shutil.rmtree(raw / "sub26" / "EP06_02_01")  # its word, others, has no class
    write_frames(raw / "sub03" / "EP01_9", ["img1.jpg"], rng)  # no row: it may belong
    (root / "smic_hs/HS/s1/micro/negative/s1_ne_02").mkdir()
    (root / "smic_hs/HS/s1/micro/bored/s1_bo_01").mkdir(parents=True)
    problems = {
        k: c.problem for k, c in by_id(read("megc2019", root)).items() if c.problem and k not in PROBLEMS
    }
    want = {
        "casme2-sub01/EP02_01f": "labelled, but",
        "casme2-sub03/EP01_9": "frames without a label",
        "smic-s01/s01_ne_02": "no frame in",
        "smic-s01/s01_bo_01": "frames without a label: folder 'bored'",
    }
    assert set(problems) == set(want)
    for key, text in want.items():
        assert text in problems[key]


def test_excluded_frames_need_no_row(tmp_path: Path) -> None:
    root = fake_megc2019(tmp_path)
    raw = root / "casme2" / "CASME2_RAW_selected"
    # the excluded row has no frames, these frames have no row
    (raw / "sub24" / "EP02_07").rename(raw / "sub24" / "EP02_08")
    clips = by_id(read("megc2019", root))
    assert "casme2-sub24/EP02_07" not in clips
    assert "frames without a label" in clips["casme2-sub24/EP02_08"].problem
    (raw / "sub05" / "EP09_05f").rename(raw / "sub24" / "EP02_07")
    assert "casme2-sub24/EP02_07" not in by_id(read("megc2019", root))


@pytest.mark.parametrize("missing", FOLDERS)
def test_a_missing_corpus_is_named_with_the_folders_tried(tmp_path: Path, missing: str) -> None:
    root = fake_megc2019(tmp_path, {k: v for k, v in FOLDERS.items() if k != missing})
    with pytest.raises(CorpusError, match=rf"one folder of {missing}, named .*'{missing}'.*; it has: none"):
        read("megc2019", root)


def test_two_folders_of_one_corpus_are_an_error(tmp_path: Path) -> None:
    root = fake_megc2019(tmp_path)
    (root / "CASME II").mkdir()
    with pytest.raises(CorpusError, match=r"one folder of casme2, .*; it has: CASME II, casme2"):
        read("megc2019", root)


def test_a_folder_without_its_corpus_is_the_error_of_that_corpus(tmp_path: Path) -> None:
    root = fake_megc2019(tmp_path)
    shutil.rmtree(root / "samm")
    (root / "samm").mkdir()
    with pytest.raises(CorpusError, match=r"no SAMM annotation sheet in .*samm"):
        read("megc2019", root)


def test_the_words_of_the_sources_give_the_published_counts() -> None:
    # CASME2-coding-20140508.xlsx and SAMM_Micro_FACS_Codes_v2.xlsx; the two excluded clips there are of
    # disgust
    sheets = {
        "casme2": {
            "others": 99,
            "disgust": 63 - 2,
            "happiness": 32,
            "repression": 27,
            "surprise": 25,
            "sadness": 7,
            "fear": 2,
        },
        "samm": {
            "anger": 57,
            "other": 26,
            "happiness": 26,
            "surprise": 15,
            "contempt": 12,
            "disgust": 9,
            "fear": 8,
            "sadness": 6,
        },
        "smic": {"negative": 70, "positive": 51, "surprise": 43},
    }
    parts = megc2019.PUBLISHED["parts"]
    for source, words in sheets.items():
        assert set(words) <= {*megc2019.WORDS[source], *megc2019.NO_CLASS[source]}
        counts: Counter[str] = Counter()
        for word, n in words.items():
            if word not in megc2019.NO_CLASS[source]:
                counts[megc2019.WORDS[source][word]] += n
        assert counts == parts[source]["emotions"]
        assert sum(counts.values()) == parts[source]["clips"]
    for what in ("clips", "subjects"):
        assert sum(part[what] for part in parts.values()) == megc2019.PUBLISHED[what]
    assert (
        sum((Counter(part["emotions"]) for part in parts.values()), Counter())
        == megc2019.PUBLISHED["emotions"]
    )
    assert None not in classify("megc2019", list(megc2019.PUBLISHED["emotions"]), "3").index
