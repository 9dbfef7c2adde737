"""What a sweep would take is said before it starts, and agrees with what it then does."""

import json
from types import SimpleNamespace

import pytest
from typer.testing import CliRunner

from orchestrator import Execution, Experiment, run
from orchestrator.common.errors import ConfigError
from orchestrator.estimate import app
from orchestrator.search.events import FoldEnded
from orchestrator.search.proposals import proposals
from orchestrator.sweeps.estimate import span
from orchestrator.sweeps.estimating import _seconds_a_clip
from orchestrator.sweeps.run import estimate
from preprocessing.inputs import Settings


@pytest.mark.long
def test_folds_before_the_start_are_those_of_the_sweep_and_what_is_there_is_not_run_again(
    asked, tmp_path, mlflow_uri
):
    how = Execution(name="one", workspace=tmp_path / "w", runner="inline", tracking_uri=mlflow_uri)
    (before,) = estimate(asked, how)
    assert (before.folds, before.there, before.folds_a_trial, before.models) == (8, 0, 4, 1)
    assert (before.clips, before.people, before.new_clips) == (24, 4, 24)
    assert "random numbers" in before.measured and "2 of its 2 epochs" in before.measured
    kept = [one.relative_to(tmp_path / "w") for one in (tmp_path / "w").rglob("*") if one.is_file()]
    # digests of the corpus' files, where those have been there for two seconds
    assert {one.parts[:2] for one in kept} <= {("features", "contents")}
    folds = []
    run(asked, how, lambda event: folds.append(event) if isinstance(event, FoldEnded) else None)
    (after,) = estimate(asked, how)
    assert (after.folds, after.there, after.fold_hours, after.new_clips) == (len(folds), 8, 0.0, 0)
    next((tmp_path / "w" / "features").rglob("shards/*.parquet")).unlink()
    (gone,) = estimate(asked, how, folds.append)
    assert gone.new_clips == 6 and "are gone, 1 of 4 shards" in folds.pop(-2).text
    run(asked, how.but(name="two"))
    folds = [one for one in folds if isinstance(one, FoldEnded)]
    seconds = sum(one.result.seconds for one in folds) / len(folds)
    assert after.measured == "the mean of 8 such folds in the store"
    assert after.seconds_a_fold == pytest.approx(seconds, abs=1e-3)
    # a third trial is new; twice the epochs are twice the time, and other folds
    (more,) = estimate(asked.but(trials=3), how)
    assert (more.folds, more.there) == (12, 8) and more.fold_hours > 0
    (longer,) = estimate(asked.but(settings=dict(asked.settings) | {"recipe.epochs": 4}), how)
    assert longer.there == 0 and longer.seconds_a_fold == pytest.approx(2 * seconds, rel=0.01)
    # folds of another batch size say nothing of ours
    (other,) = estimate(asked.but(settings=dict(asked.settings) | {"recipe.batch_size": 8}), how)
    assert "run here" in other.measured and "random" not in other.measured


def test_a_committee_has_as_many_models_a_fold_and_bad_input_is_refused_as_by_the_sweep(asked, tmp_path):
    how = Execution(workspace=tmp_path, runner="inline")
    (one,) = estimate(asked.but(selection="committee"), how)
    assert (one.models, one.folds, one.at_once) == (2, 16, 1)
    with pytest.raises(ConfigError, match="no such file"):
        estimate(Experiment("resnet18", corpora=asked.corpora, settings={"model.weights": "no.bin"}), how)


def test_the_command_prints_one_line_and_writes_json(root, tmp_path):
    file = tmp_path / "estimate.json"
    words = ["ststnet", "--corpus", "ststnet_flow", "--root", str(root), "--workspace", str(tmp_path)]
    more = ["--trials", "1", "--inner-folds", "2", "--set", "recipe.epochs=1", "--json", str(file)]
    done = CliRunner().invoke(app, [*words, *more])
    assert done.exit_code == 0, done.output
    (held,) = json.loads(file.read_text())
    assert held["folds"] == 8 and "1 trials x 4 folds x 1 seeds x 2 models = 8 folds" in done.output


def test_a_sampler_that_learns_is_known_by_its_first_trial_alone():
    assert len(proposals("stag", "tpe", 4)) == 1
    four = proposals("stag", "random", 4)
    assert len(four) == 4 and four[0] == proposals("stag", "tpe", 4)[0] and four[1] != four[2]


@pytest.mark.parametrize(("hours", "said"), [(2.5, "2.5 h"), (0.2, "12 min"), (0.01, "36 s")])
def test_hours_are_said_in_a_unit_that_fits(hours, said):
    assert span(hours) == said


def test_a_clip_is_timed_by_the_pipeline_that_its_settings_ask_for():
    settings = Settings(flow="dis_fine")  # the usual pipeline does not know it
    plan = SimpleNamespace(corpus="c", specs={"onset_apex_flow": None}, settings=settings, shards=[[]])
    assert _seconds_a_clip([plan], {"c": [0]}) == 0.0  # no clip of it can be read
