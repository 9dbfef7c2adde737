"""Text that can drift: names in README and CONTRIBUTING exist, registries, files and tests agree."""

import re
from pathlib import Path

import pytest

from mer_models import MODELS
from orchestrator.protocols import PROTOCOLS
from orchestrator.search.schedulers import SCHEDULERS
from preprocessing.datasets import DATASETS
from search_spaces import SPACES

ROOT = Path(__file__).parent.parent


def stems(folder: str) -> set[str]:
    return {p.stem for p in (ROOT / folder).glob("*.py")}


@pytest.mark.parametrize(
    ("registry", "folder", "tests"),
    [
        (DATASETS, "preprocessing/datasets", "tests/preprocessing/datasets"),
        (MODELS, "mer_models", "tests/mer_models"),
        (SPACES, "search_spaces", "tests/search_spaces"),
        (SCHEDULERS, "orchestrator/schedulers", "tests/orchestrator/search/schedulers"),
        (PROTOCOLS, "orchestrator/protocols", "tests/orchestrator/protocols"),
    ],
)
def test_a_registered_name_is_its_files_name_and_its_tests_name(registry, folder, tests):
    for name in registry:
        assert name in stems(folder), f"{folder}/{name}.py is missing"
        assert f"test_{name}" in stems(tests), f"{tests}/test_{name}.py is missing"


def test_every_model_has_a_search_space():
    assert set(MODELS) == set(SPACES)


@pytest.mark.parametrize("text", ["README.md", "CONTRIBUTING.md"])
def test_paths_named_in_the_text_exist(text):
    """Every `path` with a slash or a .py/.md/.yaml ending; NAME, CORPUS ... in capitals stand for the
    reader's own."""
    named = re.findall(r"`([\w./-]+)`", (ROOT / text).read_text())
    paths = [
        n
        for n in named
        if ("/" in n or n.endswith((".py", ".md", ".yaml", ".toml"))) and not re.search(r"[A-Z]{4,}", n)
    ]
    made = ("workspace", "loso_results.csv")  # what a run makes
    missing = [n for n in paths if not n.startswith(made) and not (ROOT / n).exists()]
    assert not missing, f"{text} names what is not there: {missing}"


def test_the_tree_in_the_readme_is_the_tree():
    tree = (ROOT / "README.md").read_text().split("```text tree\n")[1].split("```")[0]
    folder, missing = "", []
    for line in tree.splitlines():
        name = line.split()[0] if line.split() else ""
        if line and not line.startswith(" "):
            folder = name if name.endswith("/") else ""
            path = ROOT / name
        else:
            path = ROOT / folder / name
        if name and not path.exists():
            missing.append(str(path.relative_to(ROOT)))
    assert not missing, f"mend the tree in README.md: {missing} do not exist"


def test_links_and_pictures_of_the_readme_exist():
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / "README.md").read_text()):
        assert (ROOT / target).exists(), target
