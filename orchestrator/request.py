"""A sweep as asked for on the command line, checked before anything is read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mer_models import MODELS
from orchestrator.config import ConfigError, nearest
from orchestrator.data import AU_MODES
from orchestrator.labels import SCHEMES
from orchestrator.search import SAMPLERS
from orchestrator.selection import RULES
from orchestrator.study import Study


@dataclass(frozen=True)
class Request:
    """A sweep as asked for on the command line; names are checked, nothing has been read yet. name: "" = made in ``run``.

    corpora  one or more, read with the same features and pooled. roots: the folder of each; () for the synthetic corpus.
    """

    study: Study
    corpora: tuple[str, ...]
    roots: tuple[Path, ...]
    features: str
    classes: str
    au: str
    selection: str
    trials: int
    sampler: str
    name: str
    resume: bool
    runner: str
    address: str | None
    gpus: float
    workspace: Path
    tracking_uri: str
    max_failed: float
    apex: str = "middle"  # what stands in for an apex that nobody annotated

    def __post_init__(self) -> None:
        for value, known, what in (
            (self.classes, SCHEMES, "label scheme"),
            (self.au, AU_MODES, "AU mode"),
            (self.selection, RULES, "selection rule"),
            (self.sampler, SAMPLERS, "sampler"),
            (self.runner, ("ray", "inline"), "runner"),
            (self.features, MODELS[self.study.model].features, f"feature set of {self.study.model}"),
        ):
            if value not in known:
                raise ConfigError(nearest(value, known, what))
        for corpus in self.corpora:
            if corpus not in SCHEMES["all"]:
                raise ConfigError(nearest(corpus, SCHEMES["all"], "corpus"))
        if len(self.roots) not in ((0, 1) if len(self.corpora) == 1 else (len(self.corpora),)):
            raise ConfigError(
                f"{len(self.corpora)} corpora ({', '.join(self.corpora)}) but {len(self.roots)} roots; give one --root per --corpus"
            )
        if self.trials < 1:
            raise ConfigError(f"--trials {self.trials}: at least one is needed")
        if self.study.inner_folds == 0 and self.trials > 1:
            raise ConfigError(
                "--inner-folds 0 leaves no validation people, so trials cannot be compared honestly; use --trials 1"
            )
        if self.study.inner_folds == 0 and self.selection in ("nested", "pooled_validation"):
            raise ConfigError(
                f"--selection {self.selection} needs validation people; with --inner-folds 0 use --selection last_epoch"
            )


def parse_settings(pairs: list[str]) -> dict[str, Any]:
    """['recipe.epochs=30', 'recipe.swa=true'] -> typed values (JSON where it parses, else text). Raises ConfigError."""
    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise ConfigError(f"--set {pair!r}: write KEY=VALUE, for example recipe.epochs=30")
        try:
            values[key.strip()] = json.loads(text)
        except json.JSONDecodeError:
            values[key.strip()] = text
    return values
