"""From a finished sweep to its explanations: each clip by its own fold's model, as pictures and tables."""

import base64
import io
import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from PIL import Image
from typer.testing import CliRunner

from orchestrator import Execution, Experiment, explain, predict, run, send
from orchestrator.inference.bundle import load
from orchestrator.inference.clips import found
from orchestrator.inference.video import ClipPredictor
from orchestrator.results.explain.clip import explanation, explanation_picture
from preprocessing.render import RenderConfig, render_corpus


@pytest.fixture(scope="module")
def swept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("explain")
    render_corpus(folder / "corpus", RenderConfig(subjects=4, clips_per_subject=3, size=160))
    experiment = Experiment(
        "ststnet",
        corpora=(("synthetic", str(folder / "corpus")),),
        trials=1,
        inner_folds=2,
        settings={"recipe.epochs": 2},
    )
    run(experiment, Execution(name="s", runner="inline", workspace=folder / "ws"))
    return folder / "ws"


def command(workspace, *words):
    return CliRunner().invoke(explain.app, ["s", "--workspace", str(workspace), *map(str, words)])


@pytest.mark.long
def test_a_sweep_is_explained_by_its_folds_models_as_the_rule_chose_them(swept, tmp_path):
    """A committee of two models a fold, none kept: all are trained again, and say what was scored."""
    result = command(swept, "--to", tmp_path / "out")
    assert result.exit_code == 0, result.output
    assert "trained again" in " ".join(result.output.split())
    page = (tmp_path / "out" / "index.html").read_text()
    assert "8 models, 8 of them trained again" in page and "12 clips of 4 people" in page
    assert "No attention: STSTNet has no attention" in page
    for name in ("faces", "parts", "deletion", "classes", "action_units", "embedding"):
        with Image.open(tmp_path / "out" / f"{name}.png") as picture:
            assert min(picture.size) > 150
        data = base64.b64encode((tmp_path / "out" / f"{name}.png").read_bytes()).decode()
        assert f'alt="{name}" src="data:image/png;base64,{data}"' in page
    assert "does NOT" in page or "falls faster than" in page
    assert not re.findall(r"(?:src|href)=[\"'](?!#|data:)", page.split("<script")[0])
    space = pd.read_csv(tmp_path / "out" / "embedding.csv")
    assert len(space) == 12 and space[["x", "y", "z"]].notna().all(axis=None)
    parts = pd.read_csv(tmp_path / "out" / "parts.csv")
    assert len(parts) == 12 * 3
    sums = parts[["brows", "eyes", "nose", "mouth", "rest"]].sum(axis=1)
    assert ((sums - 1).abs() < 1e-6).all()
    assert (parts["person"] == parts["fold"]).all()
    rows = pd.read_parquet(tmp_path / "out" / "importance.parquet")
    assert len(rows) == 12 * 3 * 196
    whole = rows.groupby(["clip", "method"], observed=True)["importance"].sum()
    np.testing.assert_allclose(whole[whole > 0], 1, atol=1e-4)
    methods = pd.read_csv(tmp_path / "out" / "methods.csv").set_index("method")
    assert methods["clips"].tolist() == [12] * 3 and methods["names_part_of_an_au"].between(0, 1).all()
    assert "names_planted" not in methods


def test_explanations_of_some_methods_stand_on_the_sweeps_page_and_go_to_mlflow(swept):
    result = command(swept, "--fold", "p01", "--methods", "grad_cam", "--methods", "attention")
    assert result.exit_code == 0, result.output
    folder = swept / "sweeps" / "s"
    assert set(pd.read_csv(folder / "explain" / "methods.csv")["method"]) == {"grad_cam"}
    page = (folder / "report.html").read_text()
    assert '<h2 id="explained">' in page and "grad_cam: the probability" in page
    sent = CliRunner().invoke(send.app, ["s", "--workspace", str(swept)])
    assert sent.exit_code == 0, sent.output
    client = MlflowClient(f"sqlite:///{swept}/mlflow.db")
    (run_id,) = [
        run.info.run_id
        for experiment in client.search_experiments()
        for run in client.search_runs([experiment.experiment_id], "tags.`mer.level` = 'sweep'")
    ]
    there = {Path(file.path).name for file in client.list_artifacts(run_id, "report/explain")}
    assert {"explanations.json", "index.html", "methods.csv", "faces.png", "importance.parquet"} <= there


