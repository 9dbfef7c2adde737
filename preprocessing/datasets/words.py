"""What the label schemes of several corpora share; each corpus' own stand in its file, with their sources.

"3" to "7" are numbers of classes. In "3-rest" and "5-rest" one class takes all remaining words. "all" has
every word of the corpus.
"""

from __future__ import annotations

import difflib
import unicodedata
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

LABELS = "labels.csv"  # beside a manifest: what its own words mean
# words as people write them, of which no letters are alike
MEANT = {
    "joie": "joy", "heureux": "happy", "freude": "joy", "smile": "happiness", "positiv": "positive",
    "colere": "anger", "colère": "anger", "wut": "anger", "ärger": "anger", "angry": "anger",
    "degout": "disgust", "dégoût": "disgust", "ekel": "disgust", "disgusted": "disgust",
    "peur": "fear", "angst": "fear", "afraid": "fear", "scared": "fear", "fearful": "fear",
    "tristesse": "sadness", "trauer": "sadness", "unhappy": "sadness", "sorrow": "sadness",
    "überraschung": "surprise", "shock": "surprise", "shocked": "surprise", "amazed": "surprise",
    "mepris": "contempt", "mépris": "contempt", "verachtung": "contempt",
    "neutral": "others", "unknown": "others",
}  # fmt: skip
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


def words_in(scheme: Scheme) -> set[str]:
    """The corpus' words that have a class in a scheme."""
    return {word for group in scheme.values() for word in group}


def plain(word: str) -> str:
    """Without blanks around it and signs of no width, in lower case, and each letter with its accent as one
    sign: macOS writes it as two."""
    seen = "".join(sign for sign in word if unicodedata.category(sign) != "Cf")
    return unicodedata.normalize("NFC", seen.strip()).lower()


def nearest_word(word: str, known: Iterable[str]) -> str:
    """The word of a corpus that an unknown one most likely means."""
    words = sorted(known)
    near = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    if not near and (meant := MEANT.get(word)) in words:
        return str(meant)
    return (near or difflib.get_close_matches(word, words, n=1, cutoff=0.0))[0]


def words_of(path: Path) -> dict[str, str]:
    """{word of the manifest: word that it means}, lower case, of a file with the columns word,class; {} where
    there is none. Raises CorpusError for another header, and for one word with two meanings."""
    from preprocessing.datasets.tables import table  # a process that reads schemes alone does without

    return (
        meanings((row["word"], row["class"]) for row in table(path, ("word", "class")))
        if path.exists()
        else {}
    )


def meanings(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Pairs of (word, class) as a mapping, in lower case. Raises CorpusError for an empty one, and for one
    word with two classes."""
    from preprocessing.schema import CorpusError

    made: dict[str, str] = {}
    for given, meant in pairs:
        word, name = plain(given), plain(meant)
        if not word or not name:
            raise CorpusError(f"label {given!r} = {meant!r}: give a word and the class that it means")
        if made.setdefault(word, name) != name:
            raise CorpusError(f"label {word!r} means {made[word]!r} and {name!r}; keep one")
    return made


def meant(pairs: Iterable[str]) -> dict[str, str]:
    """As ``meanings``, of ["surprised=surprise"], as --label has them."""
    return meanings((word, name) for word, _, name in (pair.partition("=") for pair in pairs))


def unmeant(meant: Mapping[str, str], known: Collection[str]) -> str:
    """Which word is said to mean one that no scheme knows, with the nearest; "" if none is."""
    wrong = [f"{word}={name}" for word, name in meant.items() if name not in known]
    if not wrong:
        return ""
    near = nearest_word(wrong[0].rpartition("=")[2], known)
    return f"{wrong[0]}: no label scheme has this class; did you mean {near!r}?"


def unused(meant: Mapping[str, str], have: Iterable[str]) -> str:
    """What to say of words that no clip has; "" if all are had."""
    words = set(have)
    if not (idle := [word for word in meant if word not in words]):
        return ""
    return (
        f"--label {idle[0]}={meant[idle[0]]} changes nothing: no clip has the word {idle[0]!r}; the clips "
        f"have {', '.join(map(repr, sorted(words - {''})[:12]))}"
    )
