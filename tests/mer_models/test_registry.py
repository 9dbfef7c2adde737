"""Every registered model is tested through the contract, in a test file of its own name, and says where it
comes from."""

import importlib
import inspect
import re
from pathlib import Path

import pytest

import mer_models
from mer_models import MODELS
from tests.mer_models.contract import ModelContract


def contracts(name):
    found = vars(importlib.import_module(f"tests.mer_models.test_{name}")).values()
    return [
        c for c in found if isinstance(c, type) and issubclass(c, ModelContract) and c is not ModelContract
    ]


@pytest.mark.parametrize("name", MODELS)
def test_a_registered_model_has_its_contract_test(name):
    assert [c.name for c in contracts(name)] == [name], (
        f"add a subclass of ModelContract to tests/mer_models/test_{name}.py"
    )


@pytest.mark.parametrize("name", MODELS)
def test_what_a_list_of_models_shows_needs_no_instance(name):
    """mer_models/__init__.py says what the attributes mean. The count is the one that the model's contract
    test takes."""
    model = MODELS[name]
    assert re.fullmatch(r".+ (\d{4}|undated)", model.paper) and len(model.paper) <= 40
    assert model.n_parameters == contracts(name)[0].parameters
    for several in (model.kinds, model.features):
        assert isinstance(several, tuple) and several and len(set(several)) == len(several)
    assert model.uses_aus == ("aus" in inspect.signature(model.forward).parameters)


def test_every_model_file_states_source_input_and_output_and_stays_small():
    for file in Path(mer_models.__file__).parent.glob("[!_]*.py"):
        lines = file.read_text().splitlines()
        for word in ("Source", "Input", "Output"):
            assert any(line.startswith(word) for line in lines), (
                f"{file.name} has no line that starts with {word}"
            )
        assert len(lines) <= 200, f"{file.name} has {len(lines)} lines"
