"""A tilde is the home folder in every word of every command; nothing else is touched."""

import importlib
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer

from orchestrator.mer import COMMANDS
from preprocessing.command_line import App, Command


def ran(monkeypatch, *words):
    monkeypatch.setenv("HOME", "/home/me")
    app, held = App(), {}

    @app.command()
    def main(path: Path = Path(), text: str = "", more: list[str] = []) -> None:  # noqa: B006
        held.update(path=path, text=text, more=more)

    app(args=list(words), standalone_mode=False)
    return held


def test_a_tilde_is_the_home_folder_wherever_a_word_begins_with_it(monkeypatch):
    assert ran(monkeypatch, "--path=~/x", "--text", "~/a b", "--more", "~") == {
        "path": Path("/home/me/x"),
        "text": "/home/me/a b",
        "more": ["/home/me"],
    }
    assert ran(monkeypatch, "--text", "sqlite:///~/m.db")["text"] == "sqlite:////home/me/m.db"
    kept = ran(monkeypatch, "--text=a~/b=~/c", "--more", "x=~/y")
    assert kept["text"] == "a~/b=~/c" and kept["more"] == ["x=~/y"]


def test_the_home_of_nobody_is_refused(monkeypatch):
    with pytest.raises(typer.BadParameter, match="no home folder of '~nobody-here'"):
        ran(monkeypatch, "--path=~nobody-here/x")


def test_a_python_without_docstrings_is_refused_before_ray_fails_on_it(monkeypatch, capsys):
    monkeypatch.setattr("preprocessing.command_line.sys.flags", SimpleNamespace(optimize=2))
    with pytest.raises(SystemExit) as ended:
        ran(monkeypatch)
    assert ended.value.code == 2 and "PYTHONOPTIMIZE=2" in capsys.readouterr().err


@pytest.mark.parametrize("name", sorted(set(COMMANDS)))
def test_every_command_does_so(name):
    made = typer.main.get_command(importlib.import_module(COMMANDS[name][0]).app)
    for one in getattr(made, "commands", {"": made}).values():
        assert isinstance(one, Command)
