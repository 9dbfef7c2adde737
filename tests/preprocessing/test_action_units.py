"""The grammar on every form that the sheets hold, on damage, and on generated cells."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from preprocessing.action_units import ActionUnitError, Mark, Term, parse, vector


def one(*marks: Mark) -> Term:
    return Term(marks)


@pytest.mark.parametrize(
    ("text", "terms"),
    [
        ("", []),
        ("  ", []),
        (12, [one(Mark(12))]),
        ("4+7+6", [one(Mark(4)), one(Mark(7)), one(Mark(6))]),
        ("12+15 ", [one(Mark(12)), one(Mark(15))]),
        ("L1+R2", [one(Mark(1, side="L")), one(Mark(2, side="R"))]),
        ("7B", [one(Mark(7, intensity="B"))]),
        ("A12", [one(Mark(12, side="A"))]),  # asymmetric
        ("12A", [one(Mark(12, intensity="A"))]),  # trace
        ("A9E+ref(10)", [one(Mark(9, side="A", intensity="E")), one(Mark(10, reference=True))]),
        ("A/L12", [one(Mark(12, side="A/L"))]),
        ("10A/B", [one(Mark(10, intensity="A/B"))]),
        ("10/B12", [one(Mark(10), Mark(12, side="B"))]),
        ("T18+B18", [one(Mark(18, side="T")), one(Mark(18, side="B"))]),
        ("(R6 or R12) + R15", [one(Mark(6, side="R"), Mark(12, side="R")), one(Mark(15, side="R"))]),
        ("L12 or L14", [one(Mark(12, side="L"), Mark(14, side="L"))]),
        (
            "R14A or 17A or 24A",
            [one(Mark(14, side="R", intensity="A"), Mark(17, intensity="A"), Mark(24, intensity="A"))],
        ),
        ("ref(7B)+43", [one(Mark(7, intensity="B", reference=True)), one(Mark(43))]),
        ("R14+17+soft focus", [one(Mark(14, side="R")), one(Mark(17)), one(Mark(None, note="soft focus"))]),
        ("4+7?", [one(Mark(4)), one(Mark(7, uncertain=True))]),
        ("4+?", [one(Mark(4)), one(Mark(None, uncertain=True))]),
        ("AD29+M57", [one(Mark(29, kind="AD")), one(Mark(57, kind="M"))]),
        ("ADL30+m57B", [one(Mark(30, side="L", kind="AD")), one(Mark(57, intensity="B", kind="M"))]),
        ("A29+AD29", [one(Mark(29, side="A")), one(Mark(29, kind="AD"))]),  # asymmetric, or a descriptor
        ("AU1+AU L2+au12", [one(Mark(1)), one(Mark(2, side="L")), one(Mark(12))]),
        ("AU4(k)+L7", [one(Mark(4, static=True)), one(Mark(7, side="L"))]),
        ("AU4 (K)+L7(k)", [one(Mark(4, static=True)), one(Mark(7, side="L", static=True))]),
        ("AUR2+12(k)+45", [one(Mark(2, side="R")), one(Mark(12, static=True)), one(Mark(45))]),
        ("1,2,9?,", [one(Mark(1)), one(Mark(2)), one(Mark(9, uncertain=True))]),
        ("1\uff0c2", [one(Mark(1)), one(Mark(2))]),  # full width, as in CAS(ME)^3 part C
        ("9?,12,,", [one(Mark(9, uncertain=True)), one(Mark(12))]),
        (",", []),
    ],
)
def test_forms_found_in_the_sheets(text: str | int, terms: list[Term]) -> None:
    assert list(parse(text)) == terms


@pytest.mark.parametrize(
    ("text", "position"),
    [
        ("12+", 3),
        ("+4", 0),
        ("4++5", 2),
        ("12 14", 3),
        ("412", 0),
        ("12 Cheek", 3),
        ("12F", 2),
        ("(R6 or R12", 10),
        ("ref(7", 5),
        ("R", 0),
        ("4+X12", 2),
    ],
)
def test_other_text_is_refused_at_its_place(text: str, position: int) -> None:
    with pytest.raises(ActionUnitError, match=f"at character {position + 1},") as error:
        parse(text)
    assert error.value.position == position


_side = st.sampled_from(["", "L", "R", "A", "T", "B", "A/L"])
_mark = st.builds(
    Mark,
    st.integers(1, 99),
    side=_side,
    intensity=st.sampled_from(["", "A", "B", "E", "A/B"]),
    static=st.booleans(),
    uncertain=st.booleans(),
    kind=st.sampled_from(["", "AD", "M"]),
)


def _written(term: Term) -> str:
    marks = [f"{m.kind}{m.side}{m.au}{m.intensity}{'(k)' * m.static}{'?' * m.uncertain}" for m in term.marks]
    return f"({' or '.join(marks)})" if len(marks) > 1 else marks[0]


@settings(deadline=None, max_examples=150)
@given(st.lists(st.lists(_mark, min_size=1, max_size=3).map(lambda marks: Term(tuple(marks))), max_size=4))
def test_what_is_written_is_read_back_whole(terms: list[Term]) -> None:
    assert list(parse(" + ".join(map(_written, terms)))) == terms


@settings(deadline=None, max_examples=300)
@given(st.text(alphabet="0123456789LRABEMDUk?()+,/ ore", max_size=14))
def test_any_text_is_either_refused_or_read_with_every_number_in_it(text: str) -> None:
    try:
        terms = parse(text)
    except ActionUnitError:
        return
    marks = [mark for term in terms for mark in term.marks]
    assert [mark.au for mark in marks if mark.au is not None] == [int(n) for n in re.findall("[0-9]+", text)]


def test_the_vector_counts_all_that_may_be_meant_but_nothing_static() -> None:
    vocabulary = (1, 2, 4, 6, 7, 12, 15, 17)
    assert vector("(R6 or R12)+R15", vocabulary) == (0, 0, 0, 1, 0, 1, 1, 0)
    assert vector("4(k)+ref(7B)+17?+43+soft focus", vocabulary) == (0, 0, 0, 0, 1, 0, 0, 1)
    assert vector("4(k)+L4", vocabulary) == (0, 0, 1, 0, 0, 0, 0, 0)
    assert vector("", vocabulary) == (0,) * 8
