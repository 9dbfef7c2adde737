"""Spaces are imported when asked for, and the registry takes those of others."""

import subprocess
import sys

import pytest

from search_spaces import SPACES, stag


def test_a_space_is_imported_when_it_is_asked_for():
    code = (
        "import sys; from search_spaces import SPACES; names = list(SPACES); "
        "SPACES['mdmo'].PUBLISHED; print(sorted(m for m in sys.modules if m.startswith('search_spaces.')))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout == "['search_spaces.mdmo', 'search_spaces.parameters']\n"
    with pytest.raises(KeyError, match="parameters"):
        SPACES["parameters"]  # a module, but no space


def test_a_space_of_somebody_elses_comes_after_ours_and_takes_no_name_of_ours():
    ours = list(SPACES)
    SPACES.add("another", stag)
    try:
        assert [*SPACES] == [*ours, "another"] and len(SPACES) == len(ours) + 1 and SPACES["another"] is stag
        for taken in ("another", "stag"):
            with pytest.raises(ValueError, match=f"'{taken}' already"):
                SPACES.add(taken, stag)
    finally:
        SPACES.remove("another")
    assert [*SPACES] == ours
    with pytest.raises(KeyError, match="stag"):
        SPACES.remove("stag")
