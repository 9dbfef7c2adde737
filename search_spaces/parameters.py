"""The kinds of parameter of a search space: published value, range and condition of each stand on one line.

``only_if`` is a key further up in the table and the values of it under which the parameter is drawn:
("recipe.schedule", "cosine"). It sees what the search has drawn, not what the user sets. A parameter that is
not drawn keeps its published value.
"""

from __future__ import annotations

import typing
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

# Settings of the extraction that a paper names, where they are not the default: fields of
# preprocessing.inputs.Settings. What the user asks for wins.
Extraction = dict[str, Any]

# Row of an ablation table -> what differs from the published configuration: flat keys, and two that the study
# has as options, "au" (none or annotated; predicted where the row has none) and "features" (a feature set of
# the model). The first row is "full": {}.
Ablations = dict[str, dict[str, Any]]


class Trial(typing.Protocol):
    """The part of optuna.Trial that a space uses."""

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float: ...

    def suggest_int(self, name: str, low: int, high: int) -> int: ...

    def suggest_categorical(self, name: str, choices: Any) -> Any: ...


@dataclass(frozen=True)
class Fixed:
    """A published value that the search leaves alone; ``--set`` can still change it."""

    published: Any


@dataclass(frozen=True)
class Float:
    published: float
    low: float
    high: float
    log: bool = False
    only_if: tuple[Any, ...] = ()

    def suggest(self, trial: Trial, name: str) -> float:
        return trial.suggest_float(name, self.low, self.high, log=self.log)


@dataclass(frozen=True)
class Int:
    published: int
    low: int
    high: int
    only_if: tuple[Any, ...] = ()

    def suggest(self, trial: Trial, name: str) -> int:
        return trial.suggest_int(name, self.low, self.high)


@dataclass(frozen=True)
class Choice:
    published: Any
    choices: tuple[Any, ...]
    only_if: tuple[Any, ...] = ()

    def suggest(self, trial: Trial, name: str) -> Any:
        return trial.suggest_categorical(name, self.choices)


Parameters = Mapping[str, Fixed | Float | Int | Choice]


def published(parameters: Parameters) -> dict[str, Any]:
    """The published configuration as flat keys."""
    return {name: parameter.published for name, parameter in parameters.items()}


def suggest(parameters: Parameters, trial: Trial) -> None:
    """Draw every parameter that is not fixed and whose condition holds, in the order of the table."""
    chosen = published(parameters)
    for name, parameter in parameters.items():
        if isinstance(parameter, Fixed):
            continue
        if not parameter.only_if or chosen[parameter.only_if[0]] in parameter.only_if[1:]:
            chosen[name] = parameter.suggest(trial, name)
