"""What a real store keeps when code is added, and what it computes again when code is changed: in a copy of
this tree, as its user would change it."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.orchestrator.test_sweep import pictures

ROOT = Path(__file__).parents[1]
PACKAGES = ("orchestrator", "preprocessing", "mer_models", "search_spaces")
PEOPLE = 3
NOWHERE = "sqlite:////proc/no/such.db"  # a database of MLflow would cost seconds
# Several commands in one process, since torch is imported for seconds. The last line is what came of each.
COMMANDS = """
import importlib, json, sys
from typer.testing import CliRunner
said = []
for command, *words in json.loads(sys.argv[1]):
    app = importlib.import_module(f"orchestrator.{command}").app
    done = CliRunner().invoke(app, words, terminal_width=200)
    said.append([done.exit_code, done.output])
print(json.dumps(said))
"""


class Tree:
    """A copy of the four packages with a workspace, and the commands in it."""

    def __init__(self, folder, root):
        self.folder, self.root = folder, root
        for package in PACKAGES:
            shutil.copytree(ROOT / package, folder / package, ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copytree(ROOT / "examples", folder / "examples")

    def sweep(self, name, *more):
        """(timing of a sweep of STSTNet in this tree's workspace, what ``report`` says of the sweep "first",
        what ``clean`` says), by the tree's code."""
        keys = ["--set", "recipe.epochs=2", "--inner-folds", "2", "--trials", "1", "--runner", "inline"]
        keys += ["--selection", "nested"]
        words = ["--corpus", "ststnet_flow", "--root", str(self.root), "--tracking-uri", NOWHERE]
        asked = [["sweep", "ststnet", *keys, *words, "--name", name, *more], ["report", "first"], ["clean"]]
        done = subprocess.run(
            [sys.executable, "-c", COMMANDS, json.dumps(asked)],
            cwd=self.folder,
            env=os.environ | {"PYTHONPATH": str(self.folder)},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        said = [(status, " ".join(text.split())) for status, text in json.loads(done.stdout.splitlines()[-1])]
        assert [status for status, _ in said] == [3, 0, 0], said
        summary = self.folder / "workspace" / "sweeps" / name / "summary.json"
        return json.loads(summary.read_text())["timing"], said[1][1], said[2][1]

    def add(self, example, file):
        shutil.copy(ROOT / "examples" / example, self.folder / file)

    def change(self, file, old, new):
        text = (self.folder / file).read_text()
        assert text.count(old) == 1, f"{file} has {text.count(old)} times {old!r}"
        (self.folder / file).write_text(text.replace(old, new))

    def features(self):
        """Shards of the feature sets, with their age."""
        held = (self.folder / "workspace" / "features").rglob("*.parquet")
        return {path: path.stat().st_mtime_ns for path in held}


@pytest.fixture(scope="module")
def tree(tmp_path_factory):
    folder = tmp_path_factory.mktemp("versions")
    return Tree(folder / "tree", pictures(folder / "corpus", ["casme2"] * PEOPLE))


@pytest.mark.long
def test_additions_and_words_compute_nothing_and_a_changed_layer_all(tree):
    first, report, clean = tree.sweep("first")
    assert (first["folds_run"], first["folds_reused"]) == (PEOPLE, 0)
    assert "older code" not in report and "0 fold results and 0 shards" in clean
    features = tree.features()
    assert features

    # a model, an input and a protocol as files of the tree, each named in its registry
    tree.add("my_model.py", "mer_models/means.py")
    tree.change("mer_models/__init__.py", 'ststnet="STSTNet"', 'means="MeanMotion", ststnet="STSTNet"')
    tree.add("my_model.py", "search_spaces/means.py")
    tree.change("search_spaces/__init__.py", '"ststnet"', '"means", "ststnet"')
    tree.add("my_input.py", "preprocessing/inputs/differences.py")
    tree.change("preprocessing/inputs/differences.py", '"onset_difference"', '"differences"')
    tree.change("preprocessing/inputs/__init__.py", '"roi_maps")', '"roi_maps", "differences")')
    tree.add("my_protocol.py", "orchestrator/protocols/pairs.py")
    tree.change("orchestrator/protocols/__init__.py", "    megc2019,\n", "    megc2019,\n    pairs,\n")
    tree.change("orchestrator/protocols/__init__.py", '"loso": loso', '"pairs": pairs.PROTOCOL, "loso": loso')
    # words in files that decide the numbers
    tree.change("mer_models/ststnet.py", "width = sum", "# a comment\n        width = sum")
    tree.change("mer_models/ststnet.py", "1683 parameters at 3 classes, as published.", "Other words.")
    tree.change("preprocessing/inputs/onset_apex_flow.py", "from __future__", "# more\nfrom __future__")
    tree.change("orchestrator/training/loop.py", "from __future__", "# more\nfrom __future__")
    # and others as plugins
    files = [f"examples/{name}.py" for name in ("my_model", "my_input", "my_protocol")]
    again, report, clean = tree.sweep("again", *(word for file in files for word in ("--plugin", file)))
    assert (again["folds_run"], again["folds_reused"]) == (0, PEOPLE)
    assert tree.features() == features, "something was extracted anew"
    assert "older code" not in report and "0 fold results and 0 shards" in clean

    tree.change("mer_models/ststnet.py", "nn.ReLU()", "nn.LeakyReLU()")
    changed, report, clean = tree.sweep("changed")
    assert (changed["folds_run"], changed["folds_reused"]) == (PEOPLE, 0)
    assert tree.features() == features, "no input has changed"
    assert "folds of trial 0: made by older code" in report
    assert f"{PEOPLE} fold results and 0 shards" in clean
