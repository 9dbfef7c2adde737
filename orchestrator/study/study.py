"""A study: one model on one table under one protocol. From a trial's configuration to its fold jobs, in a
fixed order."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator.common.errors import ConfigError
from orchestrator.common.seeds import seed_of
from orchestrator.protocols import megc2019, protocol
from orchestrator.protocols.fold import Clips, Fold, Protocol, source
from orchestrator.protocols.inner import lone_classes, split
from orchestrator.study.configuration import configuration, recipe
from orchestrator.study.jobs import FoldJob
from orchestrator.study.table import ClipTable
from orchestrator.study.versions import fold_version


@dataclass(frozen=True)
class Study:
    """What all trials of a sweep share. ``fixed`` are the keys that the user set: they win over what the
    search draws."""

    model: str
    protocol: str
    inner_folds: int
    seeds: int
    fixed: Mapping[str, Any]
    arithmetic: str = "cpu"  # as in FoldJob

    def __post_init__(self) -> None:
        _ = self.rule  # refuse an unknown protocol before any work
        if self.seeds < 1:
            raise ConfigError(f"--seeds {self.seeds}: at least one is needed")
        # likewise a bad key; the model's own need its code, and are checked with ``config``
        recipe(self.model, self.fixed)

    @property
    def rule(self) -> Protocol:
        """The protocol of that name. Raises ProtocolError for an unknown one."""
        return protocol(self.protocol)[0]

    def folds(self, table: ClipTable) -> tuple[Fold, ...]:
        """Who is held out, in the protocol's order. Raises ProtocolError where the table does not allow
        it."""
        rule, k = protocol(self.protocol)
        return rule.folds(_clips(table), k)

    def part_of(self, table: ClipTable) -> Callable[[str, str], str]:
        """Function of (fold, clip id): the part of the results that the clip's prediction in that fold is
        reported under."""
        about = {
            clip: (source(clip), split)  # not of the person: people of two corpora may be joined
            for clip, split in zip(table.clip_ids, table.splits, strict=True)
        }
        return lambda fold, clip: self.rule.part(fold, *about[clip])

    def config(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        """Full configuration of a trial: published values, under the drawn ones, under the user's."""
        return configuration(self.model, drawn, self.fixed)

    def code_of(self, config: Mapping[str, Any], au: str) -> str:
        """Version of the code that decides the numbers of a trial of this configuration."""
        return fold_version(self.model, config, au, self.arithmetic)

    def jobs(self, table: ClipTable, drawn: Mapping[str, Any]) -> tuple[FoldJob, ...]:
        """The fold jobs of one trial, seed by seed. Inner validation people depend on fold and seed, never on
        the trial."""
        config = self.config(drawn)
        code = self.code_of(config, table.au)
        subject_of, truth, folds = table.subject_of, table.truth, self.folds(table)
        jobs = []
        for seed in range(self.seeds):
            for fold in folds:
                labels = {clip: truth[clip] for clip in fold.train}
                inner_seed = seed_of("inner", table.corpus, self.protocol, fold.name, seed)
                train, validation = split(fold.train, subject_of, labels, self.inner_folds, inner_seed)
                job = FoldJob(
                    model=self.model,
                    config=config,
                    features=table.features,
                    corpus=table.content,
                    au=table.au,
                    classes=table.classes,
                    protocol=self.protocol,
                    fold=fold.name,
                    train=train,
                    validation=validation,
                    test=fold.test,
                    seed=seed,
                    code=code,
                    arithmetic=self.arithmetic,
                )
                jobs.append(job)
        return tuple(jobs)

    def warnings(self, table: ClipTable) -> tuple[str, ...]:
        """What a reader of the scores has to know of the table and the protocol."""
        known = lone_classes(table.subjects, table.y.tolist(), table.classes)
        if self.protocol == "megc2019":
            known += megc2019.deviations(_clips(table))
        if self.rule.subject_dependent:
            known += (
                f"{self.protocol} tests people who also train; its scores say nothing of a person never seen",
            )
        return known


def _clips(table: ClipTable) -> Clips:
    sources = tuple(map(source, table.clip_ids))
    return Clips(table.clip_ids, table.subjects, tuple(table.y.tolist()), table.splits, sources)
