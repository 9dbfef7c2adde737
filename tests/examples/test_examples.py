"""The examples pass the contracts that ship, from files that are in no registry, and train a fold in a
process that has no file of them."""

import pickle
import subprocess
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from mer_models import MODELS
from orchestrator.protocols import PROTOCOLS
from orchestrator.runners.inline import run_fold
from orchestrator.study import plugins
from orchestrator.study.study import Study
from orchestrator.testing import (
    CorpusContract,
    InputContract,
    ModelContract,
    ProtocolContract,
    SpaceContract,
)
from preprocessing import closure
from preprocessing.datasets import DATASETS
from preprocessing.inputs import INPUTS, Settings
from preprocessing.plan import plan
from preprocessing.plugins import load
from preprocessing.versions import input_version
from search_spaces import SPACES
from tests.orchestrator.tables import table
from tests.registries import untouched

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("my_model", "my_corpus", "my_input", "my_protocol")
PLUGINS = {name: plugins.read(EXAMPLES / f"{name}.py") for name in NAMES}
MODULES = {}  # name -> module, while these tests run


@pytest.fixture(scope="module", autouse=True)
def loaded():
    """Not at collection: a tutorial of another test has a ``my_model`` of its own."""
    with untouched():
        MODULES.update({name: load(plugin) for name, plugin in PLUGINS.items()})
        yield
        MODULES.clear()


class TestMyModel(ModelContract):
    @pytest.fixture
    def model(self):
        return MODULES["my_model"].MODEL


class TestMySpace(SpaceContract):
    @pytest.fixture
    def space(self):
        return MODULES["my_model"]


class TestMyInput(InputContract):
    @pytest.fixture
    def source(self):
        return MODULES["my_input"].INPUTS["onset_difference"]


class TestMyProtocol(ProtocolContract):
    @pytest.fixture
    def protocol(self):
        return MODULES["my_protocol"].PROTOCOL


def videos(folder, names, faces=None):
    folder.mkdir()
    for name in names:
        out = cv2.VideoWriter(str(folder / name), cv2.VideoWriter_fourcc(*"MJPG"), 30, (64, 64))
        for step in range(6):
            out.write(np.full((64, 64, 3), 40 * step, np.uint8))
        out.release()
    return folder


class TestMyCorpus(CorpusContract):
    @pytest.fixture
    def module(self):
        return MODULES["my_corpus"]

    @pytest.fixture
    def root(self, tmp_path):
        return videos(
            tmp_path / "data", ["anna_happiness_1.avi", "ben_disgust_2.avi", "ben_joy_3.avi", "x.avi"]
        )


def test_a_video_that_is_named_otherwise_is_a_clip_with_a_problem(tmp_path):
    root = videos(tmp_path / "data", ["anna_happiness_1.avi", "ben_joy_3.avi", "x.avi"])
    problems = {clip.name: clip.problem for clip in MODULES["my_corpus"].clips(root)}
    assert problems == {
        "anna_happiness_1": "",
        "ben_joy_3": "ben_joy_3.avi: 'joy' is none of happiness, disgust, surprise",
        "x": "x.avi is not person_emotion_number.avi",
    }


@pytest.fixture
def installed():
    with untouched():
        plugins.install(PLUGINS.values())
        yield


def test_installed_they_are_found_under_the_names_of_their_files(installed):
    plugins.install(PLUGINS.values())
    assert MODELS["my_model"] is MODULES["my_model"].MODEL
    assert SPACES["my_model"] is MODULES["my_model"]
    assert DATASETS["my_corpus"] is MODULES["my_corpus"]
    assert INPUTS["onset_difference"] is MODULES["my_input"].INPUTS["onset_difference"]
    assert PROTOCOLS["my_protocol"] is MODULES["my_protocol"].PROTOCOL
    assert plugins.of_model("my_model") == PLUGINS["my_model"] and plugins.of_model("stag") is None


def test_a_fold_trained_in_a_process_that_has_no_file_of_them_is_the_fold_trained_here(installed, tmp_path):
    clips = table(people=5)
    study = Study("my_model", "my_protocol", 2, 1, {"recipe.epochs": 2})
    jobs = study.jobs(clips, {})
    assert sorted(len({clip.rsplit("/", 1)[0] for clip in job.test}) for job in jobs) == [2, 3]
    here = run_fold(jobs[0], clips)
    code = """if True:
        import pickle, sys
        sent, job, clips = pickle.load(sys.stdin.buffer)
        from orchestrator.study import plugins
        plugins.install(sent, only=("MODEL",))
        from orchestrator.runners.inline import run_fold
        result = run_fold(job, clips)
        in_vain = {"cv2", "mer_plugins.my_input", "mer_plugins.my_protocol"} & set(sys.modules)
        assert not in_vain, in_vain
        sys.stdout.buffer.write(pickle.dumps((result, sys.modules["mer_plugins.my_model"].__file__)))
    """
    sent = pickle.dumps((tuple(PLUGINS.values()), jobs[0], clips))
    done = subprocess.run(
        [sys.executable, "-c", code], input=sent, capture_output=True, cwd=tmp_path, check=False
    )
    assert done.returncode == 0, done.stderr.decode()
    there, file = pickle.loads(done.stdout)
    assert np.array_equal(here.test_probs, there.test_probs) and here.job_id == there.job_id
    assert not Path(file).is_relative_to(EXAMPLES)


def test_a_plugins_code_is_part_of_the_version_of_what_it_makes(installed):
    assert "mer_plugins.my_model" in closure.modules(["mer_plugins.my_model"])
    assert len(input_version("onset_difference", Settings(), pictures=False)) == 16


def test_frames_of_my_corpus_become_my_input(installed, tmp_path):
    made = plan(
        "my_corpus", videos(tmp_path / "data", ["anna_happiness_1.avi"]), ["onset_difference"], tmp_path
    )
    assert made.specs["onset_difference"].shape == (3, 224, 224)
