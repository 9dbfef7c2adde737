"""What every dataset adapter must do. A test module subclasses ``AdapterContract`` and gives a fake
corpus."""

from __future__ import annotations

from typing import Any

import pytest

from orchestrator.testing.corpora import CorpusContract, tree
from preprocessing.datasets import DATASETS
from preprocessing.schema import Clip

__all__ = ["AdapterContract", "by_id", "tree"]


def by_id(clips: list[Clip]) -> dict[str, Clip]:
    return {clip.clip_id.partition("/")[2]: clip for clip in clips}


class AdapterContract(CorpusContract):
    """Subclasses set the name ``corpus`` and have a fixture ``root(tmp_path)`` that writes the fake corpus
    and returns its root."""

    corpus: str

    @pytest.fixture
    def module(self) -> Any:
        return DATASETS[self.corpus]

    def test_the_registry_names_this_adapter(self) -> None:
        assert DATASETS[self.corpus].__name__ == f"preprocessing.datasets.{self.corpus}"
