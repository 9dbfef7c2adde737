"""A workspace that an older program has left: its report is read, its folds are named as made by older code,
its sweep is not continued, and nothing of it becomes a part of a new one."""

import csv
import hashlib
import io
import json

import numpy as np
import pytest
from typer.testing import CliRunner

from orchestrator import clean, report, resume, sweep
from tests.orchestrator.test_sweep import pictures

PEOPLE, CLIPS, CLASSES = 4, 6, ("negative", "positive", "surprise")
CONFIG = {"recipe": {"epochs": 2, "lr": 1e-4, "batch_size": 8}, "model": {"dropout": 0.5}}
STUDY = {
    "model": "ststnet",
    "corpus": "ststnet_flow",
    "feature_set": "onset_apex_flow-0123456789",
    "classes": list(CLASSES),
    "au": "none",
    "protocol": "loso",
    "subject_dependent": False,
    "inner_folds": 2,
    "sampler": "random",
    "scheduler": "none",
}


def clips_of(person):
    return [f"casme2/sub{person:02d}/EP{clip:02d}" for clip in range(CLIPS)]


def fold(person):
    """(job id, bytes of its file): no "of" among the facts, which came later."""
    job = hashlib.sha256(str(person).encode()).hexdigest()[:24]
    validation = [clip for who in range(PEOPLE) if who != person for clip in clips_of(who)][:CLIPS]
    facts = {"job_id": job, "fold": f"casme2/sub{person:02d}", "seed": 0, "validation": validation}
    facts |= {"test": clips_of(person), "seconds": 1.5, "notes": []}
    probs = np.full((2, CLIPS, 3), 1 / 3, np.float32)
    file = io.BytesIO()
    np.savez_compressed(
        file,
        facts=np.array(json.dumps(facts)),
        validation_truth=np.arange(CLIPS, dtype=np.int64) % 3,
        epochs=np.array([1, 2], np.int32),
        train_loss=np.ones(2, np.float32),
        validation_loss=np.ones(2, np.float32),
        validation_probs=probs,
        test_probs=probs,
    )
    return job, file.getvalue()


def score():
    numbers = {"uf1": 1 / 6, "uar": 1 / 3, "war": 1 / 3}
    classes = {
        name: {"f1": value, "recall": recall, "precision": 1 / 3, "support": PEOPLE * CLIPS // 3}
        for name, value, recall in zip(CLASSES, (0.5, 0.0, 0.0), (1.0, 0.0, 0.0), strict=True)
    }
    return numbers | {
        "sd": dict.fromkeys(numbers),
        "per_class": classes,
        "confusion": [[PEOPLE * CLIPS // 3, 0, 0]] * 3,
        "absent": [],
        "seeds": [0],
        "n_clips": PEOPLE * CLIPS,
        "per_seed": [{"seed": 0, **numbers}],
        "parts": {},
    }


@pytest.fixture
def workspace(tmp_path):
    """The files that matter, as that program wrote them."""
    folder = tmp_path / "workspace" / "sweeps" / "old"
    folder.mkdir(parents=True)
    asked = {"content": "0123456789abcdef", "scheme": "3", "set": {"recipe.epochs": 2}}
    (folder / "sweep.json").write_text(json.dumps(STUDY | asked))
    (folder / "trials.json").write_text("[{}]")
    counts = {"clips": PEOPLE * CLIPS, "subjects": PEOPLE, "folds": PEOPLE, "seeds": 1, "rule": "nested"}
    nothing = {"left_out": {}, "failed_trials": {}, "stopped_trials": {}}
    timing = {"wall_s": 9.0, "fold_s": 6.0, "extract_s": 0.1, "folds_run": PEOPLE, "folds_reused": 0}
    made = {"configuration": {"0": CONFIG}, "timing": timing, "selection": {"nested": score()}}
    summary = {"name": "old", **STUDY, **counts, **nothing, **made}
    (folder / "summary.json").write_text(json.dumps(summary))
    with (folder / "predictions.csv").open("w", newline="") as file:
        names = ("rule", "seed", "clip_id", "subject", "truth", "predicted", "trial", "epoch")
        rows = csv.writer(file)
        rows.writerow([*names, *(f"p_{name}" for name in CLASSES)])
        for person in range(PEOPLE):
            for number, clip in enumerate(clips_of(person)):
                who, truth = clip.rsplit("/", 1)[0], CLASSES[number % 3]
                rows.writerow(["nested", 0, clip, who, truth, "negative", 0, 2, 0.4, 0.3, 0.3])
    for job, data in map(fold, range(PEOPLE)):
        path = tmp_path / "workspace" / "folds" / job[:2] / f"{job}.npz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return tmp_path / "workspace"


def told(command, *words):
    """(exit status, what is said)."""
    done = CliRunner().invoke(command.app, list(map(str, words)), terminal_width=200)
    return done.exit_code, " ".join(done.output.split())


def test_its_report_is_read_and_its_folds_are_named(workspace):
    status, words = told(report, "old", "--workspace", workspace)
    assert status == 0, words
    assert "ststnet on ststnet_flow (onset_apex_flow-0123456789)" in words and "0.167" in words
    assert "folds of trial 0: made by older code" in words
    people = (workspace / "sweeps" / "old" / "loso_results.csv").read_text().splitlines()
    assert len(people) == 1 + PEOPLE and people[1].startswith("nested,0,casme2/sub00,6,2,")

    status, words = told(clean, "--workspace", workspace)
    assert status == 0 and f"{PEOPLE} fold results and 0 shards" in words and "by older code" in words
    assert len(list(workspace.glob("folds/*/*.npz"))) == PEOPLE, "nothing goes without --delete"
    status, words = told(clean, "--workspace", workspace, "--delete", "--yes")
    assert status == 0 and f"{PEOPLE} fold results and 0 shards" in words and "deleted" in words
    assert not list(workspace.glob("folds/*/*.npz"))


def test_it_is_not_continued_and_nothing_of_it_is_reused(workspace, tmp_path):
    """A new sweep of the same study beside it computes every fold, and leaves it as it was."""
    held = {path: path.read_bytes() for path in workspace.rglob("*") if path.suffix in (".npz", ".json")}
    for command, words in ((sweep, ["--resume", "old"]), (resume, ["old"])):
        status, said = told(command, *words, "--workspace", workspace)
        assert status == 2, said
        assert "'old' cannot be resumed" in said and "an older program made it" in said
        assert "another --name" in said
    root = pictures(tmp_path / "corpus", ["casme2"] * PEOPLE)
    base = ["ststnet", "--corpus", "ststnet_flow", "--root", root, "--workspace", workspace]
    keys = [
        "--set",
        "recipe.epochs=2",
        "--selection",
        "nested",
        "--inner-folds",
        2,
        "--trials",
        1,
        "--runner",
        "inline",
    ]
    nowhere = ["--tracking-uri", "sqlite:////proc/no/such.db"]
    status, said = told(sweep, *base, *keys, *nowhere, "--name", "old")
    assert status == 2 and "'old' exists" in said
    status, said = told(sweep, *base, *keys, *nowhere, "--name", "new")
    assert status == 3, said
    timing = json.loads((workspace / "sweeps" / "new" / "summary.json").read_text())["timing"]
    assert (timing["folds_run"], timing["folds_reused"]) == (PEOPLE, 0)
    assert all(path.read_bytes() == before for path, before in held.items())
    status, words = told(clean, "--workspace", workspace)
    assert status == 0 and f"{PEOPLE} fold results and 0 shards" in words and "by older code" in words
