"""Every registered model is tested through the contract, in a test file of its own name; the registry takes
models of others."""

import importlib
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


def test_every_model_file_states_source_input_and_output():
    for file in Path(mer_models.__file__).parent.glob("[!_]*.py"):
        lines = file.read_text().splitlines()
        for word in ("Source", "Input", "Output"):
            assert any(line.startswith(word) for line in lines), (
                f"{file.name} has no line that starts with {word}"
            )


def test_a_model_of_somebody_elses_comes_after_ours_is_loaded_when_asked_for_and_takes_no_name_of_ours():
    ours, loaded = list(MODELS), []
    MODELS.add_later("another", lambda: loaded.append(1) or object)
    try:
        assert [*MODELS] == [*ours, "another"] and len(MODELS) == len(ours) + 1 and "another" in MODELS
        assert not loaded and MODELS["another"] is object and loaded
        for taken in ("another", "stag"):
            with pytest.raises(ValueError, match=f"'{taken}' already"):
                MODELS.add(taken, object)
    finally:
        MODELS.remove("another")
    assert [*MODELS] == ours
    with pytest.raises(KeyError, match="stag"):
        MODELS.remove("stag")
