"""Selection rules on records with known answers, and the proofs that all but oracles see no test label.
(test_blind.py: that the blind ones do not see the held-out person at all.)"""

import dataclasses
import itertools

import numpy as np
import pytest

from orchestrator.common.seeds import seed_of
from orchestrator.protocols import Clips, loso
from orchestrator.protocols.inner import split
from orchestrator.selection import metrics, records
from orchestrator.selection.choose import available, choose
from orchestrator.selection.records import SelectionError, TrialRecord, pooled_validation_uf1
from orchestrator.selection.rules import DEFAULT, RULES, kind_of
from orchestrator.selection.rules.rule import Choice
from orchestrator.selection.scores import score
from orchestrator.study.jobs import FoldResult
from tests.orchestrator.selection.records_by_hand import record

ORACLE = [name for name, rule in RULES.items() if rule.oracle]
HONEST = [name for name in RULES if name not in ORACLE]
COMMITTEES = ["committee", "committee_seeds"]  # need several models a fold
SINGLE = [name for name in HONEST if name not in COMMITTEES]
A, B = ("a", 0), ("b", 0)
TRUTH = {"a/0": 0, "a/1": 1, "b/0": 1, "b/1": 1}
T01 = [0, 1]  # truth of the validation clips of either fold


def two_trials() -> list[TrialRecord]:
    """Validation UF1 by epoch: trial 0: a 1/3, 1, 1/3; b 1/3, 1/3, 1. Trial 1: a 1/3, 1/3, 1/3; b 1, 1/3, 0.

    (Of [0, 1]: calling [0, 1] gives 1, [0, 0] and [1, 1] 1/3, [1, 0] 0.) On the test people, trial 1's first
    epoch is perfect.
    """
    first = (
        record("a", [[1, 0], [1, 0], [0, 0]], [[0, 0], [0, 1], [1, 1]], T01, loss=[0.9, 0.5, 0.7]),
        record("b", [[0, 0], [0, 1], [0, 0]], [[0, 0], [1, 1], [0, 1]], T01, loss=[0.9, 0.8, 0.65]),
    )
    second = (
        record("a", [[0, 1], [0, 0], [1, 0]], [[0, 0], [1, 1], [0, 0]], T01, loss=[0.4, 0.4, 0.4]),
        record("b", [[1, 1], [0, 1], [0, 1]], [[0, 1], [0, 0], [1, 0]], T01, loss=[0.5, 0.6, 0.9]),
    )
    return [TrialRecord(0, {"lr": 1}, first), TrialRecord(1, {"lr": 2}, second)]


def test_what_a_search_has_seen_makes_a_blind_rule_not_blind():
    quiet = {"sampler": "random", "scheduler": "none"}
    assert {rule: kind_of(rule, quiet) for rule in RULES} == {rule: RULES[rule].kind for rule in RULES}
    second = {"looks": {"sweep": 2, "workspace": 2}}
    for seen in ({"sampler": "tpe"}, {"scheduler": "wilcoxon"}, {"scheduler": "asha"}, second):
        kinds = {rule: kind_of(rule, quiet | seen) for rule in RULES}
        assert {kinds[rule] for rule in HONEST} == {"not blind"}
        assert {kinds[rule] for rule in ORACLE} == {"oracle"}


def test_each_fold_chooses_among_all_trials_that_ended_in_it():
    """A trial that failed for one person is still there for everybody else."""
    first, second = two_trials()
    failed = dataclasses.replace(second, results=second.results[1:])
    for rule in ("nested", "last_epoch"):
        assert choose(rule, [first, failed])[B] == choose(rule, [first, second])[B]
    assert choose("nested", [first, failed])[B].trial == 1
    assert choose("nested", [first, failed])[A].trial == 0


