"""From a finished sweep to a bundle: the sweep's own model, calibrated, with its honest score in the card."""

import json

import numpy as np
import pytest
from typer.testing import CliRunner

from orchestrator import Execution, Experiment, export, run
from orchestrator.inference.bundle import load
from preprocessing.render import RenderConfig, render_corpus


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("export")
    render_corpus(folder / "corpus", RenderConfig(subjects=4, clips_per_subject=3, size=160))
    experiment = Experiment(
        "ststnet",
        corpora=(("synthetic", str(folder / "corpus")),),
        trials=2,
        inner_folds=3,
        selection="nested",
        settings={"recipe.epochs": 2},
    )
    run(experiment, Execution(name="s", runner="inline", workspace=folder / "ws"))
    return folder / "ws"


def command(workspace, *words):
    return CliRunner().invoke(export.app, ["s", "--workspace", str(workspace), *words])


def test_a_bundle_is_the_sweeps_own_model_calibrated_with_its_honest_score(swept, tmp_path):
    result = command(swept, "--to", str(tmp_path / "b.zip"))
    assert result.exit_code == 0, result.output
    made, own = load(tmp_path / "b.zip"), load(swept / "sweeps" / "s" / "model")
    x = np.random.default_rng(0).normal(size=(4, 3, 28, 28)).astype(np.float32)
    np.testing.assert_array_equal(made.probabilities(x), own.probabilities(x))
    summary = json.loads((swept / "sweeps" / "s" / "summary.json").read_text())
    score = summary["selection"]["nested"]["uf1"]
    assert f"rule nested (blind): UF1 {score:.3f} (95 % over people: " in made.card
    assert "nobody is left who could test it" in made.card and "oracle_epoch" in made.card
    assert own.about.calibration is None and made.about.calibration["clips"] == summary["clips"]
    assert made.about.calibration["people"] == 4
    calibrated = made.probabilities(x, calibrated=True)
    assert (calibrated.argmax(1) == made.probabilities(x).argmax(1)).all()
    assert np.abs(calibrated - made.probabilities(x)).max() > 1e-4

    again = command(swept, "--to", str(tmp_path / "again.zip"))
    assert again.exit_code == 0
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert command(swept, "--to", str(tmp_path / "folder"), "--no-calibrate").exit_code == 0
    assert load(tmp_path / "folder").about.calibration is None


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--rule", "oracle_epoch"], "is an oracle"),
        (["--rule", "nestd"], "did you mean 'nested'"),
        (["--rule", "committee"], "do not allow --rule committee"),
    ],
)
def test_a_rule_that_cannot_be_is_refused_and_nothing_is_left(words, says, swept, tmp_path):
    result = command(swept, "--to", str(tmp_path / "b.zip"), *words)
    assert result.exit_code == 2 and says in result.output, result.output
    assert not list(tmp_path.iterdir())


def test_what_is_there_is_not_written_over(swept, tmp_path):
    (tmp_path / "b.zip").write_text("mine")
    result = command(swept, "--to", str(tmp_path / "b.zip"))
    assert result.exit_code == 2 and "exists" in result.output
    assert (tmp_path / "b.zip").read_text() == "mine"
    result = command(swept, "--to", str(tmp_path / "no" / "b.zip"))
    assert result.exit_code == 2 and "make it first" in result.output
