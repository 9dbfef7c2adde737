"""The one way of text to a terminal. Ids, people, emotions, file names, errors, words of plugins and servers
come from elsewhere: none of them colours, moves or hides what stands beside it.

Everything that a command prints goes through a ``Terminal``, or through ``printable`` where there is none:
log lines, tracebacks. tests/preprocessing/test_terminal.py holds this.
"""

from __future__ import annotations

import contextlib
import errno
import io
import logging
import os
import re
import sys
import termios
import traceback
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Any

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment
from rich.table import Table
from rich.text import Text

# Control characters but tab and line end; marks that turn the direction of text; line ends of Unicode, marks
# that nobody sees, and what no terminal can be sent.
_UNSAFE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff"
    "\U000e0000-\U000e007f]"
)

NARROWEST = 80  # columns of a table


def spells_what_it_lacks() -> None:
    """A pipe or a terminal that takes ASCII alone gets other letters as \\xe9, where Python would raise."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and stream.errors == "strict":
            stream.reconfigure(errors="backslashreplace")


def printable(text: str) -> str:
    """The text with what would act on a terminal, or could not be sent to it, as \\x1b, \\u202e and so on."""
    return _UNSAFE.sub(lambda found: found[0].encode("unicode_escape").decode(), text)


def indented(text: str) -> str:
    """``printable``, and no line but the first begins at the margin: a line end in a name cannot make a line
    that looks like one of ours."""
    return re.sub(r"\n(?=[^\s])", "\n  ", printable(text))


def drawn(text: str) -> str:
    """The text for a picture by Matplotlib, to which what stands between two dollars is a formula."""
    return printable(text).replace("\t", " ").replace("$", r"\$")


def without_terminal() -> None:
    """A terminal that was closed takes no word any more: what is said goes nowhere, where it would raise."""
    nowhere = os.open(os.devnull, os.O_WRONLY)
    numbers = {1, 2}
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError, ValueError):  # none, closed, or text in memory
            numbers.add(stream.fileno())
    for number in filter(_of_terminal, numbers):
        os.dup2(nowhere, number)
    os.close(nowhere)


def _of_terminal(number: int) -> bool:
    """Whether a stream goes to a terminal, also to a closed one, of which os.isatty says no."""
    try:
        termios.tcgetattr(number)
    except termios.error as error:
        return bool(error.args[0] == errno.EIO)
    return True


class Terminal(Console):
    """A Console to which text is text: no markup, no emoji codes, nothing that acts on the terminal. Colour
    is a ``style`` of ``print`` or of a Text."""

    def __init__(self, **options: Any) -> None:
        super().__init__(markup=False, emoji=False, highlight=False, **options)

    def print(self, *objects: Any, **options: Any) -> None:
        own, table = self._width, any(isinstance(one, Table) for one in objects)
        if table and self.width < NARROWEST:
            self._width = NARROWEST  # the terminal breaks its lines: no score is cut off
        try:
            super().print(*map(_indented, objects), **options)
        finally:
            self._width = own

    def on_broken_pipe(self) -> None:
        """Who read the output has gone (`| head -1`): the user has ended the command, as by Ctrl-C."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)  # else Python complains at its end
        os.close(nowhere)
        raise KeyboardInterrupt

    def _write_buffer(self) -> None:
        """The terminal may be closed before SIGHUP says so, or in the back of a program that outlives it."""
        try:
            super()._write_buffer()
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            without_terminal()

    def render_str(self, text: str, **options: Any) -> Text:
        return super().render_str(printable(text), **options)

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Whatever was built elsewhere, as a Text or a table, passes here too."""
        for text, style, control in super().render(renderable, options):
            yield Segment(text if control else printable(text), style, control)


def not_finished(console: Console, why: str, *, held: bool = True) -> None:
    """Say so in a line. held: threads may be in calls of a Ray that has died, which end with the process
    alone: it ends here, with status 1."""
    console.print(Text.assemble(("not finished", "red"), f": {why}"), soft_wrap=True)
    if held:
        console.show_cursor()  # a bar may have hidden it
        console.file.flush()
        os._exit(1)


def last_words(console: Console, text: str, style: str = "") -> None:
    """Of a command that was ended: to the terminal, or to stderr where nobody reads what it prints."""
    if console.quiet:
        sys.stderr.write(f"{indented(text)}\n")
    else:
        console.print(Text(text, style=style), soft_wrap=True)


def _indented(shown: Any) -> Any:
    """Text as ``print`` takes it: its line ends are those of the message, not of a table's cells."""
    if isinstance(shown, str):
        return indented(shown)
    if isinstance(shown, Text) and (clean := indented(shown.plain)) != shown.plain:
        return Text(clean, style=shown.style)
    return shown


def clean_stderr(clean: Callable[[str], str] = indented) -> None:
    """From now on log lines and the traceback of a fault go through ``clean`` on their way to stderr."""

    class Lines(logging.Formatter):
        def format(self, record: logging.LogRecord) -> str:
            return clean(super().format(record))

    def fault(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        sys.stderr.write(clean("".join(traceback.format_exception(kind, error, trace))))

    handler = logging.StreamHandler()
    handler.setFormatter(Lines("%(levelname)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    sys.excepthook = fault
