"""kill -9 of the whole sweep in the middle: --resume computes what is missing, and the numbers are those of
an undisturbed run."""

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np

from tests.fake_corpora import write_image

PEOPLE = 8


def corpus(root):
    rng = np.random.default_rng(1)
    lines = ["dataset,sub,filename_o,label"]
    for person in range(PEOPLE):
        for clip in range(6):
            write_image(
                root / "flow" / f"sub{person:02d}_{clip} .png",
                rng.integers(0, 256, (28, 28, 3), dtype=np.uint8),
            )
            lines.append(f"casme2,sub{person:02d},{clip},{clip % 3}")
    (root / "labels.csv").write_text("\n".join(lines))
    return root


def test_a_killed_sweep_goes_on_where_it_was(tmp_path):
    root = corpus(tmp_path / "corpus")

    def command(workspace, *more):
        base = [
            sys.executable,
            "-m",
            "orchestrator.sweep",
            "stag",
            "--corpus",
            "ststnet_flow",
            "--root",
            str(root),
        ]
        keys = ["--trials", "2", "--inner-folds", "2", "--set", "recipe.epochs=12", "--name", "long"]
        return [*base, *keys, "--workspace", str(workspace), "--json", str(workspace / "out.json"), *more]

    killed, whole = tmp_path / "killed", tmp_path / "whole"
    sweep = subprocess.Popen(
        command(killed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
    )
    deadline = time.monotonic() + 120
    while len(list(killed.glob("folds/*/*.npz"))) < 3:
        assert sweep.poll() is None, "the sweep ended before it could be killed"
        assert time.monotonic() < deadline, "no fold within two minutes"
        time.sleep(0.05)
    os.killpg(sweep.pid, signal.SIGKILL)
    sweep.wait()
    kept = len(list(killed.glob("folds/*/*.npz")))
    assert kept < 2 * PEOPLE
    assert not (killed / "out.json").exists()

    subprocess.run(command(killed, "--resume"), check=True, capture_output=True)
    subprocess.run(command(whole, "--runner", "inline"), check=True, capture_output=True)
    resumed, undisturbed = (json.loads((w / "out.json").read_text()) for w in (killed, whole))
    assert resumed["timing"]["folds_reused"] >= kept
    assert resumed["timing"]["folds_reused"] + resumed["timing"]["folds_run"] == 2 * PEOPLE
    assert resumed["selection"] == undisturbed["selection"]
