"""What is printed to be pasted works as printed: the command is there and takes these words, whatever the
names of folders are and from whatever folder it is run."""

import importlib
import os
import re
import shlex
import sys
from pathlib import Path

import pytest
import typer

from orchestrator import spotsweep
from orchestrator.common.commands import command, pages_of, resume
from orchestrator.mer import COMMANDS
from orchestrator.results import details
from orchestrator.results.headline import next_commands
from orchestrator.sweeps.leaving import goes_on
from orchestrator.workspace.sweep_folder import SweepFolder
from preprocessing import pasted
from preprocessing.places import PlaceError, of_home

ODD = (
    "my lab",
    "it's $HOME `x`",
    "~",
    "-x",
    "--help",
    "Größe 表",
    "a\\b",
    "w?a=1#%20&;c",
    "[b]:smile:",
    "../x",
)
LINE = re.compile(r"\S*python\S* -m [^\n]*")


def parsed(text):
    """Option -> value of the command in a text, as the program's own command line reads it."""
    words = shlex.split(LINE.search(text)[0])
    assert words[0] in ("python", sys.executable) and words[1] == "-m"
    module, *rest = words[2:]
    app = typer.main.get_command(
        importlib.import_module(f"{module}.__main__" if module == "preprocessing" else module).app
    )
    if hasattr(app, "commands"):
        name, *rest = rest
        app = app.commands[name]
    with app.make_context("x", rest) as context:  # which fails for an option or a value that it does not take
        return context.params


def summary(plugins=()):
    return {"name": "one", "model": "stag", "plugins": list(plugins)}


def printed(folder: Path, plugin: str):
    """Every command that a sweep in this folder can end with, by who prints it."""
    workspace = folder.parents[1]
    more = {"store": f"{workspace}/st", "tracking_uri": f"sqlite:///{workspace}/m.db"}
    next_ = next_commands(summary([plugin]), workspace, more["tracking_uri"], **more).splitlines()
    yield "report", next(line for line in next_ if "tables and pictures" in line)
    yield "own clips", next(line for line in next_ if "your own clips" in line)
    yield "resume", resume(folder)
    yield "interrupted", goes_on(folder, "finished folds are kept")
    yield "details", details.read(folder)[1]
    yield "send", command("send", folder.name, workspace=workspace, tracking_uri=more["tracking_uri"])
    asked = spotsweep._Ask("rendered", workspace, "peaks", "", "", 3, 0)
    yield "spotsweep", asked.again(workspace / "spotsweeps" / "one", "")
    yield "predict", command("predict", pasted.anywhere(workspace / "m.zip"), "VIDEO")
    yield "check", pasted.line(
        *("preprocessing", "extract", "manifest", "--root", pasted.anywhere(workspace)),
        *pasted.repeated("--plugin", [plugin]), *pasted.repeated("--label", ["joie=happiness"]),
    )  # fmt: skip


@pytest.mark.parametrize("odd", ODD)
def test_a_printed_command_is_taken_and_means_the_same_from_another_folder(odd, tmp_path, monkeypatch):
    (tmp_path / "here" / odd).mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "here")
    plugin = Path("./" + odd) / "mine.py"
    plugin.write_text("")
    there = os.path.abspath("./" + odd)
    texts = dict(printed(Path("./" + odd) / "sweeps" / "one", str(plugin)))
    monkeypatch.chdir(tmp_path)
    for who, text in texts.items():
        held = parsed(text)
        for option, value in (
            ("workspace", Path(there)),
            ("store", f"{there}/st"),
            ("tracking_uri", f"sqlite:///{there}/m.db"),
            ("plugin", [f"{there}/mine.py"]),
            ("root", [there] if who == "own clips" else Path(there)),
        ):
            given = f"--{option.replace('_', '-')} " in text and (option, who) != ("root", "own clips")
            assert not given or held[option] == value, (who, option)
    assert {"--workspace", "--store", "--tracking-uri", "--plugin"} <= set(shlex.split(texts["own clips"]))
    assert "--plugin" in texts["check"] and "--label" in texts["check"]


def test_a_name_that_is_taken_says_how_its_sweep_goes_on(tmp_path):
    folder = tmp_path / "my lab" / "sweeps" / "one"
    SweepFolder.open(folder, {}, resume=False).lock.close()
    with pytest.raises(ValueError, match="choose another --name") as told:
        SweepFolder.open(folder, {}, resume=False)
    assert parsed(str(told.value))["workspace"] == tmp_path / "my lab"


def test_every_printed_command_is_one_of_ours_and_is_made_by_the_one_helper():
    """A text that names a command names one that is there; none for pasting is written by hand."""
    root, names = Path(__file__).parents[3], {module for module, _ in COMMANDS.values()}
    for path in [*(root / "orchestrator").rglob("*.py"), *(root / "preprocessing").rglob("*.py")]:
        for module in re.findall(
            r"python -m (orchestrator\.\w+|preprocessing(?:\.render)?)\b", path.read_text()
        ):
            assert module in names or module in ("preprocessing", "preprocessing.render"), (path, module)
        by_hand = re.findall(r'f"[^"]*python -m orchestrator\.\w+ [^"]*\{[^"]*"', path.read_text())
        assert not by_hand, f"{path}: {by_hand}; orchestrator.common.commands makes it"


def test_no_password_is_printed():
    assert "secret" not in command("send", "one", tracking_uri="postgresql://me:secret@host/db")


def test_runs_are_shown_by_mlflow_or_by_the_server_itself(tmp_path, monkeypatch):
    assert pages_of("http://host:5000") == "http://host:5000"
    monkeypatch.chdir(tmp_path)
    assert shlex.split(pages_of("sqlite:///w s/mlflow.db"))[-1] == f"sqlite:///{tmp_path}/w s/mlflow.db"
    from mlflow.cli import cli

    words = shlex.split(pages_of(f"sqlite:///{tmp_path}/mlflow.db"))
    assert words[1:4] == ["-m", "mlflow", "ui"]
    with cli.get_command(None, "ui").make_context("ui", words[4:]) as context:
        assert context.params["host"] == "127.0.0.1"


def test_a_command_names_the_python_that_the_users_shell_would_not_find(monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", os.path.dirname(sys.executable))
    assert pasted.python() == "python"
    monkeypatch.setenv("UV_RUN_RECURSION_DEPTH", "1")  # its PATH ends with it
    assert pasted.python() == sys.executable
    monkeypatch.delenv("UV_RUN_RECURSION_DEPTH")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert command("send", "one").startswith(shlex.join([sys.executable, "-m"]))


@pytest.mark.parametrize("path", ["a\nb", "a\0b", "a\x1b[2J", "~nobody-of-this-name/x", "a\udce9"])
def test_a_path_that_no_command_could_repeat_is_refused(path):
    with pytest.raises(PlaceError, match=r"control character|no home folder|is no UTF-8"):
        of_home(path)


def test_the_current_folder_counts_too(monkeypatch):
    monkeypatch.setattr(os, "getcwd", lambda: "/my/caf\udce9")
    with pytest.raises(PlaceError, match="rename the folder"):
        of_home("workspace")
    assert of_home("s3://bucket/x") == "s3://bucket/x" and of_home("") == ""
