"""What every dataset adapter must do. A test module subclasses ``AdapterContract`` and gives a fake
corpus."""

from __future__ import annotations

import hashlib
from pathlib import Path

import cv2
import pytest

from preprocessing.datasets import DATASETS
from preprocessing.datasets.reading import read
from preprocessing.schema import Clip, CorpusError


def tree(root: Path) -> dict[str, str]:
    """{relative path: digest} of all that lies under ``root``."""
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in root.rglob("*")
        if p.is_file()
    }


def by_id(clips: list[Clip]) -> dict[str, Clip]:
    return {clip.clip_id.partition("/")[2]: clip for clip in clips}


class AdapterContract:
    """Subclasses set ``corpus`` and have a fixture ``root(tmp_path)`` that writes the fake corpus and returns
    its root."""

    corpus: str

    def test_a_missing_root_is_named(self, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match=r"nowhere does not exist"):
            read(self.corpus, tmp_path / "nowhere")

    def test_an_empty_root_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(CorpusError, match="empty"):
            read(self.corpus, tmp_path / "empty")

    def test_reading_opens_no_image_and_leaves_the_raw_tree_as_it_was(
        self, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = tree(root)
        for name in ("imread", "imdecode", "VideoCapture"):
            monkeypatch.delattr(cv2, name)
        read(self.corpus, root)
        assert tree(root) == before

    def test_ids_are_unique_and_belong_to_the_corpus_and_order_is_stable(self, root: Path) -> None:
        clips = read(self.corpus, root)
        assert len({clip.clip_id for clip in clips}) == len(clips)
        assert all(
            clip.corpus == self.corpus and clip.subject.startswith(f"{self.corpus}/") for clip in clips
        )
        assert clips == read(self.corpus, root)

    def test_labels_are_lower_case_and_apex_source_tells_whether_there_is_an_apex(self, root: Path) -> None:
        for clip in read(self.corpus, root):
            assert clip.emotion == clip.emotion.strip().lower()
            assert clip.apex_source == ("none" if clip.apex is None else "annotated")

    def test_the_registry_names_this_adapter(self) -> None:
        assert DATASETS[self.corpus].__name__ == f"preprocessing.datasets.{self.corpus}"
        assert self.corpus == DATASETS[self.corpus].CORPUS
