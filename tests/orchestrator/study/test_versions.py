"""What changes a fold's code version, and what does not: on a copy of the project, edited file by file."""

import shutil
from importlib import metadata
from pathlib import Path

import pytest

from mer_models import MODELS
from orchestrator.study import versions
from orchestrator.study.configuration import configuration
from orchestrator.study.versions import fold_version
from preprocessing import closure

ROOT = Path(closure.__file__).parents[1]
TRAINING = "orchestrator/training"
VARIANTS = {
    "hinge": {"loss": "hinge"},
    "rotate": {"rotate": 0.5},
    "mirror": {"mirror": 0.5},
    "mixup": {"mixup_alpha": 0.2},
    "cutmix": {"cutmix_alpha": 0.2},
    "resize": {"image_size": 64},
    "tta": {"tta": True},
}
ROI_FAMILY = {
    "full_face_flow",
    "rgb_baseline",
    "roi_cnn",
    "roi_graph",
    "roi_hybrid",
    "roi_temporal",
}
BARE = dict.fromkeys(("oversample", "mixup_alpha", "cutmix_alpha", "mirror", "rotate"), 0.0) | {"tta": False}


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A copy of our packages, from which versions are read."""
    for package in closure.OURS:
        shutil.copytree(
            ROOT / package,
            tmp_path / package,
            ignore=lambda _, names: [n for n in names if n.startswith("__py")],
        )
    monkeypatch.setattr(closure, "_ROOT", tmp_path)
    forget()
    yield tmp_path
    forget()


def forget():
    """What a new process would not know."""
    for cached in (closure._read, closure._closure, closure._needs, closure._file, versions._version):
        cached.cache_clear()


def ids():
    """Of each model as published, and of one model under each variant: name -> version."""
    forget()
    found = {}
    for model in MODELS:
        found[model] = fold_version(model, configuration(model), "none", "cpu")
    config = configuration("ststnet")
    for name, layer in VARIANTS.items():
        varied = config | {"recipe": config["recipe"] | BARE | layer}
        found[name] = fold_version("ststnet", varied, "none", "cpu")
    found["predicted"] = fold_version("stag", configuration("stag"), "predicted", "cpu")
    found["packed"] = fold_version("ststnet", config, "none", "cuda packed")
    return found


def edit(tree, file, old, new):
    text = (tree / file).read_text()
    assert text.count(old) >= 1, f"{old!r} is not in {file}"
    (tree / file).write_text(text.replace(old, new, 1))


def changed(tree, *edits):
    before = ids()
    for one in edits:
        edit(tree, *one)
    after = ids()
    return {name for name in before if before[name] != after[name]}


def published(key, *values):
    """Models whose published recipe has one of these values, or any that is not 0."""
    recipes = {model: configuration(model)["recipe"] for model in MODELS}
    return {m for m, recipe in recipes.items() if (recipe[key] in values if values else recipe[key])}


def test_versions_are_16_hex_digits_and_differ_by_what_is_used(tree):
    found = ids()
    assert all(len(version) == 16 and int(version, 16) >= 0 for version in found.values())
    assert len(set(found.values())) >= len(MODELS) + len(VARIANTS)
    assert ids() == found


def test_what_is_unrelated_changes_nothing(tree):
    before = ids()
    (tree / "mer_models" / "new_model.py").write_text("from mer_models.roi_encoder import check\n")
    (tree / "preprocessing" / "inputs" / "new_input.py").write_text("INPUTS = {}\n")
    (tree / "orchestrator" / "protocols" / "new_protocol.py").write_text(
        "from orchestrator.training import loop\n"
    )
    for registry in ("mer_models", "preprocessing/inputs", "orchestrator/protocols", "search_spaces"):
        path = tree / registry / "__init__.py"
        path.write_text(path.read_text() + "\nNEW = 1\n")
    edit(tree, "mer_models/roi_encoder.py", "import torch\n", "import torch  # a comment\n\n\n")
    edit(tree, f"{TRAINING}/loop.py", '"""Train one fold', '"""Train a fold')
    edit(tree, f"{TRAINING}/parts/hinge.py", '"""The loss', '"""A loss')
    edit(tree, "orchestrator/study/recipe.py", "    precision:", "    new: float = 0.0\n    precision:")
    edit(tree, "orchestrator/runners/inline.py", "def run_fold(", "def another(): ...\n\n\ndef run_fold(")
    assert ids() == before


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("parts/hinge.py", "(1 - z)", "(2 - z)", lambda: {"hinge"} | published("loss", "hinge")),
        ("parts/rotate.py", "10.0", "15.0", lambda: {"rotate"} | published("rotate")),
        (
            "parts/resize.py",
            "antialias=True",
            "antialias=False",
            lambda: {"resize"} | published("image_size"),
        ),
        ("parts/au_head.py", "RIDGE = 0.3", "RIDGE = 0.4", lambda: {"predicted"}),
        ("packed/stacked.py", "ALIGNED = 4", "ALIGNED = 8", lambda: {"packed"}),
        ("optimisers.py", "torch.optim.AdamW", "torch.optim.NAdam", lambda: set(ids())),
        ("loop.py", "total += ", "total -= ", lambda: set(ids())),
        ("../common/seeds.py", ">> 1", ">> 2", lambda: set(ids())),
        ("../../mer_models/stag.py", "import math\n", "import math\nX = 1\n", lambda: {"stag", "predicted"}),
        ("../../mer_models/roi_encoder.py", "nn.ReLU()", "nn.ELU()", lambda: ROI_FAMILY),
    ],
)
def test_a_change_touches_exactly_what_uses_it(tree, file, old, new, expected):
    assert changed(tree, (f"{TRAINING}/{file}", old, new)) == expected()


def readers(block):
    """Models that import the block, by their own text: directly, or through the other blocks and models."""
    texts = {path.stem: path.read_text() for path in (ROOT / "mer_models").glob("*.py")}
    found, size = {block}, 0
    while size != len(found):
        size = len(found)
        found |= {n for n, text in texts.items() if any(f"from mer_models.{f} import" in text for f in found)}
    assert 3 < len(found & set(MODELS)) < len(MODELS)
    return found & set(MODELS)


@pytest.mark.parametrize(
    ("library", "expected"),
    [
        ("torch", lambda: set(ids())),
        ("transformers", lambda: readers("backbone") | {"facesleuth"}),
        ("numpy", set),
    ],
)
def test_the_versions_of_the_libraries_count_for_what_imports_them(tree, monkeypatch, library, expected):
    before, wanted, version = ids(), expected(), metadata.version
    monkeypatch.setattr(metadata, "version", lambda name: "0.0" if name == library else version(name))
    after = ids()
    assert {name for name in before if before[name] != after[name]} == wanted


def test_a_model_from_elsewhere_counts_with_its_file(tree, tmp_path, monkeypatch):
    class Model:
        """Stands in for a plugin's class."""

    Model.__module__ = "mer_plugins.mine"
    monkeypatch.setattr(versions, "MODELS", {"mine": Model})
    config = configuration("ststnet")
    with pytest.raises(ModuleNotFoundError, match=r"mer_plugins\.mine"):
        fold_version("mine", config, "none", "cpu")
    file = tmp_path / "mine.py"
    file.write_text("from mer_models.roi_encoder import check\n")
    monkeypatch.setattr(closure, "_PLUGINS", {})
    closure.also("mer_plugins.mine", file)
    before = fold_version("mine", config, "none", "cpu")
    edit(tree, "mer_models/roi_encoder.py", "nn.ReLU()", "nn.ELU()")
    forget()
    between = fold_version("mine", config, "none", "cpu")
    file.write_text("from mer_models.roi_encoder import check\nX = 1\n")
    forget()
    assert len({before, between, fold_version("mine", config, "none", "cpu")}) == 3


def test_a_file_that_changes_while_a_sweep_runs_counts_as_it_was(tree):
    config = configuration("ststnet")
    before = ids()
    forget()
    fold_version("ststnet", config, "none", "cpu")  # the sweep begins; it has drawn no MixUp yet
    edit(tree, f"{TRAINING}/parts/mixed_labels.py", "(aus >= 0)", "(aus > 0)")
    drawn = config | {"recipe": config["recipe"] | BARE | VARIANTS["mixup"]}
    assert fold_version("ststnet", drawn, "none", "cpu") == before["mixup"]
