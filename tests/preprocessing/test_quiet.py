"""Libraries' own lines do not reach stderr; ours, and errors of libraries, do."""

import subprocess
import sys

import pytest

from preprocessing.render import RenderConfig, render_corpus

NOISE = """
import os, sys
from preprocessing.quiet import quiet
with quiet():
    os.write(2, b"W0000 00:00:1.0 12 inference_feedback_manager.cc:114] Feedback manager requires\\n")
    os.write(2, b"I0000 00:00:1.0 12 gl_context.cc:369] GL\\nINFO: Created TensorFlow Lite XNNPACK\\n")
    os.write(2, b"WARNING: All log messages before absl::InitializeLog() is called are written to STDERR\\n")
    os.write(2, b"[2026-11-27 08:58:04,704 E 6 6] core_worker.cc:24: Actor with class name: 'MapWorker\\n")
    os.write(2, b"[2026-11-27 19:37:24,361 E 3 3] task_manager.cc:1545: Failed to push error to driver\\n")
    os.write(2, b"OpenCV: FFMPEG: tag 0x30385056/'VP80' is not supported with codec id 139\\n")
    os.write(2, b"[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55a585bbf5c0] moov atom not found\\n")
    os.write(2, b"[ WARN:0@134.060] global cap.cpp:215 open VIDEOIO(FFMPEG): backend is generally\\n")
    os.write(2, b"terminate called: out of memory\\n")
    os.write(2, b"E0000 00:00:1.0 12 file.cc:1] cannot open the model\\n")
    print("ours", file=sys.stderr)
os.write(2, b"W0000 after\\n")
"""


def stderr_of(*words):
    done = subprocess.run([sys.executable, *map(str, words)], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stderr


def test_only_lines_that_nobody_can_act_on_are_passed_over():
    lines = stderr_of("-c", NOISE).splitlines()
    expected = ["terminate called: out of memory", "E0000 00:00:1.0 12 file.cc:1] cannot open the model"]
    assert sorted(lines) == sorted(["ours", "W0000 after", *expected])


@pytest.mark.parametrize("words", [("extract", "synthetic", "--workers", 1), ("show", "synthetic")])
@pytest.mark.long
def test_extract_and_show_write_nothing_to_stderr(words, tmp_path):
    render_corpus(tmp_path / "c", RenderConfig(subjects=1, clips_per_subject=1, size=160))
    where = ("--root", tmp_path / "c", "--workspace", tmp_path / "w", "--steps", 4)
    assert stderr_of("-m", "preprocessing", *words, *where) == ""
