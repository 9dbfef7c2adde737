"""A bundle gives the probabilities of the model that it was made of; what was changed on the way, or is none,
is refused with its reason, and nothing of it is run."""

import json
import pickle
import warnings
import zipfile
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import safetensors.numpy
import torch

from orchestrator.inference import bundle_files, pack
from orchestrator.inference.bundle import arrays_of, load, numbered
from orchestrator.inference.bundle_files import LARGEST, MODEL, SUMS, WEIGHTS, BundleError, write_zip
from orchestrator.inference.calibration import fitted
from orchestrator.study.configuration import configuration
from orchestrator.study.jobs import FoldData
from orchestrator.study.plugins import install, read
from orchestrator.study.recipe import Recipe
from orchestrator.training.loop import fit
from orchestrator.training.prediction import predict
from orchestrator.workspace import sealed
from tests.orchestrator.tables import CLASSES, QUICK, table
from tests.registries import untouched


def trained(model="stag", settings=QUICK):
    clips = table()
    none = clips.x[:0]
    data = FoldData("roi_flow", clips.channels, clips.x, clips.y, none, clips.y[:0], none)
    config = configuration(model, settings)
    return fit(model, config, data, CLASSES, au="none", epochs=2, seed_names=("test",)), config, clips


def written(folder, one, config, clips, model="stag"):
    about = pack.described(model, clips, config, 0, pack.about_models([one]))
    probs = np.random.default_rng(0).dirichlet([1, 1, 1], 12).astype(np.float32)
    about["calibration"] = fitted(probs, np.arange(12) % 3, [0] * 6 + [1] * 6, 2)
    pack.write(folder, about, numbered([arrays_of(one)]), clips, onnx=b"all files that a bundle may have")
    return folder


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    one, config, clips = trained()
    return written(tmp_path_factory.mktemp("bundle") / "b", one, config, clips), one, config, clips


@pytest.fixture
def folder(made, tmp_path):
    """A copy that a test may spoil."""
    copy = tmp_path / "copy"
    copy.mkdir()
    for file in made[0].iterdir():
        (copy / file.name).write_bytes(file.read_bytes())
    return copy


def test_folder_and_zip_give_the_models_own_probabilities_to_the_bit(made, tmp_path):
    folder, one, config, clips = made
    recipe = Recipe(**config["recipe"])
    expected = predict(one.model, one.normaliser, recipe, "roi_flow", clips.channels, clips.x[:5], None, 3)
    assert expected.std() > 0.001
    zipped = tmp_path / "b.zip"
    write_zip(folder, zipped)
    for where in (folder, zipped):
        np.testing.assert_array_equal(load(where).probabilities(clips.x[:5]), expected)
    assert load(folder).digest == load(zipped).digest
    write_zip(folder, tmp_path / "again.zip")
    assert (tmp_path / "again.zip").read_bytes() == zipped.read_bytes()


def test_no_clip_of_the_table_is_in_it(made):
    folder, _, _, clips = made
    example = safetensors.numpy.load_file(folder / "example.safetensors")["flow"]
    assert example.shape == (2, *clips.x.shape[1:])
    assert not any(np.isin(example, clips.x).ravel())


@pytest.mark.parametrize(("name", "at"), [*((name, 0.5) for name in sorted(LARGEST)), (SUMS, 1)])
def test_one_changed_byte_of_any_file_is_found(name, at, folder):
    data = bytearray((folder / name).read_bytes())
    data[min(int(len(data) * at), len(data) - 1)] ^= 1  # the last one of SUMS ends a line still, to Python
    (folder / name).write_bytes(data)
    with pytest.raises(BundleError, match=r"SHA-256|SHA256SUMS"):
        load(folder)


@pytest.mark.parametrize("name", sorted(LARGEST))
def test_a_missing_file_is_found(name, folder):
    (folder / name).unlink()
    with pytest.raises(BundleError, match=name):
        load(folder)


def spoil(folder, **changes):
    """model.json with other values, and sums that agree with it: what somebody who wants to would write."""
    about = json.loads((folder / MODEL).read_text()) | changes
    (folder / MODEL).write_text(json.dumps(about))
    sealed.list_files(folder)


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"format": 2}, "format 2, this program reads 1"),
        ({"format": "1"}, "format '1'"),
        ({"format": None}, "format"),
        ({"kind": 7}, "kind"),
        ({"classes": ["one"]}, "classes"),
        ({"surprise": 1}, "surprise"),
        ({"models": []}, "models"),
        ({"classes": ["a", "b", "a"]}, "a class is named twice"),
        ({"spec": {"name": "roi_flow14"}}, "spec has no name, or no parameters"),
        ({"ranges": {"u": []}}, "ranges.u"),
        ({"ranges": {"u": [0.1, float("nan")]}}, "ranges.u"),
        ({"calibration": {"temperature": -1.0}}, "temperature -1.0; it is a number above 0"),
        ({"calibration": {"temperature": "1"}}, "temperature '1'"),
        ({"model": "stagg"}, "unknown model 'stagg'; did you mean 'stag'"),
        ({"classes": ["a", "b"]}, "do not go together"),
        ({"config": {"model": {"no_such": 1}, "recipe": {}}}, "do not go together"),
        ({"config": {"model": {}, "recipe": {"epochs": -1}}}, "do not go together"),
        ({"config": {}}, "do not go together"),
        ({"models": [{"epochs": 1, "normaliser": {"shift": [0, 0], "scale": [0.01, 0.01]}}]},
         "other probabilities"),
        ({"plugin": {"name": "evil", "files": {"evil.py": "raise SystemExit"}}}, "brings code of its own"),
    ],
)  # fmt: skip
def test_a_model_json_that_does_not_fit_is_refused_though_its_sums_agree(changes, says, folder):
    spoil(folder, **changes)
    with pytest.raises(BundleError, match=says):
        load(folder)


