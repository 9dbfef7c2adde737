"""One person, one id: joined people are one in every fold, and inputs that stand under two are found."""

from dataclasses import replace

import numpy as np
import pytest

from orchestrator.protocols import ProtocolError
from orchestrator.study import identity
from orchestrator.study.identity import doubles, joined, near, sketch, whitened
from orchestrator.study.study import Study
from preprocessing.people import IdentityError
from tests.orchestrator.tables import QUICK, table


def with_inputs(x, corpus="manifest"):
    """Four people of two clips each."""
    made = table(4, 2)
    ids = tuple(clip.replace("synthetic", corpus) for clip in made.clip_ids)
    people = tuple(who.replace("synthetic", corpus) for who in made.subjects)
    return replace(made, clip_ids=ids, subjects=people, x=np.asarray(x))


def found(made):
    return {(double.clips, double.why.split(" (")[0]) for double in doubles(made)[0]}


def pictures(n, shape=(3, 28, 28), seed=0):
    return np.random.default_rng(seed).normal(size=(n, *shape)).astype(np.float32)


def test_joined_people_are_one_in_every_fold_and_the_table_is_another():
    before = table(4, 6)
    made, same = joined(before, (("p1", "p3"),))
    assert same == {"synthetic/p3": "synthetic/p1"}
    assert made.clip_ids == before.clip_ids and made.content != before.content
    for job in Study("stag", "loso", 2, 1, QUICK).jobs(made, {}):
        for part in (job.train, job.validation, job.test):
            people = {clip.split("/")[1] for clip in part}
            assert ("p1" in people) == ("p3" in people)
    person = dict(zip(made.clip_ids, made.annotations.person.tolist(), strict=True))
    assert person["synthetic/p1/c0"] == person["synthetic/p3/c5"] != person["synthetic/p2/c0"]
    assert joined(before, (("p1", "p2"),))[0].content != made.content
    assert joined(before, ())[0] is before


def test_a_person_of_whom_no_clip_is_left_may_be_named_and_nobody_else():
    made = replace(table(3, 2), left_out={"synthetic/p9/c0": "no class"})
    assert joined(made, (("p1", "p9"),))[1] == {"synthetic/p9": "synthetic/p1"}
    with pytest.raises(IdentityError, match="no 'p8'; did you mean 'p"):
        joined(made, (("p1", "p8"),))


def test_a_clip_is_reported_under_its_own_corpus_and_cross_corpus_refuses_a_person_of_two():
    ids = ("casme2/sub01/a", "casme2/sub02/a", "samm/006/a", "samm/007/a")
    made = replace(
        table(2, 2), clip_ids=ids, subjects=tuple(i.rpartition("/")[0] for i in ids), splits=("",) * 4
    )
    made, _ = joined(made, (("sub01", "006"),))
    study = Study("stag", "loso", 2, 1, QUICK)
    part = study.part_of(made)
    assert [part("", clip) for clip in ids] == ["casme2", "casme2", "samm", "samm"]
    assert len(study.folds(made)) == 3
    with pytest.raises(ProtocolError, match=r"'casme2/sub01' has clips in casme2 and samm \(--same-person\)"):
        replace(study, protocol="cross_corpus").folds(made)


@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.uint8])
def test_equal_inputs_are_found_and_those_of_one_person_are_told_apart(dtype):
    x = (pictures(8) * 40 + 128).clip(0, 255).astype(dtype)
    assert doubles(with_inputs(x)) == ([], [])
    x[5] = x[2]  # p1/c0 and p2/c1
    x[7] = x[6]  # both of p3
    first, second = doubles(with_inputs(x))[0]
    assert (first.clips, first.across) == (("manifest/p1/c0", "manifest/p2/c1"), True)
    assert (second.clips, second.across) == (("manifest/p3/c0", "manifest/p3/c1"), False)
    assert first.why == "have equal inputs"


@pytest.mark.parametrize("shape", [(16, 14, 2), (3, 28, 28), (2, 3, 224, 224), (10_000,)])
def test_nearly_equal_inputs_are_found_in_inputs_of_any_shape(shape):
    x = pictures(8, shape) + 3 * pictures(1, shape, seed=1)  # what all clips have in common is no likeness
    assert doubles(with_inputs(x)) == ([], [])
    x[4] = 1.5 * x[1] + 0.02 * pictures(1, shape, seed=2)[0] - 0.5 * x.mean(0)
    assert found(with_inputs(x)) == {(("manifest/p0/c1", "manifest/p2/c0"), "have nearly equal inputs")}


