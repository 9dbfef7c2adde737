"""UF1, UAR, WAR and per-class scores from pooled predictions. numpy only.

Source  MEGC 2019 evaluation (See et al., FG 2019, doi:10.1109/FG.2019.8756611): the counts of all folds are
        summed first, then F1_c = 2 TP_c / (2 TP_c + FP_c + FN_c), UF1 = mean_c F1_c, UAR = mean_c TP_c / n_c,
        WAR = sum_c TP_c / N (plain accuracy).
Input   integer arrays (n,) of class indices 0 .. C-1, truth and prediction of the same clip at the same
        place.
Output  floats in [0, 1]; a confusion matrix int64 (C, C), rows = truth, columns = prediction.

The rule for an absent class: means are always over the C classes of the label scheme. A class without a clip
has F1 = 0 and recall = 0 and stays in the mean, and ``evaluate`` names it under "absent". Dropping it would
let a score rise because a class is missing. Never average the UF1 of folds: most LOSO test people show one or
two classes only.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


class MetricError(ValueError):
    """Labels that cannot be scored: wrong shape, nothing to score, or a class index outside 0 .. C-1."""


def validate(truth: ArrayLike, predicted: ArrayLike, n_classes: int) -> tuple[NDArray[Any], NDArray[Any]]:
    """Both as int64 (n,). Raises MetricError for floats, unequal lengths, no clip, or an index outside 0 ..
    n_classes-1."""
    arrays = []
    for what, given in (("truth", truth), ("predicted", predicted)):
        array = np.asarray(given)
        if array.ndim != 1 or array.size == 0 or not np.issubdtype(array.dtype, np.integer):
            raise MetricError(
                f"{what} must be class indices in one non-empty row, got {array.dtype} of shape {array.shape}"
            )
        outside = array[(array < 0) | (array >= n_classes)]
        if outside.size:
            raise MetricError(
                f"{what} holds class {outside[0]}, but {n_classes} classes allow 0 .. {n_classes - 1}"
            )
        arrays.append(array.astype(np.int64))
    if len(arrays[0]) != len(arrays[1]):
        raise MetricError(
            f"{len(arrays[0])} true labels for {len(arrays[1])} predictions; join both by clip id first"
        )
    return arrays[0], arrays[1]


def confusion(truth: ArrayLike, predicted: ArrayLike, n_classes: int) -> NDArray[Any]:
    """int64 (C, C): [i, j] counts clips of class i that were called j."""
    rows, columns = validate(truth, predicted, n_classes)
    return np.bincount(rows * n_classes + columns, minlength=n_classes**2).reshape(n_classes, n_classes)


def _ratio(part: NDArray[Any], whole: NDArray[Any]) -> NDArray[Any]:
    """part / whole, and 0 where whole is 0."""
    return np.divide(part, whole, out=np.zeros(np.shape(part), dtype=np.float64), where=np.asarray(whole) > 0)


def f1(matrix: NDArray[Any]) -> NDArray[Any]:
    """Of each class, from confusion matrices (..., C, C): float64 (..., C)."""
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    # 2 TP + FP + FN = support + called
    return _ratio(2 * hits, matrix.sum(axis=-1) + matrix.sum(axis=-2))


def scores(matrix: NDArray[Any]) -> dict[str, NDArray[Any]]:
    """Per-class scores of confusion matrices (..., C, C), each float64 (..., C): f1, recall, precision,
    support."""
    hits = np.diagonal(matrix, axis1=-2, axis2=-1)
    support, called = matrix.sum(axis=-1), matrix.sum(axis=-2)
    return {
        "f1": f1(matrix),
        "recall": _ratio(hits, support),
        "precision": _ratio(hits, called),
        "support": support,
    }


def per_class(truth: ArrayLike, predicted: ArrayLike, n_classes: int) -> dict[str, NDArray[Any]]:
    """f1, recall, precision, support, each (C,). A class without a clip has 0 everywhere."""
    return scores(confusion(truth, predicted, n_classes))


def uf1(truth: ArrayLike, predicted: ArrayLike, n_classes: int) -> float:
    """Unweighted F1: the mean over all C classes of the class' F1."""
    return float(per_class(truth, predicted, n_classes)["f1"].mean())


def uar(truth: ArrayLike, predicted: ArrayLike, n_classes: int) -> float:
    """Unweighted average recall: the mean over all C classes of the class' recall. Chance is 1 / C."""
    return float(per_class(truth, predicted, n_classes)["recall"].mean())


def war(truth: ArrayLike, predicted: ArrayLike, n_classes: int) -> float:
    """Weighted average recall, which is plain accuracy."""
    rows, columns = validate(truth, predicted, n_classes)
    return float((rows == columns).mean())


def uar_of_people(truth: Iterable[Any], predicted: Iterable[Any], people: Iterable[str]) -> dict[str, float]:
    """Person -> recall of each class that the person shows, averaged over those classes alone, in [0, 1].

    Truth, prediction and person of the same clip stand at the same place; a class may be of any type.
    Published tables of the ROI ladder give the mean and the deviation of these over people, which is not the
    pooled UAR: a person with one clip counts as much as one with thirty, and no class has a fixed weight.
    """
    right: dict[str, dict[Any, list[bool]]] = {}
    for person, true, called in zip(people, truth, predicted, strict=True):
        right.setdefault(person, {}).setdefault(true, []).append(true == called)
    return {
        person: float(np.mean([sum(clips) / len(clips) for clips in of_class.values()]))
        for person, of_class in right.items()
    }


def uf1_of_folds(
    truth: Sequence[int], predicted: Sequence[int], folds: Sequence[str], n_classes: int
) -> dict[str, float]:
    """Fold -> UF1 of its own clips alone, over the classes that it tests or predicts, in [0, 1].

    Papers print these as "Fold UF1", and their deviation as "Std-UF1". Their mean is not UF1, which pools
    all folds first: a fold that shows one class is scored over that class alone.
    """
    rows: dict[str, list[int]] = {}
    for place, fold in enumerate(folds):
        rows.setdefault(fold, []).append(place)
    made = {}
    for fold, own in rows.items():
        matrix = confusion([truth[i] for i in own], [predicted[i] for i in own], n_classes)
        occurs = (matrix.sum(0) + matrix.sum(1)) > 0
        made[fold] = float(scores(matrix)["f1"][occurs].mean())
    return made


def evaluate(truth: ArrayLike, predicted: ArrayLike, classes: Sequence[str]) -> dict[str, Any]:
    """All scores of pooled predictions, ready for JSON.

    Returns {"uf1", "uar", "war": float, "per_class": {class: {"f1", "recall", "precision": float, "support":
    int}}, "confusion": C lists of C counts, "absent": classes without a clip, which count as 0 in uf1 and
    uar}.
    """
    return of_counts(confusion(truth, predicted, len(classes)), classes)


def of_counts(matrix: NDArray[Any], classes: Sequence[str]) -> dict[str, Any]:
    """``evaluate`` of a confusion matrix (C, C)."""
    each = scores(matrix)
    return {
        "uf1": float(each["f1"].mean()),
        "uar": float(each["recall"].mean()),
        "war": float(np.trace(matrix) / matrix.sum()),
        "per_class": {
            name: {k: int(v[c]) if k == "support" else float(v[c]) for k, v in each.items()}
            for c, name in enumerate(classes)
        },
        "confusion": matrix.tolist(),
        "absent": [name for c, name in enumerate(classes) if each["support"][c] == 0],
    }
