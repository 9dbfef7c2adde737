"""The nearest name of a corpus is the same for every command."""

import pytest

from preprocessing.datasets.reading import read
from preprocessing.schema import CorpusError


@pytest.mark.parametrize(
    ("typed", "meant"), [("casmeII", "casme2"), ("CASME3", "casme3"), ("Smic-HS", "smic_hs")]
)
def test_check_and_extract_name_the_corpus_that_is_meant(typed, meant, tmp_path):
    with pytest.raises(CorpusError, match=f"did you mean '{meant}'"):
        read(typed, tmp_path)
