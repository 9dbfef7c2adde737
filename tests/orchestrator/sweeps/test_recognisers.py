"""A finished sweep as one model a person: the one of her fold, and of no other."""

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from orchestrator import Execution, Experiment, mer, run
from orchestrator.common.errors import ConfigError
from orchestrator.sweeps.recognisers import Recognisers
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.render.long import LongConfig
from preprocessing.render.long_corpus import render_long


def swept(folder, root, name="s", corpus="synthetic", **fields):
    experiment = Experiment(
        "ststnet", corpora=((corpus, str(root)),), trials=1, selection="nested",
        **({"inner_folds": 2, "settings": {"recipe.epochs": 2}} | fields),
    )  # fmt: skip
    run(experiment, Execution(name=name, runner="inline", workspace=folder / "ws", keep_weights=True))


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    made = tmp_path_factory.mktemp("recognisers")
    render_corpus(made / "corpus", RenderConfig(subjects=4, clips_per_subject=3, size=160))
    swept(made, made / "corpus")
    return made


@pytest.fixture(scope="module")
def models(folder):
    return Recognisers("s", folder / "ws", lambda _: None)


@pytest.mark.long
def test_a_persons_model_is_that_of_her_fold_and_gives_what_the_sweep_was_scored_by(models):
    table, predictions = models.sweep.table, models.sweep.predictions.query("rule == 'nested'")
    for who in ("p01", "p03"):
        person = models.person("synthetic", who)
        bundle = models.bundle(person)
        assert [one.fold for one in bundle.about.models] == [person] and bundle.about.ranges == {}
        rows = [i for i, subject in enumerate(table.subjects) if subject == person]
        scored = predictions.set_index("clip_id").loc[[table.clip_ids[i] for i in rows]]
        wanted = scored[[f"p_{name}" for name in models.classes]].to_numpy()
        np.testing.assert_allclose(bundle.probabilities(table.x[rows]), wanted, atol=1e-5)


def test_a_person_whom_the_sweep_does_not_hold_out_is_refused(models):
    with pytest.raises(ConfigError, match="no synthetic/p09 or manifest/p09"):
        models.person("synthetic", "p09")
    with pytest.raises(ConfigError, match="never saw synthetic/p09"):
        models.bundle("synthetic/p09")


def test_a_sweep_whose_models_know_her_is_refused(folder):
    swept(folder, folder / "corpus", "clips", protocol="stratified_kfold-3")
    models = Recognisers("clips", folder / "ws", lambda _: None)
    with pytest.raises(ConfigError, match="no one model that never saw synthetic/p01: its protocol is strat"):
        models.bundle("synthetic/p01")


def test_words_become_the_sweeps_classes_and_an_oracle_chooses_no_model(models, folder):
    assert models.class_of("casme3", ["happy", "fear", "others", ""]) == ["positive", "negative", "", ""]
    with pytest.raises(ConfigError, match="is an oracle"):
        Recognisers("s", folder / "ws", lambda _: None, "oracle_epoch")


@pytest.mark.long
def test_long_videos_are_spotted_and_recognised_by_models_that_never_saw_the_person(tmp_path, mlflow_uri):
    config = LongConfig(
        seed=7, subjects=4, seconds=9, fps=25, size=256, micro=4, macro=1, speech=0, blinks=1, turns=0
    )
    render_long(tmp_path / "long", config)
    words = ["spotsweep", "rendered", "--root", str(tmp_path / "long"), "--workspace", str(tmp_path / "ws"),
             "--tracking-uri", mlflow_uri]  # fmt: skip
    made = CliRunner().invoke(mer.app, [*words, "--clips", str(tmp_path / "manifest.csv")])
    assert made.exit_code == 0, made.output
    swept(tmp_path, tmp_path / "manifest.csv", "clips", "manifest")
    asked = ["--recogniser", "clips", "--spotter", "peaks,frame_cnn", "--inner-folds", "2", "--name", "all"]
    done = CliRunner().invoke(mer.app, [*words, *asked])
    assert done.exit_code == 0, done.output
    table = pd.read_csv(tmp_path / "ws" / "spotsweeps" / "all" / "table.csv").set_index(["spotter", "rule"])
    assert table.loc[("peaks", "nested"), "micro_f1"] > 0.7  # what the untrained spotter finds on such videos
    for _, row in table.iterrows():
        assert 0 <= row["strs_low"] <= row["strs"] <= row["strs_high"] <= 1
        assert row["strs"] == pytest.approx(row["micro_f1"] * row["recognition_f1"])
    assert (table["without_class"] == 0).all()
