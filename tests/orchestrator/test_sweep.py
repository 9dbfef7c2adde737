"""The command line is a contract: other scripts call it. Exit status, JSON, resume, and clear words for bad
input."""

import csv
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from orchestrator.common.errors import ConfigError
from orchestrator.console.asked import parse_settings
from orchestrator.runners import inline as inline_runner
from orchestrator.search import inline
from orchestrator.search.events import Outcome
from orchestrator.sweep import app
from tests.fake_corpora import write_image


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return pictures(tmp_path_factory.mktemp("pictures"), ["casme2"] * 5)


def pictures(root, sources):
    """Flow pictures of one person of each source corpus named, 3 classes that differ by where the motion
    is."""
    rng = np.random.default_rng(0)
    rows = [["dataset", "sub", "filename_o", "label"]]
    for person, source in enumerate(sources):
        for clip in range(6):
            label = clip % 3
            picture = rng.integers(100, 140, (28, 28, 3), dtype=np.uint8)
            picture[4 + 8 * label : 8 + 8 * label, 6:22] = 230
            write_image(root / "flow" / f"sub{person:02d}_EP{clip:02d} .png", picture)
            rows.append([source, f"sub{person:02d}", f"EP{clip:02d}", str(label)])
    with (root / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows(rows)
    return root


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return tmp_path_factory.mktemp("workspace")


@pytest.fixture
def command(corpus, workspace, mlflow_uri):
    def run(*arguments, model="stag", root=corpus):
        base = [
            model,
            "--corpus",
            "ststnet_flow",
            "--root",
            str(root),
            "--workspace",
            str(workspace),
            "--runner",
            "inline",
        ]
        quick = [
            "--set",
            "recipe.epochs=2",
            "--set",
            "recipe.warmup_epochs=0",
            "--inner-folds",
            "2",
            "--selection",
            "nested",
            "--tracking-uri",
            mlflow_uri,
        ]
        return CliRunner().invoke(app, [*base, *quick, *arguments], terminal_width=200)

    return run


def test_a_sweep_writes_the_json_of_the_contract(command, tmp_path):
    file = tmp_path / "out.json"
    result = command("--trials", "2", "--seeds", "2", "--name", "full", "--json", str(file))
    assert result.exit_code == 0, result.output
    out = json.loads(file.read_text())
    assert (out["model"], out["corpus"], out["protocol"], out["au"]) == (
        "stag",
        "ststnet_flow",
        "loso",
        "none",
    )
    assert (out["clips"], out["subjects"], out["folds"]) == (30, 5, 5)
    assert out["feature_set"].startswith("roi_flow14-")
    assert out["configuration"]["0"]["recipe"]["epochs"] == 2
    timing = out["timing"]
    assert timing["folds_run"] + timing["folds_reused"] == 2 * 2 * 5
    assert timing["wall_s"] > timing["fold_s"] > 0
    assert list(out["selection"]) == [
        "nested",
        "pooled_validation",
        "last_epoch",
        "oracle_epoch",
        "oracle_trial",
        "oracle_search",
    ]
    for scores in out["selection"].values():
        assert 0 <= scores["uf1"] <= 1
        assert np.sum(scores["confusion"]) == 30 * 2  # two seeds
        assert set(scores["per_class"]) == {"negative", "positive", "surprise"}
    assert out["selection"]["oracle_trial"]["uf1"] >= min(s["uf1"] for s in out["selection"].values())
    for words in (
        "oracle_epoch",
        "nested",
        "mlflow ui",
        "folds 20/20",
        "AUs: none",
        "nested (blind), AUs none: UF1",
    ):
        assert words in result.output.replace("\n", " ")


def test_the_published_configuration_alone_without_validation_people_allows_two_rules(command, tmp_path):
    file = tmp_path / "out.json"
    arguments = (
        "--trials",
        "1",
        "--inner-folds",
        "0",
        "--selection",
        "last_epoch",
        "--name",
        "plain",
        "--json",
        str(file),
    )
    result = command(*arguments, model="ststnet")
    assert result.exit_code == 0, result.output
    assert list(json.loads(file.read_text())["selection"]) == ["last_epoch", "oracle_epoch"]


def test_resume_computes_only_what_is_missing_and_refuses_another_configuration(
    command, monkeypatch, tmp_path
):
    assert command("--trials", "1", "--name", "again", "--set", "recipe.lr=0.001").exit_code == 0
    monkeypatch.setattr(
        inline_runner, "run_fold", lambda *a: pytest.fail("a finished fold was computed again")
    )
    file = tmp_path / "out.json"
    result = command(
        "--trials", "1", "--name", "again", "--resume", "--set", "recipe.lr=0.001", "--json", str(file)
    )
    assert result.exit_code == 0, result.output
    assert json.loads(file.read_text())["timing"]["folds_reused"] == 5
    taken = command("--trials", "1", "--name", "again", "--set", "recipe.lr=0.001")
    assert taken.exit_code == 2
    assert "exists" in taken.output
    other = command("--trials", "1", "--name", "again", "--resume", "--set", "recipe.lr=0.002")
    assert other.exit_code == 2
    assert "cannot be resumed" in other.output
    assert "0.001" in other.output
    assert "unknown sweep 'never'" in command("--name", "never", "--resume").output


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--corpus", "casme9"), "unknown corpus"),
        (("--corpus", "casme2"), "2 corpora (ststnet_flow, casme2) but 1 roots"),
        (("--corpus", "casme2", "--root", "."), "CorpusError"),
        (("--corpus", "casmeii", "--root", "."), "unknown corpus"),
        (("--protocol", "kfold"), "unknown protocol"),
        (("--selection", "best"), "unknown selection rule"),
        (("--classes", "9"), "unknown label scheme"),
        (("--classes", "5"), "no label scheme"),
        (("--set", "recipe.epoch=3"), "did you mean 'recipe.epochs'"),
        (("--set", "recipe.epochs"), "write KEY=VALUE"),
        (("--au", "annotated"), "annotates no action units"),
        (("--features", "onset_apex_flow"), "stag cannot read onset_apex_flow"),
        (("--inner-folds", "9"), "4 training subjects cannot make 9 inner folds"),
        (("--inner-folds", "0"), "use --trials 1"),
        (("--json", "/no/such/folder/out.json"), "is no folder that can be written to"),
        (("--inner-folds", "0", "--trials", "1"), "use --selection last_epoch"),
        (("--name", "../../etc"), "letters, digits"),
        (("--resume",), "--resume needs --name"),
        (("--trials", "0"), "trials = 0"),
        (("--sampler", "grid"), "unknown sampler"),
    ],
)
def test_bad_input_ends_with_status_2_and_the_next_step(command, arguments, words):
    result = command(*arguments)
    assert result.exit_code == 2, result.output
    assert words in result.output.replace("\n", " ")


