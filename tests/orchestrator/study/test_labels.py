"""Label schemes: published counts, words that mean no class, and words that should not be there."""

import unicodedata
from collections import Counter

import pytest

from orchestrator.common.errors import ConfigError
from orchestrator.study.labels import (
    all_schemes,
    check,
    classify,
    corpora,
    deviations,
    own,
    published,
    schemes,
)
from preprocessing.datasets import DATASETS
from preprocessing.datasets.words import meant
from preprocessing.render.emotions import SHARES

TABLES = [  # as papers print them, in the order of our classes; last: their total
    # MEGC 2019 lists 88 + 32 + 25, see the test of the composite
    ("3", "casme2", "negative 90 positive 32 surprise 25", 147),
    ("3", "samm", "negative 92 positive 26 surprise 15", 133),
    ("3", "smic_hs", "negative 70 positive 51 surprise 43", 164),
    ("3", "mmew", "negative 109 positive 36 surprise 89", 234),
    ("3", "dfme/testA", "negative 310 positive 63 surprise 101", 474),  # STAG, Table 2
    ("3", "fourdme", "negative 127 positive 34 surprise 30", 191),
    ("3", "casme3/A", "negative 457 positive 55 surprise 187", 699),
    ("3", "name", "negative 329 positive 15 surprise 162", 506),  # STAG, Table 2
    ("3", "megc2019", "negative 250 positive 109 surprise 83", 442),
    ("3-rest", "casme2", "negative 198 positive 32 surprise 25", 255),  # STAG, Table 2
    # outline of the ROI-attention paper
    ("4", "casme2", "happiness 32 surprise 25 disgust 63 repression 27", 147),
    ("4", "mmew", "happiness 36 surprise 89 disgust 72 others 66", 263),
    ("4", "casme3/A", "negative 457 positive 55 surprise 187 others 161", 860),
    ("4", "casme3/C", "negative 99 positive 16 surprise 30 others 20", 165),
    ("5", "casme2", "happiness 32 surprise 25 disgust 63 repression 27 others 99", 246),
    ("5", "casme2/updated", "happiness 32 surprise 25 disgust 64 repression 27 others 99", 247),
    # MESTI-MEGANet, section IV-B
    ("5", "casme2/247", "happiness 33 surprise 25 disgust 60 repression 27 others 102", 247),
    ("5", "samm", "happiness 26 surprise 15 contempt 12 anger 57 other 26", 136),
    ("5", "fourdme", "negative 127 positive 34 surprise 30 repression 6 others 31", 228),
    ("5", "dfme/testA", "anger 39 disgust 129 happiness 63 sadness 46 surprise 101", 378),
    # STAG, Table 2, two names swapped
    ("5-rest", "casme2", "happiness 32 surprise 25 disgust 63 repression 27 others 108", 255),
    ("5-rest", "samm", "happiness 26 surprise 15 contempt 12 anger 57 others 49", 159),  # STAG, MESTI-MEGANet
    # STAG, Table 2
    ("5-rest", "dfme/testA", "anger 39 contempt 34 happiness 63 surprise 101 others 237", 474),
    # STAG, Table 2
    ("5", "name", "happiness 15 anger 26 disgust 69 sadness 46 surprise 162", 318),
    ("6", "name", "happiness 15 anger 26 disgust 69 sadness 46 surprise 162 others 188", 506),
    ("6", "mmew", "happiness 36 surprise 89 disgust 72 fear 16 sadness 13 anger 8", 234),
    ("7", "casme2", "happiness 32 surprise 25 disgust 63 repression 27 others 99 sadness 7 fear 2", 255),
    ("7", "samm", "happiness 26 surprise 15 contempt 12 anger 57 disgust 9 fear 8 sadness 6", 133),
    ("7", "mmew", "happiness 36 surprise 89 disgust 72 fear 16 sadness 13 anger 8 others 66", 300),
    # STAG, Table 2
    ("7", "dfme/testA", "anger 39 contempt 34 disgust 129 fear 62 happiness 63 sadness 46 surprise 101", 474),
    ("7", "casme3/A", "happiness 55 surprise 187 disgust 250 fear 86 anger 64 sadness 57 others 161", 860),
    ("all", "samm", "happiness 26 surprise 15 contempt 12 anger 57 other 26 disgust 9 fear 8 sadness 6", 159),
]


def words_of(release):
    """Word -> clips of a corpus, or of a release of it as in TABLES."""
    corpus, _, name = release.partition("/")
    told = DATASETS[corpus].PUBLISHED
    every = {"": told} | told.get("splits", {}) | told.get("parts", {}) | told.get("releases", {})
    return every[name]["emotions"]


def of(scheme, release):
    """Class -> published clips."""
    corpus, _, name = release.partition("/")
    return published(corpus, scheme)[name]


