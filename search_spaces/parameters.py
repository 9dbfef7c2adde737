"""The three kinds of parameter of a search space, each with its published value: so that value and range stand on one line."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol


class Trial(Protocol):
    """The part of optuna.Trial that a space uses."""

    def suggest_float(self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False) -> float: ...

    def suggest_int(self, name: str, low: int, high: int) -> int: ...

    def suggest_categorical(self, name: str, choices: Any) -> Any: ...


@dataclass(frozen=True)
class Fixed:
    """A published value that the search leaves alone; ``--set`` can still change it."""

    published: Any

    def suggest(self, trial: Trial, name: str) -> None:
        """Nothing to draw."""


@dataclass(frozen=True)
class Float:
    published: float
    low: float
    high: float
    log: bool = False

    def suggest(self, trial: Trial, name: str) -> None:
        trial.suggest_float(name, self.low, self.high, log=self.log)


@dataclass(frozen=True)
class Int:
    published: int
    low: int
    high: int

    def suggest(self, trial: Trial, name: str) -> None:
        trial.suggest_int(name, self.low, self.high)


@dataclass(frozen=True)
class Choice:
    published: Any
    choices: tuple[Any, ...]

    def suggest(self, trial: Trial, name: str) -> None:
        trial.suggest_categorical(name, self.choices)


Parameters = Mapping[str, Fixed | Float | Int | Choice]


def published(parameters: Parameters) -> dict[str, Any]:
    """The published configuration as flat keys."""
    return {name: parameter.published for name, parameter in parameters.items()}


def suggest(parameters: Parameters, trial: Trial) -> None:
    """Draw every parameter that is not fixed, in the order of the table."""
    for name, parameter in parameters.items():
        parameter.suggest(trial, name)
