"""Each file of a finished sweep's folder in each state that a disk, a crash or a hand may leave it in, read
by each command that reads it. Allowed are two ends: the numbers are those of before, and what was damaged is
said; or one line that names the file, with status 2."""

import json
import shutil

import pytest
from typer.testing import CliRunner

from orchestrator import Execution, Experiment, compare, load, report, resume, run, send
from orchestrator.results import report as results
from orchestrator.runners import inline as inline_runner
from orchestrator.tracking.outbox import Outbox
from preprocessing.errors import BadInput
from tests.orchestrator.test_sweep import pictures

FILES = [
    "sweep.json",
    "experiment.toml",
    "execution.toml",
    "trials.json",
    "looks.jsonl",
    "summary.json",
    "predictions.csv",
    "mlflow.json",
    "model/weights.safetensors",
    "model/model.json",
    "model/example.safetensors",
    "model/card.md",
    "model/SHA256SUMS",
]


def flipped(path):
    """One digit of the last number, which every format takes."""
    data = bytearray(path.read_bytes())
    at = max(i for i in range(len(data) - 70, len(data)) if chr(data[i]).isdigit() or i == len(data) - 70)
    data[at] ^= 1
    path.write_bytes(data)


def folder(path):
    path.unlink()
    path.mkdir()


STATES = {
    "truncated": lambda path: path.write_bytes(path.read_bytes()[: path.stat().st_size // 2]),
    "last byte gone": lambda path: path.write_bytes(path.read_bytes()[:-1]),
    "empty": lambda path: path.write_bytes(b""),
    "one digit": flipped,
    "garbage": lambda path: path.write_bytes(bytes(range(1, 128)) * 9),
    "non-UTF-8": lambda path: path.write_bytes(path.read_bytes()[:90] + b"\xff\xfe" + path.read_bytes()[90:]),
    "null": lambda path: path.write_text("null"),
    "[]": lambda path: path.write_text("[]"),
    "{}": lambda path: path.write_text("{}"),
    "a folder": folder,
    "gone": lambda path: path.unlink(),
}
AGAIN = (
    "sweep.json",
    "trials.json",
    "looks.jsonl",
    "summary.json",
    "predictions.csv",
    "mlflow.json",
    "model",
)
# a file that may never have been there is made without a word; without its last line feed a list is whole
UNSAID = ("summary.json, gone", "mlflow.json, gone", "model/SHA256SUMS, gone")
WHOLE = ("looks.jsonl, last byte gone", "model/SHA256SUMS, last byte gone")
# what each command reads, and what it makes again of that; of the rest a damage is one line and status 2
READS = {
    "report": {"looks.jsonl", "summary.json", "predictions.csv"},
    "load": {"summary.json", "predictions.csv"},
    "compare": {"experiment.toml", "looks.jsonl", "summary.json", "predictions.csv"},
    "send": {"mlflow.json", "summary.json", "predictions.csv", "model"},
    "resume": {*AGAIN, "experiment.toml", "execution.toml"},
}
MENDS = {
    "report": {"looks.jsonl"},  # counted all the same
    "load": set(),
    "compare": set(AGAIN),
    "send": set(),
    "resume": set(AGAIN),
}


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    """A workspace with one finished sweep, which is a row of a comparison too."""
    root = pictures(tmp_path_factory.mktemp("pictures"), ["casme2"] * 3)
    workspace = tmp_path_factory.mktemp("finished") / "workspace"
    asked = Experiment(
        "ststnet",
        corpora=[("ststnet_flow", str(root))],
        inner_folds=2,
        trials=2,
        settings={"recipe.epochs": 1, "recipe.batch_size": 16},
        selection="nested",
    )
    run(asked, Execution(name="c-ststnet", workspace=workspace, runner="inline"))
    return workspace, root


@pytest.fixture
def place(finished, tmp_path, monkeypatch):
    """A copy. Whoever trains a fold fails: all of them are in the store."""
    workspace, root = finished
    shutil.copytree(workspace, tmp_path / "workspace")
    monkeypatch.setattr(inline_runner, "run_fold", lambda *a: pytest.fail("a fold was computed again"))
    return tmp_path / "workspace", root


def call(command, workspace, root):
    """(exit status, words) of a command."""
    options = ["--workspace", str(workspace), "--tracking-uri", f"sqlite:///{workspace}/mlflow.db"]
    if command == "load":
        try:
            load("c-ststnet", workspace).predictions.shape  # noqa: B018
        except BadInput as error:
            return 2, str(error)
        return 0, ""
    app, words = {
        "report": (report.app, ["c-ststnet", *options[:2]]),
        "send": (send.app, ["c-ststnet", *options]),
        "resume": (resume.app, ["c-ststnet", *options, "--runner", "inline"]),
        "compare": (
            compare.app,
            ["ststnet", "--name", "c", *options[:2], "--", *sweep_options(root), *options[2:]],
        ),
    }[command]
    done = CliRunner().invoke(app, words, terminal_width=300)
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    return done.exit_code, " ".join(done.output.split())


def sweep_options(root):
    keys = [
        "--set",
        "recipe.epochs=1",
        "--set",
        "recipe.batch_size=16",
        "--inner-folds",
        "2",
        "--trials",
        "2",
        "--selection",
        "nested",
    ]
    return ["--corpus", "ststnet_flow", "--root", str(root), "--runner", "inline", *keys]


def numbers(workspace):
    """All that a reader takes from a sweep, read without a look at any digest."""
    folder = workspace / "sweeps" / "c-ststnet"
    summary = json.loads((folder / "summary.json").read_text())
    return (
        {rule: score["uf1"] for rule, score in summary["selection"].items()},
        summary["configuration"],
        (folder / "predictions.csv").read_text(),
    )


@pytest.mark.long
@pytest.mark.parametrize("command", READS)
def test_no_state_of_a_file_is_used_silently(command, place, finished, monkeypatch):
    workspace, root = place
    before = numbers(finished[0])
    # pictures and MLflow take most of the time, and read nothing that is not read here
    monkeypatch.setattr(results, "render", lambda folder: [])
    monkeypatch.setattr(report, "render", lambda folder: [])
    monkeypatch.setattr(send, "render", results.read)
    if command != "send":
        monkeypatch.setattr(Outbox, "flush", lambda self, look=True: self.waiting.clear())
    wrong = []
    for file in FILES:
        if not {file, file.split("/")[0]} & READS[command]:
            continue
        for state, damage in STATES.items():
            case = f"{file}, {state}"
            if case in WHOLE or (command == "resume" and "example" in file):
                continue
            shutil.rmtree(workspace / "sweeps")
            shutil.rmtree(workspace / "comparisons", ignore_errors=True)
            shutil.copytree(finished[0] / "sweeps", workspace / "sweeps")
            path = workspace / "sweeps" / "c-ststnet" / file
            damage(path)
            try:
                status, words = call(command, workspace, root)
            except Exception as error:  # noqa: BLE001 - each is a finding
                wrong.append(f"{case}: {type(error).__name__}: {error}")
                continue
            mends = {file, file.split("/")[0]} & MENDS[command]
            what = path.name if path.parent.name != "model" else "model/"
            if status != (0 if mends else 2):
                wrong.append(f"{case}: status {status}: {words[-300:]}")
            elif what not in words and case not in UNSAID:
                wrong.append(f"{case}: {what} is not named: {words[-300:]}")
            elif status == 0 and numbers(workspace) != before:
                wrong.append(f"{case}: other numbers")
    assert not wrong, "\n".join(wrong)
