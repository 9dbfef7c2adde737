"""Sweeps as jobs: the command that the head runs, what a job server is told, and clear words when it does not
answer."""

import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from typer.testing import CliRunner

from orchestrator import remote, sweep
from orchestrator.common.errors import ConfigError
from orchestrator.runners import job_server as jobs
from preprocessing import reachable


class JobServer(BaseHTTPRequestHandler):
    """As much of Ray's as a submission needs. server.jobs: what was submitted; server.refuses: status of
    every answer, or 0; server.drops: methods of requests that are obeyed and not answered, each once."""

    def answer(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        found = [{"type": "SUBMISSION", "status": self.server.status, **job} for job in self.server.jobs]
        said = {"/api/version": {"ray_version": "2.60.0"}, "/api/jobs/": found}.get(self.path, {})
        if self.command == "POST":
            self.server.jobs.append(json.loads(body))
            said = {"job_id": None, "submission_id": self.server.jobs[-1]["submission_id"]}
        if self.command in self.server.drops:
            self.server.drops.remove(self.command)
            return
        self.send_response(self.server.refuses or 200)
        self.end_headers()
        self.wfile.write(json.dumps(said).encode())

    do_GET = do_POST = answer

    def log_message(self, *arguments):
        pass


@pytest.fixture(autouse=True)
def no_ray_address(monkeypatch):
    for key in ("RAY_ADDRESS", "RAY_API_SERVER_ADDRESS", "RAY_AUTH_MODE"):
        monkeypatch.delenv(key, raising=False)


@pytest.fixture
def server():
    made = HTTPServer(("127.0.0.1", 0), JobServer)
    made.jobs, made.status, made.refuses, made.drops = [], "SUCCEEDED", 0, []
    made.address = f"http://127.0.0.1:{made.server_port}"
    threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True).start()
    yield made
    made.shutdown()
    made.server_close()


def command(monkeypatch, *words, program="/home/me/orchestrator/sweep.py"):
    """As ``python -m orchestrator.sweep WORDS``."""
    monkeypatch.setattr("sys.argv", [program, *words])
    return CliRunner().invoke(sweep.app, list(words), terminal_width=300)


def ran(tmp_path, *arguments, **settings):
    """What a shell of the head makes of an entry point: the words that the sweep gets, and the folder it runs
    in."""
    folder = tmp_path / "mer's head"
    python = folder / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True, exist_ok=True)
    python.write_text('#!/bin/sh\npwd\nprintf "%s\\n" "$@"\n')
    python.chmod(0o755)
    text = jobs.entrypoint(arguments, "one", **{"folder": str(folder), "resume": False} | settings)
    done = subprocess.run(
        text, shell=True, check=True, capture_output=True, text=True, env=os.environ | {"HOME": str(tmp_path)}
    )
    place, *words = done.stdout.splitlines()
    assert place == str(folder)
    return words


def test_the_head_gets_every_word_as_it_was_given(tmp_path):
    words = [
        "stag",
        "--root",
        "/data/CAS(ME)^3 part a",
        "--set",
        'recipe.note="$HOME; touch x"',
        "--set",
        "a='b'",
    ]
    assert ran(tmp_path, *words) == ["-m", "orchestrator.sweep", *words, "--address", "auto", "--name", "one"]
    assert ran(tmp_path, *words, folder="~/mer's head")[2:-4] == words


@pytest.mark.parametrize("words", [["--workspace", "my work"], ["--workspace=my work"], []])
def test_a_sweep_that_never_began_is_started_and_not_resumed(tmp_path, words):
    assert ran(tmp_path, *words, resume=True)[-1] == "one"
    sweeps = tmp_path / "mer's head" / ("my work" if words else "workspace") / "sweeps" / "one"
    sweeps.mkdir(parents=True)
    (sweeps / "experiment.toml").touch()
    assert ran(tmp_path, *words, resume=True)[-1] == "--resume"
    assert ran(tmp_path, *words)[-1] == "one"


def test_a_sweep_s_command_line_becomes_a_job(monkeypatch, server):
    keys = ["--seeds", "2", "--set", "recipe.epochs=3", "--set", "recipe.lr=0.1"]
    result = command(monkeypatch, "stag", "--name=one", *keys, "--address", server.address)
    assert result.exit_code == 0, result.output
    assert "sweep-one-1" in result.output and f"logs one --follow --address {server.address}" in result.output
    (job,) = server.jobs
    assert job["metadata"] == {
        "sweep": "one",
        "arguments": json.dumps(["stag", *keys]),
        "folder": "~/mer-orchestrator",
    }
    assert job["entrypoint"].endswith(f"orchestrator.sweep stag {' '.join(keys)} --address auto --name one")
    assert not job["runtime_env"], "nothing of the laptop's environment goes along"
    assert command(monkeypatch, "stag", "--address", server.address).exit_code == 0
    assert server.jobs[1]["submission_id"].startswith("sweep-stag-2"), (
        "a name is made, so that the job can be found"
    )


def test_the_head_s_folder_is_for_the_job_and_not_for_its_sweep(monkeypatch, server):
    monkeypatch.setattr(
        "sys.argv", ["sweep.py", "stag", "--remote-folder", "/srv/mer", "--address", server.address]
    )
    remote.hand_over(server.address, "one", "stag")
    assert server.jobs[0]["metadata"] == {"sweep": "one", "arguments": '["stag"]', "folder": "/srv/mer"}


