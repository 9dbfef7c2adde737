"""CONTRIBUTING's recipes, followed to the letter in a copy of this repository: the files are made, the lines
put into the registries, and the tests of the new things pass, those of the registries with them.

    <!-- file: PATH -->                     the block is that file
    <!-- line in: PATH above: LINE -->      the block is put above that line, set in as it is
"""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BLOCK = re.compile(r"^<!-- (file|line in): (\S+)(?: above: ([^\n]+))? -->\n+```\w+\n(.*?)^```", re.S | re.M)
REGISTRIES = (
    "tests/test_tree.py",
    "tests/mer_models/test_registry.py",
    "tests/preprocessing/datasets/test_registry.py",
)
COPIED = ("preprocessing", "mer_models", "search_spaces", "orchestrator", "tests", "benchmarks", "docs")


pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """(folder of the copy, files that were written)."""
    copy = tmp_path_factory.mktemp("recipes")
    for name in COPIED:
        shutil.copytree(ROOT / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    for file in (*ROOT.glob("*.*"), ROOT / "Makefile"):
        if file.is_file():
            shutil.copy(file, copy)
    made = []
    for kind, path, anchor, text in BLOCK.findall((ROOT / "CONTRIBUTING.md").read_text()):
        file = copy / path
        if kind == "file":
            assert not file.exists(), f"{path} is there already: the recipe needs another name"
            file.write_text(text)
            made.append(path)
        else:
            lines = file.read_text().split("\n")
            at = [line.strip() for line in lines].index(anchor)
            indent = lines[at][: len(lines[at]) - len(lines[at].lstrip())]
            lines.insert(at, indent + text.strip())
            file.write_text("\n".join(lines))
    return copy, made


def test_each_recipe_is_as_short_as_its_heading_says(followed):
    assert [path.rpartition("/")[0] for path in followed[1]] == [
        "mer_models", "search_spaces", "tests/mer_models",
        "preprocessing/datasets", "tests/preprocessing/datasets",
        "orchestrator/protocols", "tests/orchestrator/protocols",
    ]  # fmt: skip


def test_what_the_recipes_make_passes_its_contracts_and_is_registered(followed):
    copy, made = followed
    tests = [path for path in made if path.startswith("tests/")]
    registered = "registered or registry_names or has_its or Twins or MeanFlow or FirstPerson or Space"
    command = [sys.executable, "-m", "pytest", "-q", *tests, *REGISTRIES, "-k", registered]
    env = {**os.environ, "PYTHONPATH": str(copy)}
    done = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    command = [sys.executable, "-m", "orchestrator", "sweep", "--help"]
    listed = subprocess.run(command, cwd=copy, env=env, capture_output=True, text=True, check=True).stdout
    assert all(word in listed for word in ("mean_flow", "twins", "first_person"))


def test_what_the_recipes_make_is_clean(followed):
    copy, made = followed
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "check", "--no-cache", *made], cwd=copy, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout
