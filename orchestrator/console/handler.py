"""One exit status for one thing in every command, and one place that turns an error into it.

0    all that was asked for is there
1    some of it is missing: folds without a result, a row without a sweep, clips that cannot be used
2    bad input: nothing was run
3    all is there, but MLflow lacks something: orchestrator.send sends it later
130  interrupted; what is finished is kept
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import typer
from rich.console import Console
from rich.text import Text

from orchestrator.common.errors import Interrupted, NoResult
from orchestrator.common.names import redacted
from preprocessing.errors import BadInput
from preprocessing.places import nobody_else_writes
from preprocessing.terminal import clean_stderr, indented

ALL, SOME, BAD_INPUT, NOT_IN_MLFLOW, INTERRUPTED = 0, 1, 2, 3, 130


@contextmanager
def errors_are_told(console: Console) -> Iterator[None]:
    """Around a command's work: bad input is one line and status 2, Ctrl-C one line and status 130, a sweep of
    which no trial is complete status 1. Any other exception is a fault of the program, and keeps its
    traceback.

    Bad input is a BadInput (ConfigError, CorpusError, ProtocolError, PluginError ...) or an OSError.
    """
    nobody_else_writes()
    clean_stderr(lambda text: redacted(indented(text)))
    try:
        yield
    except NoResult as error:
        console.print(Text.assemble(("no result", "red"), f": {error}"))
        raise typer.Exit(SOME) from error
    except KeyboardInterrupt as error:
        why = str(error) if isinstance(error, Interrupted) else "ended; what is finished is kept"
        console.print(Text(why, style="yellow"), soft_wrap=True)
        raise typer.Exit(INTERRUPTED) from None
    except (BadInput, OSError) as error:
        console.print(Text.assemble((type(error).__name__, "red"), f": {error}"), soft_wrap=True)
        raise typer.Exit(BAD_INPUT) from error
