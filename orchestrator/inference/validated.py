"""What validation people say of a refitted model: their clips' probabilities, by models that have not seen
them.

A committee's own models have each left one inner group out. A single model of everybody has left nobody out:
there, for each inner group, another model is trained the same way on all other people, and asked for that
group alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from orchestrator.common.seeds import seed_of
from orchestrator.inference.bundle import Bundle
from orchestrator.inference.refit import FOLD
from orchestrator.protocols.inner import split
from orchestrator.selection.rules import RULES
from orchestrator.study.jobs import FoldData
from orchestrator.study.recipe import Recipe
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable
from orchestrator.training.loop import fit
from orchestrator.training.prediction import predict
from orchestrator.training.reproducible import reproducible


@dataclass(frozen=True)
class Validated:
    """Row by row: probs float32 (n, C), truth int64 (n,), and groups (n,), of whose clips none may measure
    what was fitted on the others. people: how many."""

    probs: NDArray[Any]
    truth: NDArray[Any]
    groups: list[int]
    people: int


def of_refit(study: Study, table: ClipTable, bundle: Bundle, rule: str) -> Validated | None:
    """Of a refit under ``rule``, whose bundle it is. None for a study without validation people.

    Raises ProtocolError where the people are fewer than inner groups, TrainingDiverged as training does.
    """
    if study.inner_folds < 2:
        return None
    probs, truth, groups, people = [], [], [], set()
    for group in range(study.inner_folds):
        train, validation = (
            rows_of(table, ids)
            for ids in split(
                table.clip_ids,
                table.subject_of,
                study.inner_folds,
                seed_of("inner", FOLD, 0),
                by_clips=study.rule.subject_dependent,
                group=group,
            )
        )
        if RULES[rule].committee:
            probs.append(bundle.by(group, table.x[validation], given(table, validation)))
        else:
            probs.append(_without(study, table, bundle, train, validation, group))
        truth.append(table.y[validation])
        groups += [group] * len(validation)
        people |= {table.subjects[row] for row in validation}
    return Validated(np.concatenate(probs), np.concatenate(truth), groups, len(people))


def _without(
    study: Study, table: ClipTable, bundle: Bundle, train: NDArray[Any], validation: NDArray[Any], group: int
) -> NDArray[Any]:
    """Probabilities of the group by a model of all others, trained as the bundle's was."""
    about, none = bundle.about, table.x[:0]
    no_aus = None if table.aus is None else table.aus[:0]
    data = FoldData(
        kind=table.kind,
        channels=table.channels,
        x_train=table.x[train],
        y_train=table.y[train],
        x_validation=none,
        y_validation=table.y[:0],
        x_test=none,
        aus_train=None if table.aus is None else table.aus[train],
        aus_validation=no_aus,
        aus_test=no_aus,
        subjects_train=tuple(table.subjects[row] for row in train),
    )
    names = (FOLD, table.content, about.trial, "calibration", group)
    made = fit(
        study.model,
        about.config,
        data,
        table.classes,
        au=table.au,
        epochs=about.models[0].epochs,
        seed_names=names,
    )
    x = table.x[validation]
    with reproducible("cpu"):
        aus = given(table, validation) if made.au_head is None else made.au_head(x)
        recipe = Recipe(**about.config["recipe"])
        return predict(
            made.model, made.normaliser, recipe, table.kind, table.channels, x, aus, len(table.classes)
        )


def given(table: ClipTable, rows: NDArray[Any]) -> NDArray[Any] | None:
    """Annotated action units of these rows, where they are inputs."""
    return table.aus[rows] if table.aus is not None and table.au == "annotated" else None


def rows_of(table: ClipTable, ids: tuple[str, ...]) -> NDArray[Any]:
    """int64: rows of the table of these clips."""
    row = table.annotations.row
    return np.array([row[clip] for clip in ids], np.int64)
