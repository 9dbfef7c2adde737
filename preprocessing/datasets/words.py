"""What the label schemes of several corpora share; each corpus' own stand in its file, with their sources.

"3" to "7" are numbers of classes. In "3-rest" and "5-rest" one class takes all remaining words. "all" has
every word of the corpus.
"""

from __future__ import annotations

from collections.abc import Mapping

# class -> the corpus' words for it; the order of the keys is the order of the classes
Scheme = Mapping[str, tuple[str, ...]]


def same(*words: str) -> dict[str, tuple[str, ...]]:
    """Classes that are named as the corpus' own words."""
    return {word: (word,) for word in words}


def only(scheme: Scheme, *names: str) -> dict[str, tuple[str, ...]]:
    """Those classes of a scheme, in the order that is given."""
    return {name: scheme[name] for name in names}


def first(scheme: Scheme, n: int) -> dict[str, tuple[str, ...]]:
    """The first ``n`` classes of a scheme."""
    return only(scheme, *list(scheme)[:n])


THREE_AS_GIVEN = same("negative", "positive", "surprise")
THREE_OF_SEVEN = {
    "negative": ("anger", "contempt", "disgust", "fear", "sadness"),
    "positive": ("happiness",),
    "surprise": ("surprise",),
}
