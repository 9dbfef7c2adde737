"""Plugins: read without being run, sent as text, imported once; a faulty one is one clear error."""

import pickle
import subprocess
import sys
import textwrap

import pytest

from preprocessing import plugins
from preprocessing.datasets import DATASETS
from preprocessing.inputs import INPUTS
from preprocessing.plugins import Plugin, PluginError
from tests.registries import untouched

SOUND = "MODEL = 1\n"


@pytest.fixture
def write(tmp_path):
    """A function that writes {path: text} into a folder of this test and returns the first path."""

    def written(files):
        for path, text in files.items():
            file = tmp_path / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(textwrap.dedent(text))
        return tmp_path / next(iter(files))

    with untouched():
        yield written


def test_a_file_is_read_without_being_run_and_its_original_is_imported_once(write):
    file = write({"net.py": "import os\nMODEL = os\nCORPUS, clips = 'x', 1\nraise SystemExit('run')\n"})
    plugin = plugins.read(file)
    assert (plugin.name, plugin.key, plugin.offers) == ("mer_plugins.net", "net", {"MODEL", "CORPUS"})
    assert plugin.modules == {"mer_plugins.net": "mer_plugins/net.py"}
    file.write_text("MODEL = object()\n")
    module = plugins.load(plugins.read(file))
    assert module.__file__ == str(file) and module.__name__ == "mer_plugins.net"
    assert plugins.load(plugins.read(str(file))) is module
    assert pickle.loads(pickle.dumps(plugin)) == plugin == Plugin.of(plugin.to_dict())


def test_a_folder_travels_whole_and_imports_its_own_files(write):
    write({"deep/__init__.py": "from .parts.layers import MODEL", "deep/parts/layers.py": "MODEL = 7"})
    folder = write({"deep/parts/__init__.py": ""}).parents[1]
    plugin = plugins.read(folder)
    assert list(plugin.modules) == [
        "mer_plugins.deep", "mer_plugins.deep.parts", "mer_plugins.deep.parts.layers",
    ]  # fmt: skip
    assert plugins.load(plugin).MODEL == 7


def test_a_module_brings_its_package_under_its_own_name(write):
    root = write(
        {"lab/__init__.py": "", "lab/net.py": "from lab.parts import MODEL", "lab/parts.py": "MODEL = 3"}
    )
    sys.path.insert(0, str(root.parents[1]))
    plugin = plugins.read("lab.net")
    assert (plugin.key, [path for path, _ in plugin.files]) == (
        "net",
        ["lab/__init__.py", "lab/net.py", "lab/parts.py"],
    )
    assert "lab" not in sys.modules, "reading a plugin imported it"
    assert plugins.load(plugin).MODEL == 3


@pytest.mark.parametrize("where", ["net.py", "deep", "lab.net"])
def test_a_process_that_has_not_the_file_imports_the_text_from_a_private_folder_that_goes(
    write, where, tmp_path
):
    write({"net.py": SOUND, "deep/__init__.py": "from .a import MODEL", "deep/a.py": SOUND})
    write({"lab/__init__.py": "", "lab/net.py": "from lab.parts import MODEL", "lab/parts.py": SOUND})
    sys.path.insert(0, str(tmp_path))
    plugin = plugins.read(tmp_path / where if where != "lab.net" else where)
    code = """if True:
        import os, pickle, sys
        from preprocessing import plugins
        plugin = pickle.load(sys.stdin.buffer)
        module = plugins.load(plugin)
        home = module.__file__[: -len(plugin.main)]
        print(module.MODEL, oct(os.stat(home).st_mode & 0o777), home)
    """
    out = subprocess.run([sys.executable, "-c", code], input=pickle.dumps(plugin), capture_output=True)
    model, mode, home = out.stdout.decode().split()
    assert (model, mode) == ("1", "0o700")
    assert not home.startswith(str(tmp_path)) and not __import__("os").path.exists(home)


def test_a_file_that_changed_after_it_was_read_is_not_taken_for_the_text_that_was_read(write):
    file = write({"net.py": SOUND})
    plugin = plugins.read(file)
    file.write_text("MODEL = 2\n")
    assert plugins.load(plugin).MODEL == 1


def test_other_text_of_one_name_is_refused_in_one_process(write):
    file = write({"net.py": SOUND})
    plugins.load(plugins.read(file))
    file.write_text("MODEL = 2\n")
    with pytest.raises(PluginError, match=r"mer_plugins\.net: this process holds other code of that name"):
        plugins.load(plugins.read(file))


def test_another_version_of_an_installed_package_is_refused(write):
    root = write({"lab/__init__.py": "", "lab/net.py": SOUND}).parents[1]
    sys.path.insert(0, str(root))
    sent = Plugin("lab.net", (("lab/__init__.py", ""), ("lab/net.py", "MODEL = 2\n")))
    with pytest.raises(PluginError, match="the package lab that is installed here is another version"):
        plugins.load(sent)