# Pooled over a and b (truth 0 1 0 1): trial 0 calls 0000 (UF1 1/3), 0111 and 1101 (F1 2/3 and 4/5: 11/15,
# mean loss .65, .675); trial 1 calls 0001 (4/5 and 2/3: 11/15, mean loss .45), 1100 (1/2), 0010 (2/5 and 0).
# The lowest loss decides among the three. Last epochs: in a both have 1/3, trial 1 the lower loss; in b trial
# 0 has 1, trial 1 has 0. oracle_trial: trial 0 (epochs as in nested: 1 and 2) calls 1000 of 0111, trial 1
# (epochs 0 and 0) calls all right.
@pytest.mark.parametrize(
    ("rule", "a", "b"),
    [
        ("nested", (0, 1), (1, 0)),  # b: both trials reach UF1 1, trial 1 has the lower loss
        ("pooled_validation", (1, 0), (1, 0)),
        ("last_epoch", (1, 2), (0, 2)),
        # trials as in nested; in a only the last epoch calls a test clip right
        ("oracle_epoch", (0, 2), (1, 0)),
        ("oracle_trial", (1, 0), (1, 0)),
        # trial 0: in a all epochs' best has one right (the last), in b both at epoch 2. Trial 1: b both, a
        # both
        ("oracle_search", (1, 0), (1, 0)),
    ],
)
def test_each_rule_finds_the_answer_worked_by_hand(rule, a, b):
    truth = None if rule in HONEST else TRUTH
    assert choose(rule, two_trials(), truth) == {A: Choice(*a), B: Choice(*b)}


def test_scores_are_those_of_the_chosen_predictions_joined_by_clip_id():
    trials = two_trials()
    result = score(choose("nested", trials), trials, TRUTH, ("neg", "pos"))
    # fold a, trial 0, second epoch: 1 0 of 0 1; fold b, trial 1, first epoch: 1 1 of 1 1.
    assert [
        (r["clip_id"], r["truth"], r["predicted"], r["trial"], r["epoch"]) for r in result["predictions"]
    ] == [
        ("a/0", 0, 1, 0, 2),
        ("a/1", 1, 0, 0, 2),
        ("b/0", 1, 1, 1, 1),
        ("b/1", 1, 1, 1, 1),
    ]
    assert result["confusion"] == [[0, 1], [1, 2]]
    assert (result["uf1"], result["uar"], result["war"]) == pytest.approx((1 / 3, 1 / 3, 1 / 2))
    assert (result["n_clips"], result["seeds"], result["absent"]) == (4, [0], [])
    assert result["sd"]["uf1"] is None
    assert result["predictions"][0]["probs"] == pytest.approx([0.3, 0.7])


def test_a_person_counts_by_the_classes_shown_whatever_the_fold():
    """Two folds, each with two clips of c/p and one of c/q: a person's clips are counted together."""
    one = dataclasses.replace(record("a", [[0, 1, 1]], [[0, 1]], T01), test=("c/p/0", "c/p/1", "c/q/0"))
    two = dataclasses.replace(record("b", [[1, 0, 1]], [[0, 1]], T01), test=("c/p/2", "c/p/3", "c/q/1"))
    truth = {"c/p/0": 0, "c/p/1": 0, "c/p/2": 0, "c/p/3": 1, "c/q/0": 1, "c/q/1": 1}
    trials = [TrialRecord(0, {}, (one, two))]
    result = score(choose("last_epoch", trials), trials, truth, ("neg", "pos"))
    # p: class 0 right in 1 of 3, class 1 in 0 of 1: 1/6; q: 1. Mean 7/12, deviation 5/12.
    assert result["uar_per_person"] == {"mean": pytest.approx(7 / 12), "sd": pytest.approx(5 / 12)}
    assert result["uar"] == pytest.approx((1 / 3 + 2 / 3) / 2)
    # of class 0 p alone has clips, of class 1 p (0 of 1) and q (2 of 2)
    assert result["recall_per_person"] == {
        "neg": {"mean": pytest.approx(1 / 3), "sd": 0, "people": 1},
        "pos": {"mean": pytest.approx(1 / 2), "sd": pytest.approx(1 / 2), "people": 2},
    }
    # fold a: truths 0 0 1, called 0 1 1: F1 2/3 and 2/3; fold b: 0 1 1, called 1 0 1: 0 and 1/2
    assert result["fold_uf1"]["each"] == {"a": pytest.approx(2 / 3), "b": pytest.approx(1 / 4)}
    assert (result["fold_uf1"]["mean"], result["fold_uf1"]["sd"]) == pytest.approx((11 / 24, 5 / 24))


