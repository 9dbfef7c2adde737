"""Text of others on a terminal: never markup, never a control sequence, never a line that looks like ours."""

import ast
import io
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from rich.panel import Panel
from rich.progress import Progress, TextColumn
from rich.table import Table
from rich.text import Text

from preprocessing.terminal import Terminal, indented, printable

ROOT = Path(__file__).parents[2]
PIECES = [
    "\x1b[31m",
    "\x1b]0;owned\x07",
    "\x9b2J",
    "\r",
    "\b",
    "\n",
    "\u202e",
    "\u2028",
    "[/red]",
    "[red]",
    ":x:",
]
PIECES += ["\udcff", "\x00", "[link=http://x]", "{task}", "a", " ", "é", "人"]
ODD = st.lists(st.sampled_from(PIECES) | st.text(st.characters(), max_size=3), max_size=6).map("".join)
# colours and moves that rich itself sends: the only escapes that may be there
RICH = re.compile(r"\x1b\[[0-9;]*[mKAG]|\x1b\[\?25[hl]|\r")


def shown(what, colour=True, **options):
    file = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")
    console = Terminal(
        file=file, width=80, force_terminal=colour, color_system="standard" if colour else None
    )
    console.print(what, **options)
    file.flush()
    return file.buffer.getvalue().decode()


def assert_harmless(output):
    bare = RICH.sub("", output)
    assert printable(bare) == bare, ascii(bare)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)  # beside busy processes
@given(ODD)
@example("[/red]")
@example("\x1b[2J\x1b]8;;http://x\x07")
def test_whatever_the_text_is_it_is_printed_and_acts_on_nothing(text):
    table = Table(title=text, caption=text)
    table.add_column(text)
    table.add_column(Text(text))
    table.add_row(text, Text(text, style="red"))
    for what in (text, Text(text), Text.assemble((text, "red"), text), table, Panel(text)):
        assert_harmless(shown(what, soft_wrap=not isinstance(what, Table)))


@settings(max_examples=100)
@given(ODD)
def test_a_line_end_in_a_name_makes_no_line_of_ours(text):
    lines = shown(f"clip {text} cannot be used", colour=False, soft_wrap=True).split("\n")
    assert not [line for line in lines[1:] if line[:1].strip()]
    assert indented("a\nno result") == "a\n  no result"


def test_brackets_stay_as_they_are_written():
    assert shown("split [/red] [bold]x :x: {0}", colour=False) == "split [/red] [bold]x :x: {0}\n"


@settings(max_examples=50, deadline=None)
@given(ODD)
def test_the_progress_bar_shows_it_as_text(text):
    file = io.TextIOWrapper(io.BytesIO(), "utf-8", newline="")
    console = Terminal(file=file, width=80, force_terminal=True, color_system="standard")
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        TextColumn("{task.fields[note]}", markup=False),
        console=console,
        auto_refresh=False,
    )
    with bar:
        bar.add_task(text, note=text)
        bar.refresh()
    file.flush()
    assert_harmless(file.buffer.getvalue().decode())


def test_log_lines_and_tracebacks_of_a_command_are_clean_and_hold_no_password():
    code = (
        "import logging, typer\n"
        "from orchestrator.console.handler import errors_are_told\n"
        "from preprocessing.terminal import Terminal\n"
        "app = typer.Typer(pretty_exceptions_enable=False)\n"
        "@app.command()\n"
        "def main():\n"
        "    with errors_are_told(Terminal()):\n"
        "        logging.getLogger('x').warning('clip \\x1b[31m\\nno result: \\u202e')\n"
        "        raise RuntimeError('\\x1b]0;t\\x07 postgresql://me:hunter2@host/db')\n"
        "app()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, cwd=ROOT)
    told = done.stderr.decode()
    assert done.returncode == 1 and "WARNING clip \\x1b[31m\n  no result: \\u202e" in told
    assert "RuntimeError: \\x1b]0;t\\x07 postgresql://***@host/db" in told
    assert printable(told) == told and "hunter2" not in told


def test_nothing_is_printed_past_it():
    """No other Console, no markup, and of typer.echo only what is ``printable`` or ours."""
    wrong = []
    for path in [p for room in ("preprocessing", "orchestrator") for p in (ROOT / room).rglob("*.py")]:
        text, name = path.read_text(), str(path.relative_to(ROOT))
        if "rich.markup" in text or re.search(r"\[/?(red|yellow|green|bold|dim)\]|\[/\]", text):
            wrong.append(f"{name}: markup; give print or a Text a style")
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call):
                continue
            called, said = ast.unparse(node.func), ast.unparse(node)
            if called == "Console" or (called == "TextColumn" and "markup=False" not in said):
                wrong.append(f"{name}:{node.lineno}: {said}")
            if called in ("typer.echo", "click.echo", "typer.secho") and not (
                "printable" in said or "metadata.version" in said or "rendered" in said
            ):
                wrong.append(f"{name}:{node.lineno}: {said}")
    assert not wrong, "print through preprocessing/terminal.py:\n" + "\n".join(wrong)


@pytest.mark.parametrize("name", ["a\x1b[31m", "a\nb", "a\u202eb", "a\rb"])
def test_a_clip_or_a_person_with_a_control_character_is_told(tmp_path, name):
    from preprocessing.datasets.reading import _label_problems
    from preprocessing.schema import Clip

    for who, clip in ((name, "c"), ("p", name)):
        row = Clip(corpus="k", subject=f"k/{who}", name=clip, frames=tmp_path, emotion="joy")
        (told,) = _label_problems(row)
        assert repr(name) in told and "no control character" in told


def test_a_narrow_terminal_cuts_no_score_off():
    table = Table("rule", "kind", "trial", "folds", "UF1 [95 %]", "UAR [95 %]", caption="stag on samm " * 5)
    table.add_row("pooled_validation", "not blind", "published", "26/26", "0.781 [.710, .874]", "0.768")
    file = io.StringIO()
    console = Terminal(file=file, width=20, force_terminal=True)
    console.print(table)
    assert "0.781" in file.getvalue() and "0.768" in file.getvalue() and console.width == 20


def test_a_pipe_that_takes_ascii_alone_gets_other_letters_spelt_out():
    code = (
        "from preprocessing.command_line import App\n"
        "app = App()\n"
        "@app.command()\n"
        "def main(word: str) -> None:\n"
        "    from preprocessing.terminal import Terminal\n"
        "    Terminal().print(word)\n"
        "app()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "Zo\u00e9"],
        capture_output=True, text=True, env={**os.environ, "PYTHONIOENCODING": "ascii"},
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "Zo\\xe9\n")
