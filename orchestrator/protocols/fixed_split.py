"""The split that a corpus itself fixes: clips of "train" train, those of all other splits are tested in one
fold, each once, and reported split by split.

Source  DFME: splits train, testA and testB of CCAC 2024 (Zhao et al. 2024, doi:10.1109/TAFFC.2023.3341918);
        or column "split" of a manifest. A split "validation" is tested too: validation people are taken from
        the training side, as everywhere.
"""

from __future__ import annotations

from orchestrator.protocols.fold import Clips, Fold, Protocol, ProtocolError, first_names

TRAIN = "train"


def folds(clips: Clips, k: int) -> tuple[Fold, ...]:
    """One fold, named after the tested splits ("testA+testB"). ``k`` is not used.

    Raises ProtocolError if a clip has no split, if nothing trains or nothing is tested, or if a person is on
    both sides.
    """
    found = sorted(set(clips.splits) - {""})
    if not found:
        raise ProtocolError(
            "fixed_split needs a corpus that fixes splits, as dfme does or a manifest with a column 'split'"
        )
    if without := sorted(clip for clip, split in zip(clips.ids, clips.splits, strict=True) if not split):
        raise ProtocolError(
            f"fixed_split: {len(without)} of {len(clips.ids)} clips have no split: {first_names(without)}; "
            "give each one, or leave out the corpus that fixes none"
        )
    tested = [split for split in found if split != TRAIN]
    if TRAIN not in found or not tested:
        raise ProtocolError(
            f"fixed_split needs clips of split {TRAIN!r} and of another one, the table has "
            f"{', '.join(found)}; "
            "add the missing split, or check which clips the label scheme leaves out"
        )
    rows = list(zip(clips.ids, clips.subjects, clips.splits, strict=True))
    both = {who for _, who, split in rows if split == TRAIN} & {
        who for _, who, split in rows if split != TRAIN
    }
    if both:
        raise ProtocolError(
            f"fixed_split: {len(both)} people are both in {TRAIN!r} and in {', '.join(tested)}: "
            f"{first_names(sorted(both))}; "
            "mend the split so that each person is on one side"
        )
    train, test = (
        tuple(sorted(clip for clip, _, split in rows if (split == TRAIN) == side)) for side in (True, False)
    )
    return (Fold("+".join(tested), train, test),)


PROTOCOL = Protocol(
    folds=folds,
    part=lambda fold, source, split: split,
    told=lambda people, corpora, k: 1,
)
