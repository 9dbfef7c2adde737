"""Bad input, and how it is told: what is wrong, where, the rule, the nearest known name."""

from __future__ import annotations

from collections.abc import Iterable

from preprocessing import known as names
from preprocessing.errors import BadInput


class ConfigError(BadInput):
    """A name, key or value that the user gave does not exist or is out of range; the message names the
    nearest known one."""


def nearest(name: str, known: Iterable[str], what: str) -> str:
    """Sentence for an unknown name: what it is, the nearest known one, all known ones by the alphabet."""
    return names.nearest(name, sorted(known), what)


class Interrupted(KeyboardInterrupt):
    """The user has ended a sweep. What is finished is kept; the text says the command that goes on."""


class Unfinished(RuntimeError):
    """A sweep could not go on: its disk is full, Ray has died. What is finished is kept; the text says why,
    and the command that goes on."""


class NoResult(RuntimeError):
    """A sweep has ended without any complete trial; the text holds the first failure."""