def test_an_unknown_model_names_the_nearest(command):
    result = command(model="stags")
    assert result.exit_code == 2
    assert "did you mean 'stag'" in result.output


def test_one_subject_is_refused(command, tmp_path):
    write_image(tmp_path / "flow" / "sub01_a .png", np.zeros((28, 28, 3), np.uint8))
    (tmp_path / "labels.csv").write_text("dataset,sub,filename_o,label\ncasme2,sub01,a,0\n")
    result = command(root=tmp_path)
    assert result.exit_code == 2
    assert "at least 2 subjects" in result.output


def test_a_folder_that_is_not_there_is_named(command):
    result = command(root="nowhere")
    assert result.exit_code == 2 and "nowhere does not exist" in result.output


def test_every_pair_of_corpora_is_reported_beside_the_pooled_score(command, tmp_path, workspace):
    root = pictures(tmp_path / "three", ["casme2", "samm", "smic"] * 2)
    out = tmp_path / "out.json"
    result = command(
        "--protocol",
        "cross_corpus",
        "--trials",
        "1",
        "--name",
        "cross",
        "--json",
        str(out),
        root=root,
        model="ststnet",
    )
    assert result.exit_code == 0, result.output
    parts = json.loads(out.read_text())["selection"]["nested"]["parts"]
    names = [f"{a} to {b}" for a in ("casme2", "samm", "smic") for b in ("casme2", "samm", "smic") if a != b]
    assert sorted(parts) == names and {part["n_clips"] for part in parts.values()} == {12}
    assert all(name in result.output for name in names)
    text = (workspace / "sweeps" / "cross" / "parts.csv").read_text()
    assert text.count("nested,") == 6 and "f1_surprise" in text.splitlines()[0]
    part = parts["casme2 to samm"]
    assert part["uf1"] == pytest.approx(sum(part["f1"].values()) / 3) and set(part["recall"]) == set(
        part["f1"]
    )


def test_a_protocol_that_leaks_identity_says_so_wherever_it_is_named(command, tmp_path, workspace):
    result = command("--protocol", "holdout-3", "--trials", "1", "--name", "leak")
    assert result.exit_code == 0, result.output
    words = " ".join(result.output.split())
    assert words.count("SUBJECT-DEPENDENT") == 2 and "tests people who also train" in words
    assert "says nothing of a person never seen" in words


def test_a_failed_trial_makes_the_status_1_and_is_named(command, monkeypatch):
    """One of two trials fails: the other's results are reported, the failure is not hidden."""
    real = inline.search

    def one_fails(*arguments):
        outcomes = real(*arguments)
        return [
            outcomes[0],
            Outcome(
                1, outcomes[1].drawn, outcomes[1].config, (), "Traceback ...\nValueError: broken [/data]"
            ),
        ]

    monkeypatch.setattr(inline, "search", one_fails)
    result = command("--trials", "2", "--name", "half")
    assert result.exit_code == 1
    assert "5 folds have no result" in result.output
    assert "ValueError: broken [/data]" in result.output  # not taken for markup


def test_mlflow_out_of_reach_loses_no_result(command, tmp_path):
    file = tmp_path / "out.json"
    result = command(
        "--trials",
        "1",
        "--name",
        "offline",
        "--tracking-uri",
        "sqlite:////proc/no/such.db",
        "--json",
        str(file),
    )
    assert result.exit_code == 3
    assert "MLflow" in result.output
    assert "nested" in json.loads(file.read_text())["selection"]


def test_settings_are_typed():
    assert parse_settings(["a=1", "b=0.5", "c=true", "d=adam", "e=5e-4"]) == {
        "a": 1,
        "b": 0.5,
        "c": True,
        "d": "adam",
        "e": 5e-4,
    }
    with pytest.raises(ConfigError, match="KEY=VALUE"):
        parse_settings(["a"])
