"""Scores against hand-computed cases, published counts, scikit-learn, and the mistakes that peers' code
makes."""

import numpy as np
import pytest
from sklearn.metrics import (
    accuracy_score,
    balanced_accuracy_score,
    confusion_matrix,
    f1_score,
    precision_recall_fscore_support,
)

from orchestrator.selection import metrics

CLASSES = ("negative", "positive", "surprise")


def test_a_case_worked_by_hand():
    truth, called = [0, 0, 0, 0, 1, 2, 2], [0, 0, 1, 2, 1, 2, 0]
    result = metrics.evaluate(truth, called, CLASSES)
    assert result["confusion"] == [[2, 1, 1], [0, 1, 0], [1, 0, 1]]
    # F1: 2*2/(4+3) = 4/7, 2*1/(1+2) = 2/3, 2*1/(2+2) = 1/2. Recall: 2/4, 1/1, 1/2. Accuracy 4/7.
    assert result["uf1"] == pytest.approx((4 / 7 + 2 / 3 + 1 / 2) / 3)
    assert result["uar"] == pytest.approx((1 / 2 + 1 + 1 / 2) / 3)
    assert result["war"] == pytest.approx(4 / 7)
    assert result["per_class"]["positive"] == {
        "f1": pytest.approx(2 / 3),
        "recall": 1.0,
        "precision": 0.5,
        "support": 1,
    }
    assert result["absent"] == []


def test_calling_all_442_clips_of_megc2019_negative_scores_as_the_organisers_say():
    """250 negative, 109 positive, 83 surprise clips: they give the accuracy of this as 0.565 (rounded
    down)."""
    truth = np.repeat([0, 1, 2], [250, 109, 83])
    assert metrics.war(truth, np.zeros_like(truth), 3) == pytest.approx(250 / 442)
    assert metrics.uar(truth, np.zeros_like(truth), 3) == pytest.approx(1 / 3)
    assert metrics.uf1(truth, np.zeros_like(truth), 3) == pytest.approx(2 * 250 / (250 + 442) / 3)


def test_a_persons_uar_is_over_the_classes_that_she_shows():
    """a shows 0 (one of two right) and 1 (right): 3/4. b shows 2 alone (wrong): 0. c shows 1 (right): 1."""
    truth, called, people = [0, 0, 1, 2, 1], [0, 2, 1, 0, 1], ["a", "a", "a", "b", "c"]
    assert metrics.uar_of_people(truth, called, people) == {"a": 0.75, "b": 0.0, "c": 1.0}
    # pooled, and averaged over all three classes: 1/2, 1, 0
    assert metrics.uar(truth, called, 3) == pytest.approx(0.5)
    names = [CLASSES[c] for c in truth], [CLASSES[c] for c in called]
    assert metrics.uar_of_people(*names, people) == {"a": 0.75, "b": 0.0, "c": 1.0}


def test_a_folds_uf1_is_scikit_learns_macro_f1_of_the_fold_alone():
    """a: classes 0 (F1 2/3) and 1 (0), which is only predicted. b: class 2 alone, right."""
    truth, called, folds = [0, 0, 2], [0, 1, 2], ["a", "a", "b"]
    assert metrics.uf1_of_folds(truth, called, folds, 3) == {"a": pytest.approx(1 / 3), "b": 1.0}
    assert f1_score([0, 0], [0, 1], average="macro") == pytest.approx(1 / 3)
    assert metrics.uf1(truth, called, 3) == pytest.approx((2 / 3 + 0 + 1) / 3)  # pooled


@pytest.mark.parametrize("seed", range(20))
def test_equals_scikit_learn(seed):
    rng = np.random.default_rng(seed)
    n_classes = int(rng.integers(2, 8))
    truth, called = rng.integers(0, n_classes, (2, int(rng.integers(1, 60))))  # short ones lack classes
    labels = list(range(n_classes))
    names = [f"c{i}" for i in labels]
    result = metrics.evaluate(truth, called, names)
    assert result["confusion"] == confusion_matrix(truth, called, labels=labels).tolist()
    assert result["uf1"] == pytest.approx(
        f1_score(truth, called, labels=labels, average="macro", zero_division=0)
    )
    assert result["war"] == pytest.approx(accuracy_score(truth, called))
    each = precision_recall_fscore_support(truth, called, labels=labels, zero_division=0)
    for c, name in enumerate(names):
        scores = result["per_class"][name]
        assert [scores["precision"], scores["recall"], scores["f1"], scores["support"]] == pytest.approx(
            [part[c] for part in each]
        )
    if not result["absent"]:
        assert result["uar"] == pytest.approx(balanced_accuracy_score(truth, called))
    order = rng.permutation(len(truth))
    assert metrics.evaluate(truth[order], called[order], names) == result


def test_an_absent_class_stays_in_the_mean_and_is_named():
    """Peers' helpers skip a class that is in neither truth nor prediction, and so report 1.0 here."""
    result = metrics.evaluate([0, 0, 1], [0, 0, 1], CLASSES)
    assert result["uf1"] == result["uar"] == pytest.approx(2 / 3)
    assert result["war"] == 1.0
    assert result["absent"] == ["surprise"]
    # called, but no clip shows it
    assert metrics.evaluate([0, 0, 1], [0, 0, 2], CLASSES)["absent"] == ["surprise"]


def test_folds_are_pooled_before_the_mean_over_classes():
    """The mean of per-fold F1 punishes people who show one class; pooling the clips of a perfect prediction
    gives 1."""
    folds = [([0, 0], [0, 0]), ([1], [1]), ([2, 2, 0], [2, 2, 0])]
    pooled = metrics.uf1(np.concatenate([t for t, _ in folds]), np.concatenate([p for _, p in folds]), 3)
    assert pooled == 1.0
    assert np.mean([metrics.uf1(t, p, 3) for t, p in folds]) == pytest.approx((1 / 3 + 1 / 3 + 2 / 3) / 3)


def test_every_batch_and_every_class_counts():
    """A peer adds up the last class only (its loop body is indented one level short), another scores the last
    batch only."""
    truth, called = [0, 1, 2, 2], [1, 0, 2, 2]  # the last class, and the last batch of two, are perfect
    assert metrics.uf1(truth, called, 3) == metrics.uar(truth, called, 3) == pytest.approx(1 / 3)


def test_scores_of_a_stack_of_matrices_are_those_of_each():
    rng = np.random.default_rng(0)
    stack = rng.integers(0, 9, (4, 5, 3, 3))
    for name, values in metrics.scores(stack).items():
        for at in np.ndindex(4, 5):
            np.testing.assert_array_equal(values[at], metrics.scores(stack[at])[name])


@pytest.mark.parametrize(
    ("truth", "called", "words"),
    [
        ([0, 3], [0, 1], "truth holds class 3"),
        ([0, 1], [0, -1], "predicted holds class -1"),
        ([0, 1], [0], "2 true labels for 1 predictions"),
        ([], [], "shape \\(0,\\)"),
        ([0, 1], [0.2, 0.8], "float64"),
        ([[0], [1]], [0, 1], "shape \\(2, 1\\)"),
    ],
)
def test_labels_that_cannot_be_scored_are_refused(truth, called, words):
    with pytest.raises(metrics.MetricError, match=words):
        metrics.confusion(truth, called, 3)
