"""Models, protocols and schedulers from files and from installed packages."""

import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from mer_models import MODELS
from orchestrator.protocols import PROTOCOLS, protocol
from orchestrator.search.schedulers import SCHEDULERS
from orchestrator.study import plugins
from orchestrator.study.configuration import configuration
from orchestrator.study.plugins import PluginError
from orchestrator.study.versions import fold_version
from preprocessing import closure
from preprocessing.datasets import DATASETS
from preprocessing.inputs import INPUTS
from search_spaces import SPACES
from tests.registries import untouched

EXAMPLES = Path(__file__).parents[3] / "examples"
MODEL = (EXAMPLES / "my_model.py").read_text()
PROTOCOL = (EXAMPLES / "my_protocol.py").read_text()
SCHEDULER = "from orchestrator.search.schedulers.none import NoRacing\nSCHEDULER = NoRacing\n"


@pytest.fixture
def write(tmp_path):
    """A function that writes a plugin and reads it."""

    def written(name, text):
        (tmp_path / name).write_text(text)
        return plugins.read(tmp_path / name)

    with untouched():
        yield written


def test_each_is_added_under_its_files_name_and_a_scheduler_where_the_registry_is_given(write):
    made = [write("net.py", MODEL), write("pairs.py", PROTOCOL), write("race.py", SCHEDULER)]
    plugins.install(made)
    assert MODELS["net"].__module__ == "mer_plugins.net" == SPACES["net"].__name__
    assert protocol("pairs") == (PROTOCOLS["pairs"], 0)
    assert "race" not in SCHEDULERS
    for _ in range(2):
        plugins.install(made, schedulers=SCHEDULERS)
    assert list(SCHEDULERS)[-1] == "race" and SCHEDULERS["race"]().reports(0, None) is False


def test_a_worker_imports_only_what_it_asks_for(write):
    bad = write("pairs.py", PROTOCOL + "raise RuntimeError\n")
    plugins.install([write("net.py", MODEL), bad], only=("MODEL",))
    assert "net" in MODELS and "pairs" not in PROTOCOLS


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("net.py", "MODEL = 1\n", "net: MODEL must be a class of nn.Module, got 1"),
        (
            "net.py",
            "class MODEL:\n    paper = 'x'\nPUBLISHED = {}\n",
            "offers a model and lacks PARAMETERS, ABLATIONS, space, MODEL.n_parameters, MODEL.takes, "
            "MODEL.default_features, MODEL.uses_aus; see examples/my_model.py",
        ),
        (
            "net.py",
            MODEL + "MeanMotion.__module__ = 'elsewhere.nets'\n",
            r"MODEL is a class of elsewhere\.nets, whose code is no part of the plugin",
        ),
        ("stag.py", MODEL, "the model name 'stag' is taken by this project; rename yours"),
        ("pairs.py", "PROTOCOL = 1\n", "PROTOCOL must be an orchestrator.protocols.Protocol, got 1"),
        ("loso.py", PROTOCOL, "the protocol name 'loso' is taken by this project"),
        ("race.py", "SCHEDULER = 1\n", r"what SCHEDULER\(\) gives lacks reports, completed, failed"),
        ("race.py", "SCHEDULER = dict\n", r"what SCHEDULER\(\) gives lacks reports, completed, failed"),
        (
            "asha.py",
            SCHEDULER,
            "the scheduler name 'asha' is taken by this project",
        ),
    ],
)
def test_a_faulty_one_is_one_clear_error(write, name, text, message):
    with pytest.raises(PluginError, match=message):
        plugins.install([write(name, text)], schedulers=SCHEDULERS)


def test_a_change_of_the_code_is_another_version_and_a_comment_or_another_place_is_none(tmp_path):
    changed = MODEL.replace("x.mean(1)", "x.sum(1)")
    versions = []
    for n, text in enumerate([MODEL, "# a comment\n" + MODEL, changed]):
        file = tmp_path / str(n) / "net.py"
        file.parent.mkdir()
        file.write_text(text)
        with untouched():
            plugins.install([plugins.read(file)])
            versions.append(fold_version("net", configuration("net"), "none", "cpu"))
    assert versions[0] == versions[1] != versions[2]


@pytest.fixture
def package(tmp_path):
    """A function that lays out an installed package "lab" of these entry points and files."""

    def made(points, files, dist="lab", version="1.2"):
        for path, text in {"lab/__init__.py": "", **files}.items():
            file = tmp_path / "site" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text))
        info = tmp_path / "site" / f"{dist}-{version}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {dist}\nVersion: {version}\n")
        (info / "entry_points.txt").write_text(textwrap.dedent(points))
        if str(tmp_path / "site") not in sys.path:
            sys.path.insert(0, str(tmp_path / "site"))
        return tmp_path / "site"

    with untouched():
        yield made


