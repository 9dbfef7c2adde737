"""The tables of labels.py: which of a corpus' words make which class, and how many clips of each word a
release has.

Source of each scheme, with its number of clips (STAG: its Table 2; MESTI-MEGANet: arXiv:2509.00056, section
IV-B):
"3"       casme2, samm, megc2019, ststnet_flow: MEGC 2019 (See et al., FG 2019, doi:10.1109/FG.2019.8756611)
          and its list of 442 clips. smic_hs: its own three. mmew (234), casme3 (part A 699, part C 145): as
          MEGC. dfme: STAG (test A 474). fourdme: ours.
"3-rest"  casme2: STAG (255, of which 198 negative: all that is neither happiness nor surprise, so "others"
          too).
"4"       casme2: outline of the ROI-attention paper (147). mmew: SKD-TSTSAN (263). casme3: "3" and others,
          the words of its part C (A 860, C 165).
"5"       casme2: Yan et al. 2014, doi:10.1371/journal.pone.0086041 (246; 247 in other releases). samm: the
          protocol that FaceSleuth lists (136). fourdme: its own five (228). dfme: the five emotions that
          STAG's Table 7 shares with NaME.
"5-rest"  samm: STAG, MESTI-MEGANet (159: disgust, fear and sadness are in others, 49). dfme: STAG (test A
          474). casme2: STAG (255, others 108, with sadness and fear; its table has 27 others and 108
          repression, which can only be the other way round).
"6"       mmew: without "others" (234).
"7"       casme2: all words (255). samm: the seven basic emotions (Davison et al. 2018,
          doi:10.1109/TAFFC.2016.2573832), without "other" (133). mmew (300), dfme (2,629): all words. casme3:
          the words of part A (860).
"all"     every word of the corpus.

Choices that move numbers, made here and nowhere else:
- "3" of casme2: negative = disgust and repression. Sadness (7 clips) and fear (2) are negative feelings, but
  MEGC's negative has 88 clips, which are 61 disgust + 27 repression; so they are left out, as "others" is.
  (MEGC also leaves out sub04/EP12_01f and sub05/EP09_05f by hand; this scheme does not, so it has 90.)
- "3" of samm: negative = anger, contempt, disgust, fear and sadness; "other" is left out.
- fourdme: clips with several emotions at once ("surprise+positive") are left out of all schemes; "3" leaves
  out repression and others too. STAG gives most of them to one of their emotions (3 classes: 215 clips, 5:
  267) and does not say by which rule.
- casme3: "3" and "4" join the parts: negative and positive of part C, and the emotions of part A. "7" leaves
  out those two words. "all" of both parts has overlapping classes (negative, disgust).
- manifest and synthetic, "3": positive = happiness, surprise, negative = anger, contempt, disgust, fear,
  sadness, repression; "others" is left out. "4", "5" and "7" of manifest are CASME II's, so that a lab's own
  clips compare with the best-known table, "6" is MMEW's. The synthetic corpus renders seven emotions and no
  "others": its "5" are the five that it renders most.
- "all" of casme3, manifest and synthetic: the classes that occur in the corpus, in the order below; a fixed
  longer list would score 0 for classes that the lab never elicited.
"""

from __future__ import annotations

from collections.abc import Mapping

# class -> the corpus' words for it; the order of the keys is the order of the classes
Scheme = Mapping[str, tuple[str, ...]]


def _same(*words: str) -> dict[str, tuple[str, ...]]:
    return {word: (word,) for word in words}


def _only(scheme: Scheme, *names: str) -> Scheme:
    return {name: scheme[name] for name in names}


def _first(scheme: Scheme, n: int) -> Scheme:
    return _only(scheme, *list(scheme)[:n])


