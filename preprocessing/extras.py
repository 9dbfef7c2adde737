"""What ``pip install .`` alone leaves out: a command that needs it says by which extra it comes."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType

# MediaPipe, which preprocess brings, cannot be had for a newer Python; clips reads what others extracted
CLIPS = "preprocess" if sys.version_info < (3, 13) else "clips"
# module -> extra of pyproject.toml
EXTRA = {
    **dict.fromkeys(("cv2", "openpyxl", "python_calamine", "skimage"), CLIPS),
    "mediapipe": "preprocess",
    **dict.fromkeys(("safetensors", "torch", "transformers"), "train"),
    **dict.fromkeys(("jinja2", "matplotlib", "mlflow", "optuna", "plotly"), "head"),
    **dict.fromkeys(("scipy", "sklearn", "sqlalchemy"), "head"),
    **dict.fromkeys(("starlette", "uvicorn"), "demo"),
    **dict.fromkeys(("onnx", "onnxruntime", "onnxscript"), "onnx"),
    "captum": "explain",
}
DISTRIBUTION = "mer-orchestrator"
BAD_INPUT, INTERRUPTED = 2, 130


def lacking(error: ModuleNotFoundError) -> str:
    """One line for a module of an extra that is not installed; "" for any other."""
    module = (error.name or "").partition(".")[0]
    extra = EXTRA.get(module)
    if extra is None:
        return ""
    return (
        f'{module} is not installed, and this command needs it: pip install "mer-orchestrator[{extra}]"'
        + (", or [all] for every command" if CLIPS == "preprocess" else "")
    )


def told_by_commands() -> None:
    """Where ``python -m`` runs one of our commands, a module that its very import lacks is one line and exit
    status 2, and Ctrl-C during that import one line and 130; so is this package where its files are there
    but not installed: a model's version, and what MLflow finds by entry points, would be missed hours later.
    Elsewhere (a notebook, a test) nothing is changed."""
    if sys.argv[:1] != ["-m"]:
        return
    current_folder_last(sys.path)
    import importlib.metadata  # which imports random: not a user's

    try:
        importlib.metadata.distribution(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError:
        here = Path(__file__).parents[1]
        sys.stderr.write(f"{DISTRIBUTION} is not installed, only its files: pip install -e '{here}[all]'\n")
        sys.exit(BAD_INPUT)

    def hook(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, ModuleNotFoundError) and (text := lacking(error)):
            sys.stderr.write(f"{text}\n")
            sys.exit(BAD_INPUT)
        if isinstance(error, KeyboardInterrupt):  # before there was a command to take it
            sys.stderr.write("ended; nothing was begun\n")
            sys.exit(INTERRUPTED)
        sys.__excepthook__(kind, error, trace)

    sys.excepthook = hook


def current_folder_last(path: list[str]) -> None:
    """``python -m`` looks first in the current folder, where a user's random.py or folder mlflow is found in
    place of the library. Not so but where this program itself is run from there."""
    here = Path(__file__).parents[1]
    if path and Path(path[0]) == Path.cwd() and not here.samefile(path[0]):
        path.append(path.pop(0))
