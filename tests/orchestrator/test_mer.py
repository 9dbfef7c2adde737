"""The console script: each command is there by its own name and is the same command."""

import importlib
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

import orchestrator
from orchestrator.mer import COMMANDS, app

ROOT = Path(__file__).parents[2]


def after_usage(text):
    """Without the usage line, which names the program."""
    return [line for line in text.splitlines() if line.strip() and "Usage:" not in line]


def test_every_file_of_the_root_is_a_command_and_no_other_is():
    files = {path.stem for path in (ROOT / "orchestrator").glob("*.py")} - {"__init__", "__main__", "mer"}
    ours = {name for name, (module, _) in COMMANDS.items() if module == f"orchestrator.{name}"}
    assert ours == files, "mend COMMANDS in orchestrator/mer.py: a file of orchestrator/ is a command"
    others = {name: module for name, (module, _) in COMMANDS.items() if name not in ours}
    assert others == dict.fromkeys(("extract", "check", "show"), "preprocessing.__main__")


def test_no_command_takes_the_place_of_a_name_that_the_package_gives():
    """A module that is imported becomes an attribute of its package, over what stood there."""
    for module, _ in COMMANDS.values():
        importlib.import_module(module)
    assert not set(orchestrator.__all__) & set(COMMANDS)
    assert all(callable(getattr(orchestrator, name)) for name in orchestrator.__all__)


@pytest.mark.parametrize("words", [["sweep"], ["report"], ["remote", "status"], ["extract"]])
def test_help_is_that_of_the_command(words):
    module = COMMANDS[words[0]][0]
    rest = words if module == "preprocessing.__main__" else words[1:]
    alone = CliRunner().invoke(importlib.import_module(module).app, [*rest, "--help"])
    ours = CliRunner().invoke(app, [*words, "--help"], prog_name="mer")
    assert alone.exit_code == ours.exit_code == 0
    assert after_usage(ours.output) == after_usage(alone.output)
    assert f"Usage: mer {' '.join(words)} [OPTIONS]" in ours.output


def test_all_words_reach_the_command_two_dashes_too_and_its_exit_status_comes_back(monkeypatch):
    got = []
    command = SimpleNamespace(app=lambda **given: got.append(given) or sys.exit(3))
    monkeypatch.setitem(sys.modules, "orchestrator.compare", command)
    result = CliRunner().invoke(app, ["compare", "stag", "--name", "x", "--", "--name", "y"], prog_name="mer")
    assert result.exit_code == 3
    assert got == [{"args": ["stag", "--name", "x", "--", "--name", "y"], "prog_name": "mer compare"}]


def test_help_and_version_import_no_command():
    code = (
        "import sys; from orchestrator.mer import app\n"
        "from typer.testing import CliRunner\n"
        "for words in (['--help'], ['--version']): print(CliRunner().invoke(app, words).output)\n"
        "print([m for m in sys.modules if m.split('.')[0] in ('numpy', 'pandas', 'ray', 'torch')])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    lines = out.stdout.splitlines()
    assert lines[-1] == "[]"
    assert "mer 0." in out.stdout
    assert all(any(f" {name} " in line for line in lines) for name in COMMANDS)
