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

from orchestrator.common.seeds import seed_of
from orchestrator.search import schedulers
from orchestrator.workspace import sealed
from orchestrator.workspace.sweep_folder import DEFINITION

TRIALS = "trials.json"
NOT_AGAIN = (
    "its configurations cannot be drawn again as they were; put a copy of the file there, or start the sweep "
    "under another --name: folds that are equal are found there too"
)


class NamedSampler(optuna.samplers.BaseSampler):
    """A sampler in which a draw depends on search seed, trial number, parameter name and, where it learns, on
    earlier scores alone.

    Random search: adding a parameter leaves the others' draws as they were. Either: a search that goes on
    draws what an undisturbed one would have. With one generator for all trials it would draw once more what
    it has proposed before, for proposals that are kept take nothing from it.
    """

    def __init__(
        self,
        seed: int,
        kind: Callable[..., optuna.samplers.BaseSampler] = optuna.samplers.RandomSampler,
    ):
        self.seed, self.kind = seed, kind

    def infer_relative_search_space(self, study: optuna.Study, trial: Any) -> dict[str, Any]:
        return self._of(trial).infer_relative_search_space(study, trial)

    def sample_relative(
        self, study: optuna.Study, trial: Any, search_space: dict[str, Any]
    ) -> dict[str, Any]:
        return self._of(trial).sample_relative(study, trial, search_space)

    def sample_independent(
        self, study: optuna.Study, trial: Any, param_name: str, param_distribution: Any
    ) -> Any:
        return self._of(trial, param_name).sample_independent(study, trial, param_name, param_distribution)

    def _of(self, trial: Any, *names: str) -> optuna.samplers.BaseSampler:
        return self.kind(seed=seed_of(self.seed, trial.number, *names) % 2**32)


SAMPLERS: dict[str, Callable[[int], optuna.samplers.BaseSampler]] = {
    "random": NamedSampler,
    "tpe": lambda seed: NamedSampler(seed, optuna.samplers.TPESampler),
}


REDRAWS = ("random",)  # samplers that draw a trial's configuration again as it was, whatever came of others


@dataclass(frozen=True)
class Search:
    """How many configurations, from where, and who stops one early. folder keeps every proposal
    (trials.json).

    What became of proposals is not kept here: a sweep that is continued proposes the earlier ones first, and
    finds their results in the store, so that a sampler which learns from them learns anew.
    """

    trials: int
    seed: int
    sampler: str
    folder: Path
    scheduler: str = schedulers.DEFAULT

    @property
    def file(self) -> Path:
        return self.folder / TRIALS

    def begin(self) -> None:
        """Of a new sweep: nothing is proposed yet. A file that is missing later was lost."""
        sealed.write_json(self.file, {"proposed": []}, indent=None)

    def earlier(self) -> list[dict[str, Any]]:
        """Configurations that an interrupted run of the same sweep has proposed, in order. Raises
        sealed.Damaged."""
        try:
            if not sealed.is_sealed(self.folder / DEFINITION) and self.file.is_file():
                return _of_older(self.file)
            held = sealed.read_json(self.file, NOT_AGAIN)
        except FileNotFoundError:
            return []
        if "proposed" not in held:
            raise sealed.Damaged(self.file, "it lacks 'proposed'", NOT_AGAIN)
        proposed: list[dict[str, Any]] = held["proposed"]
        return proposed

    def keep(self, proposed: list[dict[str, Any]]) -> None:
        """Write the proposals down, unless an earlier run has already proposed as many: those are the same
        and may be more."""
        if len(proposed) > len(self.earlier()):
            sealed.write_json(self.file, {"proposed": proposed}, indent=None)

    def mended(self, ended: Callable[[], list[dict[str, Any]]]) -> str:
        """Before a sweep is continued: see that its proposals are whole. Where they are not, set them aside
        if the sampler draws the same again, or those of the trials that have ended are known, and return what
        to say; "" where they are.

        ended  gives what the first trials had drawn, all that have ended among them; raises ValueError, with
               the reason, where that is not known. Then, for a sampler that would draw others, sealed.Damaged
               is raised: other trials would run under the sweep's name.
        """
        try:
            self.earlier()
            if self.file.exists() or not sealed.is_sealed(self.folder / DEFINITION):
                return ""
            raise sealed.Damaged(self.file, "it is gone", NOT_AGAIN)
        except sealed.Damaged as error:
            again = f"the sampler {self.sampler} draws the same configurations again"
            proposed: list[dict[str, Any]] = []
            if self.sampler not in REDRAWS:
                try:
                    proposed = ended()
                except ValueError as unknown:
                    raise sealed.Damaged(self.file, f"{error.why}, and {unknown}", NOT_AGAIN) from unknown
                again = (
                    f"what its first {len(proposed)} trials had drawn, all that ended among them, is known "
                    f"from what else is kept; {self.sampler} draws for later ones anew"
                )
            aside = f", now {sealed.set_aside(self.file).name}" if self.file.exists() else ""
            if proposed:
                self.keep(proposed)
            return f"{self.file} is damaged ({error.why}){aside}; {again}"

    def open(self, published: Mapping[str, Any]) -> tuple[optuna.samplers.BaseSampler, list[dict[str, Any]]]:
        """Sampler and the configurations to try first."""
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        first = self.earlier() or [dict(published)]
        return SAMPLERS[self.sampler](seed_of(self.seed, "search")), first[: self.trials]


def _of_older(file: Path) -> list[dict[str, Any]]:
    """A file of an older program is a list, or already one of ours."""
    data = file.read_bytes()
    try:
        held = json.loads(data)
        proposed = held if isinstance(held, list) else sealed.of_json(data)["proposed"]
        return [dict(one) for one in proposed]
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise sealed.Damaged(file, f"it does not read: {error}", NOT_AGAIN) from error