def test_resume_gives_the_command_again_as_the_next_attempt(monkeypatch, server):
    for _ in range(10):
        jobs.submit(server.address, ["stag", "--trials", "2"], "one", folder="/srv/mer")
    jobs.submit(server.address, ["ststnet"], "one-2")
    result = CliRunner().invoke(remote.app, ["resume", "one", "--address", server.address])
    assert result.exit_code == 0, result.output
    last = server.jobs[-1]
    assert last["submission_id"] == "sweep-one-11"
    assert last["entrypoint"].startswith(
        "cd /srv/mer && exec .venv/bin/python -m orchestrator.sweep stag --trials 2 "
    )
    assert "--resume" in last["entrypoint"]


@pytest.mark.parametrize("drops", [["GET"], ["GET", "GET", "GET"], ["POST"]])
def test_a_head_that_drops_a_connection_is_asked_again_and_gets_one_job(server, drops):
    server.drops = drops
    assert jobs.submit(server.address, ["stag"], "one") == "sweep-one-1"
    assert [job["submission_id"] for job in server.jobs] == ["sweep-one-1"] and not server.drops


@pytest.mark.parametrize("status", ["PENDING", "RUNNING"])
def test_two_sweeps_of_one_name_do_not_run_at_once(server, status):
    jobs.submit(server.address, ["stag"], "one")
    server.status = status
    with pytest.raises(ConfigError, match=f"sweep-one-1, {status}"):
        jobs.submit(server.address, ["stag"], "one")
    assert jobs.submit(server.address, ["stag"], "one-2") == "sweep-one-2-1"  # another name


def test_what_must_not_reach_the_cluster_is_refused(monkeypatch, server):
    with pytest.raises(ConfigError) as refused:
        jobs.submit(server.address, ["stag", "--tracking-uri", "https://me:secret@lab/mlflow"], "one")
    assert "secret" not in str(refused.value)
    with pytest.raises(ConfigError, match="letters, digits"):
        jobs.submit(server.address, ["stag"], "a; rm -r b")
    assert command(monkeypatch, "stagg", "--address", server.address).exit_code == 2
    assert command(monkeypatch, "stag", "--address", server.address, program="compare.py").exit_code == 2
    monkeypatch.setenv("RAY_ADDRESS", "10.0.0.9:6379")
    with pytest.raises(ConfigError, match="RAY_ADDRESS is set"):  # Ray would submit there
        jobs.submit(server.address, ["stag"], "one")
    assert not server.jobs


@pytest.mark.parametrize("refuses", [401, 403])
def test_a_head_that_wants_a_token_says_how_to_give_it(monkeypatch, server, refuses):
    server.refuses = refuses
    for result in (
        command(monkeypatch, "stag", "--address", server.address),
        CliRunner().invoke(remote.app, ["status", "--address", server.address]),
    ):
        assert result.exit_code == 2
        assert (
            "RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH=FILE" in result.output
            and "get-auth-token" in result.output
        )


def test_a_head_out_of_reach_is_named_with_the_next_step(server):
    server.shutdown()
    server.server_close()
    result = CliRunner().invoke(remote.app, ["status", "--address", server.address])
    assert result.exit_code == 2
    assert server.address in result.output and "ssh -N -L 8265:localhost:8265" in result.output
    assert "is no job server" in CliRunner().invoke(remote.app, ["status", "--address", "head:6379"]).output


def test_an_unknown_sweep_names_the_nearest(server):
    jobs.submit(server.address, ["stag"], "casme2")
    result = CliRunner().invoke(remote.app, ["logs", "casme", "--address", server.address])
    assert result.exit_code == 2 and "did you mean 'casme2'" in result.output


@pytest.mark.parametrize(
    ("address", "mode", "warned"),
    [
        ("http://head.lab:8265", "token", True),
        ("http://127.0.0.1.head.lab:8265", "token", True),
        ("https://head.lab:8265", "token", False),
        ("http://localhost:8265", "token", False),
        ("http://127.0.0.1:8265", "token", False),
        ("http://[::1]:8265", "token", False),
        ("http://head.lab:8265", "disabled", False),
    ],
)
def test_a_token_that_would_cross_a_network_unencrypted_is_warned_of(monkeypatch, address, mode, warned):
    monkeypatch.setenv("RAY_AUTH_MODE", mode)
    monkeypatch.setattr(jobs, "JobSubmissionClient", lambda address: address)
    monkeypatch.setattr(reachable, "listens", lambda *where: None)
    said = []
    with jobs.job_server(address, said.append) as client:
        assert client == address
    assert any("unencrypted" in text for text in said) == warned


def test_the_library_says_nothing_by_itself_and_the_command_passes_its_warning_on(
    monkeypatch, capsys, server
):
    def words(*arguments):
        return " ".join(CliRunner().invoke(remote.app, list(arguments)).output.split())

    jobs.submit(server.address, ["stag"], "one")
    assert capsys.readouterr() == ("", "")
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "a-token-of-this-test")
    monkeypatch.setattr(
        jobs, "JobSubmissionClient", lambda address, real=jobs.JobSubmissionClient: real(server.address)
    )
    monkeypatch.setattr(reachable, "listens", lambda *where: None)
    said = words("status", "--address", "http://head.lab:8265")
    assert "unencrypted to http://head.lab:8265" in said and "sweep-one-1" in said
