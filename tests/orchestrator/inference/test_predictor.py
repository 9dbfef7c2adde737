"""A refitted model comes back from MLflow in a fresh process, without our packages around, and predicts the
same."""

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import mlflow
import numpy as np
import pytest

from orchestrator.inference import predictor
from orchestrator.inference.bundle_files import WEIGHTS, BundleError
from orchestrator.inference.refit import Refit, refit
from orchestrator.runners.inline import run_fold
from orchestrator.selection.records import TrialRecord
from orchestrator.study.configuration import configuration
from orchestrator.study.jobs import FoldData
from orchestrator.study.plugins import install, read
from orchestrator.study.recipe import Recipe
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable
from orchestrator.tracking.kept_model import keep_model
from orchestrator.tracking.tracker import Tracker
from orchestrator.training.loop import fit
from orchestrator.training.prediction import predict
from orchestrator.workspace import sealed
from tests.orchestrator.tables import QUICK
from tests.orchestrator.tables import table as clips
from tests.registries import untouched

CHANNELS = ("left_brow", "right_brow", "nose")
CLASSES = ("negative", "positive", "surprise")
LOAD = """
import json, sys
import numpy as np
import mlflow
uri, address, folder = sys.argv[1:]
mlflow.set_tracking_uri(uri)
model = mlflow.pyfunc.load_model(address)
given = dict(np.load(folder + "/given.npz"))
np.save(folder + "/out.npy", model.predict(given))
import orchestrator
assert "artifacts" in orchestrator.__file__, orchestrator.__file__
"""


def table_of(kind: str, au: str) -> ClipTable:
    rng = np.random.default_rng(0)
    shape = (6, 3, 2) if kind == "roi_flow" else (3, 28, 28)
    ids = tuple(f"c/{i // 4}/{i}" for i in range(12))
    return ClipTable(
        corpus="c",
        features="made_up-1",
        kind=kind,
        channels=CHANNELS if kind == "roi_flow" else (),
        classes=CLASSES,
        clip_ids=ids,
        subjects=tuple(i[:3] for i in ids),
        splits=("",) * 12,
        y=np.arange(12) % 3,
        x=rng.normal(size=(12, *shape)).astype(np.float32),
        aus=np.tile(rng.integers(0, 2, 21), (12, 1)).astype(np.float32) * (np.arange(12) % 3 > 0)[:, None]
        if au != "none"
        else None,
        au=au,
        content="0" * 16,
        left_out={},
    )


@pytest.mark.parametrize(
    ("model", "kind", "au", "settings"),
    [
        pytest.param(
            *("stag", "roi_flow", "annotated", {"recipe.normalise": "standardise", "recipe.tta": True}),
            marks=pytest.mark.long,
        ),
        pytest.param("stag", "roi_flow", "predicted", {}, marks=pytest.mark.long),
        ("ststnet", "flow_picture", "none", {}),
    ],
)
def test_a_logged_model_predicts_the_same_in_a_fresh_process(model, kind, au, settings, mlflow_uri, tmp_path):
    table = table_of(kind, au)
    config = configuration(model, {"recipe.epochs": 2, **settings})
    none = table.x[:0]
    data = FoldData(
        kind,
        table.channels,
        table.x,
        table.y,
        none,
        table.y[:0],
        none,
        table.aus,
        subjects_train=table.subjects,
    )
    trained = fit(model, config, data, CLASSES, au=au, epochs=2, seed_names=("test",))
    tracker = Tracker(
        mlflow_uri,
        {"name": f"refit-{model}", "model": model, "corpus": "c", "classes": CLASSES, "au": table.au},
    )
    keep_model(tmp_path / "model", model, Refit((trained,), config, 3), table)
    address = tracker.model(tmp_path / "model")

    given = {"flow": table.x[3:9]} | ({"aus": table.aus[3:9]} if au == "annotated" else {})
    np.savez(tmp_path / "given.npz", **given)
    done = subprocess.run(
        [sys.executable, "-c", LOAD, mlflow_uri, address, str(tmp_path)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    recipe = Recipe(**config["recipe"])
    aus = given.get("aus") if trained.au_head is None else trained.au_head(given["flow"])
    expected = predict(
        trained.model,
        trained.normaliser,
        recipe,
        kind,
        table.channels,
        given["flow"],
        aus,
        len(table.classes),
    )
    assert expected.std() > 0.001  # not the same row for every clip
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), expected, atol=1e-6)

    info = mlflow.models.get_model_info(address)
    assert info.signature.inputs.input_names() == list(given)
    assert info.saved_input_example_info is not None
    folder = Path(mlflow.artifacts.download_artifacts(address, dst_path=str(tmp_path / "files")))
    assert not [file for file in folder.rglob("*") if file.suffix in (".pkl", ".pickle", ".pt", ".pth")]
    assert not list(folder.rglob("__pycache__"))
    about = json.loads((folder / "artifacts" / "model" / "model.json").read_text())
    assert (about["classes"], about["trial"], about["au"]) == (list(CLASSES), 3, table.au)
    assert {line.split("==")[0] for line in (folder / "requirements.txt").read_text().split()} >= {
        "torch",
        "safetensors",
    }


