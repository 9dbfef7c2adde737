"""MLflow goes away while a sweep runs, or is older than ours: the sweep does not wait for it, and nothing is
lost, neither for a while nor for good."""

import http.server
import os
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from mlflow.entities import LoggedModelStatus
from typer.testing import CliRunner

from orchestrator import send, sweep
from orchestrator.tracking.fold_facts import FOLDS
from orchestrator.tracking.outbox import Outbox
from tests.orchestrator.test_sweep import pictures
from tests.waiting import until

PASSWORD = "s3cret-word"
PEOPLE, TRIALS = 3, 4


class Server:
    """``mlflow server`` on this machine, with its database and artifacts in a folder that outlives it."""

    def __init__(self, folder):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.address = f"127.0.0.1:{free.getsockname()[1]}"
        self.folder, self.process = folder, None

    def start(self):
        host, port = self.address.split(":")
        store = [
            "--backend-store-uri",
            f"sqlite:///{self.folder}/db",
            "--artifacts-destination",
            str(self.folder / "artifacts"),
        ]
        with open(self.folder / "log", "a") as log:
            self.process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "mlflow",
                    "server",
                    "--host",
                    host,
                    "--port",
                    port,
                    "--workers",
                    "1",
                    *store,
                ],
                env={**os.environ, "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false"},
                stdout=log,
                stderr=log,
                start_new_session=True,  # it has children of its own
            )

        def up():
            assert self.process.poll() is None, (self.folder / "log").read_text()[-2000:]
            return self.answers()

        until(up, "the server's first answer")

    def answers(self):
        try:
            return urllib.request.urlopen(f"http://{self.address}/health", timeout=5).status == 200
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            return False

    def kill(self):
        if self.process:
            os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    made = Server(tmp_path_factory.mktemp("server"))
    yield made
    made.kill()


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return pictures(tmp_path_factory.mktemp("pictures"), ["casme2"] * PEOPLE)


def run(corpus, workspace, name, address):
    return CliRunner().invoke(
        sweep.app,
        [
            *(
                "ststnet",
                "--corpus",
                "ststnet_flow",
                "--root",
                str(corpus),
                "--workspace",
                str(workspace),
                "--runner",
                "inline",
            ),
            *(
                "--set",
                "recipe.epochs=2",
                "--set",
                "recipe.warmup_epochs=0",
                "--selection",
                "nested",
                "--inner-folds",
                "2",
                "--trials",
                str(TRIALS),
            ),
            *("--name", name, "--tracking-uri", f"http://anna:{PASSWORD}@{address}"),
        ],
        terminal_width=200,
    )


def held(server, name):
    """(run of the sweep, trials, how many folds, models that can be loaded) in MLflow; each run ended, the
    model whole."""
    client = MlflowClient(f"http://{server.address}")
    experiments = [e.experiment_id for e in client.search_experiments()]
    (top,) = client.search_runs(experiments, f"tags.`mer.sweep` = '{name}'")
    trials = client.search_runs(experiments, f"tags.`mlflow.parentRunId` = '{top.info.run_id}'")
    tables = (client.download_artifacts(trial.info.run_id, FOLDS) for trial in trials)
    folds = sum(len(pd.read_csv(table)) for table in tables)
    models = client.search_logged_models(experiments, f"source_run_id = '{top.info.run_id}'")
    assert {one.info.status for one in (top, *trials)} == {"FINISHED"}
    assert "nested/uf1" in top.data.metrics and top.data.params["model"] == "ststnet"
    assert "predictions.json" in {file.path for file in client.list_artifacts(top.info.run_id)}
    assert {model.status for model in models} == {LoggedModelStatus.READY}
    return top, sorted(trials, key=lambda t: int(t.data.tags["mer.trial"])), folds, models


def no_password(*folders):
    secret = PASSWORD.encode()
    return not [
        path
        for folder in folders
        for path in folder.rglob("*")
        if path.is_file() and secret in path.read_bytes()
    ]


def test_a_server_that_is_killed_and_comes_back_gets_everything_in_the_same_sweep(
    server, corpus, tmp_path, monkeypatch
):
    """Killed before trial 1 is written, started again before trial 3 is."""
    server.start()
    before = {1: server.kill, 3: server.start}
    pauses, stalls, complete, write, sleep = [], {}, {}, Outbox.trial, time.sleep

    def trial(outbox, one, *state):
        before.get(one.index, lambda: None)()
        pauses.clear()
        write(outbox, one, *state)
        outbox.settle()
        complete[one.index] = outbox.sent
        stalls[one.index] = sum(pauses)

    monkeypatch.setattr(Outbox, "trial", trial)
    # a server that refuses is waited for in pauses, and in nothing else
    monkeypatch.setattr(time, "sleep", lambda seconds: (pauses.append(seconds), sleep(seconds)))
    result = run(corpus, tmp_path, "back", server.address)
    assert result.exit_code == 0, result.output
    assert complete == {0: True, 1: False, 2: False, 3: True}
    assert max(stalls[1], stalls[2]) < 3, stalls
    assert result.output.count("nothing is lost") == 1 and "MLflow is back" in result.output
    _, trials, folds, models = held(server, "back")
    assert [t.data.tags["mer.trial"] for t in trials] == ["0", "1", "2", "3"]
    assert (folds, len(models)) == (TRIALS * PEOPLE, 1)
    assert PASSWORD not in result.output and no_password(tmp_path, server.folder)


