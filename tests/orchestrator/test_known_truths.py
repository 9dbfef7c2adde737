"""Sweeps of which the truth is known: labels without meaning, the same twice, two seeds, a planted gain."""

import functools
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console

from orchestrator.results import chance, report
from orchestrator.results.compared import compared
from orchestrator.results.headline import headline
from orchestrator.search import inline
from orchestrator.selection.rules import RULES
from orchestrator.study.study import Study
from orchestrator.sweeps.after_features import scored
from orchestrator.sweeps.result import Result
from orchestrator.workspace.store import FoldStore
from tests.orchestrator.tables import table
from tests.sweeps import Watcher, plan

RULE = "committee"
CLEAR, DIM = 4.0, 6.0  # noise on the features: UF1 about .8 and .65


@functools.cache
def clips(noise=0.0, shuffled=False):
    """96 clips of 24 people."""
    made, rng = table(24, 4), np.random.default_rng(1)
    x = (made.x + noise * rng.normal(size=made.x.shape)).astype(np.float32)
    y = rng.permutation(made.y) if shuffled else made.y
    return replace(made, x=x, y=y, content=f"{noise}{shuffled}")


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    """Function of (noise, shuffled, trials, seeds, which): the Result of a sweep, made once."""

    @functools.cache
    def run(noise=0.0, shuffled=False, trials=1, seeds=1, which=""):
        root = tmp_path_factory.mktemp("known")
        recipe = {"recipe.epochs": 12, "recipe.warmup_epochs": 0, "recipe.patience": 0}
        study, data = Study("mdmo", "group_kfold-4", 2, seeds, recipe, committee=True), clips(noise, shuffled)
        outcomes = inline.search(
            study, data, FoldStore(root / "folds"), plan(root / "plan", trials), Watcher()
        )
        scores = scored([one.trial for one in outcomes], data, study)
        scores[RULE] = chance.added(scores[RULE], data.classes)
        folder = root / "sweeps" / f"noise{noise:g}{which}"
        summary = {
            "name": folder.name, "model": "mdmo", "corpus": "synthetic", "feature_set": data.features,
            "au": "none", "classes": list(data.classes), "protocol": study.protocol, "clips": 96,
            "subjects": 24, "rule": RULE, "seeds": seeds,
            "configuration": {str(one.index): dict(one.config) for one in outcomes},
        }  # fmt: skip
        report.write(folder, summary, scores)
        return Result.of(folder)

    return run


def test_of_labels_without_meaning_honest_intervals_hold_chance_and_oracles_lie_above(swept):
    summary = swept(shuffled=True, trials=3).summary
    selection = summary["selection"]
    by_chance = selection[RULE]["chance"]["uf1"]
    assert by_chance["expected"] == pytest.approx(1 / 3, abs=0.03) and by_chance["p"] > 0.05
    honest = {name: score for name, score in selection.items() if not RULES[name].oracle}
    assert len(honest) >= 4
    for name, score in honest.items():
        low, high = score["interval"]["uf1"]
        assert low < by_chance["expected"] < high, name
    console = Console(width=130)
    with console.capture() as held:
        console.print(report.table(summary))
    text = " ".join(held.get().split())
    for name in ("oracle_epoch", "oracle_search"):
        gap = selection[name]["uf1"] - selection[RULE]["uf1"]
        assert gap > 0.05 and f"{name} {gap:+.3f}" in text
    assert f"(chance {by_chance['expected']:.3f}, p = " in headline(summary) and "truths permuted" in text


def test_what_is_learnt_is_not_chance_and_is_said_to_be(swept):
    summary = swept(CLEAR).summary
    assert summary["selection"][RULE]["chance"]["uf1"]["p"] < 0.001
    assert ", p < .001)" in headline(summary)


def test_two_identical_sweeps_differ_by_nothing(swept):
    one, again = swept(CLEAR), swept(CLEAR, which="-again")
    assert one.folders != again.folders
    made = one.compare(again)
    assert (made.differences["difference"] == 0).all() and (made.differences["p"] == 1).all()
    assert (made.differences[["low", "high"]] == 0).to_numpy().all()
    assert "score the same" in made.sentences[0]


def test_two_seeds_of_one_model_are_not_called_different(swept):
    (side,) = swept(DIM, seeds=2).sides("nested")
    seeds = [
        replace(side, name=f"seed {seed}", rows=side.rows[side.rows["seed"] == seed]) for seed in ("0", "1")
    ]
    assert (seeds[0].rows["predicted"].to_numpy() != seeds[1].rows["predicted"].to_numpy()).any()
    made = compared(seeds)
    assert "It is not shown" in made.sentences[0] and made.differences["p"].min() > 0.05


def test_a_planted_gain_of_ten_points_is_called_different_and_from_python_as_from_the_command(swept):
    made = swept(CLEAR).compare(swept(DIM), gain=0.1)
    row = made.differences.set_index("score").loc["uf1"]
    assert row["difference"] > 0.1 and row["p"] < 0.05 < row["low"] + 0.05
    assert made.sentences[0].startswith(f"noise{CLEAR:g} would likely beat noise{DIM:g} with new people too")
    back = swept(DIM).compare(swept(CLEAR)).differences.set_index("score").loc["uf1"]
    assert (back["difference"], back["p"]) == pytest.approx((-row["difference"], row["p"]))