def test_seeds_are_replicates_chosen_and_scored_apart_then_averaged():
    def seeded(seed, right):
        calls = [[0, 1], [0, 1]] if right else [[0, 0], [0, 0]]
        return (
            record("a", [calls[0]] * 2, [[0, 1], [0, 0]] if right else [[0, 0], [0, 1]], T01, seed=seed),
            record("b", [[1, 1]] * 2, [[0, 1], [0, 0]] if right else [[0, 0], [0, 1]], T01, seed=seed),
        )

    trials = [TrialRecord(0, {}, seeded(0, True) + seeded(1, False))]
    for rule in ("nested", "pooled_validation"):
        assert {key: c.epoch_index for key, c in choose(rule, trials).items()} == {
            ("a", 0): 0,
            ("b", 0): 0,
            ("a", 1): 1,
            ("b", 1): 1,
        }
    result = score(choose("nested", trials), trials, TRUTH, ("neg", "pos"))
    low = metrics.uf1([0, 1, 1, 1], [0, 0, 1, 1], 2)
    assert result["uf1"] == pytest.approx((1 + low) / 2)
    assert result["sd"]["uf1"] == pytest.approx((1 - low) / 2**0.5)
    assert result["confusion"] == [[2, 0], [1, 5]]
    assert result["n_clips"] == 4
    assert len(result["predictions"]) == 8


def test_order_of_trials_and_folds_changes_nothing():
    def all_of(trials):
        return {r: choose(r, trials, None if r in HONEST else TRUTH) for r in RULES if r not in COMMITTEES}

    trials = two_trials()
    expected = all_of(trials)
    expected_score = score(expected["nested"], trials, TRUTH, ("neg", "pos"))
    for reordered in itertools.permutations(trials):
        turned = [dataclasses.replace(t, results=t.results[::-1]) for t in reordered]
        assert all_of(turned) == expected
        assert (
            score(dict(reversed(expected["nested"].items())), turned, TRUTH, ("neg", "pos")) == expected_score
        )


# ---- ties, early stopping, missing folds
# ----------------------------------------------------------------------------------


def test_ties_go_to_the_lower_loss_then_the_earlier_trial_then_the_earlier_epoch():
    def one(loss):
        return (record("a", [[0], [0], [0]], [[0, 1]] * 3, T01, loss=loss),)

    assert choose("nested", [TrialRecord(0, {}, one([3, 2, 2])), TrialRecord(1, {}, one([2, 2, 2]))]) == {
        A: Choice(0, 1)
    }
    assert choose("nested", [TrialRecord(0, {}, one([3, 3, 3])), TrialRecord(1, {}, one([3, 3, 2]))]) == {
        A: Choice(1, 2)
    }
    # the later, as HTNet
    assert choose("oracle_epoch", [TrialRecord(0, {}, one([1, 2, 3]))], {"a/0": 0}) == {A: Choice(0, 2)}


def test_a_diverged_epoch_is_the_last_to_be_chosen():
    results = (record("a", [[0], [0]], [[0, 1], [1, 0]], T01, loss=[np.nan, 5]),)
    assert choose("nested", [TrialRecord(0, {}, results)]) == {A: Choice(0, 1)}
    broken = dataclasses.replace(results[0], test_probs=np.full((2, 1, 2), np.nan, np.float32))
    trials = [TrialRecord(0, {}, (broken,))]
    with pytest.raises(SelectionError, match="training diverged, lower recipe"):
        score(choose("nested", trials), trials, TRUTH, ("neg", "pos"))


def test_a_fold_that_stopped_early_keeps_its_last_evaluated_epoch_in_the_pool():
    short = record("a", [[0]] * 2, [[0, 0], [0, 1]], T01, epochs=[2, 4])
    long = record("b", [[0]] * 3, [[0, 0], [0, 0], [0, 1]], T01, epochs=[2, 4, 6])
    assert pooled_validation_uf1([short, long]) == 1.0  # at epoch 6: a's epoch 4 and b's epoch 6
    assert choose("pooled_validation", [TrialRecord(0, {}, (short, long))]) == {
        A: Choice(0, 1),
        B: Choice(0, 2),
    }
    assert pooled_validation_uf1([long]) == 1.0
    assert pooled_validation_uf1([short, record("b", [[0]] * 2, [[0, 0]] * 2, T01)]) == pytest.approx(
        metrics.uf1([0, 1, 0, 1], [0, 1, 0, 0], 2)
    )


