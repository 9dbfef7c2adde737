"""Where configurations come from: samplers by name, and the proposals of a sweep on disk. The published
configuration is always trial 0.

- random (default): each value from its own seed, the hash of search seed, trial number and parameter name.
  Proposals do not depend on results at all, so a fold's choice among them is blind to its held-out person.
- tpe: Optuna's TPE, which learns from pooled validation scores. Every held-out person is a validation person
  of other folds, so the proposals have seen that person's validation score: an adaptive search is efficient,
  not strictly nested. Outputs name the sampler.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend

from orchestrator.common.seeds import seed_of
from orchestrator.search import schedulers
from preprocessing.places import write_atomically


class NamedSampler(optuna.samplers.BaseSampler):
    """Random search in which a draw depends on search seed, trial number and parameter name alone.

    Adding a parameter leaves the others' draws as they were, and a resumed search draws what an undisturbed
    one would have.
    """

    def __init__(self, seed: int):
        self.seed = seed

    def infer_relative_search_space(self, study: optuna.Study, trial: Any) -> dict[str, Any]:
        return {}

    def sample_relative(
        self, study: optuna.Study, trial: Any, search_space: dict[str, Any]
    ) -> dict[str, Any]:
        return {}

    def sample_independent(
        self, study: optuna.Study, trial: Any, param_name: str, param_distribution: Any
    ) -> Any:
        one = optuna.samplers.RandomSampler(seed=seed_of(self.seed, trial.number, param_name) % 2**32)
        return one.sample_independent(study, trial, param_name, param_distribution)


SAMPLERS: dict[str, Callable[[int], optuna.samplers.BaseSampler]] = {
    "random": NamedSampler,
    "tpe": lambda seed: optuna.samplers.TPESampler(seed=seed % 2**32),
}


@dataclass(frozen=True)
class Search:
    """How many configurations, from where, and who stops one early. folder keeps the study (study.log) and
    every proposal (trials.json)."""

    trials: int
    seed: int
    sampler: str
    folder: Path
    scheduler: str = schedulers.DEFAULT

    def earlier(self) -> list[dict[str, Any]]:
        """Configurations that an interrupted run of the same sweep has proposed, in order."""
        path = self.folder / "trials.json"
        return json.loads(path.read_text()) if path.is_file() else []

    def keep(self, proposed: list[dict[str, Any]]) -> None:
        """Write the proposals down, unless an earlier run has already proposed as many: those are the same
        and may be more."""
        if len(proposed) > len(self.earlier()):
            write_atomically(self.folder / "trials.json", lambda path: path.write_text(json.dumps(proposed)))

    def open(
        self, published: Mapping[str, Any]
    ) -> tuple[JournalStorage, str, optuna.samplers.BaseSampler, list[dict[str, Any]]]:
        """Storage, a new study's name, sampler and the configurations to try first. One study per run of the
        sweep."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        storage = JournalStorage(JournalFileBackend(str(self.folder / "study.log")))
        first = self.earlier() or [dict(published)]
        name = f"run-{len(optuna.get_all_study_names(storage)) + 1}"
        return storage, name, SAMPLERS[self.sampler](seed_of(self.seed, "search")), first[: self.trials]
