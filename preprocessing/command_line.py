"""What all commands take alike: a tilde at the start of any word, of an option's value or of the path in an
address of SQLite is the home folder, and a full disk is no bad input. A shell expands a tilde at the start of
a word alone, so not in --json=~/x, and a job's file nowhere. A Python without docstrings is refused."""

from __future__ import annotations

import errno
import re
import sys
from collections.abc import Callable
from typing import Any

import typer

from preprocessing.places import PlaceError, of_home
from preprocessing.terminal import spells_what_it_lacks


class Command(typer.core.TyperCommand):
    """One command."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        try:
            return super().parse_args(ctx, [_expanded(word) for word in args])
        except PlaceError as error:
            raise typer.BadParameter(str(error)) from error


def _expanded(word: str) -> str:
    option, path = re.match(r"(?s)((?:--[a-z-]+=)?(?:sqlite:///)?)(.*)", word).groups()  # type: ignore[union-attr]
    return option + of_home(path) if re.match(r"~[\w.-]*(/|$)", path) else word


class App(typer.Typer):
    """Typer as our commands use it: a fault of the program keeps Python's own traceback."""

    def __init__(self, **options: Any) -> None:
        super().__init__(add_completion=False, pretty_exceptions_enable=False, **options)

    def __call__(self, *args: Any, **options: Any) -> Any:
        if sys.flags.optimize > 1:
            # Ray edits its docstrings when it is imported; its own traceback names neither
            sys.stderr.write(
                "Python runs with -OO or PYTHONOPTIMIZE=2, and Ray does not: unset it, or use -O\n"
            )
            raise SystemExit(2)
        spells_what_it_lacks()  # before --help and what it says of a word that it does not know
        return super().__call__(*args, **options)

    def command(self, name: str | None = None, **options: Any) -> Callable[[Any], Any]:
        return super().command(name, **{"cls": Command} | options)


def no_room(error: BaseException) -> bool:
    """Whether a disk or a quota is full: what was to be done is no bad input, and its rest is done later."""
    return isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT)