@pytest.mark.parametrize(
    ("files", "where", "message"),
    [
        ({"a.txt": ""}, "a.txt", r"a\.txt: a plugin is a \.py file"),
        ({"a.py": ""}, "b.py", r"b\.py: no such file, and no folder with an __init__\.py"),
        ({"my-net.py": SOUND}, "my-net.py", "'my-net' is no Python name; rename it"),
        ({"class.py": SOUND}, "class.py", "'class' is no Python name"),
        ({"a.py": "x = 1\ndef f(:\n"}, "a.py", r"a\.py, line 2: not valid Python: invalid syntax"),
        ({"a.py": "x = '\0'"}, "a.py", "not valid Python: .*null byte"),
        ({"a.py": "x = 1\n"}, "a.py", r"offers nothing: mer_plugins/a\.py sets none of MODEL, CORPUS"),
        ({"a.py": "def f():\n  MODEL = 1\n"}, "a.py", "offers nothing"),
        ({"a.py": ""}, "no_such_module", "no_such_module: no module of that name can be imported"),
        ({"a.py": ""}, "zlib", "zlib: no module of that name can be imported"),
        ({"a.py": ""}, "orchestrator.study", "orchestrator is a package of this project"),
        ({"a.py": ""}, "not-a-name", "'not-a-name' is neither a path"),
        ({"a.py": ""}, "torch", "torch: over 4 MiB of source"),
        ({"a.py": ""}, "json.nothing", "json.nothing: neither json/nothing.py nor json/nothing/__init__.py"),
    ],
)  # fmt: skip
def test_what_cannot_be_a_plugin_is_refused_when_it_is_read(write, tmp_path, files, where, message):
    write(files)
    with pytest.raises(PluginError, match=message):
        plugins.read(
            tmp_path / where if "." in where and "json" not in where and "orch" not in where else where
        )


def test_text_that_is_no_utf8_is_refused(tmp_path):
    (tmp_path / "a.py").write_bytes("MODEL = 'é'".encode("latin-1"))
    with pytest.raises(PluginError, match=r"a\.py: no UTF-8 text \(.* at byte 9\)"):
        plugins.read(tmp_path / "a.py")


@pytest.mark.parametrize("path", ["../a.py", "/a.py", "mer_plugins/../../a.py", "a.so"])
def test_a_plugin_writes_nowhere_else(path):
    with pytest.raises(PluginError, match=r"is no path of a \.py file below its folder"):
        Plugin("a", ((path, SOUND),))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("MODEL = 1\n\n1 / 0\n", r"a\.py, line 3: raises on import: ZeroDivisionError: division by zero"),
        ("MODEL = 1\nraise SystemExit(3)\n", r"a\.py, line 2: raises on import: SystemExit: 3"),
        (
            "import json\nMODEL = json.loads('{')\n",
            r"a\.py, line 2: raises on import: json.*Expecting property",
        ),
        (
            "import nowhere\nMODEL = 1\n",
            r"a\.py, line 1: raises on import: ModuleNotFoundError: No module named 'now",
        ),
    ],
)
def test_what_raises_on_import_is_told_with_the_line_and_leaves_nothing_behind(write, text, message):
    file = write({"a.py": text})
    with pytest.raises(PluginError, match=message):
        plugins.load(plugins.read(file))
    assert "mer_plugins.a" not in sys.modules
    file.write_text(SOUND + "# mended\n")
    assert plugins.load(plugins.read(file)).MODEL == 1


FACTS = (
    'CORPUS = "mine"\nSCHEMES = {"all": {"joy": ("joy",)}}\nPUBLISHED = {}\nCOMPOSITE = PICTURES = False\n'
)
CLIPS = "def clips(root):\n    return iter(())\n"
INPUT = """
    from preprocessing.inputs.view import Input
    class Mine(Input):
        kind, unit = "image", "none"
        def shape(self, settings): return (3, 8, 8)
        def collector(self, clip, settings): return None
    INPUTS = {"made_up": Mine()}
"""


def test_corpora_and_inputs_are_added_once(write):
    plugin = plugins.read(write({"mine.py": textwrap.dedent(INPUT) + FACTS + CLIPS}))
    for _ in range(2):
        plugins.install([plugin])
    assert DATASETS["mine"].CORPUS == "mine" and "made_up" in INPUTS
    assert INPUTS.module("made_up") == "mer_plugins.mine" == type(INPUTS["made_up"]).__module__
    assert plugins.owner("corpus", "mine") == plugins.owner("input", "made_up") == plugin


def test_a_plugin_that_offers_nothing_that_is_asked_for_is_not_imported(write):
    model = plugins.read(write({"net.py": "MODEL = 1\nraise RuntimeError\n"}))
    plugins.install([model])
    corpus = plugins.read(write({"mine.py": FACTS + CLIPS + "raise RuntimeError\n"}))
    plugins.install([corpus], only=("INPUTS",))
    assert "mine" not in DATASETS


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"mine.py": 'CORPUS = "mine"\n'}, "PUBLISHED is missing; SCHEMES is missing; .*clips is"),
        ({"yours.py": FACTS + CLIPS}, "CORPUS is 'mine', but the file is named 'yours'"),
        ({"samm.py": FACTS.replace("mine", "samm") + CLIPS}, "the corpus name 'samm' is taken by this"),
        ({"mine.py": "INPUTS = []\n"}, r"INPUTS must be \{name: Input\}, got \[\]"),
        ({"mine.py": "INPUTS = {}\n"}, r"INPUTS must be \{name: Input\}, got \{\}"),
        ({"mine.py": "INPUTS = {'a': 1}\n"}, "'a' lacks kind, unit, dtype, channels, shape, collector"),
        ({"mine.py": INPUT.replace("made_up", "mesti")}, "the input name 'mesti' is taken by"),
    ],
)  # fmt: skip
def test_a_faulty_one_is_one_clear_error_and_can_be_mended_in_the_same_process(write, files, message):
    file = write(files)
    with pytest.raises(PluginError, match=message):
        plugins.install([plugins.read(file)])
    file.unlink()
    plugins.install([plugins.read(write({file.name: INPUT}))])
    assert "made_up" in INPUTS


def test_two_plugins_cannot_share_a_name(write):
    write({"mine.py": INPUT, "yours.py": INPUT})
    first = write({"mine.py": INPUT})
    plugins.install([plugins.read(first)])
    with pytest.raises(PluginError, match=r"yours: the input name 'made_up' is taken by mer_plugins\.mine"):
        plugins.install([plugins.read(first.with_name("yours.py"))])
