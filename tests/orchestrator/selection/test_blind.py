"""What "blind" means, on real trainings: all that is known of a person is scrambled, labels, frames and
action units, and every blind rule's choice for that person's fold stays the same to the bit."""

from dataclasses import replace

import numpy as np
import pytest

from orchestrator.runners.inline import run_fold
from orchestrator.selection.choose import available, choose
from orchestrator.selection.records import TrialRecord
from orchestrator.selection.rules import RULES
from orchestrator.study.study import Study
from tests.orchestrator.tables import QUICK, table

# committee_seeds is left out: it chooses as committee does, seed by seed
BLIND = [name for name, rule in RULES.items() if rule.kind == "blind" and not rule.averages]
TRIALS = ({"recipe.lr": 3e-2}, {"recipe.lr": 1e-3, "recipe.patience": 2, "recipe.class_balance": True})
STUDY = Study("stag", "loso", 2, 1, QUICK | {"recipe.epochs": 3}, committee=True)


def records(data):
    made = []
    for index, drawn in enumerate(TRIALS):
        jobs = STUDY.jobs(data, drawn)
        made.append(TrialRecord(index, jobs[0].config, tuple(run_fold(job, data) for job in jobs)))
    return made


def choices(trials, who):
    """Rule -> what it chooses for that person's folds, with the validation record that it was chosen by."""
    held = {(r.fold, r.seed, r.member): r for t in trials for r in t.results}
    return {
        rule: {
            key: (choice, held[(*key, 0)].validation)
            for key, choice in choose(rule, trials).items()
            if key[0] == who
        }
        for rule in available(trials)
        if not RULES[rule].oracle
    }


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(3)
    made = table(people=6)
    return replace(made, au="predicted", aus=(rng.random((len(made.y), 21)) < 0.3).astype(np.float32))


@pytest.fixture(scope="module")
def before(data):
    return records(data)


def scrambled(data, who, seed):
    rng = np.random.default_rng(seed)
    mine = np.array([person == who for person in data.subjects])
    x, y, aus = data.x.copy(), data.y.copy(), data.aus.copy()
    x[mine] = rng.normal(size=x[mine].shape).astype(x.dtype) * 5
    y[mine] = rng.integers(0, 3, mine.sum())
    aus[mine] = rng.random(aus[mine].shape) < 0.5
    return replace(data, x=x, y=y, aus=aus)


def test_a_blind_choice_does_not_hang_on_the_held_out_person_and_pooled_validation_does(data, before):
    moved = set()
    for number, who in enumerate(sorted(set(data.subjects))[:3]):
        after = records(scrambled(data, who, number))
        old, new = choices(before, who), choices(after, who)
        for rule in BLIND:
            assert new[rule] == old[rule], f"{rule} moved with {who}"
        moved |= {rule for rule in old if old[rule] != new[rule]}
    assert moved == {"pooled_validation"}, "the scramble reaches what a rule can see, so that this can fail"
