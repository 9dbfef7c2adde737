"""python -m orchestrator.send: exit status and words. What is sent is in test_outbox.py, to a real server in
faults/."""

import json

from typer.testing import CliRunner

from orchestrator.send import app
from orchestrator.tracking.outbox import RECORD
from tests.orchestrator.tracking.test_outbox import ABOUT


def send(workspace, *arguments):
    result = CliRunner().invoke(app, [*arguments, "--workspace", str(workspace)])
    return result.exit_code, " ".join(result.output.split())


def keep(workspace, name, **record):
    folder = workspace / "sweeps" / name
    folder.mkdir(parents=True)
    (folder / RECORD).write_text(
        json.dumps({"about": ABOUT | {"name": name}, "trials": {}, "folds": "", "ended": "", **record})
    )


def test_a_sweep_that_is_not_there_or_keeps_no_record_is_status_2(tmp_path):
    keep(tmp_path, "stag-one")
    (tmp_path / "sweeps" / "old").mkdir()
    for name, words in (
        ("stag-on", "did you mean 'stag-one'"),
        ("../x", "letters, digits"),
        ("old", "mlflow.json does not read"),
    ):
        status, output = send(tmp_path, name)
        assert (status, words in output) == (2, True), output
    assert send(tmp_path / "empty", "stag-one")[0] == 2


def test_a_finished_sweep_without_its_report_is_status_2(tmp_path, mlflow_uri):
    keep(tmp_path, "no-model", ended="finished")
    status, output = send(tmp_path, "no-model", "--tracking-uri", mlflow_uri)
    assert status == 2 and "sweeps/no-model/summary.json is missing" in output


def test_mlflow_out_of_reach_is_status_3_with_the_same_command_and_no_password(tmp_path):
    keep(tmp_path, "one")
    status, output = send(tmp_path, "one", "--tracking-uri", "http://anna:s3cret@127.0.0.1:9")
    assert (
        status == 3
        and f"orchestrator.send one --workspace {tmp_path} --tracking-uri 'http://***@127.0.0.1:9'" in output
    )
    assert "s3cret" not in output


def test_a_sweep_that_has_not_ended_is_sent_as_far_as_it_is_and_says_so(tmp_path, mlflow_uri):
    keep(tmp_path, "half")
    status, output = send(tmp_path, "half", "--tracking-uri", mlflow_uri)
    assert status == 0 and "has all 0 trials of half" in output and "has not ended" in output