@pytest.mark.parametrize("text", ["", "null", "[]", "{", "[" * 100_000])
def test_a_model_json_that_is_no_object_is_refused(text, folder):
    (folder / MODEL).write_text(text)
    sealed.list_files(folder)
    with pytest.raises(BundleError, match=r"model\.json"):
        load(folder)


def test_weights_that_are_no_safetensors_are_refused_and_not_run(folder):
    (folder / WEIGHTS).write_bytes(pickle.dumps([1]))
    sealed.list_files(folder)
    with pytest.raises(BundleError, match="do not go together"):
        load(folder)


def test_weights_that_are_no_numbers_are_refused_though_nothing_compares_them(folder):
    arrays = safetensors.numpy.load_file(folder / WEIGHTS)
    name = next(name for name, array in arrays.items() if array.dtype == np.float32)
    arrays[name].flat[0] = np.nan
    safetensors.numpy.save_file(arrays, folder / WEIGHTS)
    (folder / "example.safetensors").unlink()
    sealed.list_files(folder)
    with pytest.raises(BundleError, match=f"{name} holds values that are no numbers"):
        load(folder)


@pytest.mark.parametrize("name", ["weights.pkl", "model.PT", "x.bin", "setup.py", "sub"])
def test_a_file_that_no_bundle_has_is_refused(name, folder):
    (folder / name).write_bytes(b"x")
    sealed.list_files(folder)
    with pytest.raises(BundleError, match=f"'{name}'"):
        load(folder)


def test_a_link_is_refused(folder, tmp_path):
    (tmp_path / "secret").write_bytes((folder / WEIGHTS).read_bytes())
    (folder / WEIGHTS).unlink()
    (folder / WEIGHTS).symlink_to(tmp_path / "secret")
    with pytest.raises(BundleError, match="is a link"):
        load(folder)


def zipped(folder, file, *more):
    write_zip(folder, file)
    with zipfile.ZipFile(file, "a") as opened:
        for name, data in more:
            opened.writestr(name, data)
    return file


@pytest.mark.parametrize(
    "name", ["../out", "/etc/cron.d/x", "a/../../x", "..\\x", "C:\\x", "model/../../card.md"]
)
def test_a_name_that_leads_out_of_the_zip_is_refused_and_nothing_is_written(name, folder, tmp_path):
    before = sorted(tmp_path.rglob("*"))
    file = zipped(folder, tmp_path / "b.zip", (name, b"x"))
    with pytest.raises(BundleError, match="leads out of its folder"):
        load(file)
    assert sorted(tmp_path.rglob("*")) == sorted([*before, file])


def test_a_pickle_in_a_zip_and_a_name_twice_are_refused(folder, tmp_path):
    with pytest.raises(BundleError, match=r"'data\.pkl'.*may run code"):
        load(zipped(folder, tmp_path / "p.zip", ("data.pkl", pickle.dumps(1))))
    with pytest.warns(UserWarning, match="Duplicate"):
        twice = zipped(folder, tmp_path / "t.zip", (MODEL, b"{}"))
    with pytest.raises(BundleError, match="twice"):
        load(twice)


def test_more_bytes_than_a_bundle_may_have_are_not_unpacked(folder, tmp_path, monkeypatch):
    monkeypatch.setitem(bundle_files.LARGEST, "card.md", 1000)
    (folder / "card.md").write_bytes(b"0" * 2_000_000)
    with pytest.raises(BundleError, match=r"card\.md has 2000000 bytes"):
        load(folder)
    file = tmp_path / "bomb.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as opened:
        opened.writestr("card.md", b"0" * 2_000_000)
    # a header that lies about it
    data = file.read_bytes().replace((2_000_000).to_bytes(4, "little"), (10).to_bytes(4, "little"))
    file.write_bytes(data)
    with pytest.raises(BundleError):
        load(file)


def test_what_is_no_bundle_is_named(folder, tmp_path):
    write_zip(folder, tmp_path / "b.zip")
    whole = (tmp_path / "b.zip").read_bytes()
    for data in (b"", b"hello", whole[:-30], whole[: len(whole) // 2], whole[:100] + whole[200:]):
        (tmp_path / "cut.zip").write_bytes(data)
        with pytest.raises(BundleError, match=r"cut\.zip"):
            load(tmp_path / "cut.zip")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BundleError, match=SUMS):
        load(tmp_path / "empty")
    with pytest.raises(BundleError, match="neither a folder nor a zip"):
        load(tmp_path / "no such")


def test_code_of_a_plugin_runs_only_where_it_is_allowed(tmp_path):
    with untouched():
        install([read(Path(__file__).parents[3] / "examples" / "my_model.py")])
        one, config, clips = trained("my_model", {"recipe.epochs": 2})
        folder = written(tmp_path / "b", one, config, clips, "my_model")
    with untouched():
        with pytest.raises(BundleError, match="brings code of its own"):
            load(folder)
        assert load(folder, allow_code=True).probabilities(clips.x[:2]).shape == (2, 3)


def test_heads_that_come_from_another_process_and_cannot_be_written_are_taken_without_a_warning():
    of_ray = np.arange(3, dtype=np.float32)
    of_ray.setflags(write=False)
    one = SimpleNamespace(model=torch.nn.Linear(1, 1), au_head=SimpleNamespace(state=lambda: {"w": of_ray}))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        (head,) = (
            tensor for name, tensor in arrays_of(one).items() if name.endswith("w") and len(tensor) == 3
        )
    assert head.tolist() == [0, 1, 2]
