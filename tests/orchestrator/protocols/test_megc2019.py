"""The composite of MEGC 2019: 68 folds on the full list, refused without its three corpora, deviations
named."""

import pytest

from orchestrator.protocols import PROTOCOLS, ProtocolError
from orchestrator.protocols.megc2019 import deviations, published
from tests.orchestrator.protocols.clips import corpus, made, people

FOLDS = PROTOCOLS["megc2019"].folds
PUBLISHED = published()


def composite(corpora=PUBLISHED):
    """As many clips and people as published; the clips go round the people."""
    return [
        (f"megc2019/{name}-{i % n_people:02d}/{i}", f"megc2019/{name}-{i % n_people:02d}", i % 3)
        for name in corpora
        for n_clips, n_people in [PUBLISHED[name]]
        for i in range(n_clips)
    ]


def test_the_full_list_has_68_people_each_tested_by_a_model_of_all_three_corpora():
    clips = made(composite())
    folds = FOLDS(clips, 0)
    assert (len(clips.ids), len(folds)) == (442, 68)
    for fold in folds:
        assert people(clips, fold.test) == {fold.name}
        assert len(people(clips, fold.train)) == 67
    part = PROTOCOLS["megc2019"].part
    assert part("megc2019/casme2-sub01", "casme2", "") == "casme2"


def test_the_published_numbers_are_those_of_the_list():
    assert published() == {"casme2": (145, 24), "samm": (133, 28), "smic": (164, 16)}


def test_deviations_name_the_corpus_and_both_numbers():
    rows = composite()
    assert deviations(made(rows)) == ()
    assert deviations(made(rows[1:])) == ("casme2: 144 clips of 24 people, the published list has 145 of 24",)
    one_person_more = [*rows[:-1], ("megc2019/smic-x/0", "megc2019/smic-x", 0)]
    assert deviations(made(one_person_more)) == (
        "smic: 164 clips of 17 people, the published list has 164 of 16",
    )


def test_a_corpus_that_is_missing_or_does_not_belong_is_named():
    with pytest.raises(ProtocolError, match=r"missing: samm, smic\. Take --corpus megc2019"):
        FOLDS(made(composite(["casme2"])), 0)
    with pytest.raises(ProtocolError, match=r"samm, smic; not part of it: c\. Take"):
        FOLDS(made(composite() + corpus(0)), 0)
    with pytest.raises(ProtocolError, match="missing: casme2, samm, smic; not part of it: c"):
        FOLDS(made(corpus(0)), 0)