_THREE_AS_GIVEN = _same("negative", "positive", "surprise")
_CASME2_ALL = {
    **_same("happiness", "surprise", "disgust", "repression"),
    "others": ("others", "other"),
    **_same("sadness", "fear"),
}
_THREE_OF_CASME2 = {
    "negative": ("disgust", "repression"),
    "positive": ("happiness",),
    "surprise": ("surprise",),
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
_THREE_OF_MMEW = {
    "negative": ("anger", "disgust", "fear", "sadness"),
    "positive": ("happiness",),
    "surprise": ("surprise",),
}
# in the order of its EmotionId
_DFME_ALL = _same("anger", "contempt", "disgust", "fear", "happiness", "sadness", "surprise")
_THREE_OF_SEVEN = {**_THREE_OF_MMEW, "negative": ("anger", "contempt", "disgust", "fear", "sadness")}
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

SCHEMES: dict[str, dict[str, Scheme]] = {
    "3": {
        "casme2": _THREE_OF_CASME2,
        "samm": _THREE_OF_SEVEN,
        "smic_hs": _THREE_AS_GIVEN,
        "mmew": _THREE_OF_MMEW,
        "dfme": _THREE_OF_SEVEN,
        "fourdme": _THREE_AS_GIVEN,
        "casme3": _THREE_OF_CASME3,
        "megc2019": _THREE_AS_GIVEN,
        "ststnet_flow": _THREE_AS_GIVEN,
        "manifest": _OPEN_THREE,
        "synthetic": _OPEN_THREE,
    },
    "3-rest": {
        "casme2": {
            **_THREE_OF_CASME2,
            "negative": ("disgust", "repression", "others", "other", "sadness", "fear"),
        },
    },
    "4": {
        "casme2": _first(_CASME2_ALL, 4),
        "mmew": _only(_MMEW_ALL, "happiness", "surprise", "disgust", "others"),
        "casme3": {**_THREE_OF_CASME3, "others": ("others", "other")},
        "manifest": _first(_OPEN_ALL, 4),
        "synthetic": _first(_OPEN_ALL, 4),
    },
    "5": {
        "casme2": _first(_CASME2_ALL, 5),
        "samm": _first(_SAMM_ALL, 5),
        "fourdme": _FOURDME_ALL,
        "dfme": _only(_DFME_ALL, "anger", "disgust", "happiness", "sadness", "surprise"),
        "manifest": _first(_OPEN_ALL, 5),
        "synthetic": _only(_OPEN_ALL, "happiness", "surprise", "disgust", "repression", "anger"),
    },
    "5-rest": {
        "casme2": {**_first(_CASME2_ALL, 4), "others": ("others", "other", "sadness", "fear")},
        "samm": {**_first(_SAMM_ALL, 4), "others": ("other", "others", "disgust", "fear", "sadness")},
        "dfme": {
            **_only(_DFME_ALL, "anger", "contempt", "happiness", "surprise"),
            "others": ("disgust", "fear", "sadness"),
        },
    },
    "6": {
        "mmew": _first(_MMEW_ALL, 6),
        "manifest": _only(_OPEN_ALL, *list(_MMEW_ALL)[:6]),
        "synthetic": _only(_OPEN_ALL, *list(_MMEW_ALL)[:6]),
    },
    "7": {
        "casme2": _CASME2_ALL,
        "samm": _only(_SAMM_ALL, "happiness", "surprise", "contempt", "anger", "disgust", "fear", "sadness"),
        "mmew": _MMEW_ALL,
        "dfme": _DFME_ALL,
        "casme3": _first(_CASME3_ALL, 7),
        "manifest": _first(_OPEN_ALL, 7),
        "synthetic": _only(
            _OPEN_ALL, "happiness", "surprise", "disgust", "repression", "sadness", "fear", "anger"
        ),
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
OCCURRING_ONLY = {"casme3", "manifest", "synthetic"}  # under "all": see the docstring

_MEGC = {"negative": 250, "positive": 109, "surprise": 83}
_OFFICIAL_CASME3 = "github.com/jingtingEmmaLi/CAS-ME-3 9e25aa9"

# Release -> where its clips per word are from, and they. A release is a corpus, or 'corpus/part' or
# 'corpus/other release'. Words with several emotions at once have no class in any scheme and are not here.
RELEASES: dict[str, tuple[str, dict[str, int]]] = {
    "casme2": (
        "CASME2-coding-20140508.xlsx",
        {
            "happiness": 32,
            "surprise": 25,
            "disgust": 63,
            "repression": 27,
            "others": 99,
            "sadness": 7,
            "fear": 2,
        },
    ),
    "casme2/updated": (
        "CASME2-coding-updated.xlsx",
        {
            "happiness": 32,
            "surprise": 25,
            "disgust": 64,
            "repression": 27,
            "others": 99,
            "sadness": 7,
            "fear": 2,
        },
    ),
    "casme2/247": (
        "the 247 clips of CASME II in MESTI-MEGANet",
        {"happiness": 33, "surprise": 25, "disgust": 60, "repression": 27, "others": 102},
    ),
    "samm": (
        "SAMM_Micro_FACS_Codes_v2.xlsx",
        {
            "happiness": 26,
            "surprise": 15,
            "contempt": 12,
            "anger": 57,
            "other": 26,
            "disgust": 9,
            "fear": 8,
            "sadness": 6,
        },
    ),
    "smic_hs": (
        "Li et al. 2013, doi:10.1109/FG.2013.6553717",
        {"negative": 70, "positive": 51, "surprise": 43},
    ),
    "mmew": (
        "Ben et al. 2021, doi:10.1109/TPAMI.2021.3067464",
        {"happiness": 36, "surprise": 89, "disgust": 72, "fear": 16, "sadness": 13, "anger": 8, "others": 66},
    ),
    "dfme": (
        "DFME, all of the CCAC 2024 challenge",
        dict(zip(_DFME_ALL, (241, 171, 735, 365, 311, 359, 447), strict=True)),
    ),
    "dfme/train": (
        "DFME's training_full_with_AU.xlsx",
        dict(zip(_DFME_ALL, (161, 100, 548, 265, 206, 278, 298), strict=True)),
    ),
    "dfme/testA": (
        "DFME's testA_full_with_AU.xlsx",
        dict(zip(_DFME_ALL, (39, 34, 129, 62, 63, 46, 101), strict=True)),
    ),
    "dfme/testB": (
        "DFME's testB_full_with_AU.xlsx",
        dict(zip(_DFME_ALL, (41, 37, 58, 38, 42, 35, 48), strict=True)),
    ),
    "fourdme": (
        "4DME_Labelling_Micro_release v1.xlsx (uncertain: not checked on a release)",
        {"negative": 127, "positive": 34, "surprise": 30, "repression": 6, "others": 31},
    ),
    "casme3/A": (
        f"part A of {_OFFICIAL_CASME3}",
        {"happy": 55, "surprise": 187, "disgust": 250, "fear": 86, "anger": 64, "sad": 57, "others": 161},
    ),
    "casme3/C": (
        f"part C of {_OFFICIAL_CASME3}",
        {"negative": 99, "positive": 16, "surprise": 30, "others": 20},
    ),
    "casme3": (
        f"parts A and C of {_OFFICIAL_CASME3}",
        {
            "happy": 55,
            "surprise": 217,
            "disgust": 250,
            "fear": 86,
            "anger": 64,
            "sad": 57,
            "others": 181,
            "negative": 99,
            "positive": 16,
        },
    ),
    "megc2019": ("MEGC 2019, combined_3class_gt.csv", _MEGC),
    "ststnet_flow": ("MEGC 2019, combined_3class_gt.csv", _MEGC),
}
