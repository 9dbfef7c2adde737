"""A pack of folds gives every fold the numbers that it has alone, up to float32 rounding."""

from dataclasses import replace

import numpy as np
import pytest
import torch
import transformers

from mer_models import MODELS, roi_encoder
from orchestrator.study.configuration import configuration
from orchestrator.study.jobs import FoldData, FoldJob
from orchestrator.training import loop, normalise
from orchestrator.training.loop import TrainingDiverged, train_fold
from orchestrator.training.packed.folds import pack_key, train_folds, why_not
from orchestrator.training.packed.replay import masked_batch_norm, padded, settled_batch_norm
from tests.orchestrator.training.folds import CHANNELS

# CPU attention has no batching rule, a GPU's has
pytestmark = pytest.mark.filterwarnings("ignore:There is a performance drop")
SLOW = ("efficientnet_b0", "facesleuth", "resnet50")
SHAPES = {
    "roi_flow": (5, len(CHANNELS), 2),
    "flow_picture": (3, 32, 32),
    "image": (3, 32, 32),
    "frame_pair": (2, 3, 32, 32),
    "roi_maps": (2, 3, 3, 32, 32),
}
SMALL = {  # the same layers, fewer channels
    "facesleuth": {
        "model.embed_dim": 8,
        "model.hidden_dim": 16,
        "model.grid": 2,
        "model.drop_path": 0.5,
        "model.dropout": 0.2,
    },
    "full_face_flow": {"model.width": 4, "model.hidden_dim": 16},
    "meganet": {"model.width": 8},
    "micro_attention": {"model.width": 8},
    "off_apexnet": {"model.hidden_dim": 16},
    "rgb_baseline": {"model.width": 4, "model.hidden_dim": 16},
    "roi_cnn": {"model.feature_dim": 16, "model.hidden_dim": 16},
    "roi_graph": {"model.feature_dim": 16},
    "roi_hybrid": {"model.feature_dim": 16},
    "roi_temporal": {"model.feature_dim": 16},
    "stag": {"model.graph_layers": 1, "model.transformer_layers": 2, "model.embed_dim": 8},
    "vgg19": {"model.width": 4, "model.batch_norm": True},
}
DEEP = ("efficientnet_b0", "resnet18", "resnet50")
ALL_ON = {
    "recipe.epochs": 2,
    "recipe.batch_size": 4,
    "recipe.mixup_alpha": 0.4,
    "recipe.noise": 0.1,
    "recipe.mirror": 0.5,
    "recipe.tta": True,
    "recipe.oversample": 0.5,
    "recipe.class_balance": True,
    "recipe.grad_clip": 0.5,
    "recipe.swa_start": 0.5,
    "recipe.normalise": "standardise",
    "recipe.warmup_epochs": 0,
    "recipe.lr": 1e-3,
    "recipe.rotate": 0.0,
}


@pytest.fixture
def shallow(monkeypatch):
    """Networks whose size is no argument, made smaller."""
    monkeypatch.setattr(MODELS["resnet18"], "sizes", (8, 8, 16, 16))
    monkeypatch.setattr(MODELS["resnet50"], "sizes", (8, 8, 16, 16))
    monkeypatch.setattr(roi_encoder, "WIDTHS", (4, 4, 8, 8))
    # loading the model would undo the patch
    config, _ = transformers.EfficientNetConfig, transformers.EfficientNetModel
    few = {"num_block_repeats": [1, 2, 1, 1, 1, 1, 1], "in_channels": [8] * 7, "out_channels": [8] * 7}
    monkeypatch.setattr(transformers, "EfficientNetConfig", lambda **given: config(**given, **few))


def folds(model, sizes=((7, 2, 3), (9, 4, 1), (4, 1, 2)), **layer):
    """Jobs and data of folds with (n, v, t) clips in train, validation, test."""
    about = MODELS[model]
    kind = next(iter(about.takes))
    shape = (3, 28, 28) if about.default_features == "onset_apex_flow" else SHAPES[kind]
    # normalising maps of one pixel over few clips would blow rounding up a thousandfold a step
    if model in DEEP:
        shape = (3, 64, 64)
    channels = CHANNELS if kind == "roi_flow" else ()
    config = configuration(model, SMALL.get(model, {}), ALL_ON, layer)
    rng, jobs, data = np.random.default_rng(3), [], []
    for number, counts in enumerate(sizes):
        ys = [np.arange(n) % 3 for n in counts]
        x, xv, xt = (rng.standard_normal((n, *shape)).astype(np.float32) + number for n in counts)
        aus = (
            [(rng.random((n, 21)) < 0.2).astype(np.float32) for n in counts] if about.uses_aus else [None] * 3
        )
        names = (tuple(f"{number}{part}{i}" for i in range(n)) for part, n in zip("avt", counts, strict=True))
        jobs.append(
            FoldJob(
                model,
                config,
                "set",
                "corpus",
                "annotated",
                ("a", "b", "c"),
                "loso",
                f"fold{number}",
                *names,
                0,
                "0",
            )
        )
        data.append(FoldData(kind, channels, x, ys[0], xv, ys[1], xt, *aus))
    return jobs, data


def alike(together, alone, atol=1e-4):
    assert (together.job_id, together.notes) == (alone.job_id, alone.notes)
    np.testing.assert_array_equal(together.epochs, alone.epochs)
    np.testing.assert_array_equal(together.validation_truth, alone.validation_truth)
    assert list(together.outputs) == list(alone.outputs)
    for name, values in alone.outputs.items():
        np.testing.assert_allclose(together.outputs[name], values, rtol=atol, err_msg=f"{alone.fold} {name}")
    for name in ("train_loss", "validation_loss", "validation_probs", "test_probs"):
        ours, theirs = getattr(together, name), getattr(alone, name)
        assert ours.dtype == theirs.dtype
        np.testing.assert_allclose(ours, theirs, atol=atol, rtol=atol, err_msg=f"{alone.fold} {name}")


def check(jobs, data, **options):
    for together, job, one in zip(train_folds(jobs, data), jobs, data, strict=True):
        alike(together, train_fold(job, one), **options)


@pytest.fixture
def float64(monkeypatch):
    """All of training in float64, where rounding cannot hide an error. Only the records of the losses are
    float32."""
    apply = normalise.apply
    monkeypatch.setattr(normalise, "apply", lambda *args: apply(*args).astype(np.float64))
    monkeypatch.setattr(
        loop, "to_tensor", lambda array, device: None if array is None else torch.from_numpy(array).double()
    )
    monkeypatch.setattr(torch.Tensor, "float", torch.Tensor.double)
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


@pytest.mark.parametrize(
    "model",
    # most of this file's time
    [pytest.param(m, marks=pytest.mark.long) if m in SLOW else m for m in MODELS],
)
def test_every_fold_of_a_pack_is_the_fold_alone(model, float64, shallow):
    jobs, data = folds(model, sizes=((7, 1, 1), (9, 1, 1))) if model in DEEP else folds(model)
    if reason := why_not(model, jobs[0].config):
        with pytest.raises(ValueError, match=reason):
            train_folds(jobs, data)
        return
    check(jobs, data, atol=1e-6)


@pytest.mark.parametrize(
    ("model", "layer"),
    [
        ("facesleuth", {"model.orientation": "independent", "model.streams": "motion"}),
        ("facesleuth", {"model.orientation": "frozen", "model.streams": "motion"}),
        ("stag", {"model.transformer_layers": 0}),
        ("stag", {"model.au_connectivity": True, "recipe.focal_gamma": [0.5, 2.0, 0.0]}),
        ("ststnet", {"recipe.swa_last": True}),
        ("meganet", {"model.attention_residual": False}),
        ("roi_cnn", {"model.shared_encoder": True}),
    ],
)
def test_the_ablations_too(model, layer, float64, shallow):
    check(*folds(model, sizes=((7, 1, 1), (9, 1, 1)), **layer), atol=1e-6)


@pytest.mark.parametrize(
    "model", ["stag", "ststnet", "meganet", pytest.param("facesleuth", marks=pytest.mark.long)]
)
def test_in_float32_what_differs_is_rounding(model):
    check(*folds(model, **{"recipe.swa_start": 1.0, "recipe.rotate": 0.5}), atol=1e-5)


def test_a_fold_without_validation_or_test_clips_is_at_home_in_a_pack():
    check(*folds("ststnet", sizes=((7, 0, 3), (6, 4, 0), (5, 0, 0))))
    check(*folds("ststnet", sizes=((7, 0, 0), (6, 0, 0))))


def test_a_fold_that_stops_early_leaves_the_others_to_themselves():
    layer = {"recipe.epochs": 9, "recipe.patience": 2, "recipe.lr": 0.02, "recipe.swa_start": 1.0}
    jobs, data = folds("stag", sizes=((9, 4, 2), (12, 3, 2), (7, 0, 2)), **layer)
    data[0].x_validation[:] *= -1  # nothing to learn for these
    results = train_folds(jobs, data)
    lengths = [len(result.epochs) for result in results]
    assert lengths[0] < 9 and lengths[2] == 9 and len(set(lengths)) > 1
    assert "stopped after epoch" in results[0].notes[0] and not results[2].notes
    assert [len(train_fold(*each).epochs) for each in zip(jobs, data, strict=True)] == lengths


def test_averaging_goes_on_for_those_that_are_left():
    layer = {
        "recipe.epochs": 8,
        "recipe.patience": 1,
        "recipe.lr": 0.01,
        "recipe.swa_lr": 0.01,
        "recipe.swa_start": 0.2,
        "recipe.mixup_alpha": 0.0,
    }
    jobs, data = folds("ststnet", sizes=((9, 4, 2), (12, 3, 2), (7, 0, 2)), **layer)
    results = [train_fold(*each) for each in zip(jobs, data, strict=True)]
    assert 2 < min(len(result.epochs) for result in results) < 8
    check(jobs, data)


@pytest.mark.parametrize("optimiser", ["adam", "adamw"])
def test_trials_that_differ_in_what_a_fold_may_have_of_its_own_share_a_pack(optimiser):
    own = [
        {
            "recipe.lr": 3e-3,
            "recipe.weight_decay": 0.1,
            "recipe.grad_clip": 0.0,
            "recipe.noise": 0.0,
            "recipe.normalise": "none",
        },
        {
            "recipe.schedule": "cosine",
            "recipe.warmup_epochs": 1,
            "recipe.mirror": 0.0,
            "recipe.class_balance": False,
        },
        {"recipe.cutmix_alpha": 0.7, "recipe.oversample": 0.0, "recipe.swa_lr": 1e-2, "recipe.patience": 1},
    ]
    jobs, data = folds("stag")
    configs = [folds("stag", **layer, **{"recipe.optimiser": optimiser})[0][0].config for layer in own]
    jobs = [replace(job, config=config) for job, config in zip(jobs, configs, strict=True)]
    assert len({pack_key(job) for job in jobs}) == 1 and len({str(job.config) for job in jobs}) == 3
    check(jobs, data, atol=1e-5)


def test_predicted_action_units_are_each_folds_own():
    jobs, data = folds("stag")
    jobs = [replace(job, au="predicted") for job in jobs]
    data = [
        replace(
            one,
            aus_validation=None,
            aus_test=None,
            subjects_train=tuple(f"p{i % 4}" for i in range(len(one.y_train))),
        )
        for one in data
    ]
    check(jobs, data, atol=1e-5)


@pytest.mark.parametrize(
    "change",
    [{"model.dropout": 0.3}, {"recipe.epochs": 3}, {"recipe.batch_size": 5}, {"recipe.optimiser": "adamw"}],
)
def test_what_must_be_equal_in_a_pack_is_in_its_key(change):
    (one, *_), data = folds("ststnet", **{"recipe.optimiser": "adam"})
    (_, other, *_), _ = folds("ststnet", **{"recipe.optimiser": "adam"} | change)
    assert pack_key(one) != pack_key(other) == pack_key(replace(other, fold="another", seed=3, train=("a",)))
    with pytest.raises(ValueError, match="same pack_key"):
        train_folds([one, other], data[:2])


def test_bfloat16_is_refused_with_its_reason():
    jobs, data = folds("ststnet", **{"recipe.precision": "bfloat16"})
    assert "bfloat16" in why_not("ststnet", jobs[0].config)
    with pytest.raises(ValueError, match="train them one by one"):
        train_folds(jobs, data)


def test_a_fold_that_diverges_is_named_by_its_learning_rate():
    jobs, data = folds("stag", **{"recipe.lr": 1e30, "recipe.grad_clip": 0.0})
    with pytest.raises(TrainingDiverged, match=r"recipe\.lr = 1e\+30"):
        train_folds(jobs, data)


def test_a_pack_leaves_no_trace_in_global_state():
    torch.manual_seed(5)
    before = torch.get_rng_state(), torch.get_num_threads()
    train_folds(*folds("ststnet"))
    assert torch.equal(before[0], torch.get_rng_state()) and torch.get_num_threads() == before[1]


@pytest.mark.parametrize("each", [1, 3])
def test_masked_batch_normalisation_is_that_of_the_kept_clips(each):
    torch.manual_seed(0)
    x, weight, bias = torch.randn(4 * each, 5, 2, 3).double(), torch.rand(5).double(), torch.rand(5).double()
    statistics = [[torch.rand(5).double() for _ in range(2)]]
    statistics.append([value.clone() for value in statistics[0]])
    kept = torch.tensor([1.0, 1.0, 1.0, 0.0]).double()
    ours = masked_batch_norm(x, *statistics[0], weight, bias, True, 0.1, 1e-5, kept=kept)
    theirs = torch.nn.functional.batch_norm(x[: 3 * each], *statistics[1], weight, bias, True, 0.1, 1e-5)
    torch.testing.assert_close(ours[: 3 * each], theirs)
    torch.testing.assert_close(statistics[0], statistics[1])


def test_settled_batch_normalisation_of_one_channel_is_pytorchs():
    torch.manual_seed(0)
    x, (mean, var, weight, bias) = torch.randn(4, 1, 2, 3).double(), torch.rand(4, 1).double()
    layer = {"weight": weight, "bias": bias, "training": False, "momentum": 0.1, "eps": 1e-5}
    theirs = torch.nn.functional.batch_norm(x, mean, var, **layer)
    torch.testing.assert_close(settled_batch_norm(x, mean, var, **layer), theirs)


def test_padding_goes_where_the_missing_clips_would_be():
    by_clip = torch.arange(1, 7).reshape(6, 1)  # three clips of two rows each
    assert padded(by_clip, 3, 4).flatten().tolist() == [1, 2, 3, 4, 5, 6, 0, 0]
    assert padded(by_clip, 3, 4, pass_major=True).flatten().tolist() == [1, 2, 3, 0, 4, 5, 6, 0]
    assert padded(by_clip, 3, 3) is by_clip