def releases(scheme):
    """All that has published counts under a scheme, as in TABLES."""
    for corpus in corpora():
        if scheme in schemes(corpus):
            yield from (f"{corpus}/{name}" if name else corpus for name in published(corpus, scheme))


def repeated(words):
    return [word for word, n in words.items() for _ in range(n)]


def counts(labelling):
    return {name: labelling.index.count(i) for i, name in enumerate(labelling.classes)}


@pytest.mark.parametrize(("scheme", "release", "text", "total"), TABLES)
def test_counts_and_order_of_the_classes_are_those_of_the_papers(scheme, release, text, total):
    words = text.split()
    expected = dict(zip(words[::2], map(int, words[1::2]), strict=True))
    assert list(of(scheme, release).items()) == list(expected.items())
    assert sum(expected.values()) == total


def test_every_scheme_with_published_counts_is_in_the_table_above():
    told = {(scheme, release.partition("/")[0]) for scheme, release, *_ in TABLES}
    want = {
        (scheme, release.partition("/")[0])
        for scheme in all_schemes()
        if scheme != "all"
        for release in releases(scheme)
    }
    assert want - told == {("3", "ststnet_flow")}
    assert of("3", "ststnet_flow") == of("3", "megc2019")


def test_counts_per_class_follow_from_the_published_counts_per_word():
    seen = set()
    for scheme in all_schemes():
        for release in releases(scheme):
            corpus = release.partition("/")[0]
            labelling = classify(corpus, repeated(words_of(release)), scheme)
            assert Counter(counts(labelling)) == Counter(of(scheme, release)), (scheme, release)
            assert not [why for why in labelling.why if why.startswith("unknown")]
            assert deviations(corpus, scheme, labelling) == ()
            seen.add(release)
    assert {"casme2/updated", "casme2/247", "dfme/testB", "casme3/C"} < seen
    # the parts of a composite are corpora of their own
    composites = {release for release in seen if release.startswith(("megc2019", "ststnet_flow"))}
    assert composites == {"megc2019", "ststnet_flow"}


def test_the_composite_is_its_three_corpora_less_the_two_clips_that_megc_leaves_out_by_hand():
    three = sum((Counter(of("3", corpus)) for corpus in ("casme2", "samm", "smic_hs")), Counter())
    assert three - Counter(negative=2) == Counter(of("3", "megc2019"))


@pytest.mark.parametrize("scheme", all_schemes())
def test_a_scheme_has_as_many_classes_as_its_name_says_and_no_word_has_two(scheme):
    for corpus in corpora():
        if scheme not in schemes(corpus):
            continue
        classes, known = (DATASETS[corpus].SCHEMES[name] for name in (scheme, "all"))
        words = [word for group in classes.values() for word in group]
        assert len(words) == len(set(words)), corpus
        assert scheme == "all" or len(classes) == int(scheme.partition("-")[0]), corpus
        assert set(words) <= {word for group in known.values() for word in group}, corpus
        if scheme.endswith("-rest"):
            assert set(words) == {word for group in known.values() for word in group}, corpus
        class_of = {word: name for name, group in classes.items() for word in group}
        for group in known.values():  # the spellings of one emotion stay together
            assert len({class_of.get(word) for word in group}) == 1, (corpus, group)


def test_the_synthetic_corpus_renders_every_class_of_its_schemes():
    synthetic = DATASETS["synthetic"].SCHEMES
    for scheme in set(synthetic) - {"all"}:
        for name, words in synthetic[scheme].items():
            assert set(words) & set(SHARES), (scheme, name)
    assert {word for group in synthetic["7"].values() for word in group} >= set(SHARES)


def test_a_deviation_names_both_numbers_and_the_release():
    # "others" is missing altogether
    found = {"happiness": 32, "surprise": 24, "disgust": 63, "repression": 27}
    source = "(CASME2-coding-20140508.xlsx)"
    assert deviations("casme2", "5", found) == (
        f"casme2, scheme '5', clips of class 'surprise': 24 here, 25 published {source}",
        f"casme2, scheme '5', clips of class 'others': 0 here, 99 published {source}",
    )
    labelling = classify("samm", ["anger"] * 58, "7")
    anger = "samm, scheme '7', clips of class 'anger': 58 here, 57 published (SAMM_Micro_FACS_Codes_v2.xlsx)"
    assert deviations("samm", "7", labelling)[3] == anger
    extra = deviations("smic_hs", "3", {"negative": 70, "positive": 51, "surprise": 43, "others": 1})
    assert len(extra) == 1
    assert extra[0].startswith(
        "smic_hs, scheme '3', clips of class 'others': 1 here, 0 published (Li et al. 2013"
    )


