"""``pip install .`` alone: a command that needs more says which extra it is in."""

import importlib.metadata
import os
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from preprocessing.extras import EXTRA, current_folder_last, lacking, told_by_commands

ROOT = Path(__file__).parents[2]


def run(tmp_path, *words, without):
    """(exit status, output) where these modules cannot be imported."""
    lines = "\n".join(f"sys.modules[{name!r}] = None" for name in without)
    with (tmp_path / "sitecustomize.py").open("a") as file:
        file.write(f"import sys\n{lines}\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
        timeout=300,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    ("words", "without", "extra"),
    [
        (("orchestrator.sweep", "stag"), ("optuna",), "head"),
        (("orchestrator", "sweep", "stag"), ("optuna",), "head"),
        (("orchestrator.estimate", "stag"), ("torch",), "train"),
        (("preprocessing", "check", "manifest", "--root", "."), ("cv2",), "preprocess"),
        (("orchestrator", "check", "manifest", "--root", "."), ("cv2",), "preprocess"),
    ],
)
def test_a_command_names_the_extra_that_it_lacks(words, without, extra, tmp_path):
    status, said = run(tmp_path, *words, without=without)
    assert status == 2 and f'pip install "mer-orchestrator[{extra}]"' in said, said
    assert "Traceback" not in said and len(said.strip().splitlines()) == 1


def test_extras_are_those_of_pyproject_and_another_missing_module_is_a_fault():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert set(EXTRA.values()) <= set(extras)
    assert lacking(ModuleNotFoundError(name="nothing_of_ours")) == ""


def test_a_users_own_files_in_the_current_folder_do_not_stand_for_libraries(tmp_path, monkeypatch):
    (tmp_path / "random.py").write_text("raise RuntimeError('this is no library')")
    done = subprocess.run(
        [sys.executable, "-m", "orchestrator.list"],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr
    monkeypatch.chdir(tmp_path)
    there, ours = [str(tmp_path), "/lib"], [str(ROOT), "/lib"]
    current_folder_last(there)
    assert there == ["/lib", str(tmp_path)]
    monkeypatch.chdir(ROOT)  # a checkout that is not installed
    current_folder_last(ours)
    assert ours == [str(ROOT), "/lib"]


def test_ctrl_c_while_a_command_is_imported_is_one_line(tmp_path):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\n"
        "class Slow:\n"
        "    def find_spec(self, name, *_):\n"
        "        if name == 'orchestrator.workspace.listed': raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Slow())\n"
    )
    for words in (("orchestrator.list",), ("orchestrator", "list")):
        status, said = run(tmp_path, *words, without=())
        assert (status, said) == (130, "ended; nothing was begun\n"), said


def test_files_that_are_not_installed_are_told_before_anything_is_begun(monkeypatch, capsys):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(sys, "argv", ["-m"])
    monkeypatch.setattr(importlib.metadata, "distribution", missing)
    with pytest.raises(SystemExit) as ended:
        told_by_commands()
    assert ended.value.code == 2 and f"pip install -e '{ROOT}[all]'" in capsys.readouterr().err
