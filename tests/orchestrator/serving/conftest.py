"""The command itself as a process of its own, on a port that is free; its temporary files in a folder of the
test."""

import contextlib
import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pytest

from preprocessing import extract
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.render.long_corpus import render_long
from tests.orchestrator.inference.test_video import kept
from tests.orchestrator.test_spot import LONG

MIB, SECONDS = 8, 10  # limits of the page
IN_BACKGROUND = ("sh", "-c", 'trap "" INT; exec "$@"', "sh")  # as a script starts what it does not wait for


@dataclass
class Server:
    """port; folder: where it writes; process."""

    port: int
    folder: Path
    process: subprocess.Popen

    @property
    def address(self):
        return f"http://127.0.0.1:{self.port}/"

    def files(self):
        return sorted(str(path.relative_to(self.folder)) for path in self.folder.rglob("*.*"))


@pytest.fixture(scope="session")
def material(tmp_path_factory):
    """A folder with a bundle (b), a video with expressions (face.avi), one of a clip (clip.avi), one without
    a face (grey.avi), and one that is too long (long.avi)."""
    root = tmp_path_factory.mktemp("serve")
    render_corpus(root / "corpus", RenderConfig(subjects=4, clips_per_subject=3, size=160))
    features = extract.run(
        extract.plan("synthetic", root / "corpus", ["onset_apex_flow"], root / "out")
    ).folders
    kept("ststnet", "onset_apex_flow", features, root / "b")
    render_long(root / "long", LONG)
    (root / "long" / "p01" / "v01.avi").rename(root / "face.avi")
    source = cv2.VideoCapture(str(root / "face.avi"))
    frames = [source.read()[1] for _ in range(108)]
    written(root / "clip.avi", frames[94:], 25)
    written(root / "grey.avi", [np.full((240, 320, 3), 90, np.uint8)] * 20, 25)
    written(root / "long.avi", [np.full((48, 64, 3), 90, np.uint8)] * (SECONDS + 3) * 15, 15)
    return root


def written(path, frames, fps):
    made = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), fps, frames[0].shape[1::-1])
    for frame in frames:
        made.write(frame)
    made.release()


@contextlib.contextmanager
def running(bundle, folder, *words, before=()):
    command = [*before, sys.executable, "-m", "orchestrator.serve", bundle, "--port", 0, *words]
    process = subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(folder)}
    )
    try:
        line = process.stdout.readline()
        assert line.startswith("http://"), line + process.stdout.read()
        yield Server(int(line.split()[0].rstrip("/").rpartition(":")[2]), folder, process)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            process.wait(60)


@pytest.fixture(scope="module")
def server(material, tmp_path_factory):
    folder = tmp_path_factory.mktemp("there")
    with running(material / "b", folder, "--max-mb", MIB, "--max-seconds", SECONDS) as made:
        yield made
