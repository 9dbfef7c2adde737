"""What a protocol sees and what it yields, as clip ids; every protocol's folds are checked here, whatever
computed them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection
from dataclasses import dataclass

from preprocessing.datasets import DATASETS
from preprocessing.errors import BadInput

Folds = Callable[["Clips", int], tuple["Fold", ...]]


class ProtocolError(BadInput):
    """The people of a corpus do not allow the split that was asked for. Names the numbers and the next
    step."""


@dataclass(frozen=True)
class Clips:
    """What a protocol may look at, one entry a clip, at the same place.

    ids       clip ids, each once.
    subjects  "corpus/person".
    labels    class index. Read by stratified protocols only.
    splits    the split that the corpus itself fixes ("train", "testA" ...), "" where it fixes none.
    sources   the corpus that the clip comes from; if none are given, that of its person. They differ where
              people of two corpora are joined as one (--same-person).
    Raises ProtocolError for unequal lengths, a clip id that is given twice, or a person who has two ids, as
    one of casme2 and as one of a composite that casme2 is part of: no protocol could keep such a person on
    one side.
    """

    ids: tuple[str, ...]
    subjects: tuple[str, ...]
    labels: tuple[int, ...]
    splits: tuple[str, ...]
    sources: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if not self.sources:
            object.__setattr__(self, "sources", tuple(map(source, self.subjects)))
        for name in ("subjects", "labels", "splits", "sources"):
            if len(getattr(self, name)) != len(self.ids):
                raise ProtocolError(
                    f"{len(self.ids)} clips but {len(getattr(self, name))} {name}; give one per clip"
                )
        if len(set(self.ids)) != len(self.ids):
            twice = next(clip for i, clip in enumerate(self.ids) if clip in self.ids[:i])
            raise ProtocolError(
                f"clip id {twice!r} occurs more than once; a clip would be both trained on and tested"
            )
        known: dict[str, str] = {}
        for subject in sorted(set(self.subjects)):
            if (other := known.setdefault(_person(subject), subject)) != subject:
                raise ProtocolError(
                    f"{other!r} and {subject!r} are one person, who would be both trained on and tested; "
                    "leave one of the two "
                    "corpora out"
                )


@dataclass(frozen=True)
class Fold:
    """One fold: ``train`` and ``test`` are sorted clip ids; ``name`` says who is held out."""

    name: str
    train: tuple[str, ...]
    test: tuple[str, ...]


def held_out(name: str, clips: Clips, test: Collection[str]) -> Fold:
    """The fold that tests the clips of these ids and trains on all others."""
    chosen = set(test)
    return Fold(name, tuple(sorted(set(clips.ids) - chosen)), tuple(sorted(chosen)))


def source(name: str) -> str:
    """The corpus that a person or a clip comes from, by its id: its own prefix, or in a composite
    ("megc2019/casme2-sub01", "megc2019/casme2-sub01/EP02_01f") the part of it."""
    corpus, person = name.split("/", 1)
    return person.split("-", 1)[0] if _is_composite(corpus) else corpus


def _is_composite(corpus: str) -> bool:
    """False for a corpus that is not registered: a table may come from a plugin that is not here."""
    return corpus in DATASETS and DATASETS[corpus].COMPOSITE


def _person(subject: str) -> str:
    """The id of a composite's person in the corpus it comes from ("casme2/sub01"; smic is SMIC-HS); any other
    id as it is."""
    corpus, _, person = subject.partition("/")
    if not _is_composite(corpus):
        return subject
    part, _, name = person.partition("-")
    return f"{'smic_hs' if part == 'smic' else part}/{name}"


@dataclass(frozen=True)
class Protocol:
    """A way to hold out clips.

    folds              function of (Clips, k): the folds, in a fixed order. It ignores row order and takes all
                       randomness from names. What it returns is checked on every call: ProtocolError for no
                       fold, two folds of one name, a side that is empty, unsorted or holds an unknown clip, a
                       clip on both sides, and, unless ``subject_dependent``, a person on both sides.
    k                  number of folds (or 1 / share) by default; 0 for a protocol that has no such number.
    subject_dependent  people are on both sides, so it measures recognition of known people; every output says
                       so.
    part               function of (fold name, corpus that the clip's person comes from, split of the clip):
                       the part of the results that a test prediction is reported under, beside the pooled
                       score.
    all_classes        the classes are those of all corpora together, not those that all share, and a part is
                       scored over the classes of the corpus that its clips come from.
    told               function of (number of people, None where it is not published; number of corpora; k):
                       how many folds there will be, before any clip is read. None: only the clips say,
                       which is what a protocol says that leaves it out.
    """

    folds: Folds
    k: int = 0
    subject_dependent: bool = False
    part: Callable[[str, str, str], str] = lambda fold, source, split: source
    all_classes: bool = False
    told: Callable[[int | None, int, int], int | None] = lambda people, corpora, k: None

    def __post_init__(self) -> None:
        # so that no caller can pass it by
        object.__setattr__(self, "folds", _checked(self.folds, self.subject_dependent))


def _checked(folds: Folds, subject_dependent: bool) -> Folds:
    @functools.wraps(folds)
    def checked(clips: Clips, k: int) -> tuple[Fold, ...]:
        made = folds(clips, k)
        _check(made, clips, subject_dependent)
        return made

    return checked


def _check(folds: tuple[Fold, ...], clips: Clips, subject_dependent: bool) -> None:
    subject_of = dict(zip(clips.ids, clips.subjects, strict=True))
    names = [fold.name for fold in folds]
    if not folds or len(set(names)) < len(names):
        raise ProtocolError(
            f"folds {', '.join(names) or '(none)'}: at least one is needed, each with a name of its own; "
            f"{_BUG}"
        )
    for fold in folds:
        for side, ids in (("train", fold.train), ("test", fold.test)):
            own = set(ids)  # to sort the ids themselves is quick where they are sorted, as they should be
            if not ids or tuple(sorted(ids)) != ids or len(own) < len(ids) or not subject_of.keys() >= own:
                raise ProtocolError(
                    f"fold {fold.name!r}: {side} must hold clips of the table, sorted, each once, and holds "
                    f"{len(ids)}: "
                    f"{first_names(ids)}; {_BUG}"
                )
        if both := set(fold.test).intersection(fold.train):
            raise ProtocolError(
                f"fold {fold.name!r} trains on clips that it tests: {first_names(sorted(both))}; {_BUG}"
            )
        people = {subject_of[clip] for clip in fold.train} & {subject_of[clip] for clip in fold.test}
        if people and not subject_dependent:
            raise ProtocolError(
                f"fold {fold.name!r} trains on people whom it tests: {first_names(sorted(people))}; {_BUG}"
            )


_BUG = "the protocol is wrong, not the corpus: mend its file"


def first_names(names: Collection[str]) -> str:
    """The first three of them, and how many more there are."""
    first = list(names)[:3]
    return ", ".join(map(repr, first)) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
