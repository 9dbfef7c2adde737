"""What a model reports beside its logits is kept of every epoch, of the very model that was evaluated."""

import numpy as np
import pytest
from torch import nn

from mer_models.facesleuth import FaceSleuth
from mer_models.ststnet import STSTNet
from orchestrator.study.configuration import configuration
from orchestrator.study.jobs import FoldData, FoldJob
from orchestrator.training.loop import fit, train_fold
from orchestrator.training.packed.folds import train_folds
from orchestrator.training.recording import outputs_of
from tests.orchestrator.training.folds import fold

QUICK = {
    "model.orientation": "shared",
    "model.streams": "motion",
    "model.embed_dim": 8,
    "model.hidden_dim": 16,
    "model.grid": 2,
    "recipe.epochs": 3,
    "recipe.batch_size": 4,
    "recipe.lr": 3e-3,
    "recipe.normalise": "none",
}


def pairs(n: int, seed: int) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, 2, 3, 32, 32)).astype(np.float32)


def angled(swa_start: float, name: str = "one", n: int = 9) -> tuple[FoldJob, FoldData]:
    """A fold of n, 2 and 1 clips, whose model learns one angle."""
    config = configuration("facesleuth", QUICK, {"recipe.swa_start": swa_start})
    names = (tuple(f"{part}{i}" for i in range(count)) for part, count in (("a", n), ("v", 2), ("t", 1)))
    job = FoldJob(
        "facesleuth", config, "set", "corpus", "none", ("a", "b", "c"), "loso", name, *names, 0, "0"
    )  # fmt: skip
    return job, FoldData(
        "frame_pair", (), pairs(n, n), np.arange(n) % 3, pairs(2, 2), np.arange(2), pairs(1, 3)
    )


@pytest.mark.parametrize("swa_start", [1.0, 0.3])
def test_the_angles_of_an_epoch_are_those_of_the_model_of_that_epoch(swa_start):
    job, data = angled(swa_start)
    kept = train_fold(job, data).outputs
    assert list(kept) == ["theta_1_degrees"] and kept["theta_1_degrees"].dtype == np.float32
    assert len(set(kept["theta_1_degrees"].tolist())) == 3
    for epoch in (1, 2, 3):
        model = fit(
            "facesleuth", job.config, data, job.classes, au="none", epochs=epoch,
            seed_names=("facesleuth", "loso", "one", 0),
        ).model  # fmt: skip
        assert isinstance(model, FaceSleuth)
        assert model.outputs()["theta_1_degrees"] == pytest.approx(kept["theta_1_degrees"][epoch - 1])


@pytest.mark.parametrize("swa_start", [1.0, 0.3])
def test_each_fold_of_a_pack_keeps_its_own_angles(swa_start):
    folds = [angled(swa_start), angled(swa_start, "two", 11)]
    together = train_folds(*zip(*folds, strict=True))
    for result, fold_of in zip(together, folds, strict=True):
        alone = train_fold(*fold_of).outputs["theta_1_degrees"]
        # half of what an epoch changes would be seen
        np.testing.assert_allclose(result.outputs["theta_1_degrees"], alone, rtol=0, atol=2e-3)


def test_most_models_report_nothing_and_a_layer_of_that_name_is_no_report():
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.outputs = nn.Linear(1, 1)

    assert train_fold(*fold("ststnet")).outputs == outputs_of(Own()) == {}


def test_a_number_that_is_none_is_refused_by_name(monkeypatch):
    monkeypatch.setattr(STSTNet, "outputs", lambda self: {"slope": float("nan")}, raising=False)
    with pytest.raises(ValueError, match=r"STSTNet\.outputs\(\) gives slope = nan"):
        train_fold(*fold("ststnet"))
