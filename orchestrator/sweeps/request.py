"""A sweep as asked for on the command line, checked before anything is read."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from orchestrator.common.errors import ConfigError, nearest
from orchestrator.runners.sizing import Need
from orchestrator.search.schedulers import DEFAULT, SCHEDULERS
from orchestrator.search.search import SAMPLERS
from orchestrator.selection.rules import RULES
from orchestrator.study.labels import SCHEMES
from orchestrator.study.study import Study
from orchestrator.study.table import AU_MODES
from orchestrator.sweeps.features import chosen
from preprocessing.places import place

REMOTE_FOLDER = "~/mer-orchestrator"  # this repository on a cluster's head, where cluster.yaml puts it


@dataclass(frozen=True)
class Request:
    """A sweep as asked for on the command line; names are checked, nothing has been read yet. name: "" = made
    in ``run``.

    corpora  one or more, read with the same features and pooled. roots: the folder of each; () for the
             synthetic corpus.
    features "" = the model's default.
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
    need: Need
    workspace: Path
    tracking_uri: str
    max_failed: float
    scheduler: str = DEFAULT
    store: str = ""  # a shared place for features and fold results; "" = the workspace
    apex: str = "middle"  # what stands in for an apex that nobody annotated

    def __post_init__(self) -> None:
        for value, known, what in (
            (self.classes, SCHEMES, "label scheme"),
            (self.au, AU_MODES, "AU mode"),
            (self.selection, RULES, "selection rule"),
            (self.sampler, SAMPLERS, "sampler"),
            (self.scheduler, SCHEDULERS, "scheduler"),
            (self.runner, ("ray", "inline"), "runner"),
        ):
            if value not in known:
                raise ConfigError(nearest(value, known, what))
        for one in (self.workspace, self.store or self.workspace):
            # refuses an address that cannot be one, or that holds a password, before it gets anywhere
            place(one)
        for corpus in self.corpora:
            if corpus not in SCHEMES["all"]:
                raise ConfigError(nearest(corpus, SCHEMES["all"], "corpus"))
        if len(self.roots) not in ((0, 1) if len(self.corpora) == 1 else (len(self.corpora),)):
            raise ConfigError(
                f"{len(self.corpora)} corpora ({', '.join(self.corpora)}) but {len(self.roots)} roots; give "
                "one --root per --corpus"
            )
        if self.trials < 1:
            raise ConfigError(f"--trials {self.trials}: at least one is needed")
        if self.study.inner_folds == 0 and self.trials > 1:
            raise ConfigError(
                "--inner-folds 0 leaves no validation people, so trials cannot be compared honestly; use "
                "--trials 1"
            )
        if self.study.inner_folds == 0 and self.scheduler != "none":
            raise ConfigError(
                f"--scheduler {self.scheduler} needs validation people; with --inner-folds 0 use none"
            )
        if self.study.inner_folds == 0 and self.selection in ("nested", "pooled_validation"):
            raise ConfigError(
                f"--selection {self.selection} needs validation people; with --inner-folds 0 use --selection "
                "last_epoch"
            )

    def checked(self) -> Request:
        """The same with the features named. Checks what the model itself has to say to it, and so imports the
        model and torch.

        Raises ConfigError for features that the model does not read, and for a configuration key that it does
        not have.
        """
        image_size = self.study.config({})["recipe"]["image_size"]
        return replace(self, features=chosen(self.study.model, self.features, image_size))


def need(gpus: str, pack: int, limit_s: float) -> Need:
    """What a fold asks for, from "0.25", "auto" or "0". Raises ConfigError for a share outside 0 to 1, and
    for negative numbers."""
    try:
        share = 1.0 if gpus == "auto" else float(gpus)
    except ValueError as error:
        raise ConfigError(f"--gpus-per-fold {gpus!r}: give a share from 0 to 1, or auto") from error
    if not 0 <= share <= 1:
        raise ConfigError(
            f"--gpus-per-fold {gpus}: a fold trains on one GPU at most; give a share from 0 to 1, or auto"
        )
    if pack < 1 or not 0 <= limit_s < math.inf:
        raise ConfigError(f"--pack {pack} must be 1 or more, and --fold-limit {limit_s} 0 or more seconds")
    return Need(gpus=share, measured=gpus == "auto", limit_s=limit_s, pack=pack)


def parse_settings(pairs: list[str]) -> dict[str, Any]:
    """['recipe.epochs=30', 'recipe.swa=true'] -> typed values (JSON where it parses, else text). Raises
    ConfigError."""
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
