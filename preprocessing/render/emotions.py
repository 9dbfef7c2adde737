"""Which action units show an emotion, which emotion each clip has, and what an annotator would mark.

Source: FACS combinations of the basic emotions (Ekman, Friesen & Hager, FACS Investigator's Guide, 2002)
reduced to the AUs of au_fields.py; repression as coded in CASME II (Yan et al. 2014, doi
10.1371/journal.pone.0086041). Variants overlap between emotions on purpose (12 alone or 12+15, 1+2 or 1+2+4,
4 in three emotions).
"""

from __future__ import annotations

import numpy as np

from preprocessing.render.config import RenderConfig, generator

VARIANTS: dict[str, tuple[tuple[int, ...], ...]] = {
    "happiness": ((6, 12), (12,), (6, 12, 25), (7, 12)),
    "surprise": ((1, 2), (1, 2, 5), (1, 2, 25), (1, 2, 5, 26), (2, 25)),
    "disgust": ((9,), (4, 10), (9, 10), (4, 9, 17), (4, 7, 10)),
    "repression": ((14,), (12, 15), (14, 17), (12, 14, 24)),
    "sadness": ((1, 4), (1, 15), (15, 17), (1, 4, 15)),
    "anger": ((4, 7), (4, 7, 23), (4, 24)),
    "fear": ((1, 2, 4), (1, 2, 4, 5), (1, 4, 20), (1, 2, 4, 20)),
}

# Share of each emotion. After the 3-class mapping: positive 30 %, surprise 25 %, negative 45 %.
SHARES: dict[str, float] = {
    "happiness": 0.30,
    "surprise": 0.25,
    "disgust": 0.18,
    "repression": 0.09,
    "anger": 0.07,
    "sadness": 0.06,
    "fear": 0.05,
}
_THREE_CLASSES = {"happiness": "positive", "surprise": "surprise"}  # the rest is negative

# RenderConfig.planted -> class of three -> the AUs that show it, all of them in that part of the face
PLANTED: dict[str, dict[str, tuple[int, ...]]] = {
    "brows": {"positive": (2,), "surprise": (1,), "negative": (4,)},
    "mouth": {"positive": (12,), "surprise": (25, 26), "negative": (15,)},
}
# and the AUs that move elsewhere, whatever the class
ELSEWHERE: dict[str, tuple[int, ...]] = {
    "brows": (10, 12, 15, 17, 20, 25),
    "mouth": (1, 2, 4, 5, 6, 7),
}

CONFUSED: dict[int, int] = {
    1: 2,
    2: 1,
    4: 1,
    5: 2,
    6: 7,
    7: 6,
    9: 10,
    10: 9,
    12: 14,
    14: 12,
    15: 17,
    17: 15,
    20: 12,
    23: 24,
    24: 23,
    25: 26,
    26: 25,
}
# common marks of real sheets, more often
EXTRA_MARKS: tuple[int, ...] = (1, 2, 4, 4, 6, 7, 7, 9, 10, 12, 12, 14, 15, 17, 25)


def corpus_emotions(config: RenderConfig) -> list[list[str]]:
    """Emotion of each clip, as rows of subjects: SHARES over the whole corpus, shuffled over people.

    With two clips or more, every person shows at least two of the three classes (where the corpus has two at
    all).
    """
    count = config.subjects * config.clips_per_subject
    exact = np.array(list(SHARES.values())) * count
    whole = np.floor(exact).astype(int)
    for index in np.argsort(whole - exact, kind="stable")[: count - whole.sum()]:  # largest remainders
        whole[index] += 1
    deck = np.repeat(np.array(list(SHARES)), whole)
    generator(config.seed, "emotions").shuffle(deck)
    rows = [[str(word) for word in row] for row in deck.reshape(config.subjects, config.clips_per_subject)]
    if config.clips_per_subject > 1:
        for row in rows:
            _mix(row, rows)
    return rows


def three_class(emotion: str) -> str:
    """positive, surprise or negative."""
    return _THREE_CLASSES.get(emotion, "negative")


def _mix(row: list[str], rows: list[list[str]]) -> None:
    """Swap one clip of a one-class person with another person's clip of another class, if that person keeps
    two classes."""
    if len({three_class(word) for word in row}) > 1:
        return
    for other in rows:
        for place, word in enumerate(other):
            left = {three_class(w) for w in [*other[:place], row[0], *other[place + 1 :]]}
            if three_class(word) != three_class(row[0]) and len(left) > 1:
                row[0], other[place] = word, row[0]
                return


def annotation(units: list[tuple[int, str]], config: RenderConfig, rng: np.random.Generator) -> str:
    """The annotator's AU text for the true ``units`` (AU, side: "", "L" or "R"), such as ``L1+2+12``; never
    empty.

    With the level's probabilities a true AU is missed or taken for its neighbour, and marks are added for AUs
    that are not there. When all are missed the first true AU is marked.
    """
    level = config.level
    marks: dict[int, str] = {}
    for au, side in units:
        missed, confused = rng.random(2)
        if missed >= level.missed_mark:
            marks.setdefault(CONFUSED[au] if confused < level.confused_mark else au, side)
    for _ in range(2):
        extra = int(rng.choice(EXTRA_MARKS))
        if rng.random() < level.extra_mark / 2:
            marks.setdefault(extra, "")
    if not marks:
        marks[units[0][0]] = units[0][1]
    return "+".join(f"{marks[au]}{au}" for au in sorted(marks))
