"""The arrows of the architecture: who may import whom. A node that trains needs no OpenCV, one that
preprocesses no torch. Which rooms of the orchestrator a room may use stands in its ``__init__``, in the line
that begins with "Uses"."""

import ast
import functools
import re
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("preprocessing", "mer_models", "search_spaces", "orchestrator")
# Third-party fences: top-level name -> the only files (or folders) that may import it.
FENCES = {
    "ray": (
        "preprocessing/distribute.py",
        "preprocessing/local_ray.py",
        "preprocessing/joined_ray.py",
        "preprocessing/lost_ray.py",
        "orchestrator/runners/",
        "orchestrator/search/tune.py",
        "orchestrator/search/trial_process.py",
        "orchestrator/remote.py",
        "orchestrator/inference/many.py",
    ),
    "mlflow": (
        "orchestrator/tracking/",
        "orchestrator/inference/predictor.py",
        "mer_mlflow_files.py",  # MLflow itself imports it, and not what tracking sets
    ),
    "optuna": ("orchestrator/search/", "orchestrator/testing/spaces.py"),
    "cv2": (
        "preprocessing/",
        "orchestrator/testing/",
        "orchestrator/inference/many.py",
        "orchestrator/serving/work.py",
    ),
    "starlette": ("orchestrator/serving/",),
    "uvicorn": ("orchestrator/serving/",),
    "mediapipe": ("preprocessing/landmarks.py", "preprocessing/task_landmarks.py"),
    "torch": ("mer_models/", "orchestrator/"),
    "captum": ("orchestrator/results/explain/",),
    "typer": (
        "preprocessing/command_line.py",
        "preprocessing/__main__.py",
        "preprocessing/render/__main__.py",
        "orchestrator/console/",
        *(f"orchestrator/{path.name}" for path in (ROOT / "orchestrator").glob("*.py")),
    ),
}
# What the orchestrator may take of preprocessing: places and schemas, facts of corpora, plugins, closures of
# code, who is who, the Ray of this machine, cells, the terminal.
SHARED = (
    "errors",
    "schema",
    "sealed",
    "places",
    "plugins",
    "closure",
    "datasets",
    "people",
    "local_ray",
    "joined_ray",
    "lost_ray",
    "cells",
    "reachable",
    "terminal",
    "quiet",
    "extras",
    "pasted",
    "command_line",
    "known",
    "regular",
    "reread",
)
# and who may take more: what makes features, and contracts that test those who do.
MORE = (
    "orchestrator/sweeps/",
    "orchestrator/testing/",
    "orchestrator/inference/",
    "orchestrator/results/explain/",
    "orchestrator/experiments/",
    "orchestrator/spotting/",
    "orchestrator/serving/",
)

