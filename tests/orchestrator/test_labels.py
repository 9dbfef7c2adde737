"""Label schemes: published counts, words that mean no class, and words that should not be there."""

import pytest

from orchestrator.config import ConfigError
from orchestrator.labels import SCHEMES, classify

CASME2 = {"others": 99, "disgust": 63, "happiness": 32, "repression": 27, "surprise": 25, "sadness": 7, "fear": 2}  # 255 clips
SAMM = {"anger": 57, "other": 26, "happiness": 26, "surprise": 15, "contempt": 12, "disgust": 9, "fear": 8, "sadness": 6}  # 159


def counts(corpus, words, scheme):
    emotions = [word for word, n in words.items() for _ in range(n)]
    labelling = classify(corpus, emotions, scheme)
    return {name: labelling.index.count(i) for i, name in enumerate(labelling.classes)}, labelling


@pytest.mark.parametrize(
    ("corpus", "words", "scheme", "expected"),
    [
        # MEGC 2019 lists 88 / 32 / 25 of CASME II; two of the 90 here are left out by hand there, see the module.
        ("casme2", CASME2, "3", {"negative": 63 + 27, "positive": 32, "surprise": 25}),
        ("casme2", CASME2, "5", {"happiness": 32, "surprise": 25, "disgust": 63, "repression": 27, "others": 99}),
        ("samm", SAMM, "3", {"negative": 92, "positive": 26, "surprise": 15}),  # MEGC 2019: 92 / 26 / 15
        ("samm", SAMM, "5", {"happiness": 26, "surprise": 15, "contempt": 12, "anger": 57, "other": 26}),  # 136 clips
        ("smic_hs", {"negative": 70, "positive": 51, "surprise": 43}, "3", {"negative": 70, "positive": 51, "surprise": 43}),
        ("manifest", {"happiness": 2, "negative": 1, "fear": 1, "others": 4}, "3", {"negative": 2, "positive": 2, "surprise": 0}),
        ("manifest", {"fear": 3, "happy": 2, "others": 1}, "all", {"happiness": 2, "others": 1, "fear": 3}),
    ],
)
def test_class_counts_and_order_are_those_of_the_published_scheme(corpus, words, scheme, expected):
    found, labelling = counts(corpus, words, scheme)
    assert list(found.items()) == list(expected.items())
    assert labelling.unknown == ()
    assert sum(labelling.left_out.values()) == sum(words.values()) - sum(expected.values())


def test_all_keeps_every_word_of_the_sheets():
    for corpus, words in (("casme2", CASME2), ("samm", SAMM)):
        assert counts(corpus, words, "all")[0] == words


def test_the_order_of_the_classes_does_not_depend_on_the_order_of_the_clips():
    words = ["fear", "others", "happiness", "surprise"]
    assert classify("manifest", words, "all").classes == classify("manifest", words[::-1], "all").classes


def test_a_word_without_a_class_differs_from_a_word_that_should_not_be_there():
    labelling = classify("casme2", ["Disgust ", "sadness", "", "hapiness", "happiness", "sadness"], "3")
    assert labelling.index == [0, None, None, None, 1, None]
    unknown = "unknown emotion of corpus casme2 'hapiness'; did you mean 'happiness'?"
    assert len(labelling.unknown) == 1
    assert labelling.unknown[0].startswith(unknown)
    assert labelling.why[:5] == [
        "",
        "emotion 'sadness' has no class in scheme '3'",
        "no emotion is given",
        labelling.unknown[0],
        "",
    ]
    assert labelling.left_out == {
        labelling.unknown[0]: 1,
        "emotion 'sadness' has no class in scheme '3'": 2,
        "no emotion is given": 1,
    }


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="corpus 'smic_hs' has no label scheme '5'; it has: 3, all"):
        classify("smic_hs", ["negative"], "5")
    with pytest.raises(ConfigError, match="unknown label scheme '7'; known: 3, 5, all"):
        classify("casme2", ["disgust"], "7")
    with pytest.raises(ConfigError, match="unknown corpus 'cassme2'; did you mean 'casme2'"):
        classify("cassme2", ["disgust"], "3")


def test_within_a_scheme_no_word_has_two_classes_and_all_knows_every_word():
    for scheme, corpora in SCHEMES.items():
        for corpus, classes in corpora.items():
            words = [word for group in classes.values() for word in group]
            assert len(words) == len(set(words)), (scheme, corpus)
            assert set(words) <= {word for group in SCHEMES["all"][corpus].values() for word in group}, (scheme, corpus)
