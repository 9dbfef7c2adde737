"""Inner validation: some of a fold's training clips step aside to judge epochs and configurations.

Input   the training clips of one fold and the person of each. No label, and nothing of the held-out person.
Output  K groups, each of which may validate while the others train; and one of them held out: training ids
        and validation ids, sorted. Row order changes nothing.

Whole people step aside, each group with about as many clips: who is in which group is a hash of person and
seed, see groups.dealt, so that neither a label nor, as far as sizes allow, a stranger moves anybody. A
protocol that tests people who also train (``by_clips``) validates by clips, or its inner models would not
know the people whom they are tested on.

A sweep's seed names the fold: every fold deals anew, and its first group validates. Of the 52 people of
CASME II and SAMM in MEGC 2019, one stranger then changes who validates in 17 folds on average, 13 of which
take the stranger in; one deal for all folds, whose groups take turns, would change 20, since groups in the
middle have two cuts that may move. In simulated studies both spread equally over seeds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from orchestrator.common.seeds import seed_of
from orchestrator.protocols.fold import ProtocolError, first_names
from orchestrator.protocols.groups import Groups, dealt

Split = tuple[tuple[str, ...], tuple[str, ...]]  # training ids, validation ids


def groups_of(
    train_ids: Sequence[str],
    subject_of: Mapping[str, str],
    n_folds: int,
    seed: int,
    *,
    by_clips: bool = False,
) -> Groups:
    """The ``n_folds`` groups of a fold's training clips: sorted ids, every clip in one group, none empty.

    n_folds   2 or more.
    seed      any integer >= 0, see seeds.seed_of; it draws the order of the groups, too.
    by_clips  False: whole people. True: sizes differ by one clip at most, and so do a person's clips from
              group to group.
    Raises ProtocolError when there are fewer training people (by clips: clips) than groups, or n_folds is
    below 2.
    """
    ids = sorted(train_ids)
    clips_of = Counter(subject_of[clip] for clip in ids)
    if n_folds < 2:
        raise ProtocolError(f"n_folds = {n_folds}: take 0 for no validation people, or 2 or more groups")
    units, what = (len(ids), "clips") if by_clips else (len(clips_of), "subjects")
    if units < n_folds:
        without = "--inner-folds 0 --selection last_epoch --trials 1: nobody validates, nothing is chosen"
        few = f"ask for at most {units}, or for " if units > 1 else "give "
        raise ProtocolError(f"{units} training {what} cannot make {n_folds} inner folds; {few}{without}")
    if by_clips:
        drawn = {name: seed_of("inner", seed, name) for name in (*clips_of, *ids)}
        dealt_in_turn = sorted(ids, key=lambda clip: (drawn[subject_of[clip]], subject_of[clip], drawn[clip]))
        return [tuple(sorted(dealt_in_turn[i::n_folds])) for i in range(n_folds)]
    group_of = _group_of(clips_of, n_folds, seed)
    clips: list[list[str]] = [[] for _ in range(n_folds)]
    for clip in ids:
        clips[group_of[subject_of[clip]]].append(clip)
    return [tuple(group) for group in clips]


def _group_of(clips_of: Mapping[str, int], n_folds: int, seed: int) -> dict[str, int]:
    """Person -> number of the group that the person is in. clips_of: person -> number of training clips."""
    people = dealt(clips_of, n_folds, "inner", seed)
    return {who: number for number, group in enumerate(people) for who in group}


def split(
    train_ids: Sequence[str],
    subject_of: Mapping[str, str],
    n_folds: int,
    seed: int,
    *,
    by_clips: bool = False,
    group: int = 0,
) -> Split:
    """(training ids, validation ids) of one fold: one of ``groups_of`` validates.

    n_folds   0 = nobody validates, all train; else as in ``groups_of``.
    group     which one, 0 .. n_folds - 1. The seed has drawn the order, so the first is anybody's.
    by_clips  as in ``groups_of``; a person's only training clip stays in training, so that every person of
              train_ids trains.
    Raises ProtocolError as ``groups_of``, and where no clip of the group can be spared.
    """
    return splits(train_ids, subject_of, n_folds, seed, by_clips=by_clips, groups=range(group, group + 1))[0]


def splits(
    train_ids: Sequence[str],
    subject_of: Mapping[str, str],
    n_folds: int,
    seed: int,
    *,
    by_clips: bool = False,
    groups: Sequence[int] = (0,),
) -> list[Split]:
    """``split`` for several of a fold's groups, which are dealt once."""
    ids = tuple(sorted(train_ids))
    if n_folds == 0:
        return [(ids, ()) for _ in groups]
    dealt_out = groups_of(ids, subject_of, n_folds, seed, by_clips=by_clips)
    return [_without(ids, subject_of, dealt_out[group], by_clips) for group in groups]


