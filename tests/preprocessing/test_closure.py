"""Which files decide a number, on small trees of files written here."""

import importlib.util
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from preprocessing import closure

ROOT = Path(closure.__file__).parents[1]
TREE = {
    "mer_models/__init__.py": "from mer_models.blocks import Block\nMODELS = {}\n",
    "mer_models/blocks.py": "import torch\nfrom mer_models import low\n\nclass Block: ...\n",
    "mer_models/low.py": "X = 1\n",
    "mer_models/alone.py": "import typing\nif typing.TYPE_CHECKING:\n    from . import low\n",
    "mer_models/late.py": "def f():\n    from .low import X\n    import transformers.models\n    return X\n",
    "mer_models/passed_on.py": "from mer_models import Block, MODELS\n",
    "preprocessing/__init__.py": "",
    "preprocessing/deep/__init__.py": "",
    "preprocessing/deep/one.py": "from .. import two\nfrom . import three\nimport mer_models.low\n",
    "preprocessing/deep/three.py": "from preprocessing.deep import one\n",
    "preprocessing/two.py": "def f(x):\n    return x\n",
}
# What syntax trees of Python 3.11 and later have in different ways.
VARIED = '''
"""A docstring."""
from __future__ import annotations
a = f"{x!r:>{width}}" f"{x:}" "words" f"{x}{y:{p}.{q}}{{{z}}}" "more"
b, c = "\\u200b\\U0001fae0é", f"{a = }"
class C(B[int], metaclass=M):
    x: list[int] | None = None
    """Another."""
    async def f(self, a, /, *b, c=1, **d) -> None:
        """A third."""
        return await g(*b, **d)
match a:
    case {"x": 1, **rest} if a > 1e300 - 2j:
        del b[1:, ...]
'''
GOLDEN = "6d4cc634588b02cb"


