"""Text that can drift: names in the texts exist, CONTRIBUTING's tree is the tree, registries, files and tests
agree."""

import re
import tomllib
from fnmatch import fnmatch
from importlib.metadata import distributions
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from mer_models import MODELS
from orchestrator.protocols import PROTOCOLS
from orchestrator.search.schedulers import SCHEDULERS
from preprocessing.datasets import DATASETS
from search_spaces import SPACES
from tests.mutate import BREAKS

ROOT = Path(__file__).parent.parent
TEXTS = [
    "README.md",
    "CONTRIBUTING.md",
    *(f"{p.relative_to(ROOT)}" for p in sorted(ROOT.glob("docs/**/*.md"))),
]


def stems(folder: str) -> set[str]:
    return {p.stem for p in (ROOT / folder).glob("*.py")}


@pytest.mark.parametrize(
    ("registry", "folder", "tests"),
    [
        (DATASETS, "preprocessing/datasets", "tests/preprocessing/datasets"),
        (MODELS, "mer_models", "tests/mer_models"),
        (SPACES, "search_spaces", "tests/mer_models"),
        (SCHEDULERS, "orchestrator/search/schedulers", "tests/orchestrator/search/schedulers"),
        (PROTOCOLS, "orchestrator/protocols", "tests/orchestrator/protocols"),
    ],
)
def test_a_registered_name_is_its_files_name_and_its_tests_name(registry, folder, tests):
    for name in registry:
        assert name in stems(folder), f"{folder}/{name}.py is missing"
        assert f"test_{name}" in stems(tests), f"{tests}/test_{name}.py is missing"


def test_every_registered_model_has_a_search_space_and_a_test_of_it():
    assert set(MODELS) == set(SPACES)
    for name in SPACES:
        files = [ROOT / "tests" / folder / f"test_{name}.py" for folder in ("mer_models", "search_spaces")]
        assert any(file.is_file() and "SpaceContract" in file.read_text() for file in files), (
            f"tests/mer_models/test_{name}.py has no SpaceContract"
        )


def cited(text: str) -> list[str]:
    """Every `path` with a slash or the ending of a text file; NAME, CORPUS ... in capitals stand for the
    reader's own, and ... for what is left out."""
    named = re.findall(r"`([\w./-]+)`", re.sub(r"^```.*?^```", "", text, flags=re.S | re.M))
    endings = (".py", ".md", ".yaml", ".yml", ".toml", ".cff")
    return [
        n
        for n in named
        if ("/" in n or n.endswith(endings)) and not re.search(r"[A-Z]{4,}(?!\w*\.(md|cff))|\.\.\.", n)
    ]


# what a run makes, or a reader writes; and names of Ray's images
MADE = (
    "workspace",
    "site/",
    "manifest.csv",
    "my_",
    "experiment.toml",
    "execution.toml",
    "rayproject/",
    "explain/",
    "report/explain",
    "test_my_",
    "matrix.md",
)


@pytest.mark.parametrize("text", TEXTS)
def test_paths_named_in_the_text_exist(text):
    missing = [
        n for n in cited((ROOT / text).read_text()) if not n.startswith(MADE) and not (ROOT / n).exists()
    ]
    assert not missing, f"{text} names what is not there: {missing}"


def ignored(path: Path) -> bool:
    """By a dot, or by a rule of .gitignore; one that begins with a slash holds in the root alone."""
    rules = (ROOT / ".gitignore").read_text().split()
    here = [rule for rule in rules if path.parent == ROOT or not rule.startswith("/")]
    return path.name.startswith(".") or any(fnmatch(path.name, rule.strip("/")) for rule in here)


def children(folder: Path) -> set[str]:
    """Names in a folder; those of folders end in a slash. Left out: hidden and ignored ones, and what every
    package has."""
    every = {"__init__.py", "py.typed"}
    return {
        path.name + ("/" if path.is_dir() else "")
        for path in folder.iterdir()
        if not ignored(path) and path.name not in every
    }


