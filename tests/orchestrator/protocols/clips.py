"""Clips for the tests of protocols: random corpora, and what any fold must fulfil, counted anew here."""

from collections import Counter

import numpy as np

from orchestrator.protocols import Clips, Fold


def made(rows):
    """rows: (clip id, subject, class index[, split]), in this order."""
    return Clips(*(tuple(column) for column in zip(*((*row, "")[:4] for row in rows), strict=True)))


def corpus(seed, n_people=20, name="c", shares=(0.6, 0.25, 0.15), split_of=lambda person: ""):
    """Rows of one corpus: people of 1 to 11 clips, the classes drawn by their shares."""
    rng = np.random.default_rng(seed)
    rows = []
    for person in range(n_people):
        labels = rng.choice(len(shares), rng.integers(1, 12), p=shares)
        rows += [
            (f"{name}/{person:02d}/{i}", f"{name}/{person:02d}", int(c), split_of(person))
            for i, c in enumerate(labels)
        ]
    return rows


def shuffled(clips, seed):
    order = np.random.default_rng(seed).permutation(len(clips.ids))
    return Clips(
        *(
            tuple(column[i] for i in order)
            for column in (clips.ids, clips.subjects, clips.labels, clips.splits)
        )
    )


def people(clips, ids):
    subject_of = dict(zip(clips.ids, clips.subjects, strict=True))
    return {subject_of[clip] for clip in ids}


def classes(clips, ids):
    """Class index -> number of these clips."""
    label_of = dict(zip(clips.ids, clips.labels, strict=True))
    return Counter(label_of[clip] for clip in ids)


def times_tested(clips, folds: tuple[Fold, ...]):
    """How often each clip of the table is tested, as a set of numbers."""
    times = Counter(clip for fold in folds for clip in fold.test)
    return {times[clip] for clip in clips.ids}
