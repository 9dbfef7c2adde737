"""What is printed to be pasted works as printed."""

import shlex
from pathlib import Path

from orchestrator.common.commands import command, resume
from orchestrator.results.headline import next_commands


def test_a_command_is_one_line_that_a_shell_reads_as_it_was_meant():
    odd = "it's a lab/$HOME `x`"
    line = command("report", "one", workspace=odd, store="s3://b/p?scheme=http", plugins=["my model.py", "b"])
    assert shlex.split(line) == [
        *(
            "python",
            "-m",
            "orchestrator.report",
            "one",
            "--workspace",
            odd,
            "--store",
            "s3://b/p?scheme=http",
        ),
        *("--plugin", "my model.py", "--plugin", "b"),
    ]
    assert resume(Path(odd) / "sweeps" / "one") == command("resume", "one", workspace=odd)


def test_no_password_is_printed():
    assert "secret" not in command("send", "one", tracking_uri="postgresql://me:secret@host/db")


def test_the_next_commands_of_a_sweep_name_its_plugins():
    summary = {"name": "one", "model": "mine", "plugins": ["/my lab/mine.py"]}
    lines = next_commands(summary, Path("w s"), "sqlite:///w s/mlflow.db").splitlines()
    own = next(line for line in lines if "your own clips" in line)
    assert shlex.split(own)[-2:] == ["--plugin", "/my lab/mine.py"]
    assert shlex.split(next(line for line in lines if "tables" in line))[-2:] == ["--workspace", "w s"]