def test_inputs_of_two_invented_people_may_be_nearly_equal_and_never_equal():
    x = pictures(8)
    x[4] = 1.01 * x[1]
    assert doubles(with_inputs(x, "synthetic")) == ([], [])
    assert len(doubles(with_inputs(x))[0]) == 1
    x[4] = x[1]
    assert len(doubles(with_inputs(x, "synthetic"))[0]) == 1


def test_inputs_without_any_motion_are_equal_and_no_double():
    x = pictures(8)
    x[1] = x[4] = x[6] = 0
    pairs, (said,) = doubles(with_inputs(x))
    assert not pairs
    assert "3 of 8 clips show no motion" in said and "manifest/p0/c1" in said


def test_blocks_of_the_product_are_seamless_and_one_persons_clips_may_be_alike(monkeypatch):
    x = np.random.default_rng(0).normal(size=(23, 50)).astype(np.float32)
    x[20], x[3], x[4] = x[2], x[0], x[21]
    people = np.arange(23)
    people[3] = people[0]
    want = {(2, 20), (4, 21)}
    for block in (1, 5, 22, 23, 100):
        monkeypatch.setattr(identity, "BLOCK", block)
        assert {(i, j) for i, j, *_ in near(x, people)} == want


def test_whitening_is_what_the_textbook_says_with_more_rows_than_values_and_with_fewer():
    """F (F'F + e)^(-1/2) by its eigenvectors; products are compared, since a turn of the columns changes
    none."""
    for n, values in ((30, 12), (12, 30)):
        x = np.random.default_rng(n).normal(size=(n, values)).astype(np.float32)
        f = x - x.mean(0)
        f /= np.linalg.norm(f, axis=1, keepdims=True)
        eigenvalues, vectors = np.linalg.eigh(f.T @ f)
        root = vectors / np.sqrt(np.maximum(eigenvalues, 0) + n / min(n, values)) @ vectors.T
        want = f @ root
        want /= np.linalg.norm(want, axis=1, keepdims=True)
        made = whitened(x)
        np.testing.assert_allclose(made @ made.T, want @ want.T, atol=1e-4)


def test_where_all_clips_are_alike_the_limit_is_higher():
    """By hand: two rows each of +a, -a, +b, -b (a and b at right angles, mean 0; no direction is common), of
    eight people. Of a row's seven others three correlate by 1 or -1 and four by 0: the root mean square is
    sqrt(3/7)."""
    base = np.repeat(np.array([[1, 0], [-1, 0], [0, 1], [0, -1]], np.float32), 2, 0)
    (limit,) = {limit for *_, limit in near(base, np.arange(8))}
    assert limit == pytest.approx(np.tanh(6 * np.sqrt(3 / 7)), abs=1e-6)
    # of two people, each with one row of every pair: of a row's four others, two are 1 or -1
    (limit,) = {limit for *_, limit in near(base, np.arange(8) % 2)}
    assert limit == pytest.approx(np.tanh(6 * np.sqrt(2 / 4)), abs=1e-6)
    (limit,) = {limit for *_, limit in near(np.eye(40, dtype=np.float32)[[*range(39), 0]], np.arange(40))}
    assert limit == identity.ALIKE


def test_inputs_of_few_values_are_only_compared_for_being_equal():
    x = pictures(8, (1, 14, 2))
    x[4] = x[1] * 1.01
    assert doubles(with_inputs(x)) == ([], [])
    x[4] = x[1]
    assert len(doubles(with_inputs(x))[0]) == 1


def test_a_sketch_is_the_mean_over_squares():
    x = np.arange(3 * 56 * 56, dtype=np.float32).reshape(3, 56, 56)
    assert sketch(x).reshape(3, 28, 28)[1, 2, 3] == x[1, 4:6, 6:8].mean()
    assert sketch(x[:, :28, :28]).size == 3 * 28 * 28
    assert sketch(np.zeros((2, 3, 225, 227), np.uint8)).size <= identity.SKETCH
