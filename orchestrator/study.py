"""A study: one model on one table under one protocol. From a trial's configuration to its fold jobs, in a fixed order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from orchestrator.config import ConfigError, configuration, nearest
from orchestrator.data import Table
from orchestrator.jobs import FoldJob
from orchestrator.protocols import PROTOCOLS
from orchestrator.protocols.inner import lone_classes, split
from orchestrator.seeds import seed_of
from orchestrator.training.version import code_version


@dataclass(frozen=True)
class Study:
    """What all trials of a sweep share. ``fixed`` are the keys that the user set: they win over what the search draws."""

    model: str
    protocol: str
    inner_folds: int
    seeds: int
    fixed: Mapping[str, Any]
    code: str = field(default_factory=code_version)  # once: what a sweep's processes see may change under their feet

    def __post_init__(self) -> None:
        if self.protocol not in PROTOCOLS:
            raise ConfigError(nearest(self.protocol, PROTOCOLS, "protocol"))
        if self.seeds < 1:
            raise ConfigError(f"--seeds {self.seeds}: at least one is needed")
        configuration(self.model, self.fixed)  # refuse bad keys before any work

    def config(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        """Full configuration of a trial: published values, under the drawn ones, under the user's."""
        return configuration(self.model, drawn, self.fixed)

    def jobs(self, table: Table, drawn: Mapping[str, Any]) -> tuple[FoldJob, ...]:
        """The fold jobs of one trial, seed by seed. Inner validation people depend on fold and seed, never on the trial."""
        config = self.config(drawn)
        subject_of, truth = table.subject_of, table.truth
        jobs = []
        for seed in range(self.seeds):
            for fold in PROTOCOLS[self.protocol](table.clip_ids, table.subjects):
                labels = {clip: truth[clip] for clip in fold.train}
                inner_seed = seed_of("inner", table.corpus, self.protocol, fold.name, seed)
                train, validation = split(fold.train, subject_of, labels, self.inner_folds, inner_seed)
                job = FoldJob(
                    model=self.model, config=config, features=table.features, corpus=table.content, au=table.au,
                    classes=table.classes, protocol=self.protocol, fold=fold.name, train=train, validation=validation,
                    test=fold.test, seed=seed, code=self.code,
                )  # fmt: skip
                jobs.append(job)
        return tuple(jobs)

    def warnings(self, table: Table) -> tuple[str, ...]:
        return lone_classes(table.subjects, table.y.tolist(), table.classes)
