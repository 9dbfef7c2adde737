"""kill -9 during an extraction, three times: what was finished stays as it is, and the end is what an
undisturbed run gives."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from preprocessing import extract
from preprocessing.inputs import Settings
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.schema import read_shards

SCRIPT = """
import sys, time
from pathlib import Path
from preprocessing import extract, plan
from preprocessing.inputs import Settings
plan.CLIPS_PER_SHARD = 1
make = extract.make_shard
def before_the_end(*arguments):  # until it is killed
    while len(list(Path(sys.argv[2]).rglob("shards/*.json"))) >= 10:
        time.sleep(0.1)
    return make(*arguments)
extract.make_shard = before_the_end
names = ["roi_flow14", "mesti"]
extract.run(extract.plan("synthetic", Path(sys.argv[1]), names, Path(sys.argv[2]), Settings(image_size=32)))
"""


def finished(out: Path) -> dict[Path, int]:
    """Shards whose marker is there, with their age."""
    return {
        path.with_suffix(".parquet"): path.with_suffix(".parquet").stat().st_mtime_ns
        for path in out.rglob("shards/*.json")
    }


def test_killed_three_times(tmp_path, monkeypatch):
    render_corpus(tmp_path / "corpus", RenderConfig(subjects=2, clips_per_subject=3, size=120))
    out, kept = tmp_path / "out", {}
    for least in (1, 5, 8):  # of 12 shards
        process = subprocess.Popen(
            [sys.executable, "-c", SCRIPT, str(tmp_path / "corpus"), str(out)], stderr=subprocess.DEVNULL
        )
        while len(finished(out)) < least and process.poll() is None:
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGKILL)
        process.wait()
        now = finished(out)
        assert least <= len(now) < 12
        assert all(now[path] == age for path, age in kept.items()), "a finished shard was made again"
        kept = now
    monkeypatch.setattr("preprocessing.plan.CLIPS_PER_SHARD", 1)
    names = ["roi_flow14", "mesti"]
    plan = extract.plan("synthetic", tmp_path / "corpus", names, out, Settings(image_size=32))
    missing = len(plan.missing())
    assert 0 < missing <= 6 and extract.run(plan).extracted == missing
    assert all(path.stat().st_mtime_ns == age for path, age in kept.items())
    whole = extract.run(
        extract.plan(
            "synthetic", tmp_path / "corpus", names, tmp_path / "undisturbed", Settings(image_size=32)
        )
    )
    for name in names:
        assert read_shards(plan.folders[name])[1].equals(read_shards(whole.folders[name])[1])
