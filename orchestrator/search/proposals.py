"""The configurations that a search will try, as far as they are known before any fold has run; and what one
had drawn, from the configuration that came of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import optuna

from orchestrator.common.seeds import seed_of
from orchestrator.search.samplers import REDRAWS, SAMPLERS
from orchestrator.study.jobs import canonical_json
from orchestrator.study.study import Study
from search_spaces import SPACES


def proposals(model: str, sampler: str, trials: int) -> list[dict[str, Any]]:
    """Trial by trial what a new sweep draws: of a sampler that learns from results, the published one
    alone."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    space = SPACES[model]
    study = optuna.create_study(sampler=SAMPLERS[sampler](seed_of(0, "search")))
    study.enqueue_trial(dict(space.PUBLISHED))
    made = []
    for _ in range(trials if sampler in REDRAWS else 1):
        trial = study.ask()
        space.space(trial)
        made.append(dict(trial.params))
    return made


def drawn_again(study: Study, config: Mapping[str, Any]) -> dict[str, Any] | None:
    """What a trial of this full configuration had drawn, and for what the user has set some value of the
    space; None where no draw gives the configuration."""
    had = _Had({f"{part}.{name}": value for part, own in config.items() for name, value in own.items()})
    SPACES[study.model].space(had)
    again = study.config(had.params)
    return had.params if canonical_json(again) == canonical_json(dict(config)) else None


class _Had:
    """Draws what a configuration has, as a search_spaces.parameters.Trial; of what the space does not hold
    the nearest, or first, that it does."""

    def __init__(self, values: Mapping[str, Any]):
        self.values = values
        self.params: dict[str, Any] = {}

    def suggest_float(
        self, name: str, low: float, high: float, *, step: float | None = None, log: bool = False
    ) -> float:
        self.params[name] = min(max(float(self.values[name]), low), high)
        return float(self.params[name])

    def suggest_int(self, name: str, low: int, high: int) -> int:
        self.params[name] = min(max(int(self.values[name]), low), high)
        return int(self.params[name])

    def suggest_categorical(self, name: str, choices: Any) -> Any:
        value = self.values[name]
        self.params[name] = value if value in choices else choices[0]
        return self.params[name]