def test_the_tree_in_contributing_is_the_tree():
    """Both directions: what is named is there, and a folder with entries names all that it holds."""
    tree = (ROOT / "CONTRIBUTING.md").read_text().split("```text tree\n")[1].split("```")[0]
    named: dict[str, set[str]] = {"": set()}
    folder = ""
    for line in filter(None, tree.splitlines()):
        name = line.split()[0]
        if line.startswith(" "):
            named.setdefault(folder, set()).add(name)
        else:
            folder = name
            named[""].add(name)
    wrong = []
    for folder, names in named.items():
        there = children(ROOT / folder)
        wrong += [f"{folder}{name} does not exist" for name in sorted(names - there)]
        wrong += [f"{folder}{name} is not named" for name in sorted(there - names)]
    assert not wrong, "mend the tree in CONTRIBUTING.md:\n" + "\n".join(wrong)


@pytest.mark.parametrize("text", ["README.md", "CONTRIBUTING.md"])
def test_links_and_pictures_exist(text):
    for target in re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / text).read_text()):
        assert (ROOT / target).exists(), target


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) < 120


def test_the_tools_files_are_there_and_parse():
    """Citation, forms, workflow, hooks: nobody runs them here, so that a typing error would go unseen."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    citation = yaml.safe_load((ROOT / "CITATION.cff").read_text())
    assert citation["cff-version"] == "1.2.0" and citation["version"] == version
    assert {"title", "message", "authors", "license", "type"} <= set(citation)
    forms = sorted((ROOT / ".github" / "ISSUE_TEMPLATE").glob("*.yml"))
    assert [form.stem for form in forms] == ["bug", "config", "feature", "number"]
    for form in forms:
        held = yaml.safe_load(form.read_text())
        if form.stem != "config":
            assert {"name", "description", "body"} <= set(held), form
            ids = [part["id"] for part in held["body"] if part["type"] != "markdown"]
            assert len(set(ids)) == len(ids) > 0, form
            assert all(part["attributes"] for part in held["body"]), form
    assert (ROOT / ".github" / "PULL_REQUEST_TEMPLATE.md").read_text().strip()
    jobs = yaml.safe_load((ROOT / ".github" / "workflows" / "ci.yml").read_text())["jobs"]
    assert {name: job["steps"][-1]["run"] for name, job in jobs.items()} == {
        "ci": ".ci/run",
        "faults": "make test-faults",
        "long": "make test-long",
    }
    for job in jobs.values():
        assert {"python-version": "3.11"} in [step.get("with") for step in job["steps"]]
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert [hook["id"] for repo in hooks for hook in repo["hooks"]] == ["ruff-check", "ruff-format", "mypy"]
    assert [repo["repo"] for repo in hooks] == ["local"]


def test_every_make_target_is_in_its_help():
    made = (ROOT / "Makefile").read_text()
    phony = set(re.search(r"^\.PHONY: (.+)$", made, re.M)[1].split())
    assert phony == set(re.findall(r"^([a-z-]+):.*##", made, re.M))


def test_every_break_is_of_a_line_that_is_there_and_has_its_tests():
    """python -m tests.mutate takes hours, and so would be the last to say that a line has moved."""
    for file, old, new, tests in BREAKS:
        there = old in (ROOT / file).read_text()
        assert there and old != new, f"{file}: {old!r} is not there any more; mend tests/mutate.py"
        paths = tests.partition(" -k ")[0].split()
        assert all((ROOT / path).exists() for path in paths), f"{file}: {tests} is not there"


def test_every_version_that_is_pinned_installs_on_the_oldest_python_that_is_promised():
    # Debian 12 has 3.11.2: a page builder that wants 3.11.5 ended `make env` there
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    oldest = next(iter(SpecifierSet(project["requires-python"]).filter(f"3.{n}.0" for n in range(20))))
    wants = {one.metadata["Name"]: one.metadata.get("Requires-Python") or "" for one in distributions()}
    assert {name: more for name, more in wants.items() if not SpecifierSet(more).contains(oldest)} == {}
