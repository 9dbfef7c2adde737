"""A feature set's version follows the code and the settings that decide its numbers, and nothing else: shown
on a copy of the package, changed file by file."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from preprocessing import plan, versions
from preprocessing.inputs import INPUTS, Settings
from preprocessing.inputs.settings import MIDDLE

PACKAGE = Path(versions.__file__).parent
NAMES = set(INPUTS)
OF_PICTURES = {name for name in NAMES if INPUTS[name].picture_unit}
NEED_FLOW = {name for name in NAMES if INPUTS[name].needs_flow}
BY_REGIONS = {name for name in NAMES if name.startswith(("roi_flow", "roi_maps", "roi_stack"))}
ROI_MAPS = {"roi_maps1", "roi_maps2", "roi_maps4", "roi_stack9"}
SCRIPT = """
import json
from preprocessing.inputs import INPUTS, Settings
from preprocessing.versions import input_version
spotted = Settings(apex="roi_difference")
print(json.dumps({
    "frames": {name: input_version(name, Settings(), pictures=False) for name in INPUTS},
    "spotted": {name: input_version(name, spotted, pictures=False) for name in INPUTS},
    "pictures": {n: input_version(n, Settings(), pictures=True) for n in INPUTS if INPUTS[n].picture_unit},
}))
"""


@pytest.fixture
def tree(tmp_path):
    shutil.copytree(PACKAGE, tmp_path / "preprocessing", ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path / "preprocessing"


@pytest.fixture(scope="module")
def before():
    return of(PACKAGE)


def of(package: Path) -> dict[str, dict[str, str]]:
    """{"frames", "spotted", "pictures"} -> input -> version, in a process that runs this ``package``."""
    environment = {**os.environ, "PYTHONPATH": str(package.parent)}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, cwd=package.parent, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, (path, old)
    path.write_text(text.replace(old, new))


def changed(tree: Path, before: dict[str, dict[str, str]]) -> dict[str, set[str]]:
    now = of(tree)
    return {kind: {name for name in before[kind] if now[kind][name] != before[kind][name]} for kind in before}


NOTHING = {"frames": set(), "spotted": set(), "pictures": set()}


def test_a_new_input_a_new_setting_a_comment_and_a_docstring_change_no_version(tree, before):
    new = (tree / "inputs" / "frame_crops.py").read_text().replace('"apex_frame"', '"mine"')
    (tree / "inputs" / "mine.py").write_text(new.replace('"onset_apex_frames"', '"mine2"'))
    edit(tree / "inputs" / "__init__.py", 'FILES = ("roi_flow"', 'FILES = ("mine", "roi_flow"')
    edit(tree / "inputs" / "settings.py", "    steps: int = 16\n", "    steps: int = 16\n    mine: int = 3\n")
    for file in ("regions.py", "flow.py", "pipeline.py", "inputs/view.py", "inputs/roi_flow.py"):
        path = tree / file
        path.write_text(path.read_text().replace('"""', '"""Said otherwise. ', 1) + "\n# a comment\n")
    assert changed(tree, before) == NOTHING
    assert "mine" in of(tree)["frames"]


FRAMES_ALONE = {"frames": NAMES, "spotted": NAMES, "pictures": set()}


@pytest.mark.parametrize(
    ("file", "old", "new", "expected"),
    [
        ("regions.py", '"mouth_left": (48,)', '"mouth_left": (60,)',
         {"frames": BY_REGIONS, "spotted": NAMES, "pictures": OF_PICTURES & BY_REGIONS}),
        ("landmarks.py", "(127,), (234,)", "(234,), (127,)", FRAMES_ALONE),
        ("waiting.py", "IN_MEMORY = 512", "IN_MEMORY = 256", FRAMES_ALONE),
        ("apex.py", "SIZE = (32, 16)", "SIZE = (16, 16)", NOTHING | {"spotted": NAMES}),
        ("inputs/roi_maps.py", 'COMPONENTS = ("u", "v", "strain")', 'COMPONENTS = ("u", "v", "s")',
         {"frames": ROI_MAPS, "spotted": ROI_MAPS, "pictures": set()}),
        ("decode.py", "+ 128) // 257", "+ 127) // 257",
         {"frames": NAMES, "spotted": NAMES, "pictures": OF_PICTURES}),
    ],
)  # fmt: skip
def test_a_changed_line_changes_the_versions_that_it_decides(tree, before, file, old, new, expected):
    edit(tree / file, old, new)
    assert changed(tree, before) == expected


def test_the_flow_methods_count_where_flow_is_asked_for(tree, before):
    edit(tree / "flow.py", "0.5, 3, 15, 3, 5", "0.5, 3, 17, 3, 5")
    now = changed(tree, before)
    assert now["frames"] == now["spotted"] == NEED_FLOW and NEED_FLOW < NAMES
    assert now["pictures"] == {
        "onset_apex_flow"
    }  # its file imports flow.strain; the others import nothing of it


def test_a_library_counts_where_it_is_used(monkeypatch):
    def now():
        return {
            (name, pictures): versions.input_version(name, Settings(), pictures=pictures)
            for pictures in (False, True)
            for name in (OF_PICTURES if pictures else NAMES)
        }

    held = now()
    monkeypatch.setattr(
        versions.importlib.metadata, "version", lambda name: "99" if name == "mediapipe" else "1"
    )
    one = now()
    monkeypatch.setattr(
        versions.importlib.metadata, "version", lambda name: "98" if name == "mediapipe" else "1"
    )
    two = now()
    assert all(held[key] != one[key] for key in held)  # OpenCV is in all
    assert {key for key in one if one[key] != two[key]} == {(name, False) for name in NAMES}


@pytest.mark.parametrize(
    ("other", "expected"),
    [
        ({"steps": 12}, {n for n in NAMES if n.startswith("roi_flow")}),
        ({"keep": 0.2}, {n for n in NAMES if n.startswith("roi_flow")}),
        ({"size": 32}, {"onset_apex_flow", "apex_offset_flow"}),
        ({"image_size": 112}, {n for n in NAMES if not n.startswith("roi_flow")}
         - {"onset_apex_flow", "apex_offset_flow"}),
        ({"flow": "dis"}, NEED_FLOW),
        ({"landmarks_every": 0}, {n for n in NAMES if INPUTS[n].needs_landmarks}),
        ({"apex": "roi_difference"}, NAMES),
        ({"equalise": True}, NAMES),
        ({"keep": 0.3, "steps": 16, "apex": MIDDLE}, set()),
    ],
)  # fmt: skip
def test_a_setting_is_part_of_the_feature_sets_that_read_it_and_of_no_picture(other, expected):
    def now(settings, pictures):
        names = OF_PICTURES if pictures else NAMES
        return {name: plan.spec(name, settings, pictures=pictures).version for name in names}

    here, there = now(Settings(), False), now(Settings(**other), False)
    assert {name for name in here if here[name] != there[name]} == expected
    assert now(Settings(), True) == now(Settings(**other), True)


OWN = """
from preprocessing.inputs.onset_apex_flow import OnsetApexFlow
INPUTS = {"mine": OnsetApexFlow(large=False)}
"""
OWN_SCRIPT = """
import json, sys
from preprocessing.inputs import INPUTS, Settings
from preprocessing.plugins import install, read
from preprocessing.versions import input_version
install([read(sys.argv[1])])
print(json.dumps({name: input_version(name, Settings(), pictures=False) for name in INPUTS}))
"""


def test_an_input_of_ones_own_has_the_version_of_its_own_file_even_where_its_class_is_ours(tmp_path, before):
    def now(text):
        (tmp_path / "mine.py").write_text(text)
        command = [sys.executable, "-c", OWN_SCRIPT, str(tmp_path / "mine.py")]
        environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    first = now(OWN)
    assert {name: first[name] for name in NAMES} == before["frames"]
    assert first["mine"] not in before["frames"].values()
    assert now(f"# a comment\n{OWN}") == first
    assert now(OWN.replace("False", "True"))["mine"] != first["mine"]
