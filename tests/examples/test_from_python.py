"""The notebook-style example runs from top to bottom, on clips that it renders itself."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.long
def test_it_runs_and_prints_its_frames(tmp_path):
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "from_python.py", tmp_path],
        capture_output=True, text=True, cwd=ROOT, check=True,
    )  # fmt: skip
    sentence = next(line for line in done.stdout.splitlines() if "from-python@nested" in line)
    assert "score the same" in sentence or "new people" in sentence
    for words in ('model = "ststnet"', "fold 6 of 6", "oracle_epoch", "nested", "validation_uf1"):
        assert words in done.stdout, done.stdout
