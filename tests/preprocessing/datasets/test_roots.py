"""A root that is one folder too high or too deep, an archive, or spelt in another case."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from preprocessing.datasets.reading import read
from preprocessing.schema import CorpusError
from tests.fake_corpora import fake_casme2, fake_manifest, fake_samm, fake_smic_hs
from tests.fakes.casme3 import fake_casme3
from tests.fakes.dfme import fake_dfme

Fake = Callable[[Path], Path]
# corpus, its writer, a folder in it that may be written in another case
CORPORA = [
    pytest.param("casme2", fake_casme2, "CASME2_RAW_selected", id="casme2"),
    pytest.param("samm", fake_samm, "SAMM", id="samm"),
    pytest.param("smic_hs", fake_smic_hs, "HS", id="smic_hs"),
    pytest.param("casme3", fake_casme3, "ME_C", id="casme3"),
    pytest.param("dfme", fake_dfme, "DFME_train", id="dfme"),
    pytest.param("manifest", fake_manifest, "frames", id="manifest"),
]


@pytest.mark.parametrize(("corpus", "fake", "folder"), CORPORA)
def test_which_folder_is_meant_is_said(tmp_path: Path, corpus: str, fake: Fake, folder: str) -> None:
    (tmp_path / "above" / "corpus").mkdir(parents=True)
    root = fake(tmp_path / "above" / "corpus")
    with pytest.raises(CorpusError, match=r"point --root at (it|.*corpus)"):
        read(corpus, root.parent)
    (root / "empty").mkdir()
    with pytest.raises(CorpusError, match=r"corpus is such a folder|point --root at .*corpus"):
        read(corpus, root / "empty")
    (tmp_path / "packed").mkdir()
    (tmp_path / "packed" / "all.zip").write_bytes(b"PK")
    with pytest.raises(CorpusError, match=r"all\.zip is an archive: unpack it first"):
        read(corpus, tmp_path / "packed")


@pytest.mark.parametrize(("corpus", "fake", "folder"), CORPORA)
def test_upper_and_lower_case_of_a_folder_do_not_matter(
    tmp_path: Path, corpus: str, fake: Fake, folder: str
) -> None:
    root = fake(tmp_path)
    usual = [(clip.clip_id, bool(clip.problem)) for clip in read(corpus, root)]
    os.rename(root / folder, root / folder.swapcase())
    assert [(clip.clip_id, bool(clip.problem)) for clip in read(corpus, root)] == usual