def test_one_fold_or_one_clip_alone(swept, tmp_path):
    one = command(swept, "--fold", "p02", "--rule", "committee", "--to", tmp_path / "a")
    assert one.exit_code == 0, one.output
    assert set(pd.read_csv(tmp_path / "a" / "parts.csv")["person"]) == {"synthetic/p02"}
    clip = command(swept, "--clips", "synthetic/p03/c02", "--to", tmp_path / "b")
    assert clip.exit_code == 0, clip.output
    assert set(pd.read_csv(tmp_path / "b" / "parts.csv")["clip"]) == {"synthetic/p03/c02"}


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["--fold", "p99"], "no fold 'p99'|unknown fold|'p99'"),
        (["--clips", "synthetic/p01/c99"], "'synthetic/p01/c99'"),
        (["--fold", "p01", "--clips", "synthetic/p02/c01"], "none of these clips"),
        (["--rule", "oracle_epoch"], "is an oracle"),
        (["--rule", "nestd"], "nested"),
        (["--methods", "gradcam"], "did you mean 'grad_cam'"),
        (["--methods", "attention"], "STSTNet has no attention. Ask for another of integrated_gradients"),
    ],
)
def test_what_is_not_there_is_named(words, says, swept, tmp_path):
    result = command(swept, *words, "--to", tmp_path / "x")
    assert result.exit_code == 2 and re.search(says, " ".join(result.output.split())), result.output
    assert not (tmp_path / "x").exists()


def test_a_clip_of_anybody_is_explained_as_a_picture(swept):
    predictor = ClipPredictor(load(swept / "sweeps" / "s" / "model"))
    folder = sorted((swept.parent / "corpus" / "frames").glob("*/*"))[0]
    (clip,) = found([str(folder)])
    with Image.open(io.BytesIO(explanation_picture(predictor, clip))) as picture:
        assert picture.format == "PNG" and min(picture.size) > 300
    made, told = explanation(predictor, clip), predictor(clip)
    assert made.called == told.called and made.probability == told.probabilities[told.called]
    text = made.nested()
    assert set(text["methods"]) == {"integrated_gradients", "occlusion", "grad_cam"}
    assert sum(text["methods"]["occlusion"]["parts"].values()) == pytest.approx(1, abs=1e-3)
    assert text["lacking"] == {"attention": "STSTNet has no attention"}


def test_predict_explains_beside_its_lines(swept, tmp_path):
    """A picture and a text a clip, of the class of its line; two clips of one name both; none where the model
    abstains, and the lines are those without --explain."""
    clips = sorted((swept.parent / "corpus" / "frames").glob("*/c01"))[:2]
    grey = tmp_path / "grey"
    grey.mkdir()
    for number in range(3):
        Image.new("RGB", (64, 64), "grey").save(grey / f"{number}.png")
    words = ["s", "--workspace", str(swept), *map(str, clips), str(grey)]
    plain = CliRunner().invoke(predict.app, words)
    told = CliRunner().invoke(predict.app, [*words, "--explain", "--json", str(tmp_path / "out.jsonl")])
    assert told.exit_code == plain.exit_code == 1, told.output
    assert (tmp_path / "out.jsonl").read_text() == plain.stdout
    rows = [json.loads(line) for line in plain.stdout.splitlines()]
    assert sorted(path.name for path in tmp_path.glob("*.why.*")) == [
        "c01-2.why.json", "c01-2.why.png", "c01.why.json", "c01.why.png",
    ]  # fmt: skip
    for row, stem in zip(rows, ("c01", "c01-2"), strict=False):
        said = json.loads((tmp_path / f"{stem}.why.json").read_text())
        assert (said["clip"], said["class"]) == (row["clip"], row["class"])


def test_a_clip_from_which_the_model_abstains_is_not_explained(swept, tmp_path):
    for number in range(3):
        Image.new("RGB", (64, 64), "grey").save(tmp_path / f"{number}.png")
    predictor = ClipPredictor(load(swept / "sweeps" / "s" / "model"))
    (clip,) = found([str(tmp_path)])
    assert "no face" in explanation(predictor, clip)
    with pytest.raises(ValueError, match=r"abstains: .*no face"):
        explanation_picture(predictor, clip)


@pytest.mark.long
def test_of_a_planted_region_the_page_says_what_each_method_names(tmp_path):
    """The class is at the mouth alone, beside brows and eyes that move as much: what asks for the cause names
    the mouth in 90 % of the clips, and of each other method the page says that it does not."""
    config = RenderConfig(subjects=6, clips_per_subject=9, size=160, difficulty=0.0, planted="mouth")
    render_corpus(tmp_path / "corpus", config)
    experiment = Experiment(
        "stag",
        corpora=(("synthetic", str(tmp_path / "corpus")),),
        trials=1,
        inner_folds=2,
        selection="nested",
        settings={"recipe.epochs": 40},
    )
    run(experiment, Execution(name="s", runner="inline", workspace=tmp_path / "ws", keep_weights=True))
    result = command(tmp_path / "ws", "--to", tmp_path / "out")
    assert result.exit_code == 0, result.output
    page = (tmp_path / "out" / "index.html").read_text()
    assert "0 of them trained again" in page
    methods = pd.read_csv(tmp_path / "out" / "methods.csv").set_index("method")
    assert (methods.loc[["integrated_gradients", "occlusion"], "names_planted"] >= 0.9).all(), methods
    for name, row in methods.iterrows():
        assert row["holds"] == (row["names_planted"] >= 0.9)
        assert f"{name} {'names' if row['holds'] else 'does NOT name'} the planted region (mouth)" in page
    areas = methods.loc[["integrated_gradients", "occlusion"]]
    assert (areas["deletion_area"] < areas["random_area"] - 0.1).all()
