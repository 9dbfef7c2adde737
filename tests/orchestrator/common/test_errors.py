"""The nearest known name is found though it is written otherwise."""

import pytest

from orchestrator.common.errors import nearest


@pytest.mark.parametrize(
    ("name", "known", "meant"),
    [
        ("STAG", ("stag", "samm"), "stag"),
        ("casmeII", ("casme2", "casme3"), "casme2"),
        ("CAS(ME)3", ("casme2", "casme3"), "casme3"),
        ("CASME III", ("casme2", "casme3"), "casme3"),
        ("ResNet-18", ("resnet18", "resnet50"), "resnet18"),
        ("SMIC", ("smic_hs", "samm"), "smic_hs"),
    ],
)
def test_case_separators_and_roman_numbers_do_not_matter(name, known, meant):
    assert f"did you mean {meant!r}" in nearest(name, known, "corpus")


def test_a_name_of_thousands_of_characters_is_told_in_a_line():
    assert len(nearest("x" * 5000, ("stag",), "model")) < 200
