"""One exit status for one thing in every command, and one place that turns an error into it.

0    all that was asked for is there
1    some of it is missing: folds without a result, a row without a sweep, clips that cannot be used, files
     that the disk had no room for
2    bad input: nothing was run
3    all is there, but MLflow lacks something: orchestrator.send sends it later
130  interrupted; what is finished is kept
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.text import Text

from orchestrator.common.errors import Interrupted, NoResult, Unfinished
from orchestrator.common.names import redacted
from orchestrator.common.signals import handled
from preprocessing.command_line import no_room
from preprocessing.errors import BadInput
from preprocessing.extras import lacking
from preprocessing.lost_ray import AGAIN, RayDied, Watched, died
from preprocessing.places import nobody_else_writes
from preprocessing.quiet import quiet
from preprocessing.terminal import clean_stderr, indented, last_words, not_finished, without_terminal

ALL, SOME, BAD_INPUT, NOT_IN_MLFLOW, INTERRUPTED = 0, 1, 2, 3, 130


@contextmanager
def errors_are_told(console: Console) -> Iterator[None]:
    """Around a command's work: bad input is one line and status 2, Ctrl-C one line and status 130, a sweep of
    which no trial is complete, or which could not go on, status 1. Any other exception is a fault of the
    program, and keeps its traceback.

    Bad input is a BadInput (ConfigError, CorpusError, ProtocolError, PluginError ...) or an OSError.
    """
    nobody_else_writes()
    with quiet():
        clean_stderr(lambda text: redacted(indented(text)))
        with _ends_gently(), _told(console), Watched(lambda what: not_finished(console, f"{what}; {AGAIN}")):
            yield


@contextmanager
def _ends_gently() -> Iterator[None]:
    """SIGTERM, and SIGHUP of a terminal that was closed, end a command as Ctrl-C does, wherever it is; while
    folds run, search/draining.py takes them over."""

    def handle(number: int, _: object) -> None:
        if number == signal.SIGHUP:
            without_terminal()
        raise KeyboardInterrupt

    free = [one for one in (signal.SIGTERM, signal.SIGHUP) if signal.getsignal(one) == signal.SIG_DFL]
    with handled(free, handle):
        yield


@contextmanager
def _told(console: Console) -> Iterator[None]:
    try:
        yield
    except NoResult as error:
        console.print(Text.assemble(("no result", "red"), f": {error}"), soft_wrap=True)
        raise typer.Exit(SOME) from error
    except (Unfinished, RayDied) as error:
        way_on = f"; {AGAIN}" if isinstance(error, RayDied) else ""
        not_finished(console, f"{error}{way_on}", held=died(error))
        raise typer.Exit(SOME) from error
    except KeyboardInterrupt as error:
        why = str(error) if isinstance(error, Interrupted) else "ended; what is finished is kept"
        last_words(console, why, "yellow")
        raise typer.Exit(INTERRUPTED) from None
    except ModuleNotFoundError as error:
        if not (why := lacking(error)):
            raise
        console.print(Text(why, style="red"), soft_wrap=True)
        raise typer.Exit(BAD_INPUT) from error
    except (BadInput, OSError) as error:
        console.print(Text.assemble((type(error).__name__, "red"), f": {error}"), soft_wrap=True)
        raise typer.Exit(SOME if no_room(error) else BAD_INPUT) from error
