"""Label schemes: from a corpus' own emotion word to a class. Feature sets keep the raw word; the class is
decided here, by the tables in the corpus' file.

Input   the corpus' name and one word per clip, lower case, as its adapter gives it.
Output  class names in a fixed order, an index per clip (None = the clip takes no part), and why clips were
        left out; and where the clips per class differ from the published ones.

A scheme is a name of the corpus' file, or classes of its "all" by name: "happiness,surprise,fear". The
classes are the scheme's, whatever words the clips have: a model has one output for each, and how many those
are must not hang on the held-out person's words.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator.common.errors import ConfigError, nearest
from preprocessing.datasets import DATASETS
from preprocessing.datasets.words import Scheme, nearest_word, plain, unmeant, words_in


@dataclass(frozen=True)
class Labelling:
    """What became of every clip's word.

    classes   names in order.
    index     class of each clip, None for a clip that takes no part.
    why       for each clip "", or the reason why it takes no part; a word that the corpus should not have is
              named with the nearest one that it has.
    """

    classes: tuple[str, ...]
    index: list[int | None]
    why: list[str]


def corpora() -> tuple[str, ...]:
    """Names of all corpora."""
    return tuple(DATASETS)


def schemes(corpus: str) -> tuple[str, ...]:
    """Names of a corpus' label schemes. Raises ConfigError for an unknown corpus."""
    if corpus not in DATASETS:
        raise ConfigError(nearest(corpus, DATASETS, "corpus"))
    return tuple(DATASETS[corpus].SCHEMES)


def all_schemes() -> tuple[str, ...]:
    """Names of the label schemes that some corpus has."""
    return tuple(sorted({name for corpus in DATASETS for name in schemes(corpus)}))


def check(scheme: str, meant: Mapping[str, str] | None = None, corpora: Sequence[str] = ()) -> None:
    """Raises ConfigError unless some corpus has the scheme, or classes of these names, and one of ``corpora``
    the words that others are said to mean (--label)."""
    held = [words_in(DATASETS[name].SCHEMES["all"]) for name in corpora if name in DATASETS]
    if held and (why := unmeant(meant or {}, set().union(*held))):
        raise ConfigError(f"--label {why}")
    if "," not in scheme:
        if scheme not in all_schemes():
            raise ConfigError(nearest(scheme, all_schemes(), "label scheme"))
        return
    known = {name for corpus in DATASETS for name in DATASETS[corpus].SCHEMES["all"]}
    names = [name.strip() for name in scheme.split(",")]
    if unknown := [name for name in names if name not in known]:
        raise ConfigError(nearest(unknown[0], sorted(known), "class"))
    if len(set(names)) < len(names):
        raise ConfigError(f"--classes {scheme}: name each class once")


def own(corpus: str, scheme: str) -> str:
    """Of classes by name those that the corpus has, for protocols whose corpora differ in their classes; any
    other scheme as it is. Raises ConfigError for fewer than two."""
    if "," not in scheme:
        return scheme
    have = DATASETS[corpus].SCHEMES["all"]
    names = [name for name in (one.strip() for one in scheme.split(",")) if name in have]
    if len(names) < 2:
        raise ConfigError(
            f"--classes {scheme}: {corpus} has fewer than two of them; it has {', '.join(have)}"
        )
    return ",".join(names)


def published(corpus: str, scheme: str) -> dict[str, dict[str, int]]:
    """Class -> published clips, of the classes that occur, for each release of a corpus: "" is the whole, the
    others are its splits, its parts and other versions of its labels. {} where nothing is published.

    Raises ConfigError as ``classify`` does.
    """
    chosen = _scheme(corpus, scheme)
    made = {}
    for release, told in _releases(corpus):
        words = told["emotions"]
        clips = {name: sum(words.get(word, 0) for word in group) for name, group in chosen.items()}
        made[release] = {name: n for name, n in clips.items() if n}
    return made


def classify(
    corpus: str, emotions: Sequence[str], scheme: str, meant: Mapping[str, str] | None = None
) -> Labelling:
    """Class index of each word under a scheme: one of ``schemes(corpus)``, or names of classes of its "all".

    meant  word -> the corpus' word that it means (--label), lower case.

    Raises ConfigError for an unknown corpus, an unknown scheme, or a scheme that the corpus does not have. An
    unknown emotion raises nothing: its clips are left out and named, so that one typing error does not stop a
    study.
    """
    chosen = _scheme(corpus, scheme)
    known = words_in(_scheme(corpus, "all"))
    words = [plain(emotion) for emotion in emotions]
    given = [(meant or {}).get(word, word) for word in words]
    several = {
        word for word in given if "+" in word and known.issuperset(part.strip() for part in word.split("+"))
    }

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
            near = nearest_word(word, known)
            reason[word] = (
                f"unknown emotion of corpus {corpus} {word!r}; did you mean {near!r}? Say what it means with "
                f"--label {shlex.quote(f'{word}={near}')}, or in a labels.csv beside a manifest. "
                f"Known: {', '.join(sorted(known))}"
            )
    why = ["" if i is not None else reason[word] for word, i in zip(given, index, strict=True)]
    return Labelling(tuple(chosen), index, why)


def deviations(corpus: str, scheme: str, found: Labelling | Mapping[str, int]) -> tuple[str, ...]:
    """One sentence per class whose number of clips is not the published one; () if none is published
    (manifest, synthetic).

    found  what ``classify`` gave for the corpus, or class -> clips; a class that is missing has 0.
    Of several published releases, such as parts of a corpus, the one that differs by the fewest clips is
    compared, and named. Raises ConfigError as ``classify`` does.
    """
    chosen = _scheme(corpus, scheme)
    if isinstance(found, Labelling):
        found = {name: found.index.count(i) for i, name in enumerate(found.classes)}
    counts = published(corpus, scheme)
    differ: list[tuple[int, tuple[str, ...]]] = []
    for release, told in _releases(corpus):
        clips, source = counts[release], told.get("release", DATASETS[corpus].PUBLISHED["source"])
        pairs = {name: (found.get(name, 0), clips.get(name, 0)) for name in {**chosen, **found}}
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


def _releases(corpus: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(name, counts) of all that a table may be compared with. The parts of a composite are corpora of their
    own, of which it always has all."""
    told = DATASETS[corpus].PUBLISHED
    if told:
        yield "", told
    for what in ("releases",) if DATASETS[corpus].COMPOSITE else ("splits", "parts", "releases"):
        yield from told.get(what, {}).items()


def _scheme(corpus: str, scheme: str) -> Scheme:
    have = schemes(corpus)
    if scheme in have:
        return DATASETS[corpus].SCHEMES[scheme]
    check(scheme)
    if "," in scheme:
        every, names = DATASETS[corpus].SCHEMES["all"], {name.strip() for name in scheme.split(",")}
        if lacking := sorted(names - every.keys()):
            raise ConfigError(nearest(lacking[0], every, f"class of corpus {corpus}"))
        # in the order of the corpus' file, however they were typed
        return {name: words for name, words in every.items() if name in names}
    raise ConfigError(f"corpus {corpus!r} has no label scheme {scheme!r}; it has: {', '.join(have)}")
