"""A small experiment on ready flow pictures: 4 people, 24 clips."""

import pytest

from orchestrator import Experiment
from tests.orchestrator.test_sweep import pictures


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return pictures(tmp_path_factory.mktemp("pictures"), ["casme2"] * 4)


@pytest.fixture
def asked(root):
    return Experiment(
        "ststnet",
        corpora=[("ststnet_flow", str(root))],
        inner_folds=2,
        trials=2,
        settings={"recipe.epochs": 2, "recipe.batch_size": 16},
        selection="nested",
    )
