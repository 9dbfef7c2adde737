"""What the file of a corpus says, and what is wrong with it: for our own corpora, and for one from elsewhere
before it is used."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from preprocessing.datasets.words import Scheme
    from preprocessing.schema import Clip

FACTS = ("CORPUS", "PUBLISHED", "SCHEMES", "COMPOSITE", "PICTURES", "clips")


class Corpus(Protocol):
    """The module of a corpus. It imports OpenCV and pandas inside functions only: a process that reads the
    facts may have neither.

    CORPUS     its name, which is the file's.
    PUBLISHED  its published counts; {} where there are none:
                   clips, subjects  numbers; subjects may lack
                   emotions   the corpus' word -> clips; they add up to ``clips``
                   source     who says so
                   release    how a message names what these counts are of; ``source`` if it is not given
                   splits or parts  name -> clips, subjects, emotions, release of each split or part that the
                              corpus itself makes; they add up to the whole. A part is what stands before the
                              '-' of a person.
                   releases   name -> clips, emotions, release of other versions of its labels
               A sweep is compared with the nearest of all these, except with a part of a composite.
    SCHEMES    label scheme -> class -> words (words.py): "all", and those that papers use.
    COMPOSITE  True if its people are those of other corpora: person 'casme2-sub01' is 'sub01' of casme2.
    PICTURES   True if its clips are ready flow pictures: no frames, no face.
    MAY_SHARE_PEOPLE  may lack. Parts of the corpus of which nobody says whether a person is in several.
    INVENTED   may lack. True if its people are rendered, so that who is who is known.
    clips      function of the corpus' folder: yields one Clip per label row. It reads labels, opens no image,
               writes nothing.
    """

    __name__: str
    CORPUS: str
    PUBLISHED: Mapping[str, Any]
    SCHEMES: Mapping[str, Scheme]
    COMPOSITE: bool
    PICTURES: bool

    def clips(self, root: Path, /) -> Iterator[Clip]: ...


def path_of(corpus: Corpus) -> str:
    """The file that describes the corpus' layout, such as preprocessing/datasets/casme2.py."""
    return f"{corpus.__name__.replace('.', '/')}.py"


def there(corpus: Corpus, root: Path) -> None:
    """Raises CorpusError for a root that is not there, or that this user may not list: it takes no import of
    what reads a corpus to say so."""
    why = ""
    try:
        if not root.exists():
            why = f"does not exist; give the folder that {path_of(corpus)} describes"
        elif root.is_dir():
            os.scandir(root).close()
    except OSError as error:
        why = (
            f"cannot be listed by this user on this machine: {error.strerror}; have its owner let you read it"
        )
    if why:
        from preprocessing.schema import CorpusError

        raise CorpusError(f"root {root} {why}")


def faults(corpus: Corpus) -> tuple[str, ...]:
    """One sentence for each fact that is missing or contradicts another; () if there is none."""
    if missing := [f"{fact} is missing" for fact in FACTS if not hasattr(corpus, fact)]:
        return tuple(missing)
    if "all" not in corpus.SCHEMES:
        return ("SCHEMES has no scheme 'all', the one of every word of the corpus",)
    found = []
    if (file := corpus.__name__.rpartition(".")[2]) != corpus.CORPUS:
        found.append(f"CORPUS is {corpus.CORPUS!r}, but the file is named {file!r}")
    found += _of_schemes(corpus.SCHEMES)
    if corpus.PUBLISHED:
        found += _of_counts(corpus.PUBLISHED, _words(corpus.SCHEMES["all"]))
    return tuple(found)


def _words(scheme: Scheme) -> list[str]:
    return [word for group in scheme.values() for word in group]


def _of_schemes(schemes: Mapping[str, Scheme]) -> Iterator[str]:
    every = _words(schemes["all"])
    for name, scheme in schemes.items():
        words, number = _words(scheme), name.removesuffix("-rest")
        if texts := [one for one, group in scheme.items() if isinstance(group, str)]:
            yield f"scheme {name!r}: the words of {texts[0]!r} are one text; write them as ('joy', 'happy')"
            continue
        if number.isdecimal() and len(scheme) != int(number):
            yield f"scheme {name!r} has {len(scheme)} classes: {', '.join(scheme)}"
        if twice := [word for word, n in Counter(words).items() if n > 1]:
            yield f"scheme {name!r} has {', '.join(twice)} in two classes"
        if unknown := set(words) - set(every):
            yield f"scheme {name!r} has {', '.join(sorted(unknown))}, which 'all' lacks"
        if name.endswith("-rest") and (left := set(every) - set(words)):
            yield f"scheme {name!r} leaves out {', '.join(sorted(left))}: one class must take all other words"
        class_of = {word: one for one, group in scheme.items() for word in group}
        for group in schemes["all"].values():
            if len({class_of.get(word) for word in group}) > 1:
                yield f"scheme {name!r} parts {', '.join(group)}, which are one class in 'all'"


def _of_counts(told: Mapping[str, Any], every: list[str]) -> Iterator[str]:
    if not told.get("source"):
        yield "PUBLISHED has no source"
    shares: dict[str, Mapping[str, Any]] = {
        what: told.get(what, {}) for what in ("splits", "parts", "releases")
    }
    each = {"": told} | {f", {what} {name}": one for what in shares for name, one in shares[what].items()}
    lacking = [
        f"PUBLISHED{name}: {key} is missing"
        for name, one in each.items()
        for key in ("clips", "emotions")
        if key not in one
    ]
    if lacking:
        yield from lacking
        return
    for name, one in each.items():
        if one["clips"] != (counted := sum(one["emotions"].values())):
            yield f"PUBLISHED{name}: {one['clips']} clips, but its emotions add up to {counted}"
        # a clip of several emotions ('surprise+positive') has no class in any scheme
        if unknown := {word for word in one["emotions"] if "+" not in word} - set(every):
            yield f"PUBLISHED{name}: {', '.join(sorted(unknown))} is no word of scheme 'all'"
    for what in ("splits", "parts"):
        ones = shares[what].values()
        for number in ("clips", "subjects"):
            known = ones and all(number in one for one in (told, *ones))
            if known and (total := sum(one[number] for one in ones)) != told[number]:
                yield f"PUBLISHED: {told[number]} {number}, but its {what} add up to {total}"
        words: Counter[str] = sum((Counter(one["emotions"]) for one in ones), Counter())
        if ones and words != Counter(told["emotions"]):
            yield f"PUBLISHED: the emotions of its {what} do not add up to its own"
