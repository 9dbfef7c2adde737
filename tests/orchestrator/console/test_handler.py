"""One exit status for one thing, in every command."""

import fcntl
import os
import pty
import signal
import subprocess
import sys
import termios

import pytest
import typer
from rich.console import Console

from orchestrator.common.errors import ConfigError, Interrupted, NoResult, Unfinished
from orchestrator.console.handler import errors_are_told
from orchestrator.protocols import ProtocolError
from orchestrator.results.report import ReportError
from orchestrator.search.draining import Draining
from orchestrator.selection.records import SelectionError
from preprocessing.fixes import FixError
from preprocessing.inputs.settings import SettingsError
from preprocessing.places import PlaceError
from preprocessing.plugins import PluginError
from preprocessing.schema import CorpusError, FeatureSetError
from tests.waiting import LIMIT

BAD = (
    ConfigError,
    CorpusError,
    FeatureSetError,
    FixError,
    PlaceError,
    PluginError,
    ProtocolError,
    ReportError,
    SelectionError,
    SettingsError,
)


@pytest.mark.parametrize(
    ("error", "status"),
    [
        *((kind("say 'x' instead [of y]"), 2) for kind in BAD),
        (OSError(28, "no space left"), 1),
        (OSError(13, "may not be read"), 2),
        (NoResult("every trial failed"), 1),
        (Unfinished("no space left: --resume one goes on"), 1),
        (Interrupted("--resume one goes on"), 130),
        (KeyboardInterrupt(), 130),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_is_one_line_and_its_status(error, status, capsys):
    with pytest.raises(typer.Exit) as ended, errors_are_told(Console(width=200)):
        raise error
    assert ended.value.exit_code == status
    told = capsys.readouterr().out.strip()
    assert str(error) in told and "\n" not in told  # with brackets that are no markup


def test_no_file_of_a_command_is_writable_by_everybody(tmp_path):
    before = os.umask(0)
    try:
        with errors_are_told(Console()):
            (tmp_path / "labels").mkdir()
            (tmp_path / "people").touch()
            assert os.umask(0o027) == 0o002  # a group may share its files
        with errors_are_told(Console()):
            (tmp_path / "kept").touch()
    finally:
        os.umask(before)
    assert not [p for p in tmp_path.iterdir() if p.stat().st_mode & 0o002]
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_a_closed_terminal_ends_a_command_as_ctrl_c_does_also_while_folds_run(number, capsys):
    with pytest.raises(typer.Exit) as ended, errors_are_told(Console(width=200)):
        os.kill(os.getpid(), number)
    assert ended.value.exit_code == 130 and len(capsys.readouterr().out.splitlines()) == 1
    assert signal.getsignal(number) == signal.SIG_DFL
    draining, said = Draining(), []
    with draining.listens(said.append):
        os.kill(os.getpid(), number)
        assert draining.asked and "folds that run may finish" in said[0]
        with pytest.raises(KeyboardInterrupt):
            os.kill(os.getpid(), number)


def test_what_nohup_has_started_outlives_its_terminal():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with errors_are_told(Console()), (draining := Draining()).listens(print):
            os.kill(os.getpid(), signal.SIGHUP)
        assert not draining.asked
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_fault_of_the_program_keeps_its_traceback():
    with pytest.raises(ValueError, match="shapes do not match"), errors_are_told(Console()):
        raise ValueError("shapes do not match")


def test_a_reader_who_has_gone_ends_a_command_as_ctrl_c_does_and_is_told_on_stderr():
    """As `mer sweep ... | head -1`."""
    code = (
        "from orchestrator.console.handler import errors_are_told\n"
        "from orchestrator.console.terminal import terminal\n"
        "console = terminal()\n"
        "import typer\n"
        "def main():\n"
        "    with errors_are_told(console):\n"
        "        while True: console.print('folds 1/4')\n"
        "typer.run(main)\n"
    )
    begun = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert begun.stdout.readline() == "folds 1/4\n"
    begun.stdout.close()
    said = begun.stderr.read()
    assert begun.wait(LIMIT) == 130 and said == "ended; what is finished is kept\n"


# write_text closes the file itself: a signal while Python closes a forgotten one would be lost
CHATTERS = """
import signal, sys, time
if sys.argv[1] == "nohup":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
from orchestrator.console.handler import errors_are_told
from orchestrator.console.terminal import terminal
console = terminal()
import typer
from pathlib import Path
def main(how: str, mark: str) -> None:
    with errors_are_told(console):
        for i in range(200):
            console.print("folds 1/4")
            if i == 0:
                Path(mark).write_text("prints")
            time.sleep(0.01)
            if i == 199 and how != "nohup":
                time.sleep(60)
    Path(mark).write_text("has ended")
typer.run(main)
"""


@pytest.mark.parametrize(("how", "status", "said"), [("alone", 130, "prints"), ("nohup", 0, "has ended")])
def test_a_terminal_that_is_really_closed_ends_a_command_in_order_or_is_outlived(how, status, said, tmp_path):
    """What is written to it meanwhile raises an input/output error, before or in place of SIGHUP."""

    def of_its_own() -> None:
        os.setsid()
        fcntl.ioctl(0, termios.TIOCSCTTY, 0)

    ours, its = pty.openpty()
    words = [sys.executable, "-c", CHATTERS, how, str(tmp_path / "mark")]
    begun = subprocess.Popen(words, stdin=its, stdout=its, stderr=its, preexec_fn=of_its_own)
    os.close(its)
    mark = tmp_path / "mark"
    while not (mark.exists() and mark.read_text()) and begun.poll() is None:
        os.read(ours, 1000)
    os.close(ours)
    assert begun.wait(LIMIT) == status
    assert mark.read_text() == said
