"""Who is who: spellings, files of ids that are one person, parts that may share people."""

import unicodedata

import pytest

from preprocessing.choice import Choice
from preprocessing.people import (
    Double,
    IdentityError,
    doubts,
    joined,
    meant,
    names,
    read,
    refused,
    repeated,
    spelling,
)
from preprocessing.schema import Clip, CorpusError


@pytest.mark.parametrize(
    "ids",
    [
        ("p01", "P01", "p1", "p-01", "p_1", "p 01", "p  01", "p01\u200b"),
        ("sub01", "Sub1"),
        ("1", "01", "1.0"),
        ("Zoé", unicodedata.normalize("NFD", "Zoé"), "ZOÉ"),
        ("A-spNO.1", "a_spno_01"),
    ],
)
def test_one_id_in_several_spellings(ids):
    assert len(set(map(spelling, ids))) == 1
    (text,) = doubts(f"manifest/{who}" for who in ids[:2])
    assert all(repr(f"manifest/{who}") in text for who in ids[:2]) and "--same-person" in text


def test_other_people_are_not_taken_for_one():
    ids = (
        "p01",
        "p10",
        "p010",
        "1-12",
        "11-2",
        "112",
        "s1",
        "1",
        "006",
        "007",
        "p1a",
        "?",
        "-",
        "C-01",
        "A-01",
    )
    assert len(set(map(spelling, ids))) == len(ids) - 1  # p10 and p010
    assert doubts(["samm/006", "casme2/6", "casme2/sub01", "mmew/sub1"]) == []  # corpora apart


def test_parts_that_may_share_people_are_said_where_both_are_there():
    (text,) = doubts(["casme3/A-spNO.1", "casme3/C-01", "casme3/C-02"])
    assert "casme3: parts A and C are pooled" in text
    assert (
        doubts(["casme3/A-spNO.1", "casme3/A-spNO.2", "manifest/A-1", "manifest/C-2", "x/A-1", "x/C-1"]) == []
    )


def test_a_file_is_read_with_and_without_its_header_and_pairs_add_up(tmp_path):
    text = "b,a\n\n c , b\r\nx,y\n"
    for head in ("", "id,same as\n", "\ufeffID,same_as\n"):
        (tmp_path / "same.csv").write_text(head + text, encoding="utf-8")
        assert read(tmp_path / "same.csv") == (("a", "b", "c"), ("y", "x"))
    assert joined([("y", "x"), ("c", "a"), ("c", "b")]) == joined([("c", "b", "a"), ("y", "x")])
    once = joined([("z", "m"), ("m", "a"), ("k", "l"), ("l", "k")])
    assert once == (("k", "l"), ("z", "a", "m")) == joined(once)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "is empty"),
        ("id,same as\n", "is empty"),
        ("a,b\na;b\n", "line 2: 'a;b' has 1 columns"),
        ("a,b,c\n", "3 columns"),
        ("a,a\n", "two or more different ids"),
        ("a,\n", "two or more different ids"),
    ],
)
def test_a_file_that_joins_nobody_is_refused(tmp_path, text, words):
    (tmp_path / "same.csv").write_text(text)
    with pytest.raises(IdentityError, match=words):
        read(tmp_path / "same.csv")


def test_ids_are_those_of_people_who_are_here_in_full_or_alone():
    here = {"casme2/sub01", "casme2/sub02", "samm/006", "samm/sub02"}
    assert names((("006", "sub01"),), here) == {"casme2/sub01": "samm/006", "samm/006": "samm/006"}
    # through an id of a corpus that is not here, which itself stands for nobody
    assert names((("mmew/S01", "casme2/sub02", "samm/006"),), here) == {
        "casme2/sub02": "casme2/sub02",
        "samm/006": "casme2/sub02",
    }
    # one person alone and in full
    assert len(set(names((("006", "sub01"), ("casme2/sub02", "samm/006")), here).values())) == 1
    for group, words in (
        (("sub7", "006"), "no 'sub7'; did you mean 'sub02'"),
        (("casme2/sub03", "006"), "no 'casme2/sub03'; did you mean 'casme2/sub02'"),
        (("casme9/sub01", "006"), "no 'casme9/sub01'"),
        (("sub02", "006"), "'sub02' is in casme2/sub02 and samm/sub02"),
    ):
        with pytest.raises(IdentityError, match=words):
            names((group,), here)


def test_another_spelling_of_an_id_means_the_person_it_can_mean(tmp_path):
    nfd = unicodedata.normalize("NFD", "Zoé")
    here = {"manifest/p01", "manifest/Zoé", "manifest/1", "casme2/sub01", "samm/sub1"}
    for who, found in (
        ("P-1", ["manifest/p01"]),
        ("manifest/P01", ["manifest/p01"]),
        ("casme2/p01", []),
        (nfd, ["manifest/Zoé"]),
        ("ZOÉ", ["manifest/Zoé"]),
        ("01", ["manifest/1"]),
        ("1.0", ["manifest/1"]),
        ("sub1", ["samm/sub1"]),  # as it is written, before any other spelling
        ("SUB1", ["casme2/sub01", "samm/sub1"]),
        ("p02", []),
    ):
        assert meant(who, here) == found, who
    assert names(((nfd, "P1"),), here) == {"manifest/Zoé": "manifest/Zoé", "manifest/p01": "manifest/Zoé"}
    with pytest.raises(IdentityError, match="'SUB1' is in casme2/sub01 and samm/sub1"):
        names((("SUB1", "p01"),), here)
    clips = [Clip("manifest", f"manifest/{who}", "c", tmp_path, "joy") for who in ("p01", "Zoé", "1", "p010")]
    chosen = Choice((nfd, "manifest/P1", "01")).of(clips)
    assert [clip.subject for clip in chosen] == ["manifest/p01", "manifest/Zoé", "manifest/1"]
    with pytest.raises(CorpusError, match="no subject 'p2' in manifest; did you mean 'p01'"):
        Choice(("p2",)).of(clips)


def test_what_is_refused_names_clips_people_rule_and_next_step_and_one_persons_copies_are_told():
    across, *more = (Double((f"m/a/{i}", f"m/b/{i}"), ("m/a", "m/b"), "have equal inputs") for i in range(5))
    again = Double(across.clips[::-1], ("m/b", "m/a"), "share frames")
    within = Double(("m/a/1", "m/a/2"), ("m/a", "m/a"), "have equal inputs")
    assert refused([within]) == "" and repeated([across]) == ""
    assert refused([within, across, again, *more]) == (
        "".join(f"m/a/{i} of m/a and m/b/{i} of m/b have equal inputs; " for i in range(3))
        + "and 2 more pairs. One clip must not stand under two people: whoever is held out would be trained "
        "on. If m/a and m/b are one person, join them with --same-person FILE (a line m/b,m/a); else remove "
        "one of the two clips"
    )
    assert "m/a/1 and m/a/2, both of m/a, have equal inputs" in repeated([across, within])
