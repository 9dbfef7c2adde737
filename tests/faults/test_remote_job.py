"""A sweep as a job of a real Ray head that asks for a token: it outlives who submitted it, is stopped,
resumed, and gives the numbers of an undisturbed run."""

import contextlib
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from pathlib import Path

import pytest
from typer.testing import CliRunner

from orchestrator.sweep import app
from tests import waiting
from tests.faults.test_resume_after_kill import PEOPLE, corpus
from tests.waiting import until

ROOT = Path(__file__).parents[2]
# The commands of a laptop, one a line: importing them takes seconds, in which the sweep to be stopped would
# end.
LAPTOP = """
import shlex, sys
from orchestrator.remote import app
for line in sys.stdin:
    print("status", app(shlex.split(line), standalone_mode=False) or 0, flush=True)
"""


def free_ports(count):
    with contextlib.ExitStack() as stack:
        held = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in held:
            one.bind(("127.0.0.1", 0))
        return [str(one.getsockname()[1]) for one in held]


def asks_for_a_token(address):
    try:
        urllib.request.urlopen(f"{address}/api/version", timeout=30)
    except urllib.error.HTTPError as error:
        return error.code == 401
    except OSError:
        return False
    pytest.fail("the head lets anybody in")


def answers(address, token):
    """A head that has just come up asks for the token before it has started what answers about jobs."""
    asking = urllib.request.Request(f"{address}/api/jobs/", headers={"Authorization": f"Bearer {token}"})
    try:
        return urllib.request.urlopen(asking, timeout=30).status == 200
    except OSError:
        return False


@pytest.fixture
def head(tmp_path):
    """(address, environment of a laptop that holds the token). This Ray shares no folder and no port with any
    other."""
    home = tmp_path / "home of the head"
    folder = home / "mer-orchestrator"
    folder.mkdir(parents=True)
    (folder / ".venv").symlink_to(sys.prefix)
    for package in ("orchestrator", "preprocessing", "mer_models", "search_spaces"):
        (folder / package).symlink_to(ROOT / package)
    token = secrets.token_hex(32)
    (tmp_path / "token").write_text(token)
    clean = {key: value for key, value in os.environ.items() if not key.startswith("RAY_")}
    signed = clean | {
        "RAY_AUTH_MODE": "token",
        "RAY_AUTH_TOKEN_PATH": str(tmp_path / "token"),
        "RAY_USAGE_STATS_ENABLED": "0",
    }
    short = tempfile.mkdtemp(prefix="r")  # Ray's sockets lie below, and their paths may have 107 characters
    gcs, dashboard, agent, client = free_ports(4)
    ports = [
        "--port",
        gcs,
        "--dashboard-port",
        dashboard,
        "--dashboard-agent-listen-port",
        agent,
        "--ray-client-server-port",
        client,
    ]
    size = ["--num-cpus", "1", "--object-store-memory", "100000000", "--node-ip-address", "127.0.0.1"]
    command = [
        Path(sys.executable).with_name("ray"),
        "start",
        "--head",
        "--block",
        "--temp-dir",
        short,
        *ports,
        *size,
    ]
    with (tmp_path / "head.log").open("w") as log:
        ray = subprocess.Popen(
            command, env=signed | {"HOME": str(home)}, stdout=log, stderr=log, start_new_session=True
        )
    try:
        address = f"http://127.0.0.1:{dashboard}"
        until(lambda: ray.poll() is not None or asks_for_a_token(address), "the job server")
        until(lambda: ray.poll() is not None or answers(address, token), "the job server's answer")
        yield address, signed
    finally:
        ray.terminate()  # with --block it ends what it has started
        ray.wait(60)
        shutil.rmtree(short, ignore_errors=True)


def test_a_job_outlives_its_laptop_is_stopped_and_resumed(head, tmp_path):
    address, signed = head
    far, near, root = tmp_path / "far", tmp_path / "near", corpus(tmp_path / "corpus")
    go = tmp_path / "go"
    plugin = waiting.model(tmp_path / "waits.py", far / "folds", 2, go)
    keys = ["--trials", "1", "--inner-folds", "2", "--selection", "nested", "--set", "recipe.epochs=3"]
    keys += ["--plugin", str(plugin)]

    def sweep(workspace):
        base = ["waits", "--corpus", "ststnet_flow", "--root", str(root), "--workspace", str(workspace)]
        return [*base, *keys, "--name", "long", "--json", str(workspace / "out.json")]

    def laptop(command):
        return subprocess.Popen(
            command,
            env=signed,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    submitting = laptop([sys.executable, "-m", "orchestrator.sweep", *sweep(far), "--address", address])
    other = laptop([sys.executable, "-c", LAPTOP])
    try:
        assert "submitted as sweep-long-1" in submitting.stdout.readline()
        os.killpg(submitting.pid, signal.SIGKILL)

        def say(*words):
            """(exit status, what the other laptop prints) of one command."""
            other.stdin.write(" ".join([*words, "--address", address]) + "\n")
            other.stdin.flush()
            lines = []
            while not (line := other.stdout.readline()).startswith("status "):
                assert line, "the other laptop's process has ended"
                lines.append(line)
            return int(line.split()[1]), "".join(lines)

        until(lambda: len(list(far.glob("folds/*/*.fold"))) >= 2, "two folds")
        assert say("stop", "long") == (0, "sweep-long-1: STOPPED\n")
        kept = len(list(far.glob("folds/*/*.fold")))
        assert not (far / "out.json").exists()
        go.touch()
        assert say("resume", "long")[0] == 0
        again, words = say("resume", "long")
        assert again == 2 and "sweep-long-2" in words and "under way" in words
        status, log = say("logs", "long", "--follow")
        assert status == 0 and "--resume" in log and "nested" in log
        _, table = say("status")
        assert [row.split()[:2] for row in table.splitlines()[1:]] == [
            ["sweep-long-1", "STOPPED"],
            ["sweep-long-2", "SUCCEEDED"],
        ]
    finally:
        for process in (submitting, other):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()

    # a second MLflow costs seconds
    alone = [*sweep(near), "--runner", "inline", "--tracking-uri", "sqlite:////proc/no/such.db"]
    assert CliRunner().invoke(app, alone).exit_code == 3
    resumed, undisturbed = (json.loads((workspace / "out.json").read_text()) for workspace in (far, near))
    assert 2 <= kept <= resumed["timing"]["folds_reused"] < PEOPLE
    assert resumed["timing"]["folds_reused"] + resumed["timing"]["folds_run"] == PEOPLE
    assert resumed["selection"] == undisturbed["selection"]
