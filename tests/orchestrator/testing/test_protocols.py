"""Faulty protocols do not pass the contract that ships; ours do in tests/orchestrator/protocols."""

import numpy as np
import pytest

from orchestrator.protocols import PROTOCOLS, Fold, Protocol, ProtocolError
from orchestrator.testing import ProtocolContract
from orchestrator.testing.protocols import invented


def first_row(clips, k):
    who = clips.subjects[0]
    test = sorted(clip for clip, one in zip(clips.ids, clips.subjects, strict=True) if one == who)
    return (Fold("first", tuple(sorted(set(clips.ids) - set(test))), tuple(test)),)


def drawn(clips, k):
    folds = PROTOCOLS["loso"].folds(clips, 0)
    return (folds[np.random.randint(len(folds))],)


def all_train(clips, k):
    return (Fold("all", tuple(sorted(clips.ids)), tuple(sorted(clips.ids))[:1]),)


def anybody(clips, k):
    ids = tuple(sorted(clips.ids))
    return (Fold("half", ids[::2], ids[1::2]),) if len(ids) > 1 else ()


@pytest.mark.parametrize(
    ("folds", "test"),
    [
        (first_row, "test_the_order_of_rows_changes_nothing"),
        (drawn, "test_it_draws_from_names_and_from_no_generator_of_the_process"),
        (drawn, "test_each_clip_is_tested_as_often_as_it_says"),
        (all_train, "test_folds_are_sound"),
        (anybody, "test_people_are_on_both_sides_only_if_it_says_so"),
    ],
)
def test_a_faulty_protocol_does_not_pass(folds, test):
    contract, clips = ProtocolContract(), invented(0)
    getattr(contract, test)(PROTOCOLS["loso"], clips)
    with pytest.raises((AssertionError, ProtocolError)):
        getattr(contract, test)(Protocol(folds=folds), clips)


def test_one_that_says_that_people_are_on_both_sides_must_have_them_there():
    loso = Protocol(folds=PROTOCOLS["loso"].folds, subject_dependent=True)
    with pytest.raises(AssertionError):
        ProtocolContract().test_people_are_on_both_sides_only_if_it_says_so(loso, invented(0))
