"""The configurations that a search will try, as far as they are known before any fold has run."""

from __future__ import annotations

from typing import Any

import optuna

from orchestrator.common.seeds import seed_of
from orchestrator.search.samplers import REDRAWS, SAMPLERS
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
