"""The registry: one name, one adapter file, one test file."""

from __future__ import annotations

from pathlib import Path

import pytest

from preprocessing import datasets
from preprocessing.schema import CorpusError


def test_every_corpus_has_its_adapter_and_its_test_under_its_name() -> None:
    here = Path(__file__).parent
    for name in datasets.DATASETS:
        assert (Path(datasets.__file__).parent / f"{name}.py").is_file()
        assert f'corpus = "{name}"' in (here / f"test_{name}.py").read_text(), f"test_{name}.py must subclass AdapterContract"


def test_an_unknown_corpus_is_answered_with_the_nearest_name(tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=r"unknown corpus 'casmeii'; did you mean 'casme2'"):
        datasets.read("casmeii", tmp_path)
