"""The tutorials do what they say: their blocks are run in order in one folder, and print what the page shows.

What a block is, is said by the comment above it:
    <!-- run -->              commands, or Python; they must end well
    <!-- run fails -->        ... or with a status that is not 0
    <!-- file: NAME -->       the file NAME
    <!-- prints -->           lines that the last block printed, in this order, among others; any number may
                              stand for a number, and space for space
    <!-- prints exactly -->   ... with these very numbers
A command ``mer`` runs in this process, so that torch is imported once.
"""

import contextlib
import io
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator import mer
from tests.registries import untouched

ROOT = Path(__file__).parents[2]
PAGES = (
    "first",
    "corpus",
    "table",
    "compare",
    "python",
    "model",
    "video",
    "explain",
    "experiments",
    "spot",
)  # in this order: later ones use what earlier ones made
BLOCK = re.compile(
    r"<!-- (run|run fails|prints|prints exactly|file: (\S+)) -->\n+```(\w+)\n(.*?)^```", re.S | re.M
)
NUMBER = re.compile(r"[+-]?\d*\.?\d+")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("tutorials")


@pytest.fixture(autouse=True)
def there(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "130")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    with untouched():
        yield


def bash(text, _):
    """(status, output) of commands, one a line; the first that fails ends them."""
    output = ""
    for line in text.replace("\\\n", " ").splitlines():
        if line.startswith("mer "):
            result = CliRunner().invoke(mer.app, shlex.split(line)[1:])
            if result.exception and not isinstance(result.exception, SystemExit):
                raise result.exception
            status, printed = result.exit_code, result.output
        else:
            done = subprocess.run(["bash", "-ec", line], capture_output=True, text=True)
            status, printed = done.returncode, done.stdout + done.stderr
        output += printed
        if status:
            return status, output
    return 0, output


def python(text, names):
    """(0, output) of a script, whose names those of the page's next one know; what it raises is raised."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(text, "tutorial", "exec"), names)
    return 0, printed.getvalue()


def pattern(line, exactly):
    words = []
    for word in line.split():
        parts = [re.escape(part) for part in (NUMBER.split(word) if not exactly else [word])]
        words.append(r"[+-]?[\d.]+".join(parts))
    return r"\s+".join(words)


def missing(shown, printed, exactly):
    """The first line of ``shown`` that ``printed`` lacks after those before it; "" if it has all."""
    place = 0
    for line in filter(None, shown.splitlines()):
        found = re.compile(pattern(line, exactly)).search(printed, place)
        if not found:
            return line
        place = found.end()
    return ""


@pytest.mark.long
@pytest.mark.parametrize("page", PAGES)
def test_a_tutorial_does_what_it_says(page):
    printed, names = "", {"__name__": "__main__"}
    for match in BLOCK.finditer((ROOT / "docs" / "tutorials" / f"{page}.md").read_text()):
        kind, name, language, text = match.groups()
        if name:
            Path(name).write_text(text)
        elif kind.startswith("run"):
            status, printed = {"bash": bash, "python": python}[language](text, names)
            assert bool(status) == (kind == "run fails"), f"{text}\nended with {status}:\n{printed}"
        else:
            lost = missing(text, printed, kind == "prints exactly")
            assert not lost, f"{page}.md shows {lost!r}, which is not in:\n{printed}"


def test_every_tutorial_is_run_but_those_that_other_tests_follow():
    pages = {path.stem for path in (ROOT / "docs" / "tutorials").glob("*.md")}
    # tests/test_cluster_yaml.py reads the one; serving/test_served.py does what the other says
    assert pages == {*PAGES, "cluster", "serve"}


def test_every_marker_is_one_that_the_test_knows():
    for page in PAGES:
        text = (ROOT / "docs" / "tutorials" / f"{page}.md").read_text()
        markers = re.findall(r"^<!--.*-->$", text, re.M)
        assert len(markers) == len(BLOCK.findall(text)) > 0, page
