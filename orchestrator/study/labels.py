"""Label schemes: from a corpus' own emotion word to a class. Feature sets keep the raw word; the class is
decided here.

Source  of every scheme: schemes.py. "3" to "7" are numbers of classes; in "3-rest" and "5-rest" one class
        takes all remaining words.
Input   the corpus' name and one word per clip, lower case, as its adapter gives it.
Output  class names in a fixed order, an index per clip (None = the clip takes no part), and why clips were
        left out; and where the clips per class differ from the published ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.common.errors import ConfigError, nearest
from orchestrator.study.schemes import OCCURRING_ONLY, RELEASES, SCHEMES, Scheme

__all__ = ["PUBLISHED", "SCHEMES", "Labelling", "classify", "deviations"]


@dataclass(frozen=True)
class Labelling:
    """What became of every clip's word.

    classes   names in order.
    index     class of each clip, None for a clip that takes no part.
    why       for each clip "", or the reason why it takes no part.
    left_out  reason -> number of clips.
    unknown   those reasons that name a word which the corpus should not have, and the nearest word that it
              has.
    """

    classes: tuple[str, ...]
    index: list[int | None]
    why: list[str]
    left_out: dict[str, int]
    unknown: tuple[str, ...]


def _clips(scheme: Scheme, words: Mapping[str, int]) -> dict[str, int]:
    """Class -> clips, of the classes that occur."""
    clips = {name: sum(words.get(word, 0) for word in group) for name, group in scheme.items()}
    return {name: n for name, n in clips.items() if n}


# Scheme -> corpus or release of it, a key of RELEASES -> class -> clips.
PUBLISHED: dict[str, dict[str, dict[str, int]]] = {
    scheme: {
        release: _clips(corpora[release.partition("/")[0]], words)
        for release, (_, words) in RELEASES.items()
        if release.partition("/")[0] in corpora
    }
    for scheme, corpora in SCHEMES.items()
}


def classify(corpus: str, emotions: Sequence[str], scheme: str) -> Labelling:
    """Class index of each word under a scheme, a key of SCHEMES.

    Raises ConfigError for an unknown corpus, an unknown scheme, or a scheme that the corpus does not have. An
    unknown emotion raises nothing: its clips are left out and named, so that one typing error does not stop a
    study.
    """
    chosen = _scheme(corpus, scheme)
    known = {word for words in SCHEMES["all"][corpus].values() for word in words}
    given = [emotion.strip().lower() for emotion in emotions]
    several = {
        word for word in given if "+" in word and known.issuperset(part.strip() for part in word.split("+"))
    }

    if scheme == "all" and corpus in OCCURRING_ONLY:
        chosen = {name: words for name, words in chosen.items() if set(words) & set(given)}
    class_of = {word: index for index, words in enumerate(chosen.values()) for word in words}
    index = [class_of.get(word) for word in given]

    reason: dict[str, str] = {}
    for word in sorted({word for word, i in zip(given, index, strict=True) if i is None}):
        if not word:
            reason[word] = "no emotion is given"
        elif word in known:
            reason[word] = f"emotion {word!r} has no class in scheme {scheme!r}"
        elif word in several:
            reason[word] = (
                f"emotion {word!r} is several at once; scheme {scheme!r} has classes for single emotions only"
            )
        else:
            reason[word] = nearest(word, known, f"emotion of corpus {corpus}")
    why = ["" if i is not None else reason[word] for word, i in zip(given, index, strict=True)]
    left_out = dict(sorted(Counter(filter(None, why)).items()))
    unknown = tuple(text for word, text in reason.items() if word and word not in known | several)
    return Labelling(tuple(chosen), index, why, left_out, unknown)


def deviations(corpus: str, scheme: str, found: Labelling | Mapping[str, int]) -> tuple[str, ...]:
    """One sentence per class whose number of clips is not the published one; () if none is published
    (manifest, synthetic).

    found  what ``classify`` gave for the corpus, or class -> clips; a class that is missing has 0.
    Of several published releases, such as parts of a corpus, the one that differs by the fewest clips is
    compared, and named. Raises ConfigError as ``classify`` does.
    """
    _scheme(corpus, scheme)
    if isinstance(found, Labelling):
        found = {name: found.index.count(i) for i, name in enumerate(found.classes)}
    differ: list[tuple[int, tuple[str, ...]]] = []
    for release, clips in PUBLISHED[scheme].items():
        if release.partition("/")[0] != corpus:
            continue
        pairs = {
            name: (found.get(name, 0), clips.get(name, 0)) for name in {**SCHEMES[scheme][corpus], **found}
        }
        source = RELEASES[release][0]
        differ.append(
            (
                sum(abs(here - there) for here, there in pairs.values()),
                tuple(
                    f"{corpus}, scheme {scheme!r}, clips of class {name!r}: {here} here, {there} published "
                    f"({source})"
                    for name, (here, there) in pairs.items()
                    if here != there
                ),
            )
        )
    return min(differ, key=lambda one: one[0])[1] if differ else ()


def _scheme(corpus: str, scheme: str) -> Scheme:
    if corpus not in SCHEMES["all"]:
        raise ConfigError(nearest(corpus, SCHEMES["all"], "corpus"))
    if scheme not in SCHEMES:
        raise ConfigError(nearest(scheme, SCHEMES, "label scheme"))
    if corpus not in SCHEMES[scheme]:
        have = ", ".join(name for name in SCHEMES if corpus in SCHEMES[name])
        raise ConfigError(f"corpus {corpus!r} has no label scheme {scheme!r}; it has: {have}")
    return SCHEMES[scheme][corpus]
