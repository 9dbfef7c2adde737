"""Sweeps of made-up numbers with names that would act on a page, if they were not escaped."""

import dataclasses

from orchestrator.results import details, report
from orchestrator.selection import scores
from orchestrator.selection.choose import choose
from orchestrator.selection.records import TrialRecord
from tests.orchestrator.selection.records_by_hand import record
from tests.orchestrator.tracking.test_tracker import SUMMARY

EVIL = "<script>alert(1)</script>"
PERSON = "c/<img src=x onerror=alert(2)>"
CLASSES = (EVIL, "50% & $x_1$ | [b]")


def trial_row(index, uf1, settings, state="complete"):
    return {
        "trial": index,
        "state": state,
        "folds": 2,
        "of": 2,
        "validation_uf1": uf1,
        "chosen": 1,
        "seconds": 3.0,
        "code": "abc",
        "settings": settings,
        "ended_early": 0,
        "last_epochs": [],
    }


def sweep(folder, trials, people=2, clips=2, classes=CLASSES, **summary):
    """Write the files of a finished sweep: every person a fold, half of whose clips are called right."""
    names = [PERSON, *(f"c/p{number}" for number in range(1, people))]
    calls = [[0] * clips, [1] * clips]
    results = []
    for who in names:
        made = record("f", calls, [[0, 1], [1, 1]], [0, 1], loss=[0.5, 0.7])
        results.append(_renamed(made, who, clips))
    records = [TrialRecord(0, {"lr": 1}, tuple(results))]
    truth = {f"{who}/{i}": i % 2 for who in names for i in range(clips)}
    held = {rule: scores.score(choose(rule, records), records, truth, classes) for rule in ("nested",)}
    folder.mkdir(parents=True)
    details.write(folder, details.details(records, held["nested"], truth))
    about = SUMMARY | {
        "classes": list(classes),
        "model": "mine",  # a plugin that is not here
        "rule": "nested",
        "arithmetic": "cpu",
        "trials": trials,
        "left_out": {f"{PERSON}/9": "no <b>face</b>"},
        "configuration": {"0": {"recipe": {"lr": 1}}},
    }
    report.write(folder, about | summary, held)
    return folder


def _renamed(made, who, clips):
    test, validation = tuple(f"{who}/{i}" for i in range(clips)), (f"{who}-v/0", f"{who}-v/1")
    return dataclasses.replace(made, fold=who, test=test, validation=validation)