@pytest.mark.long
def test_a_plugins_model_is_logged_with_its_text_and_loads_where_its_file_is_not(mlflow_uri, tmp_path):
    file = tmp_path / "home" / "net.py"
    file.parent.mkdir()
    file.write_text((Path(__file__).parents[3] / "examples" / "my_model.py").read_text())
    table = table_of("roi_flow", "none")
    data = FoldData("roi_flow", table.channels, table.x, table.y, table.x[:0], table.y[:0], table.x[:0])
    with untouched():
        install([read(file)])
        config = configuration("net", {"recipe.epochs": 2})
        trained = fit("net", config, data, CLASSES, au="none", epochs=2, seed_names=("test",))
        keep_model(tmp_path / "model", "net", Refit((trained,), config, 0), table)
        file.unlink()
        sweep = {"name": "refit-net", "model": "net", "corpus": "c", "classes": CLASSES, "au": "none"}
        address = Tracker(mlflow_uri, sweep).model(tmp_path / "model")
    np.savez(tmp_path / "given.npz", flow=table.x)
    arguments = [sys.executable, "-c", LOAD, mlflow_uri, address, str(tmp_path)]
    done = subprocess.run(arguments, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    recipe = Recipe(**config["recipe"])
    expected = predict(
        trained.model, trained.normaliser, recipe, "roi_flow", table.channels, table.x, None, 3
    )
    np.testing.assert_allclose(np.load(tmp_path / "out.npy"), expected, atol=1e-6)


def context_of(folder):
    return SimpleNamespace(artifacts={predictor.BUNDLE: str(folder)})


def test_a_model_of_a_package_that_is_not_there_is_named(tmp_path):
    about = json.dumps(
        {"model": "nett", "config": {}, "classes": ["a", "b"], "kind": "image", "channels": [],
         "n_rois": None,
         "n_aus": None, "features": "f", "au": "none", "trial": 0, "weights_sha256": "",
         "models": [{"epochs": 1, "normaliser": {}}]}
    )  # fmt: skip
    (tmp_path / "model.json").write_text(about)
    (tmp_path / WEIGHTS).write_bytes(b"")
    sealed.list_files(tmp_path)
    with pytest.raises(BundleError, match="unknown model 'nett'; did you mean"):
        predictor.Predictor().load_context(context_of(tmp_path))


@pytest.mark.parametrize("au", [False, True])
def test_a_committee_comes_back_from_its_files_as_the_mean_of_its_models(au, tmp_path):
    table = clips(6, aus=au)
    table = dataclasses.replace(table, au="predicted") if au else table
    study = Study("stag", "loso", 2, 1, QUICK, committee=True)
    trial = TrialRecord(0, study.config({}), tuple(run_fold(job, table) for job in study.jobs(table, {})))
    made = refit(study, table, [trial], "committee")
    keep_model(tmp_path, "stag", made, table)
    loaded = predictor.Predictor()
    loaded.load_context(context_of(tmp_path))
    recipe, given = Recipe(**made.config["recipe"]), table.x[:5]
    each = [
        predict(one.model, one.normaliser, recipe, "roi_flow", table.channels, given,
                one.au_head(given) if au else None, 3)
        for one in made.models
    ]  # fmt: skip
    assert len(each) == 2 and np.abs(each[0] - each[1]).max() > 0.001
    np.testing.assert_allclose(loaded.predict(None, {"flow": given}), np.mean(each, axis=0), atol=1e-7)

    weights = tmp_path / WEIGHTS
    held = bytearray(weights.read_bytes())
    held[-1] ^= 1
    weights.write_bytes(held)
    with pytest.raises(BundleError, match=r"weights\.safetensors is not as it was written"):
        predictor.Predictor().load_context(context_of(tmp_path))


def test_a_model_trained_with_annotated_action_units_asks_for_them(tmp_path):
    table = clips(6, aus=True)
    study = Study("stag", "loso", 2, 1, QUICK)
    trial = TrialRecord(0, study.config({}), tuple(run_fold(job, table) for job in study.jobs(table, {})))
    keep_model(tmp_path, "stag", refit(study, table, [trial], "nested"), table)
    loaded = predictor.Predictor()
    loaded.load_context(context_of(tmp_path))
    with pytest.raises(ValueError, match=r"trained with action units: give 'aus', float32 \(n, 21\)"):
        loaded.predict(None, {"flow": table.x[:1]})
    assert loaded.predict(None, {"flow": table.x[:1], "aus": table.aus[:1]}).shape == (1, 3)
