"""The arrows of the architecture: who may import whom. A node that trains needs no OpenCV, one that
preprocesses no torch."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("preprocessing", "mer_models", "search_spaces", "orchestrator")
# Third-party fences: top-level name -> the only files (or folders) that may import it.
FENCES = {
    "ray": (
        "preprocessing/distribute.py",
        "preprocessing/__main__.py",
        "orchestrator/runners/ray.py",
        "orchestrator/search/tune.py",
        "orchestrator/search/trial_process.py",
        "orchestrator/remote.py",
    ),
    "mlflow": ("orchestrator/tracking/tracker.py", "orchestrator/inference/predictor.py"),
    "optuna": (
        "orchestrator/search/search.py",
        "orchestrator/search/tune.py",
        "orchestrator/testing/spaces.py",
    ),
    "cv2": ("preprocessing/",),
    "mediapipe": ("preprocessing/landmarks.py",),
    "torch": ("mer_models/", "orchestrator/"),
}


# What starts fast, and what it therefore leaves to where it is used.
LIGHT = {
    "orchestrator.sweep": ("torch", "mlflow", "matplotlib", "cv2", "ray.tune"),
    "orchestrator.search.trial_process": ("torch", "mlflow", "optuna"),
    "orchestrator.runners.ray": ("torch", "pandas"),
    "orchestrator.study.labels": ("cv2", "openpyxl", "pandas", "torch"),
}


def imports(path: Path) -> set[str]:
    """Every module name that a file imports, at the top or inside a function; ``from a import b`` gives a and
    a.b."""
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def files() -> list[tuple[str, set[str]]]:
    return [
        (str(p.relative_to(ROOT)), imports(p))
        for package in OURS
        for p in sorted((ROOT / package).rglob("*.py"))
    ]


def test_packages_import_only_downwards():
    wrong = []
    for path, names in files():
        package = path.split("/")[0]
        for name in names:
            other = name.split(".")[0]
            if other not in OURS or other == package:
                continue
            allowed = package == "orchestrator" and (
                other in ("mer_models", "search_spaces")
                or name == "preprocessing"
                or name.startswith(("preprocessing.schema", "preprocessing.places"))
                or name in ("preprocessing.datasets", "preprocessing.datasets.DATASETS")
                or name.startswith("preprocessing.datasets.words")
                or (
                    path.startswith(
                        ("orchestrator/sweep.py", "orchestrator/sweeps/", "orchestrator/testing/")
                    )
                    and name.startswith(("preprocessing.extract", "preprocessing.inputs"))
                )
            )
            if not allowed:
                wrong.append(f"{path} imports {name}")
    assert not wrong, (
        "orchestrator -> {mer_models, search_spaces, preprocessing.schema}, no more:\n" + "\n".join(wrong)
    )


def test_libraries_stay_behind_their_fences():
    wrong = [
        f"{path} imports {name}"
        for path, names in files()
        for name in names
        if (fence := FENCES.get(name.split(".")[0])) and not path.startswith(fence)
    ]
    assert not wrong, "move the call behind the fence (see FENCES in this file):\n" + "\n".join(wrong)


def test_files_stay_small():
    limits = {"preprocessing/datasets": 180, "mer_models": 260, "tests": 400}
    long = []
    for path in [
        *(ROOT / "tests").rglob("*.py"),
        *(p for package in OURS for p in (ROOT / package).rglob("*.py")),
    ]:
        name = str(path.relative_to(ROOT))
        limit = next((n for prefix, n in limits.items() if name.startswith(prefix)), 370)
        lines = len(path.read_text().splitlines())
        if lines > limit:
            long.append(f"{name}: {lines} lines, at most {limit}")
    assert not long, "split them:\n" + "\n".join(long)


@pytest.mark.parametrize("name", LIGHT)
def test_what_starts_fast_imports_little(name):
    code = f"import sys, {name}; print([m for m in {LIGHT[name]} if m in sys.modules])"
    assert (
        subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT).stdout
        == "[]\n"
    )
