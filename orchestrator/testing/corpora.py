"""What holds for every corpus: its facts agree, its labels are read without opening an image."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import pytest

from preprocessing.datasets.facts import faults
from preprocessing.datasets.reading import clips_of
from preprocessing.schema import CorpusError


def tree(root: Path) -> dict[str, str]:
    """{relative path: digest} of all that lies under ``root``."""
    return {
        str(p.relative_to(root)): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in root.rglob("*")
        if p.is_file()
    }


class CorpusContract:
    """For a corpus of yours, and a small folder that looks like it::

    class TestMyCorpus(CorpusContract):
        @pytest.fixture
        def module(self):
            return my_corpus  # the module

        @pytest.fixture
        def root(self, tmp_path):
            ...  # write a few clips, some of them usable
            return tmp_path / "data"
    """

    @pytest.fixture
    def module(self) -> Any:
        """The corpus' module: CORPUS, clips, SCHEMES ..."""
        raise NotImplementedError("give the module in a fixture `module` of your test class")

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        """Folder of a small corpus, in the layout that ``clips`` reads."""
        raise NotImplementedError("write a small corpus in a fixture `root(tmp_path)` of your test class")

    def test_its_facts_are_there_and_agree(self, module: Any) -> None:
        assert faults(module) == ()
        assert module.__name__.rpartition(".")[2] == module.CORPUS, "a corpus is named as its file is"

    def test_a_missing_root_is_named(self, module: Any, tmp_path: Path) -> None:
        with pytest.raises(CorpusError, match=r"nowhere does not exist"):
            clips_of(module, tmp_path / "nowhere")

    def test_an_empty_root_is_an_error(self, module: Any, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        with pytest.raises(CorpusError, match="empty"):
            clips_of(module, tmp_path / "empty")

    def test_reading_opens_no_image_and_leaves_the_raw_tree_as_it_was(
        self, module: Any, root: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        before = tree(root)
        for name in ("imread", "imdecode", "VideoCapture"):
            monkeypatch.delattr(f"cv2.{name}")
        clips_of(module, root)
        assert tree(root) == before

    def test_ids_are_unique_and_belong_to_the_corpus_and_order_is_stable(
        self, module: Any, root: Path
    ) -> None:
        clips = clips_of(module, root)
        name = module.CORPUS
        assert len({clip.clip_id for clip in clips}) == len(clips)
        assert all(clip.corpus == name and clip.subject.startswith(f"{name}/") for clip in clips)
        assert clips == clips_of(module, root)

    def test_labels_are_lower_case_and_apex_source_tells_whether_there_is_an_apex(
        self, module: Any, root: Path
    ) -> None:
        for clip in clips_of(module, root):
            assert clip.emotion == clip.emotion.strip().lower()
            assert clip.apex_source == ("none" if clip.apex is None else "annotated")

    def test_some_clips_can_be_used_and_their_words_are_in_the_scheme_of_all_words(
        self, module: Any, root: Path
    ) -> None:
        known = {word for words in module.SCHEMES["all"].values() for word in words}
        usable = [clip for clip in clips_of(module, root) if not clip.problem]
        assert usable, "the corpus of the fixture `root` has no clip that can be used"
        # a clip of several emotions ('surprise+positive') has no class in any scheme
        assert {clip.emotion for clip in usable if "+" not in clip.emotion} <= known