def test_counts_are_compared_with_the_release_that_they_are_nearest_to():
    updated = {"happiness": 32, "surprise": 25, "disgust": 64, "repression": 27, "others": 99}
    assert deviations("casme2", "5", updated) == ()
    assert deviations("dfme", "3", of("3", "dfme/testB")) == ()
    part = {**of("7", "casme3/A"), "fear": 83}  # as in HTNet's copy
    assert deviations("casme3", "7", part) == (
        "casme3, scheme '7', clips of class 'fear': 83 here, 86 published (part A of "
        "github.com/jingtingEmmaLi/CAS-ME-3 9e25aa9)",
    )


def test_a_corpus_without_published_counts_deviates_from_nothing():
    assert deviations("manifest", "5", {"happiness": 3}) == ()
    with pytest.raises(ConfigError, match="corpus 'manifest' has no label scheme '5-rest'"):
        deviations("manifest", "5-rest", {})


@pytest.mark.parametrize("corpus", corpora())
def test_the_classes_are_the_schemes_whatever_words_the_clips_have(corpus):
    """A held-out person's word must not decide how many outputs a model has."""
    for scheme, words in DATASETS[corpus].SCHEMES.items():
        every = [word for group in words.values() for word in group]
        for given in (every, every[:1], every[::-1], []):
            assert classify(corpus, given, scheme).classes == tuple(words)


def test_classes_by_name_are_those_of_the_corpus_in_its_own_order():
    one = classify("manifest", ["joy", "fear", "others", "surprise"], "fear, happiness,surprise")
    assert one.classes == ("happiness", "surprise", "fear")
    assert one.index == [0, 2, None, 1]
    assert "emotion 'others' has no class in scheme" in one.why[2]
    for scheme, words in (
        ("happiness,feer", "unknown class 'feer'; did you mean 'fear'"),
        ("fear,fear", "name each class once"),
        ("fear,", "unknown class ''"),
    ):
        with pytest.raises(ConfigError, match=words):
            check(scheme)
    with pytest.raises(ConfigError, match="unknown class of corpus smic_hs 'fear'; known: negative"):
        classify("smic_hs", ["negative"], "negative,fear")


def test_a_word_without_a_class_differs_from_a_word_that_should_not_be_there():
    labelling = classify("casme2", ["Disgust ", "sadness", "", "hapiness", "happiness", "sadness"], "3")
    assert labelling.index == [0, None, None, None, 1, None]
    unknown = labelling.why[3]
    assert unknown.startswith("unknown emotion of corpus casme2 'hapiness'; did you mean 'happiness'?")
    without = "emotion 'sadness' has no class in scheme '3'"
    assert labelling.why == ["", without, "no emotion is given", unknown, "", without]


def test_unknown_names_are_refused_with_the_known_ones():
    with pytest.raises(ConfigError, match="corpus 'smic_hs' has no label scheme '5'; it has: 3, all"):
        classify("smic_hs", ["negative"], "5")
    with pytest.raises(ConfigError, match="corpus 'mmew' has no label scheme '5'; it has: 3, 4, 6, 7, all"):
        classify("mmew", ["disgust"], "5")
    with pytest.raises(
        ConfigError, match="unknown label scheme '8'; known: 3, 3-rest, 4, 5, 5-rest, 6, 7, all"
    ):
        classify("casme2", ["disgust"], "8")
    with pytest.raises(ConfigError, match="unknown corpus 'cassme2'; did you mean 'casme2'"):
        classify("cassme2", ["disgust"], "3")


def test_of_classes_by_name_a_corpus_takes_its_own_where_corpora_may_differ():
    names = "anger, disgust,happiness,sadness,surprise"
    assert own("casme2", names) == "disgust,happiness,sadness,surprise"
    assert own("samm", names) == "anger,disgust,happiness,sadness,surprise"
    assert own("casme2", "5-rest") == "5-rest"
    with pytest.raises(ConfigError, match="smic_hs has fewer than two of them; it has negative"):
        own("smic_hs", names)


def test_an_accent_written_as_one_sign_or_two_is_one_word():
    both = [unicodedata.normalize(form, "Dégoût") for form in ("NFC", "NFD")]
    for here in both:
        assert classify("manifest", both, "3", meant([f"{here}=disgust"])).index == [0, 0]


def test_a_class_that_no_scheme_of_the_corpora_has_is_refused_before_a_sweep():
    check("3", {"surprised": "surprise", "left out": "others"}, ["manifest"])
    check("3", {"x": "repression"}, ["smic_hs", "casme2"])  # one of them has it
    with pytest.raises(
        ConfigError, match=r"--label surprised=joyful: no label scheme has .* did you mean 'joy'"
    ):
        check("3", {"surprised": "joyful"}, ["manifest"])
    with pytest.raises(ConfigError, match="--label x=repression"):
        check("3", {"x": "repression"}, ["smic_hs"])
