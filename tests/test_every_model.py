"""Every model on its own input, from rendered frames to the stored model that predicts: no name works in
theory only."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from mer_models import MODELS
from orchestrator.inference import predictor
from orchestrator.inference.refit import refit
from orchestrator.runners.inline import run_fold
from orchestrator.selection.records import TrialRecord
from orchestrator.study.study import Study
from orchestrator.study.table import load
from orchestrator.tracking.kept_model import keep_model
from preprocessing import extract
from preprocessing.render import RenderConfig, render_corpus

SMALL = {"recipe.epochs": 1, "recipe.warmup_epochs": 0, "recipe.batch_size": 8, "recipe.mixup_alpha": 0.2}
SLOW = ("efficientnet_b0", "facesleuth", "resnet50")
READS = [(name, model.default_features) for name, model in MODELS.items()] + [  # and what is nobody's default
    ("stag", "roi_flow14_discriminative"),
    ("mdmo", "roi_flow18_discriminative"),
    ("off_apexnet", "apex_offset_flow"),
    ("full_face_flow", "apex_offset_flow224"),
    ("roi_hybrid", "roi_stack9"),
]


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Feature set -> folder, of twelve clips of four people."""
    root = tmp_path_factory.mktemp("every")
    render_corpus(root / "corpus", RenderConfig(subjects=4, clips_per_subject=3, size=160))
    names = sorted({features for _, features in READS})
    return extract.run(extract.plan("synthetic", root / "corpus", names, root / "out")).folders


@pytest.mark.parametrize(
    ("model", "features"),
    # most of this file's time
    [pytest.param(*one, marks=pytest.mark.long) if one[0] in SLOW else one for one in READS],
)
def test_it_trains_a_fold_and_comes_back_from_its_files(model, features, folders, tmp_path):
    au = "predicted" if MODELS[model].uses_aus else "auto"
    table = load(folders[features], "3", au, uses_aus=MODELS[model].uses_aus)
    size = {} if table.x.shape[-1] <= 32 else {"recipe.image_size": 32}
    study = Study(model, "loso", 3, 1, SMALL | size)
    job = study.jobs(table, {})[0]
    result = run_fold(job, table)
    assert result.test_probs.shape == (1, 3, len(table.classes))
    np.testing.assert_allclose(result.test_probs.sum(-1), 1, atol=1e-5)
    assert np.isfinite(result.train_loss).all()

    made = refit(study, table, [TrialRecord(0, job.config, (result,))], "nested")
    assert [one.epochs for one in made.models] == [1]
    keep_model(tmp_path, model, made, table)
    assert json.loads((tmp_path / "model.json").read_text())["model"] == model
    loaded = predictor.Predictor()
    loaded.load_context(SimpleNamespace(artifacts={predictor.BUNDLE: str(tmp_path)}))
    probabilities = loaded.predict(None, {"flow": table.x[:2].astype(np.float32)})
    assert probabilities.shape == (2, 3) and np.isfinite(probabilities).all()
    np.testing.assert_allclose(
        loaded.predict(None, {"flow": table.x[:1].astype(np.float32)}), probabilities[:1], atol=1e-5
    )
