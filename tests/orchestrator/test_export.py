"""From a finished sweep to a bundle: the sweep's own model, calibrated, with its honest score in the card."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import zipfile
from urllib.request import Request, urlopen

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from PIL import Image
from typer.testing import CliRunner

from orchestrator import Execution, Experiment, clean, export, predict, run
from orchestrator.inference.bundle import load
from orchestrator.sweeps.kept import held as kept_held
from orchestrator.workspace.store import FoldStore
from preprocessing.render import RenderConfig, render_corpus
from tests.waiting import until


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
    assert f"rule nested (blind): UF1 {score:.3f} [" in made.card
    assert "nobody is left who could test it" in made.card and "oracle_epoch" in made.card
    assert own.about.calibration is None and made.about.calibration["clips"] == summary["clips"]
    assert made.about.calibration["people"] == 4
    with zipfile.ZipFile(tmp_path / "b.zip") as held, held.open("reliability.png") as file:
        assert Image.open(file).size == (598, 650)
    assert "(reliability.png)" in made.card
    calibrated = made.probabilities(x, calibrated=True)
    assert (calibrated.argmax(1) == made.probabilities(x).argmax(1)).all()
    assert np.abs(calibrated - made.probabilities(x)).max() > 1e-4

    again = command(swept, "--to", str(tmp_path / "again.zip"))
    assert again.exit_code == 0
    assert (tmp_path / "again.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()
    assert command(swept, "--to", str(tmp_path / "folder"), "--no-calibrate").exit_code == 0
    assert load(tmp_path / "folder").about.calibration is None


@pytest.mark.long
def test_the_models_of_all_folds_are_the_scored_ones_kept_or_trained_again(swept, tmp_path):
    """The sweep kept no weights: they are trained again. One that did gives the same file without training,
    and has the same folds; torn weights are trained again."""
    made = command(swept, "--folds", "--to", str(tmp_path / "again.zip"))
    assert made.exit_code == 0 and "4 of them trained again" in " ".join(made.output.split()), made.output
    bundle = load(tmp_path / "again.zip")
    assert bundle.about.of == "folds" and len(bundle.members) == 4
    assert [one.fold.rpartition("/")[2] for one in bundle.about.models] == ["p01", "p02", "p03", "p04"]
    assert "The mean of all has been tested on nobody" in bundle.card
    x = np.random.default_rng(0).normal(size=(2, 3, 28, 28)).astype(np.float32)
    mean = np.mean([bundle.by(number, x) for number in range(4)], axis=0)
    np.testing.assert_allclose(bundle.probabilities(x), mean, atol=1e-6)

    folder = swept.parent / "kept"
    held, how = kept_held(swept / "sweeps" / "s")
    run(held, how.but(workspace=folder, keep_weights=True))
    ids = [{path.stem for path in one.glob("folds/*/*.weights")} for one in (folder, swept)]
    assert len(ids[0]) == 8 and not ids[1]  # two trials of four folds
    assert (
        {one.job_id for one in FoldStore(folder / "folds").held()}
        == {one.job_id for one in FoldStore(swept / "folds").held()}
        == ids[0]
    )
    same = command(folder, "--folds", "--to", str(tmp_path / "kept.zip"))
    assert same.exit_code == 0 and "0 of them trained again" in " ".join(same.output.split()), same.output
    assert (tmp_path / "kept.zip").read_bytes() == (tmp_path / "again.zip").read_bytes()
    for path in folder.glob("folds/*/*.weights"):
        path.write_bytes(path.read_bytes()[:-1])
    torn = command(folder, "--folds", "--onnx", "--no-calibrate", "--to", str(tmp_path / "torn.zip"))
    assert torn.exit_code == 0 and "4 of them trained again" in " ".join(torn.output.split()), torn.output
    with_graph = load(tmp_path / "torn.zip")
    assert with_graph.about.onnx == {"opset": 18, "parity": 1e-4} and "graph of opset 18" in with_graph.card
    assert "model.onnx" in zipfile.ZipFile(tmp_path / "torn.zip").namelist()
    shown = CliRunner().invoke(clean.app, ["--workspace", str(folder)])
    assert "ststnet" in shown.output and "weights" in shown.output


def test_a_sweep_of_some_people_is_opened_again_as_that(swept, tmp_path):
    held = Experiment(
        "ststnet",
        corpora=(("synthetic", str(swept.parent / "corpus")),),
        subjects=("p01", "p02", "p03"),
        trials=1,
        inner_folds=2,
        selection="nested",
        settings={"recipe.epochs": 1},
    )
    run(held, Execution(name="some", runner="inline", workspace=swept))
    words = ["some", "--workspace", str(swept), "--no-calibrate", "--to", str(tmp_path / "b.zip")]
    result = CliRunner().invoke(export.app, words)
    assert result.exit_code == 0, result.output
    score = json.loads((swept / "sweeps" / "some" / "summary.json").read_text())["selection"]["nested"]
    text = load(tmp_path / "b.zip").card
    for name, (low, high) in score["interval"].items():  # as every other output says
        assert f"{name.upper()} {score[name]:.3f} [{low:.3f}, {high:.3f}]" in text


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


def copied(swept, tmp_path):
    ignored = shutil.ignore_patterns("mlartifacts", "mlflow.db")
    return shutil.copytree(swept, tmp_path / "ws", ignore=ignored)


def test_a_model_that_is_trained_again_for_a_damaged_one_is_the_same_file(swept, tmp_path):
    workspace = copied(swept, tmp_path)
    weights = workspace / "sweeps" / "s" / "model" / "weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    for folder, name, says in ((swept, "a.zip", ""), (workspace, "b.zip", "it is trained again")):
        result = command(folder, "--to", str(tmp_path / name), "--no-calibrate")
        assert result.exit_code == 0 and says in " ".join(result.output.split()), result.output
    assert (tmp_path / "a.zip").read_bytes() == (tmp_path / "b.zip").read_bytes()


@pytest.mark.parametrize("words", [["--folds"], ["--rule", "last_epoch"]])
def test_nothing_is_chosen_among_some_of_a_sweeps_folds(words, swept, tmp_path):
    workspace = copied(swept, tmp_path)
    for pack in workspace.glob("folds/packs/*.pack"):  # in all: one may hold what another one holds too
        data = bytearray(pack.read_bytes())
        data[len(data) // 2] ^= 1
        pack.write_bytes(data)
    result = command(workspace, "--to", str(tmp_path / "b.zip"), *words)
    assert result.exit_code == 2 and re.search("has [0-3] of 4 fold results of trial", result.output)
    assert "orchestrator.resume s" in result.output and not (tmp_path / "b.zip").exists()


def test_what_is_there_is_not_written_over(swept, tmp_path):
    (tmp_path / "b.zip").write_text("mine")
    result = command(swept, "--to", str(tmp_path / "b.zip"))
    assert result.exit_code == 2 and "exists" in result.output
    assert (tmp_path / "b.zip").read_text() == "mine"
    result = command(swept, "--to", str(tmp_path / "no" / "b.zip"))
    assert result.exit_code == 2 and "make it first" in result.output


def predicted(*words):
    return CliRunner().invoke(predict.app, list(map(str, words)))


@pytest.mark.long
def test_a_corpus_folder_through_predict_is_one_line_a_clip_in_this_process_and_over_ray(swept, tmp_path):
    """The sweep by its name, the bundle that was exported of it and, over Ray, the same numbers; a clip
    without a face abstains, which the status says."""
    assert command(swept, "--to", str(tmp_path / "b.zip")).exit_code == 0
    clips = tmp_path / "clips"
    clips.mkdir()
    for number, folder in enumerate(sorted((swept.parent / "corpus" / "frames").glob("*/*"))[:3]):
        (clips / f"c{number}").symlink_to(folder)
    grey = clips / "grey"
    grey.mkdir()
    picture = next((swept.parent / "corpus" / "frames").glob("*/*/*"))
    for number in range(3):
        Image.new("RGB", (64, 64), "grey").save(grey / f"{number}{picture.suffix}")

    table = ("--csv", tmp_path / "t.csv", "--parquet", tmp_path / "t.parquet")
    inline = predicted(tmp_path / "b.zip", clips, "--json", tmp_path / "a.jsonl", *table)
    assert inline.exit_code == 1, inline.output
    rows = [json.loads(line) for line in (tmp_path / "a.jsonl").read_text().splitlines()]
    assert [row["status"] for row in rows] == ["ok", "ok", "ok", "abstains"]
    assert "no face" in rows[3]["reason"] and rows[3]["probabilities"] == {}
    for row in rows[:3]:
        assert sum(row["probabilities"].values()) == pytest.approx(1, abs=1e-5)
        assert row["class"] == max(row["probabilities"], key=row["probabilities"].get)
    for frame in (pd.read_csv(tmp_path / "t.csv"), pd.read_parquet(tmp_path / "t.parquet")):
        assert frame["p_negative"][:3].tolist() == pytest.approx(
            [r["probabilities"]["negative"] for r in rows[:3]]
        )
        assert frame["class"].isna().tolist() == [False, False, False, True]

    over_ray = predicted(tmp_path / "b.zip", clips, "--workers", "2", "--json", tmp_path / "r.jsonl")
    assert over_ray.exit_code == 1, over_ray.output
    assert (tmp_path / "r.jsonl").read_bytes() == (tmp_path / "a.jsonl").read_bytes()

    by_name = predicted("s", clips / "c0", "--workspace", swept)
    assert by_name.exit_code == 0, by_name.output
    assert json.loads(by_name.stdout)["probabilities"] == rows[0]["uncalibrated"]


def test_raw_frames_on_standard_input_are_predicted_as_the_folder_is(swept):
    folder = sorted((swept.parent / "corpus" / "frames").glob("*/*"))[0]
    pictures = [Image.open(path).convert("RGB") for path in sorted(folder.iterdir())]
    size = "{}x{}".format(*pictures[0].size)
    sent = b"".join(picture.tobytes() for picture in pictures)
    words = ["s", "-", "--workspace", str(swept), "--size", size, "--pixels", "rgb24"]
    piped = CliRunner().invoke(predict.app, [*words, "--fps", "200"], input=sent)
    assert piped.exit_code == 0, piped.output
    made, expected = (
        json.loads(text)
        for text in (piped.stdout, predicted("s", folder, "--fps", 200, "--workspace", swept).stdout)
    )
    assert made["clip"] == "-" and made["probabilities"] == expected["probabilities"]
    for wrong, says in (
        (words, "give --fps"),
        ([*words[:2], *words[2:4], "--fps", "200"], "WIDTHxHEIGHT"),
        ([words[0], str(folder), *words[1:], "--fps", "200"], "the only clip"),
    ):
        refused = CliRunner().invoke(predict.app, wrong, input=sent)
        assert refused.exit_code == 2 and says in " ".join(refused.output.split()), refused.output
    cut = CliRunner().invoke(predict.app, [*words, "--fps", "200"], input=sent[:-5])
    assert cut.exit_code == 2 and "it was cut off" in " ".join(cut.output.split()), cut.output


def test_a_model_of_the_registry_predicts_as_the_sweep_does(swept):
    (clip, *_) = sorted((swept.parent / "corpus" / "frames").glob("*/*"))
    by_name = predicted("s", clip, "--workspace", swept)
    logged = predicted("models:/mer-synthetic-3class-ststnet/1", clip, "--workspace", swept)
    assert logged.exit_code == 0, logged.output
    assert logged.stdout == by_name.stdout
    missing = predicted("models:/nobody/1", clip, "--workspace", swept)
    assert missing.exit_code == 2 and "has no model models:/nobody/1" in missing.output
    held = (swept / "mlartifacts").rename(swept / "held")
    gone = predicted("models:/mer-synthetic-3class-ststnet/1", clip, "--workspace", swept)
    held.rename(swept / "mlartifacts")
    assert gone.exit_code == 2 and "its files are gone; log it again" in " ".join(gone.output.split())


def test_a_model_that_is_nowhere_is_named(swept):
    result = predicted("t", swept.parent / "corpus" / "frames" / "p01", "--workspace", swept)
    assert result.exit_code == 2 and "'t'" in result.output


def test_a_registered_bundle_is_a_version_with_its_card_and_champion_by_a_blind_rule_alone(swept, tmp_path):
    words = ("--register", "mine", "--champion", "--no-calibrate")
    refused = command(swept, "--to", str(tmp_path / "no.zip"), *words, "--rule", "pooled_validation")
    assert refused.exit_code == 2 and "is not blind" in refused.output
    unnamed = command(swept, "--to", str(tmp_path / "no.zip"), "--champion")
    assert unnamed.exit_code == 2 and "--register NAME is not given" in unnamed.output
    assert not list(tmp_path.iterdir())

    result = command(swept, "--to", str(tmp_path / "b.zip"), *words)
    assert result.exit_code == 0 and "models:/mine/1" in result.output, result.output
    client = MlflowClient(f"sqlite:///{swept}/mlflow.db")
    assert client.get_model_version_by_alias("mine", "champion").description == load(tmp_path / "b.zip").card
    plain = command(swept, "--to", str(tmp_path / "c"), "--register", "mine", "--no-calibrate")
    assert plain.exit_code == 0 and "models:/mine/2" in plain.output, plain.output
    assert str(client.get_model_version_by_alias("mine", "champion").version) == "1"
    (clip, *_) = sorted((swept.parent / "corpus" / "frames").glob("*/*"))
    by_alias = predicted("models:/mine@champion", clip, "--workspace", swept)
    assert by_alias.stdout == predicted(tmp_path / "b.zip", clip).stdout != ""


def test_a_bundle_stays_where_mlflow_cannot_be_reached(swept, tmp_path):
    (tmp_path / "file").write_text("no database")
    away = ("--tracking-uri", f"sqlite:///{tmp_path}/file")
    result = command(swept, "--to", str(tmp_path / "b"), "--no-calibrate", "--register", "mine", *away)
    assert result.exit_code == 3 and "registered nowhere" in result.output, result.output
    assert load(tmp_path / "b").about.model == "ststnet"
    (clip, *_) = sorted((swept.parent / "corpus" / "frames").glob("*/*"))
    fetched = predicted("models:/mine/1", clip, *away)
    assert fetched.exit_code == 2 and "cannot be fetched" in fetched.output


@pytest.mark.long
def test_mlflow_serves_the_models_probabilities_over_http(swept):
    """In a process of its own, as ``mlflow models serve`` starts it, on this machine alone."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    address = f"http://127.0.0.1:{port}"
    words = ["models", "serve", "-m", "models:/mer-synthetic-3class-ststnet/1", "--env-manager", "local"]
    server = subprocess.Popen(
        [sys.executable, "-m", "mlflow", *words, "--host", "127.0.0.1", "--port", str(port)],
        # MLflow looks for uvicorn on PATH, where an environment that was not activated has none.
        env=os.environ
        | {
            "MLFLOW_TRACKING_URI": f"sqlite:///{swept}/mlflow.db",
            "PATH": os.pathsep.join([os.path.dirname(sys.executable), os.environ["PATH"]]),
        },
        start_new_session=True,
    )
    try:
        until(lambda: server.poll() is not None or _answers(f"{address}/ping"), "mlflow models serve answers")
        assert server.poll() is None, f"mlflow models serve ended with status {server.poll()}"
        x = np.random.default_rng(0).normal(size=(2, 3, 28, 28)).astype(np.float32)
        sent = json.dumps({"inputs": {"flow": x.tolist()}}).encode()
        asked = Request(f"{address}/invocations", sent, {"Content-Type": "application/json"})
        with urlopen(asked, timeout=60) as answer:
            made = json.loads(answer.read())["predictions"]
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
        server.wait(60)
    expected = load(swept / "sweeps" / "s" / "model").probabilities(x)
    np.testing.assert_allclose(made, expected, atol=1e-6)


def _answers(url: str) -> bool:
    try:
        with urlopen(url, timeout=5) as answer:
            return answer.status == 200
    except OSError:
        return False
