"""Every registered model is tested through the contract, in a test file of its own name, and says where it comes from."""

import importlib
from pathlib import Path

import pytest

import mer_models
from mer_models import MODELS
from tests.mer_models.contract import ModelContract


@pytest.mark.parametrize("name", MODELS)
def test_a_registered_model_has_its_contract_test(name):
    module = importlib.import_module(f"tests.mer_models.test_{name}")
    contracts = [
        c for c in vars(module).values() if isinstance(c, type) and issubclass(c, ModelContract) and c is not ModelContract
    ]
    assert [c.name for c in contracts] == [name], f"add a subclass of ModelContract to tests/mer_models/test_{name}.py"


def test_every_model_file_states_source_input_and_output_and_stays_small():
    for file in Path(mer_models.__file__).parent.glob("[!_]*.py"):
        lines = file.read_text().splitlines()
        for word in ("Source", "Input", "Output"):
            assert any(line.startswith(word) for line in lines), f"{file.name} has no line that starts with {word}"
        assert len(lines) <= 200, f"{file.name} has {len(lines)} lines"