# What starts fast, and what it therefore leaves to where it is used.
LIGHT = {
    "orchestrator": ("ray", "torch", "pandas", "optuna"),
    "orchestrator.sweep": ("torch", "mlflow", "matplotlib", "cv2", "pandas", "ray.tune"),
    "orchestrator.search.trial_process": ("torch", "mlflow", "optuna"),
    "orchestrator.runners.ray": ("torch", "pandas"),
    "orchestrator.study.labels": ("pandas", "cv2"),
    "preprocessing.plugins": ("cv2", "pandas"),
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


@functools.cache
def files() -> list[tuple[str, set[str]]]:
    return [
        (str(p.relative_to(ROOT)), imports(p))
        for package in OURS
        for p in sorted((ROOT / package).rglob("*.py"))
    ]


@functools.cache
def rooms() -> dict[str, str]:
    """Room ("training/packed") -> the docstring of its ``__init__``. parts/, rules/ and schedulers/ are of
    their room."""
    found = {}
    for init in sorted((ROOT / "orchestrator").rglob("__init__.py")):
        text = ast.get_docstring(ast.parse(init.read_text())) or ""
        if re.search(r"^Uses  ", text, re.M):
            found[str(init.parent.relative_to(ROOT / "orchestrator"))] = text
    return found


def room_of(path: str) -> str:
    """Of a path below orchestrator/, or of the module name written as one; "" for the root."""
    inside = [room for room in rooms() if f"{path}/".startswith(f"{room}/")]
    return max(inside, key=len, default="")


def test_packages_import_only_downwards():
    wrong = []
    for path, names in files():
        package = path.split("/")[0]
        for name in names:
            other, *rest = name.split(".")
            if other not in OURS or other == package:
                continue
            allowed = package == "orchestrator" and (
                other in ("mer_models", "search_spaces")
                or not rest
                or rest[0] in SHARED
                or path.startswith(MORE)
            )
            if not allowed:
                wrong.append(f"{path} imports {name}")
    assert not wrong, (
        "orchestrator -> {mer_models, search_spaces, a part of preprocessing}, no more:\n" + "\n".join(wrong)
    )


def used_rooms() -> dict[str, set[str]]:
    """Room -> rooms that its files import."""
    found: dict[str, set[str]] = {room: set() for room in rooms()}
    for path, names in files():
        if path.startswith("orchestrator/") and (own := room_of(path.removeprefix("orchestrator/"))):
            for name in names:
                if name.startswith("orchestrator."):
                    found[own] |= {room_of(name.removeprefix("orchestrator.").replace(".", "/"))} - {own, ""}
    return found


def test_a_room_uses_the_rooms_that_it_says_and_none_lies_in_a_circle():
    said = {
        room: set(re.split(r",\s*", re.search(r"^Uses  (.+)", text, re.M)[1]))
        - {"nothing of ours", "every other room"}
        for room, text in rooms().items()
    }
    used = used_rooms()
    for room, others in used.items():
        if room != "testing":
            assert others == said[room], f"orchestrator/{room}/__init__.py: Uses {', '.join(sorted(others))}"
    list(TopologicalSorter(used).static_order())  # CycleError names a circle


def test_every_file_of_the_orchestrator_is_a_command_or_lies_in_a_room():
    folder = ROOT / "orchestrator"
    homeless = [
        str(path.relative_to(ROOT))
        for path in folder.rglob("*.py")
        if path.parent != folder and not room_of(str(path.parent.relative_to(folder)))
    ]
    assert not homeless, homeless
    commands = [path for path in folder.glob("*.py") if path.name != "__init__.py"]
    shells = [
        path.name
        for path in commands
        if "app = App(" not in path.read_text() and path.name not in ("__main__.py", "mer.py")
    ]
    assert not shells, f"not a command: {shells}"
    for room, text in rooms().items():
        lines = text.splitlines()
        assert [line[:6].strip() for line in lines if line[:6].strip() in ("In", "Out", "Uses")] == [
            "In",
            "Out",
            "Uses",
        ], room


def test_libraries_stay_behind_their_fences():
    wrong = [
        f"{path} imports {name}"
        for path, names in files()
        for name in names
        if (fence := FENCES.get(name.split(".")[0])) and not path.startswith(fence)
    ]
    assert not wrong, "move the call behind the fence (see FENCES in this file):\n" + "\n".join(wrong)


def test_the_library_prints_nothing_and_ends_no_process():
    """That is for commands, and for console/, which they share."""
    wrong = []
    for path, _ in files():
        if path.startswith(("orchestrator/console/", "preprocessing/render/")) or (
            path.count("/") == 1 and (path.startswith("orchestrator/") or path.endswith("__main__.py"))
        ):
            continue
        for node in ast.walk(ast.parse((ROOT / path).read_text())):
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called in ("print", "exit", "sys.exit", "quit", "os._exit") or called.endswith(
                    "console.print"
                ):
                    wrong.append(f"{path}:{node.lineno} {called}")
    # a sheet, a check and a command's last words are given the console to write on; extras ends a command
    known = ("preprocessing/check.py", "preprocessing/extras.py", "preprocessing/terminal.py")
    assert [one for one in wrong if not one.startswith(known)] == []


def test_files_stay_small():
    limits = {"preprocessing/datasets": 180, "mer_models": 260, "tests": 400}
    long = []
    for path in [
        *(ROOT / "tests").rglob("*.py"),
        *(p for package in OURS for p in (ROOT / package).rglob("*.py")),
    ]:
        name = str(path.relative_to(ROOT))
        limit = next((n for prefix, n in limits.items() if name.startswith(prefix)), 330)
        lines = len(path.read_text().splitlines())
        if lines > limit:
            long.append(f"{name}: {lines} lines, at most {limit}")
    assert not long, "split them:\n" + "\n".join(long)


@pytest.mark.parametrize("name", LIGHT)
def test_what_starts_fast_imports_little(name):
    code = f"import sys, {name}; print([m for m in {LIGHT[name]} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert done.stdout == "[]\n", done.stdout + done.stderr