def test_a_pruned_trial_is_left_out_where_all_folds_are_needed_and_is_named():
    whole, other = two_trials()
    pruned = TrialRecord(1, {}, other.results[1:])  # would win pooled_validation and oracle_trial
    trials = [whole, pruned]
    assert records.incomplete(trials) == {1: "trial 1 lacks 1 of 2 folds (first: a, seed 0)"}
    assert {c.trial for c in choose("pooled_validation", trials).values()} == {0}
    assert {c.trial for c in choose("oracle_trial", trials, TRUTH).values()} == {0}
    assert choose("nested", trials)[B] == Choice(1, 0)
    halves = [TrialRecord(0, {}, whole.results[:1]), pruned]
    assert available(halves) == ["nested", "last_epoch", "oracle_epoch"]
    with pytest.raises(SelectionError, match="trial 0 lacks 1 of 2 folds"):
        choose("pooled_validation", halves)


def test_without_validation_people_only_rules_that_need_none_remain():
    bare = TrialRecord(0, {}, (record("a", [[1, 1], [0, 1]]), record("b", [[1, 1], [0, 0]])))
    assert available([bare]) == ["last_epoch", "oracle_epoch"], "of one trial there is none to choose"
    assert choose("last_epoch", [bare]) == {A: Choice(0, 1), B: Choice(0, 1)}
    assert choose("oracle_epoch", [bare], TRUTH) == {A: Choice(0, 1), B: Choice(0, 0)}
    assert choose("oracle_trial", [bare], TRUTH) == {A: Choice(0, 1), B: Choice(0, 1)}
    assert available([bare, dataclasses.replace(bare, index=1)]) == ["oracle_trial", "oracle_search"]
    with pytest.raises(SelectionError, match="needs validation people"):
        choose("nested", [bare])
    assert available(two_trials()) == [rule for rule in RULES if rule not in COMMITTEES]


# ---- honesty


def test_all_but_oracles_refuse_test_labels_and_these_say_oracle():
    assert RULES[DEFAULT].kind == "blind"
    assert all(name.startswith("oracle") for name in ORACLE)
    for rule in HONEST:
        with pytest.raises(SelectionError, match="no oracle"):
            choose(rule, two_trials(), TRUTH)
    for rule in ORACLE:
        with pytest.raises(SelectionError, match="needs the test labels"):
            choose(rule, two_trials())
    with pytest.raises(SelectionError, match="unknown selection rule 'best'"):
        choose("best", two_trials())


def test_a_record_has_no_field_for_test_labels():
    assert [f.name for f in dataclasses.fields(FoldResult) if "truth" in f.name] == ["validation_truth"]


@pytest.mark.parametrize("rule", SINGLE)
def test_choices_do_not_move_when_all_about_the_test_people_is_scrambled_or_deleted(rule):
    expected = choose(rule, two_trials())
    rng = np.random.default_rng(0)
    for fill in (lambda p: rng.random(p.shape).astype(np.float32), lambda p: np.full_like(p, np.nan)):
        blind = [
            dataclasses.replace(
                t, results=tuple(dataclasses.replace(r, test_probs=fill(r.test_probs)) for r in t.results)
            )
            for t in two_trials()
        ]
        assert choose(rule, blind) == expected


def study_of_people(skill, n_people=40, n_clips=8, n_epochs=30, seed=0):
    """LOSO records of a model that calls the majority class of every person it trained on, and for all other
    people the true class with probability ``skill``, else a random one. Folds and validation people by the
    real protocol."""
    rng = np.random.default_rng(seed)
    ids = [f"c/{i:02d}/{k}" for i in range(n_people) for k in range(n_clips)]
    subject_of = {clip: clip[:4] for clip in ids}
    truth = {clip: int(c) for clip, c in zip(ids, rng.integers(0, 3, len(ids)), strict=True)}
    majority = {
        who: np.bincount([truth[c] for c in ids if subject_of[c] == who]).argmax()
        for who in set(subject_of.values())
    }

    def calls(clips, known):
        return [
            majority[subject_of[c]]
            if subject_of[c] in known
            else truth[c]
            if rng.random() < skill
            else rng.integers(3)
            for c in clips
        ]

    results = []
    none = (0,) * len(ids), ("",) * len(ids)
    for fold in loso.folds(Clips(tuple(ids), tuple(subject_of.values()), *none), 0):
        train, validation = split(fold.train, subject_of, 5, seed_of("inner", fold.name, seed))
        known = {subject_of[c] for c in train}
        tested, judged = ([calls(part, known) for _ in range(n_epochs)] for part in (fold.test, validation))
        base = record(fold.name, tested, judged, [truth[c] for c in validation], n_classes=3)
        results.append(dataclasses.replace(base, validation=validation, test=fold.test))
    return [TrialRecord(0, {}, tuple(results))], truth


