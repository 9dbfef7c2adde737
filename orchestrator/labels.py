"""Label schemes: from a corpus' own emotion word to a class. Feature sets keep the raw word; the class is decided here.

Source  "3": MEGC 2019 (See et al., FG 2019, doi:10.1109/FG.2019.8756611) and its published list of 442 clips. "5": the five
        classes in common use for CASME II (Yan et al. 2014) and for SAMM (Davison et al. 2018), which are not the same five.
Input   the corpus' name and one word per clip, lower case, as its adapter gives it.
Output  class names in a fixed order, an index per clip (None = the clip takes no part), and why clips were left out.

Choices that move numbers, made here and nowhere else:
- "3" of casme2 is MEGC's: negative = disgust and repression. Sadness (7 clips) and fear (2) are negative feelings, but MEGC's
  negative has 88 clips, which are 61 disgust + 27 repression; so they are left out, as "others" is. (MEGC also leaves out
  sub04/EP12_01f and sub05/EP09_05f by hand; this scheme does not.)
- "3" of samm: negative = anger, contempt, disgust, fear and sadness; "other" is left out.
- smic_hs, megc2019 and ststnet_flow come with the three classes as their words, so "3" and "all" are the same there.
- fourdme: clips with several emotions at once ("surprise+positive") are left out of both schemes; its "3", ours as none is
  published, leaves out repression and others too.
- casme3: "all" of part A has 7 classes, of part C 4. With both parts under one root they overlap (negative, disgust): take "3".
- manifest and synthetic, "3": positive = happiness, surprise, negative = anger, contempt, disgust, fear, sadness, repression;
  "others" is left out. "5" of manifest is CASME II's five, so that a lab's own clips compare with the best-known table;
  the synthetic corpus renders no "others", so its "5" are the five emotions that it renders most.
- "all" of casme3, manifest and synthetic: the classes that occur in the corpus, in the order below; a fixed longer list would score 0
  for classes that the lab never elicited.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from orchestrator.config import ConfigError, nearest

Scheme = Mapping[str, tuple[str, ...]]  # class -> the corpus' words for it; the order of the keys is the order of the classes


@dataclass(frozen=True)
class Labelling:
    """What became of every clip's word.

    classes   names in order.
    index     class of each clip, None for a clip that takes no part.
    why       for each clip "", or the reason why it takes no part.
    left_out  reason -> number of clips.
    unknown   those reasons that name a word which the corpus should not have, and the nearest word that it has.
    """

    classes: tuple[str, ...]
    index: list[int | None]
    why: list[str]
    left_out: dict[str, int]
    unknown: tuple[str, ...]


def _same(*words: str) -> dict[str, tuple[str, ...]]:
    return {word: (word,) for word in words}


_THREE_AS_GIVEN = _same("negative", "positive", "surprise")
_CASME2_ALL = {
    **_same("happiness", "surprise", "disgust", "repression"),
    "others": ("others", "other"),
    **_same("sadness", "fear"),
}
_SAMM_ALL = {
    **_same("happiness", "surprise", "contempt", "anger"),
    "other": ("other", "others"),
    **_same("disgust", "fear", "sadness"),
}
_MMEW_ALL = {  # "others" is "repression" in some releases
    **_same("happiness", "surprise", "disgust", "fear", "sadness", "anger"),
    "others": ("others", "other", "repression"),
}
_THREE_OF_MMEW = {"negative": ("anger", "disgust", "fear", "sadness"), "positive": ("happiness",), "surprise": ("surprise",)}
_DFME_ALL = _same("anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")  # in the order of its EmotionId
_THREE_OF_DFME = {**_THREE_OF_MMEW, "negative": ("anger", "contempt", "disgust", "fear", "sadness")}  # ours: none is published
_FOURDME_ALL = _same("negative", "positive", "surprise", "repression", "others")
_CASME3_ALL = {  # then the words of part C
    "happiness": ("happy", "happiness"),
    **_same("surprise", "disgust", "fear", "anger"),
    "sadness": ("sad", "sadness"),
    "others": ("others", "other"),
    **_same("negative", "positive"),
}
_THREE_OF_CASME3 = {
    "negative": ("negative", "anger", "disgust", "fear", "sad", "sadness"),
    "positive": ("positive", "happy", "happiness"),
    "surprise": ("surprise",),
}
_OPEN_ALL = {
    "happiness": ("happiness", "happy", "joy"),
    **_same("surprise", "disgust", "repression"),
    "others": ("others", "other"),
    "sadness": ("sadness", "sad"),
    **_same("fear", "anger", "contempt", "negative", "positive"),
}
_OPEN_THREE = {
    "negative": ("negative", "anger", "contempt", "disgust", "fear", "sadness", "sad", "repression"),
    "positive": ("positive", "happiness", "happy", "joy"),
    "surprise": ("surprise",),
}


def _first(scheme: Scheme, n: int) -> Scheme:
    return {name: scheme[name] for name in list(scheme)[:n]}


SCHEMES: dict[str, dict[str, Scheme]] = {
    "3": {
        "casme2": {"negative": ("disgust", "repression"), "positive": ("happiness",), "surprise": ("surprise",)},
        "samm": {
            "negative": ("anger", "contempt", "disgust", "fear", "sadness"),
            "positive": ("happiness",),
            "surprise": ("surprise",),
        },
        "smic_hs": _THREE_AS_GIVEN,
        "mmew": _THREE_OF_MMEW,
        "dfme": _THREE_OF_DFME,
        "fourdme": _THREE_AS_GIVEN,
        "casme3": _THREE_OF_CASME3,
        "megc2019": _THREE_AS_GIVEN,
        "ststnet_flow": _THREE_AS_GIVEN,
        "manifest": _OPEN_THREE,
        "synthetic": _OPEN_THREE,
    },
    "5": {
        "casme2": _first(_CASME2_ALL, 5),
        "samm": _first(_SAMM_ALL, 5),
        "manifest": _first(_OPEN_ALL, 5),
        "synthetic": _same("happiness", "surprise", "disgust", "repression", "anger"),
    },
    "all": {
        "casme2": _CASME2_ALL,
        "samm": _SAMM_ALL,
        "smic_hs": _THREE_AS_GIVEN,
        "mmew": _MMEW_ALL,
        "dfme": _DFME_ALL,
        "fourdme": _FOURDME_ALL,
        "casme3": _CASME3_ALL,
        "megc2019": _THREE_AS_GIVEN,
        "ststnet_flow": _THREE_AS_GIVEN,
        "manifest": _OPEN_ALL,
        "synthetic": _OPEN_ALL,
    },
}
_OCCURRING_ONLY = {"casme3", "manifest", "synthetic"}  # under "all": see the docstring


def classify(corpus: str, emotions: Sequence[str], scheme: str) -> Labelling:
    """Class index of each word under a scheme ("3", "5", "all").

    Raises ConfigError for an unknown corpus, an unknown scheme, or a scheme that the corpus does not have. An unknown
    emotion raises nothing: its clips are left out and named, so that one typing error does not stop a study.
    """
    if corpus not in SCHEMES["all"]:
        raise ConfigError(nearest(corpus, SCHEMES["all"], "corpus"))
    if scheme not in SCHEMES:
        raise ConfigError(nearest(scheme, SCHEMES, "label scheme"))
    if corpus not in SCHEMES[scheme]:
        have = ", ".join(name for name in SCHEMES if corpus in SCHEMES[name])
        raise ConfigError(f"corpus {corpus!r} has no label scheme {scheme!r}; it has: {have}")
    known = {word for words in SCHEMES["all"][corpus].values() for word in words}
    given = [emotion.strip().lower() for emotion in emotions]
    several = {word for word in given if "+" in word and known.issuperset(part.strip() for part in word.split("+"))}

    chosen = SCHEMES[scheme][corpus]
    if scheme == "all" and corpus in _OCCURRING_ONLY:
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
            reason[word] = f"emotion {word!r} is several at once; scheme {scheme!r} has classes for single emotions only"
        else:
            reason[word] = nearest(word, known, f"emotion of corpus {corpus}")
    why = ["" if i is not None else reason[word] for word, i in zip(given, index, strict=True)]
    left_out = dict(sorted(Counter(filter(None, why)).items()))
    unknown = tuple(text for word, text in reason.items() if word and word not in known | several)
    return Labelling(tuple(chosen), index, why, left_out, unknown)