def load(root: Path) -> ModuleType:
    """The module as it stands in the tree ``root``, with nothing read yet."""
    path = root / "preprocessing" / "closure.py"
    path.write_text(Path(closure.__file__).read_text())
    spec = importlib.util.spec_from_file_location("closure_of_a_copy", path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look there
    spec.loader.exec_module(module)
    return module


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.fixture
def tree(tmp_path):
    return write(tmp_path, TREE)


@pytest.mark.parametrize(
    ("root", "found"),
    [
        ("mer_models.low", {"mer_models.low"}),
        ("mer_models.blocks", {"mer_models.blocks", "mer_models.low"}),
        ("mer_models.alone", {"mer_models.alone"}),  # types decide no number
        ("mer_models.late", {"mer_models.late", "mer_models.low"}),
        ("mer_models.passed_on", {"mer_models.passed_on", "mer_models.blocks", "mer_models.low"}),
        (
            "preprocessing.deep.three",
            {f"preprocessing.{m}" for m in ("deep.one", "deep.three", "two")} | {"mer_models.low"},
        ),
    ],
)
def test_the_closure_is_what_is_imported_directly_or_not(tree, root, found):
    assert set(load(tree).modules([root])) == found


def test_what_is_left_out_is_not_followed_either(tree):
    copy = load(tree)
    roots = ["preprocessing.deep.three"]
    assert copy.modules(roots, without=["preprocessing.deep.one"]) == ("preprocessing.deep.three",)
    assert copy.modules(["mer_models.late", *roots], without=["preprocessing"]) == (
        "mer_models.late",
        "mer_models.low",
    )


def test_libraries_are_named_at_the_top_and_within_functions(tree):
    copy = load(tree)
    assert copy.libraries(["mer_models.passed_on"]) == ("torch",)
    assert copy.libraries(["mer_models.late"]) == ("transformers",)


@pytest.mark.parametrize("root", ["mer_models.nothing", "elsewhere", "mer_models.low.X"])
def test_a_root_that_is_no_module_is_refused(tree, root):
    with pytest.raises(ModuleNotFoundError, match=root):
        load(tree).digest([root])


def test_a_package_is_no_root(tree):
    with pytest.raises(ValueError, match=r"mer_models is a package"):
        load(tree).digest(["mer_models"])


@pytest.mark.parametrize(
    ("file", "text", "same"),
    [
        ("preprocessing/two.py", "# new\ndef f(x):\n\n    'What it does.'\n    return (x)\n", True),
        ("preprocessing/two.py", "def f(x):\n    return -x\n", False),
        ("preprocessing/two.py", "def f(x, y=None):\n    return x\n", False),
        ("mer_models/low.py", "X = 1.0\n", False),
        ("mer_models/low.py", "X = '1'\n", False),
        ("mer_models/blocks.py", "class Block: x = 1\n", True),  # not in this closure
        ("mer_models/__init__.py", "MODELS = {'a': 1}\n", True),
        ("preprocessing/new.py", "Y = 2\n", True),
    ],
)
def test_a_digest_follows_the_code_of_its_closure_and_nothing_else(tree, file, text, same):
    before = load(tree).digest(["preprocessing.deep.one"])
    write(tree, {file: text})
    after = load(tree).digest(["preprocessing.deep.one"])
    assert (before == after) is same
    assert len(after) == 16 and len(load(tree).digest(["mer_models.low"], length=10)) == 10


def test_a_module_under_another_name_has_another_digest(tree):
    write(tree, {"mer_models/again.py": TREE["mer_models/low.py"]})
    assert load(tree).digest(["mer_models.again"]) != load(tree).digest(["mer_models.low"])


def test_what_was_read_first_counts(tree):
    copy = load(tree)
    before = copy.digest(["mer_models.low"])
    write(tree, {"mer_models/low.py": "X = 2\n"})
    assert copy.digest(["mer_models.low"]) == before
    assert copy.digest(["mer_models.blocks"]) != load(tree).digest(["mer_models.blocks"])


def test_a_digest_is_the_same_under_every_version_of_python(tree):
    write(tree, {"mer_models/varied.py": VARIED})
    assert load(tree).digest(["mer_models.varied"]) == GOLDEN


def test_plugins_count_once_they_are_named(tree, tmp_path):
    copy = load(tree)
    other = tmp_path / "elsewhere"
    files = {
        "mine.py": "from mer_models.late import f\nimport package.inner.a\n",
        "package/__init__.py": "from package.b import B\n",
        "package/b.py": "B = 1\n",
        "package/inner/__init__.py": "",
        "package/inner/a.py": "from ..b import B\n",
    }
    write(other, files)
    copy.also("mer_plugins.mine", other / "mine.py")
    late = ("mer_models.late", "mer_models.low")
    assert copy.modules(["mer_plugins.mine"]) == (*late, "mer_plugins.mine")
    assert "package" in copy.libraries(["mer_plugins.mine"])
    copy.also("package", other / "package")
    package = {"package", "package.b", "package.inner", "package.inner.a"}
    assert set(copy.modules(["mer_plugins.mine"])) == {*late, "mer_plugins.mine"} | package
    assert set(copy.modules(["package.inner.a"])) == package  # its __init__ may hold code
    assert set(copy.modules(["package"])) == {"package", "package.b"}
    before = copy.digest(["mer_plugins.mine"])
    write(other, {"second/mine.py": files["mine.py"] + "X = 1\n"})
    copy.also("mer_plugins.mine", other / "second" / "mine.py")
    assert copy.digest(["mer_plugins.mine"]) != before


def test_a_plugin_cannot_take_a_name_of_ours(tree):
    with pytest.raises(ValueError, match=r"mer_models\.low is a name of this project"):
        load(tree).also("mer_models.low", tree / "mer_models" / "low.py")
    with pytest.raises(FileNotFoundError, match=r"plugin mine"):
        load(tree).also("mine", tree / "mine.py")


def test_our_own_closures_are_found_fast_and_import_nothing_heavy():
    code = (
        "import sys, time; from preprocessing import closure; begin = time.process_time(); "
        "found = closure.modules(['mer_models.roi_hybrid', 'orchestrator.training.loop']); "
        "spent = time.process_time() - begin; "
        "print('mer_models.roi_encoder' in found, spent, {'torch', 'numpy', 'mer_models'} & set(sys.modules))"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, check=True)
    found, spent, heavy = out.stdout.split(maxsplit=2)
    assert found == "True" and heavy.strip() == "set()"
    assert float(spent) < 1  # 0.1 s on a machine of 2025