def test_a_model_that_memorises_people_is_at_chance_unless_an_oracle_finds_skill_in_it():
    trials, truth = study_of_people(skill=0)
    uar = {
        rule: score(choose(rule, trials, None if rule in HONEST else truth), trials, truth, ("a", "b", "c"))[
            "uar"
        ]
        for rule in available(trials)
    }
    for rule in SINGLE:
        assert uar[rule] == pytest.approx(1 / 3, abs=0.06)  # 320 clips: standard error .026
    assert uar["oracle_epoch"] > 0.55


def test_skill_survives_every_rule():
    trials, truth = study_of_people(skill=0.9)
    for rule in SINGLE:
        assert score(choose(rule, trials), trials, truth, ("a", "b", "c"))["uf1"] > 0.85


# ---- records that contradict each other
# -----------------------------------------------------------------------------------


def test_records_that_do_not_belong_together_are_refused():
    good = two_trials()
    r = good[0].results[0]
    leak = dataclasses.replace(r, validation=("a/0", "a-v/1"))
    other = dataclasses.replace(r, validation=("x/0", "x/1"))
    for trials, words in (
        ([TrialRecord(0, {}, (leak,))], "clip 'a/0' is both a validation and a test clip"),
        ([good[0], TrialRecord(1, {}, (other,))], "other validation or test clips"),
        ([TrialRecord(0, {}, (r, r))], "two results for one fold"),
        ([good[0], good[0]], "two trials have the same index"),
        ([], "no fold result"),
    ):
        with pytest.raises(SelectionError, match=words):
            choose("nested", trials)
    choices = choose("nested", good)
    with pytest.raises(SelectionError, match="no true class for test clip 'b/1'"):
        score(choices, good, {c: v for c, v in TRUTH.items() if c != "b/1"}, ("neg", "pos"))
    some = [TrialRecord(0, {}, (*two_trials()[0].results, dataclasses.replace(r, fold="c")))]
    with pytest.raises(SelectionError, match=r"tested 2 times and .* 1 times"):
        score(choose("last_epoch", some), some, TRUTH, ("neg", "pos"))


def test_parts_are_scored_apart_on_the_predictions_of_the_pooled_run():
    """Two people, three clips each, over two seeds; as a cross-corpus protocol each clip is tested by two
    folds."""
    truth = {"a/0": 0, "a/1": 1, "a/2": 1, "b/0": 0, "b/1": 0, "b/2": 1}

    def result(fold, seed, person, calls):
        return dataclasses.replace(record(person, [calls], [[0, 1]], [0, 1], seed=seed), fold=fold)

    calls = {("x", "a"): [0, 1, 1], ("x", "b"): [1, 1, 0], ("y", "a"): [0, 0, 0], ("y", "b"): [0, 0, 0]}
    results = [
        dataclasses.replace(
            both := result(fold, seed, "a", calls[fold, "a"]),
            test=(*both.test, "b/0", "b/1", "b/2"),
            test_probs=np.concatenate(
                [both.test_probs, result(fold, seed, "b", calls[fold, "b"]).test_probs], 1
            ),
        )
        for fold in "xy"
        for seed in (0, 1)
    ]
    trials = [TrialRecord(0, {}, tuple(results))]
    scored = score(
        choose("nested", trials), trials, truth, ("neg", "pos"), lambda fold, clip: f"{fold} to {clip[0]}"
    )
    assert {name: (part["n_clips"], part["war"]) for name, part in scored["parts"].items()} == {
        "x to a": (3, 1.0),
        "x to b": (3, 0.0),
        "y to a": (3, pytest.approx(1 / 3)),
        "y to b": (3, pytest.approx(2 / 3)),
    }
    # F1 of neg: 2 tp / (2 tp + fp + fn) = 2 / (2 + 2)
    assert scored["parts"]["y to a"]["uf1"] == pytest.approx((2 / 4 + 0) / 2)
    assert scored["war"] == pytest.approx((3 + 0 + 1 + 2) / 12) and scored["n_clips"] == 6
    assert score(choose("nested", trials), trials, truth, ("neg", "pos"))["parts"] == {}