def _without(
    ids: tuple[str, ...], subject_of: Mapping[str, str], group: Sequence[str], by_clips: bool
) -> Split:
    validation = set(group)
    if by_clips:
        known = {subject_of[clip] for clip in ids if clip not in validation}
        validation = {clip for clip in validation if subject_of[clip] in known}
        if not validation:
            raise ProtocolError(
                f"none of {len(ids)} training clips can validate by clips: their people have no other clip "
                "that trains; ask for --inner-folds 0, or for a protocol that holds people out"
            )
    return tuple(clip for clip in ids if clip not in validation), tuple(sorted(validation))


class InnerSplits:
    """``splits`` of many folds of one table, sooner: 600 folds of 7,200 clips are four million clips, each of
    which ``splits`` looks up by its person. Equal ones, to the last clip.

    subject_of  clip id -> person, of all clips of the table.
    """

    def __init__(self, subject_of: Mapping[str, str]):
        ids = sorted(subject_of)
        self.subject_of = subject_of
        self.people = sorted(set(subject_of.values()))
        number = {who: place for place, who in enumerate(self.people)}
        self.ids = np.array(ids, dtype=object)
        self.row = {clip: row for row, clip in enumerate(ids)}
        self.person = np.array([number[subject_of[clip]] for clip in ids])

    def of(
        self, train_ids: Sequence[str], n_folds: int, seed: int, *, by_clips: bool, groups: Sequence[int]
    ) -> list[Split]:
        """As ``splits``. Raises ProtocolError likewise."""
        rows = np.sort(np.fromiter(map(self.row.__getitem__, train_ids), np.intp, len(train_ids)))
        counts = np.bincount(self.person[rows], minlength=len(self.people))
        clips_of = {self.people[place]: int(counts[place]) for place in np.flatnonzero(counts).tolist()}
        if by_clips or not 2 <= n_folds <= len(clips_of):
            return splits(train_ids, self.subject_of, n_folds, seed, by_clips=by_clips, groups=groups)
        group_of = _group_of(clips_of, n_folds, seed)
        of_person = np.array([group_of.get(who, -1) for who in self.people])
        own, ids = of_person[self.person[rows]], self.ids[rows]
        return [(tuple(ids[own != group].tolist()), tuple(ids[own == group].tolist())) for group in groups]


def untrained_classes(
    splits: Iterable[tuple[Sequence[str], Sequence[str]]],
    subject_of: Mapping[str, str],
    truth: Mapping[str, int],
    classes: Sequence[str],
) -> tuple[str, ...]:
    """One warning per class that some model cannot learn: all clips of it are tested, or those that are not
    validate.

    splits  (training ids, validation ids) of every model.
    truth   clip id -> class index, of all clips.
    """
    tested, validating, models = Counter[int](), Counter[int](), 0
    occurring = set(truth.values())
    for train, validation in splits:
        models += 1
        judged = {truth[clip] for clip in validation}
        for index in occurring - {truth[clip] for clip in train}:
            (validating if index in judged else tested)[index] += 1
    warnings = []
    for index, name in enumerate(classes):
        people = first_names(sorted({subject_of[clip] for clip, own in truth.items() if own == index}))
        if tested[index]:
            warnings.append(
                f"class {name!r} cannot be learnt by {tested[index]} of {models} models: all of its clips "
                f"(of {people}) are tested there, so its recall there is 0 by construction; consider a label "
                "scheme without it"
            )
        if validating[index]:
            warnings.append(
                f"class {name!r} is not learnt by {validating[index]} of {models} models: all of its clips "
                f"that could train validate there (it is shown by {people}); more --inner-folds make that "
                "rarer"
            )
    return tuple(warnings)