ALL = """
    [mer.models]
    net = lab.net
    [mer.protocols]
    pairs = lab.pairs
    [mer.corpora]
    my_corpus = lab.my_corpus
    [mer.inputs]
    onset_difference = lab.seen
"""
FILES = {
    "lab/net.py": MODEL,
    "lab/pairs.py": PROTOCOL,
    "lab/my_corpus.py": (EXAMPLES / "my_corpus.py").read_text(),
    "lab/seen.py": (EXAMPLES / "my_input.py").read_text(),
}


def test_what_installed_packages_offer_is_named_without_being_imported_and_loaded_when_asked_for(package):
    package(ALL, FILES)
    assert plugins.discover() == plugins.discover() == ()
    named = "net" in list(MODELS), "net" in SPACES, "pairs" in PROTOCOLS, "my_corpus" in DATASETS
    assert (*named, "onset_difference" in INPUTS) == (True,) * 5
    assert not [name for name in sys.modules if name.split(".")[0] == "lab"]
    assert MODELS["net"].__module__ == "lab.net" == SPACES["net"].__name__
    assert PROTOCOLS["pairs"].folds.__module__ == "lab.pairs"
    assert DATASETS["my_corpus"].CORPUS == "my_corpus"
    assert type(INPUTS["onset_difference"]).__module__ == "lab.seen" == INPUTS.module("onset_difference")
    assert "lab.net" in closure.modules(["lab.net"])
    assert plugins.of_model("net") is None


def test_a_package_that_is_given_as_a_plugin_too_is_no_second_thing(package):
    package(ALL, FILES)
    plugins.install([plugins.read("lab.net")])
    assert MODELS["net"].__module__ == "lab.net"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1 / 0", r"mer\.models: net = lab\.net of lab 1\.2: raises on import: ZeroDivisionError: division"),
        ("x = 1", "lab 1.2 offers a model and lacks MODEL, PARAMETERS, PUBLISHED, ABLATIONS, space"),
        (None, "raises on import: ModuleNotFoundError: No module named 'lab.net'"),
    ],
)
def test_a_faulty_package_breaks_nothing_until_its_name_is_asked_for(package, text, message):
    package(ALL, {} if text is None else {"lab/net.py": text})
    plugins.install([])
    assert MODELS["ststnet"].__name__ == "STSTNet" and "net" in MODELS
    for registry in (MODELS, SPACES):
        with pytest.raises(PluginError, match=message):
            registry["net"]


@pytest.mark.parametrize(
    ("points", "registry", "name", "message"),
    [
        (
            "[mer.corpora]\nyours = lab.my_corpus",
            DATASETS,
            "yours",
            "it names the corpus 'yours', its module 'my_corpus'",
        ),
        ("[mer.corpora]\nyours = lab.none", DATASETS, "yours", "raises on import: ModuleNotFoundError"),
        ("[mer.inputs]\nyours = lab.seen", INPUTS, "yours", "INPUTS holds no 'yours'"),
        ("[mer.protocols]\npairs = lab.net", PROTOCOLS, "pairs", "PROTOCOL must be .* got None"),
        ("[mer.models]\nnet = lab.net:MODEL", MODELS, "net", "the value must be a module, without ':MODEL'"),
    ],
)
def test_a_faulty_entry_point_is_told_when_it_is_asked_for(package, points, registry, name, message):
    package(points, FILES)
    plugins.discover()
    with pytest.raises(PluginError, match=message):
        registry[name]


def test_of_a_name_that_is_taken_ours_stays_and_of_two_packages_none_is_guessed(package):
    package("[mer.models]\nststnet = lab.net\nnet = lab.net\n", FILES)
    package("[mer.models]\nnet = lab.other\n", {"lab/other.py": MODEL}, dist="club")
    (left_out,) = plugins.discover()
    assert left_out == (
        "entry point mer.models: ststnet = lab.net of lab 1.2: left out, "
        "the model name 'ststnet' is taken by this project"
    )
    assert MODELS["ststnet"].__name__ == "STSTNet"
    with pytest.raises(PluginError, match=r"lab 1\.2 and .*lab\.other of club 1\.2: one name for two things"):
        MODELS["net"]


def test_a_node_that_trains_needs_no_opencv_for_an_installed_input(package):
    site = package(ALL, FILES)
    code = """if True:
        import sys
        from orchestrator.study import plugins
        plugins.install([], only=("MODEL",))
        assert "cv2" not in sys.modules and "torch" not in sys.modules
    """
    environment = {"PYTHONPATH": f"{site}:{Path(__file__).parents[3]}", "PATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
