"""The whole way of a clip: rendered frames -> Ray Data -> Parquet -> Tune trials -> MLflow -> a model that
loads and predicts."""

import json

import mlflow
import numpy as np
import pytest
from typer.testing import CliRunner

from orchestrator import report, sweep
from preprocessing.render import RenderConfig, render_corpus


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    folder = tmp_path_factory.mktemp("whole")
    render_corpus(folder / "corpus", RenderConfig(subjects=4, clips_per_subject=3, size=160))
    workspace = folder / "workspace"
    arguments = [
        "stag",
        "--corpus",
        "synthetic",
        "--root",
        str(folder / "corpus"),
        "--workspace",
        str(workspace),
        "--trials",
        "2",
    ]
    keys = [
        "--selection",
        "nested",
        "--inner-folds",
        "3",
        "--set",
        "recipe.epochs=2",
        "--set",
        "recipe.warmup_epochs=0",
    ]

    def command(*more):
        return CliRunner().invoke(sweep.app, [*arguments, *keys, *more])

    yield command, workspace
    import ray

    ray.shutdown()


@pytest.mark.long
def test_from_frames_to_a_leaderboard_and_back_without_ray(run, tmp_path):
    command, workspace = run
    result = command("--name", "with-ray", "--json", str(tmp_path / "ray.json"))
    assert result.exit_code == 0, result.output
    with_ray = json.loads((tmp_path / "ray.json").read_text())
    assert with_ray["au"] == "predicted"
    assert with_ray["timing"]["folds_run"] == 8
    assert "extracting 12/12" in result.output

    # the same without Ray, in a workspace of its own: nothing to reuse, equal numbers
    alone = command(
        "--name",
        "inline",
        "--runner",
        "inline",
        "--workspace",
        str(tmp_path / "w"),
        "--json",
        str(tmp_path / "inline.json"),
    )
    assert alone.exit_code == 0, alone.output
    inline = json.loads((tmp_path / "inline.json").read_text())
    assert inline["timing"]["folds_run"] == 8
    assert inline["selection"] == with_ray["selection"]

    # again: nothing is extracted, nothing is trained
    again = command("--name", "again", "--json", str(tmp_path / "again.json"))
    assert again.exit_code == 0, again.output
    assert "features of synthetic are there" in again.output
    assert json.loads((tmp_path / "again.json").read_text())["timing"]["folds_reused"] == 8

    # MLflow: sweep, trials; the model loads and predicts
    uri = f"sqlite:///{workspace}/mlflow.db"
    mlflow.set_tracking_uri(uri)
    client = mlflow.MlflowClient(uri)
    experiment = client.search_experiments(filter_string="name LIKE 'mer-%'")[0]
    runs = client.search_runs([experiment.experiment_id], max_results=1000)
    levels = [r.data.tags["mer.level"] for r in runs]
    assert (levels.count("sweep"), levels.count("trial"), len(levels)) == (2, 4, 6)
    one = next(r for r in runs if r.data.tags.get("mer.sweep") == "with-ray")
    assert "AUs predicted" in one.info.run_name
    assert one.data.metrics["nested/uf1"] == pytest.approx(with_ray["selection"]["nested"]["uf1"])
    model = mlflow.pyfunc.load_model(client.search_logged_models([experiment.experiment_id])[0].model_uri)
    flow = np.random.default_rng(0).normal(size=(3, 16, 14, 2)).astype(np.float32)
    probabilities = model.predict({"flow": flow})
    np.testing.assert_allclose(probabilities.sum(axis=1), 1, atol=1e-5)

    shown = CliRunner().invoke(report.app, ["with-ray", "--workspace", str(workspace)])
    assert shown.exit_code == 0, shown.output
    assert "oracle_epoch" in shown.output
