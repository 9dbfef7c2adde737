"""Every input reads the settings that it declares, asks for what it says that it needs, and has one name."""

from dataclasses import fields

import pytest

from preprocessing.datasets.reading import read
from preprocessing.inputs import FILES, INPUTS, NameTaken, Settings, SettingsError
from preprocessing.pipeline import Pipeline
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.versions import settings_read

NAMES = tuple(INPUTS)
FIELDS = {field.name for field in fields(Settings)}


class Watched(Settings):
    """Settings that remember what is read of them."""

    def __getattribute__(self, name):
        if name in FIELDS:
            object.__getattribute__(self, "__dict__").setdefault("seen", set()).add(name)
        return object.__getattribute__(self, name)


@pytest.fixture(scope="module")
def clip(tmp_path_factory):
    root = tmp_path_factory.mktemp("corpus")
    render_corpus(root, RenderConfig(subjects=1, clips_per_subject=1, size=160))
    return read("synthetic", root)[0]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_declared_is_what_is_read(name, clip):
    watched = Watched(image_size=32)
    watched.__dict__["seen"] = set()  # its own check has read all
    row = Pipeline((name,), watched).rows(clip)[name]
    assert row["status"] == "ok", row["error"]
    assert row["x"].shape == INPUTS[name].shape(watched)
    assert sorted(watched.__dict__["seen"]) == list(settings_read(name, watched))
    assert not set(INPUTS[name].settings) & {"flow", "apex", "equalise", "landmarks_every"}


def test_no_flow_method_is_made_where_no_input_needs_one_and_asking_is_told(clip, monkeypatch):
    monkeypatch.setattr("preprocessing.pipeline.FLOWS", {})
    assert Pipeline(("mesti", "apex_frame"), Settings(image_size=32)).flow is None
    with pytest.raises(KeyError):
        Pipeline(("mesti", "onset_apex_flow"), Settings())
    monkeypatch.setattr(type(INPUTS["onset_apex_flow"]), "needs_flow", False)
    with pytest.raises(RuntimeError, match="needs_flow = False"):
        Pipeline(("onset_apex_flow",), Settings()).rows(clip)


def test_each_name_is_declared_by_one_file():
    modules = [__import__(f"preprocessing.inputs.{file}", fromlist="x") for file in FILES]
    assert sum(len(module.INPUTS) for module in modules) == len(INPUTS) == len(NAMES) == 20
    for module in modules:
        for name, source in module.INPUTS.items():
            assert INPUTS[name] is source and INPUTS.module(name) == module.__name__


def test_an_input_is_added_under_a_free_name_and_imported_when_asked_for(tmp_path, monkeypatch):
    (tmp_path / "some_input.py").write_text(
        "from preprocessing.inputs.frame_crops import ApexFrame\nINPUTS = {'mine': ApexFrame()}\n"
    )
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(INPUTS, "_modules", dict(INPUTS._modules))
    INPUTS.add("mine", "some_input")
    INPUTS.add("mine", "some_input")
    assert list(INPUTS) == [*NAMES, "mine"] and INPUTS.module("mine") == "some_input"
    assert INPUTS["mine"].kind == "image"
    INPUTS.add("late", "no_such_module_yet")
    with pytest.raises(ModuleNotFoundError):
        INPUTS["late"]
    for name in ("mine", "mesti"):
        with pytest.raises(NameTaken, match=f"'{name}' of other is there already, from .*; rename"):
            INPUTS.add(name, "other")
    with pytest.raises(KeyError):
        INPUTS["none"]


@pytest.mark.parametrize(
    ("field", "value", "rule"),
    [
        ("flow", "tvl2", "one of farneback, dis, tvl1"),
        ("apex", "midle", "one of middle, roi_difference"),
        ("steps", 0, "at least 1"),
        ("steps", 1.5, "a whole number"),
        ("size", True, "at least 8"),
        ("image_size", 7, "at least 8"),
        ("keep", 0, "above 0"),
        ("keep", 1.1, "up to 1"),
        ("keep", float("nan"), "above 0"),
        ("landmarks_every", -0.1, "0 .every frame. or"),
        ("landmarks_every", float("inf"), "seconds"),
        ("equalise", 1, "true or false"),
    ],
)
def test_a_setting_out_of_range_is_refused_with_its_option_rule_and_value(field, value, rule):
    option = f"--{field.replace('_', '-')}"
    with pytest.raises(SettingsError, match=rf"^{field} is {value!r}; .*{rule}.* .option {option}."):
        Settings(**{field: value})
