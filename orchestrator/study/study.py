"""A study: one model on one table under one protocol. From a trial's configuration to its fold jobs, in a
fixed order."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from orchestrator.common.errors import ConfigError
from orchestrator.common.seeds import seed_of
from orchestrator.protocols import megc2019, protocol
from orchestrator.protocols.fold import Clips, Fold, Protocol, source
from orchestrator.protocols.inner import InnerSplits, untrained_classes
from orchestrator.study.configuration import configuration, recipe
from orchestrator.study.jobs import FoldJob, under
from orchestrator.study.table import ClipTable
from orchestrator.study.versions import fold_version

T = TypeVar("T")


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
    # every inner group of a fold validates once, so that a fold has ``inner_folds`` models instead of one
    committee: bool = False

    def __post_init__(self) -> None:
        _ = self.rule  # refuse an unknown protocol before any work
        if self.seeds < 1:
            raise ConfigError(f"--seeds {self.seeds}: at least one is needed")
        if self.committee and self.inner_folds < 2:
            raise ConfigError(
                f"a committee has one model for each inner group; --inner-folds {self.inner_folds} leaves "
                "none: give 2 or more, or another --selection"
            )
        # likewise a bad key; the model's own need its code, and are checked with ``config``
        recipe(self.model, self.fixed)

    @property
    def rule(self) -> Protocol:
        """The protocol of that name. Raises ProtocolError for an unknown one."""
        return protocol(self.protocol)[0]

    def folds(self, table: ClipTable) -> tuple[Fold, ...]:
        """Who is held out, in the protocol's order. Raises ProtocolError where the table does not allow
        it."""
        return self._once(table, "folds", lambda: self._folds(table))

    def _folds(self, table: ClipTable) -> tuple[Fold, ...]:
        rule, k = protocol(self.protocol)
        return rule.folds(_clips(table), k)

    def _once(self, table: ClipTable, what: str, make: Callable[[], tuple[T, ...]]) -> tuple[T, ...]:
        """What ``make`` gives, made once a table: for 600 people it takes seconds, and is asked for at every
        trial."""
        of = (what, self.model, self.protocol, self.inner_folds, self.seeds, self.committee, self.arithmetic)
        if of not in table.dealt:
            table.dealt[of] = make()
        found: tuple[T, ...] = table.dealt[of]
        return found

    def part_of(self, table: ClipTable) -> Callable[[str, str], str]:
        """Function of (fold, clip id): the part of the results that the clip's prediction in that fold is
        reported under."""
        about = {
            clip: (source(clip), split)  # not of the person: people of two corpora may be joined
            for clip, split in zip(table.clip_ids, table.splits, strict=True)
        }
        return lambda fold, clip: self.rule.part(fold, *about[clip])

    def classes_of(self, table: ClipTable) -> Callable[[str], tuple[str, ...]]:
        """Function of a clip id: the classes over which the part of the results that it belongs to is
        scored, in the table's order."""
        if not self.rule.all_classes:
            return lambda clip: table.classes
        found = [*zip(table.clip_ids, (table.classes[i] for i in table.y), strict=True), *table.lost.items()]
        has = {(source(clip), name) for clip, name in found}
        return lambda clip: tuple(name for name in table.classes if (source(clip), name) in has)

    def config(self, drawn: Mapping[str, Any]) -> dict[str, Any]:
        """Full configuration of a trial: published values, under the drawn ones, under the user's."""
        return configuration(self.model, drawn, self.fixed)

    def code_of(self, config: Mapping[str, Any], au: str) -> str:
        """Version of the code that decides the numbers of a trial of this configuration."""
        return fold_version(self.model, config, au, self.arithmetic)

    def splits(self, table: ClipTable) -> Iterator[tuple[int, Fold, int, tuple[str, ...], tuple[str, ...]]]:
        """(seed, fold, member, training ids, validation ids), seed by seed. Who validates depends on the
        fold's name, its training people and the seed: never on the trial, a label, or what the corpora are
        together."""
        people, by_clips = InnerSplits(table.subject_of), self.rule.subject_dependent
        folds = self.folds(table)
        members = range(self.inner_folds if self.committee else 1)
        for seed in range(self.seeds):
            for fold in folds:
                inner_seed = seed_of("inner", fold.name, seed)
                parts = people.of(fold.train, self.inner_folds, inner_seed, by_clips=by_clips, groups=members)
                for member, (train, validation) in zip(members, parts, strict=True):
                    yield seed, fold, member, train, validation

    def jobs(self, table: ClipTable, drawn: Mapping[str, Any]) -> tuple[FoldJob, ...]:
        """The fold jobs of one trial, seed by seed. Raises ConfigError where the configuration does not fit
        the table's classes."""
        return self.under(self._once(table, "jobs", lambda: self._jobs(table)), drawn)

    def under(self, jobs: Sequence[FoldJob], drawn: Mapping[str, Any]) -> tuple[FoldJob, ...]:
        """These folds of a trial, in their order, under the configuration of another. Raises ConfigError as
        ``jobs``."""
        config = self.config(drawn)
        _check_powers(config["recipe"]["focal_gamma"], jobs[0].classes)
        return under(jobs, config, self.code_of(config, jobs[0].au))

    def _jobs(self, table: ClipTable) -> tuple[FoldJob, ...]:
        """Of no configuration yet. Trials share all that is large: the tuples of clip ids."""
        return tuple(
            FoldJob(
                model=self.model,
                config={},
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
                code="",
                arithmetic=self.arithmetic,
                member=member,
            )
            for seed, fold, member, train, validation in self.splits(table)
        )

    def warnings(self, table: ClipTable) -> tuple[str, ...]:
        """What a reader of the scores has to know of the table and the protocol."""
        jobs = self._once(table, "jobs", lambda: self._jobs(table))
        models = ((job.train, job.validation) for job in jobs)
        known = untrained_classes(models, table.subject_of, table.truth, table.classes)
        if self.protocol == "megc2019":
            known += megc2019.deviations(_clips(table))
        if self.rule.subject_dependent:
            known += (
                f"{self.protocol} tests people who also train; its scores say nothing of a person never seen",
            )
        if table.aus is not None and (unknown := int((table.aus < 0).any(1).sum())):
            known += (f"{unknown} of {len(table.clip_ids)} clips have no annotated action units",)
        if table.not_predicted:
            known += (f"action units are {table.not_predicted}; the study uses none",)
        return known


def _check_powers(gamma: float | list[float], classes: tuple[str, ...]) -> None:
    if isinstance(gamma, list) and len(gamma) != len(classes):
        raise ConfigError(
            f"recipe.focal_gamma = {gamma} has {len(gamma)} numbers for {len(classes)} classes; give one for "
            f"each of {', '.join(classes)}, in this order, or one number for all"
        )


def _clips(table: ClipTable) -> Clips:
    sources = tuple(map(source, table.clip_ids))
    return Clips(table.clip_ids, table.subjects, tuple(table.y.tolist()), table.splits, sources)
