"""Files that a command is told to write: refused before any work, or each whole or not there."""

import os
import re

import pytest

from orchestrator.common.errors import ConfigError, Unfinished
from orchestrator.console.outputs import checked, said, writing


@pytest.mark.parametrize(
    ("outputs", "inputs", "says"),
    [
        ({"--json": "."}, (), "--json .: . is a folder"),
        ({"--json": "no/j.json"}, (), "--json no/j.json: .*no is no folder that can be written to"),
        ({"--json": "a.txt/j.json"}, (), "a.txt is no folder"),
        ({"--csv": None, "--json": "x", "--html": "./x"}, (), "--json and --html both write x"),
        ({"--video": "v.mp4"}, ("clip.avi", "v.mp4"), "--video v.mp4 is read by this command"),
        ({"--json": "link"}, ("a.txt",), "--json link is read by this command"),
        ({"--json": "/dev/null"}, (), "--json /dev/null: a device or a pipe is no file"),
        ({"--json": "/dev/stdout"}, (), "--json /dev/stdout: a device"),
        ({"--json": "pipe"}, (), "--json pipe: a device or a pipe"),
        ({"--json": "a.txt", "--csv": "new", "--html": None}, ("v.mp4", "gone"), ""),
    ],
)
def test_where_nothing_can_be_written_or_an_input_would_be_lost(outputs, inputs, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("a.txt", "v.mp4"):
        (tmp_path / name).write_text("kept")
    os.symlink("a.txt", "link")
    os.mkfifo("pipe")
    given = {option: file and type(tmp_path)(file) for option, file in outputs.items()}
    if not says:
        checked(given, map(type(tmp_path), inputs))
        return
    with pytest.raises(ConfigError, match=says):
        checked(given, map(type(tmp_path), inputs))


def test_a_file_that_cannot_be_written_costs_no_other_one(tmp_path):
    def full(path):
        path.write_text("half")
        raise OSError(28, "No space left on device")

    with pytest.raises(Unfinished, match=re.escape("No space left on device")), writing() as write:  # noqa: PT012
        write(tmp_path / "a", full)
        write(tmp_path / "b", lambda path: path.write_text("whole"))
    assert [path.name for path in tmp_path.iterdir()] == ["b"]


def test_what_nobody_reads_any_more_is_told(monkeypatch):
    class Closed:
        def write(self, text):
            raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr("sys.stdout", Closed())
    with pytest.raises(Unfinished, match="standard output cannot be written to: Broken pipe"):
        said("x")
