"""The synthetic corpus is a manifest under its own name."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from preprocessing.datasets.reading import read
from tests.fake_corpora import fake_manifest
from tests.preprocessing.datasets.contract import AdapterContract


class TestSynthetic(AdapterContract):
    corpus = "synthetic"

    @pytest.fixture
    def root(self, tmp_path: Path) -> Path:
        return fake_manifest(tmp_path)


def test_it_reads_as_the_manifest_does(tmp_path: Path) -> None:
    root = fake_manifest(tmp_path)
    renamed = [
        replace(c, corpus="synthetic", subject=c.subject.replace("manifest", "synthetic"))
        for c in read("manifest", root)
    ]
    assert read("synthetic", root) == renamed