def test_what_a_server_never_took_is_sent_later_and_only_once(server, corpus, tmp_path):
    nowhere = Server(tmp_path).address
    result = run(corpus, tmp_path, "later", nowhere)
    assert result.exit_code == 3, result.output
    words = " ".join(result.output.split())
    assert (
        f"python -m orchestrator.send later --workspace {tmp_path} --tracking-uri 'http://***@{nowhere}'"
        in words
    )
    assert PASSWORD not in result.output and no_password(tmp_path)

    def sent(address):
        arguments = [
            "later",
            "--workspace",
            str(tmp_path),
            "--tracking-uri",
            f"http://anna:{PASSWORD}@{address}",
        ]
        return CliRunner().invoke(send.app, arguments, terminal_width=200)

    assert sent(nowhere).exit_code == 3
    if not server.answers():
        server.start()
    first = sent(server.address)
    assert first.exit_code == 0, first.output
    top, trials, folds, models = held(server, "later")
    assert (len(trials), folds, len(models)) == (TRIALS, TRIALS * PEOPLE, 1)

    client = MlflowClient(f"http://{server.address}")
    # an upload that was cut off
    client.create_logged_model(top.info.experiment_id, name="model", source_run_id=top.info.run_id)
    second = sent(server.address)
    assert second.exit_code == 0, second.output
    again = held(server, "later")
    ids = [[run.info.run_id for run in (top, *trials)], models[0].model_id]
    assert [
        [run.info.run_id for run in (again[0], *again[1])],
        again[3][0].model_id,
    ] == ids and len(again[3]) == 1
    assert no_password(tmp_path, server.folder)


class Older(http.server.BaseHTTPRequestHandler):
    """Stands before a server and answers as one of MLflow 2 does, which knows no logged models."""

    address = ""

    def do_GET(self):
        body = self._body()
        status, headers, answer = 404, {}, b""
        if "logged-models" not in self.path:
            others = ("host", "transfer-encoding", "content-length")
            own = {name: value for name, value in self.headers.items() if name.lower() not in others}
            asked = urllib.request.Request(
                f"http://{self.address}{self.path}",
                body,
                own | {"Accept-Encoding": "identity"},
                method=self.command,
            )
            try:
                got = urllib.request.urlopen(asked, timeout=60)
            except urllib.error.HTTPError as error:
                got = error
            status, headers, answer = got.status, got.headers, got.read()
        self.send_response(status)
        if "Content-Type" in headers:
            self.send_header("Content-Type", headers["Content-Type"])
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def _body(self):
        if length := int(self.headers.get("Content-Length") or 0):
            return self.rfile.read(length)
        if self.headers.get("Transfer-Encoding") != "chunked":
            return None if self.command == "GET" else b""
        body = b""
        while size := int(self.rfile.readline(), 16):
            body += self.rfile.read(size + 2)[:-2]
        self.rfile.readline()
        return body

    do_POST = do_PUT = do_PATCH = do_DELETE = do_GET

    def log_message(self, *_):
        pass


@pytest.fixture
def older(server):
    """Address of a server of MLflow 2."""
    if not server.answers():
        server.start()
    handler = type("Handler", (Older,), {"address": server.address})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as proxy:
        threading.Thread(target=proxy.serve_forever, daemon=True).start()
        yield f"127.0.0.1:{proxy.server_port}"
        proxy.shutdown()


def test_a_server_of_mlflow_2_takes_everything_and_the_model_as_files_of_the_run(older, corpus, tmp_path):
    result = run(corpus, tmp_path, "older", older)
    assert result.exit_code == 0, result.output
    assert "older than 3 and keeps no logged models" in " ".join(result.output.split())
    again = CliRunner().invoke(
        send.app, ["older", "--workspace", str(tmp_path), "--tracking-uri", f"http://{older}"]
    )
    assert again.exit_code == 0 and f"has all {TRIALS} trials" in again.output, again.output

    client = MlflowClient(f"http://{older}")
    experiments = [e.experiment_id for e in client.search_experiments()]
    (top,) = client.search_runs(experiments, "tags.`mer.sweep` = 'older'")
    assert top.info.status == "FINISHED" and "nested/uf1" in top.data.metrics
    mlflow.set_tracking_uri(f"http://{older}")
    model = mlflow.pyfunc.load_model(f"{top.info.artifact_uri}/model")
    answer = model.predict({"flow": np.zeros((2, 3, 28, 28), np.float32)})
    np.testing.assert_allclose(answer.sum(axis=1), 1, atol=1e-5)
