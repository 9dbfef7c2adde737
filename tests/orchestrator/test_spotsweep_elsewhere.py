"""What other commands know of a spotsweep: MLflow and send, list, status, clean."""

import json
import re
import shutil

import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient

from orchestrator.spotting import jobs, kept
from orchestrator.tracking.spot_run import SpotRun
from orchestrator.workspace import sealed
from orchestrator.workspace.sweep_folder import locked
from tests.orchestrator.common.test_commands import parsed
from tests.orchestrator.test_spotsweep import root, spotsweep, told  # noqa: F401


@pytest.fixture
def unread():
    return ()


def said(*words, answer=None):
    done = told(*words, answer=answer)
    return done.exit_code, " ".join(done.output.split())


def runs(uri, name):
    client = MlflowClient(uri)
    held = client.get_experiment_by_name("mer-rendered-spotting")
    found = client.search_runs([held.experiment_id], f"tags.`mer.sweep` = '{name}'") if held else []
    return {run.info.run_name: run for run in found}


def test_mlflow_has_the_table_with_its_intervals_once(root, spotsweep, mlflow_uri):  # noqa: F811
    assert spotsweep("--name", "sent").exit_code == 0
    made = runs(mlflow_uri, "sent")
    assert set(made) == {"sent", "peaks"}
    table = pd.read_csv(root / "w" / "spotsweeps" / "sent" / "table.csv").set_index(["spotter", "rule"])
    top = made["sent"]
    assert top.info.status == "FINISHED" and top.data.params["inner_folds"] == "2"
    for (spotter, rule), row in table.iterrows():
        own = made[spotter]
        assert own.data.tags["mlflow.parentRunId"] == top.info.run_id
        assert own.data.tags[f"mer.kind.{rule}"] == ("oracle" if rule == "oracle" else "blind")
        for name in ("f1", "f1_low", "f1_high", "micro_f1", "macro_recall", "threshold"):
            assert own.data.metrics[f"{rule}/{name}"] == pytest.approx(row[name])
            assert top.data.metrics[f"{spotter}/{rule}/{name}"] == pytest.approx(row[name])
        if rule == "nested":  # the one that may be sorted by
            assert own.data.metrics["f1"] == own.data.metrics["Result/f1"] == pytest.approx(row["f1"])
    assert "| peaks | oracle |" in top.data.tags["mlflow.note.content"]
    client = MlflowClient(mlflow_uri)
    names = {file.path.removeprefix("report/") for file in client.list_artifacts(top.info.run_id, "report")}
    assert {"table.csv", "table.md", "people.csv", "summary.json", "peaks-nested.csv"} <= names
    mlflow.set_tracking_uri(mlflow_uri)  # load_table searches there, whatever its client's address
    shown = client.load_table(top.info.experiment_id, "table.json", run_ids=[top.info.run_id])
    assert np.allclose(shown["f1"], table["f1"])
    assert said("send", "sent", "--workspace", root / "w", "--tracking-uri", mlflow_uri)[0] == 0
    assert {k: v.info.run_id for k, v in runs(mlflow_uri, "sent").items()} == {
        k: v.info.run_id for k, v in made.items()
    }
    assert len(client.get_metric_history(top.info.run_id, "peaks/nested/f1")) == 1
    client.delete_run(made["peaks"].info.run_id)
    assert said("send", "sent", "--workspace", root / "w", "--tracking-uri", mlflow_uri)[0] == 0
    assert set(runs(mlflow_uri, "sent")) == {"sent", "peaks"}


def test_the_headline_is_the_nested_rule_and_never_the_oracle():
    run = object.__new__(SpotRun)
    rows = [{"spotter": "peaks", "rule": rule, "f1": f1} for rule, f1 in (("nested", 0.5), ("oracle", 0.9))]
    run.summary = {"rows": [*rows, {"spotter": "frame_cnn", "rule": "nested", "f1": 0.7}]}
    assert {name: value for name, value, _ in run._of("peaks")} == {
        "f1": 0.5, "Result/f1": 0.5, "nested/f1": 0.5, "oracle/f1": 0.9
    }  # fmt: skip


def test_without_mlflow_the_table_is_there_and_send_brings_it(root, spotsweep, mlflow_uri):  # noqa: F811
    done = spotsweep("--name", "late", "--tracking-uri", "http://anna:s3cret@127.0.0.1:9")
    assert done.exit_code == 3 and "| peaks | nested |" in done.output and "s3cret" not in done.output
    assert (root / "w" / "spotsweeps" / "late" / "summary.json").exists() and not runs(mlflow_uri, "late")
    assert parsed(done.output)["name"] == "spotsweep:late"
    status, words = said("send", "late", "--workspace", root / "w", "--tracking-uri", mlflow_uri)
    assert status == 0 and "has the table of late" in words
    assert runs(mlflow_uri, "late")["peaks"].data.metrics["nested/f1"] > 0.8


def test_a_spotsweep_is_listed_and_its_state_told(root, spotsweep, monkeypatch):  # noqa: F811
    workspace = ("--workspace", root / "w")
    spotsweep("--name", "one")
    status, words = said("list", *workspace)
    assert status == 0 and "one complete peaks rendered nested 0.833 [0.833, 0.833]" in words
    assert (
        "one: complete, spotting in rendered peaks: nested F1 0.833 [0"
        in said("status", "one", *workspace)[1]
    )
    with locked(root / "w" / "spotsweeps" / "one"):
        assert "one: running" in said("status", "one", *workspace)[1]
        again = spotsweep("--name", "one")
        assert again.exit_code == 2 and "is being run by" in again.output
    (root / "w" / "sweeps" / "one").mkdir(parents=True)
    status, words = said("status", "one", *workspace)
    assert status == 2 and "write sweep:one or spotsweep:one" in words
    assert said("status", "spotsweep:one", *workspace)[0] == 0

    def ends(given, seen):
        yield from list(inline(given, seen))[:3]
        raise KeyboardInterrupt

    inline = jobs.inline
    monkeypatch.setattr(jobs, "inline", ends)
    assert spotsweep("--name", "two", "--seed", "4").exit_code == 130
    status, words = said("status", "two", *workspace)
    assert status == 0 and "two: ended early" in words and re.search(r"spotting \d/4", words)
    held = parsed(told("status", "two", *workspace).output)
    assert (held["seed"], held["name"], held["root"]) == (4, "two", root)
    status, words = said("send", "two", *workspace)
    assert status == 2 and "has no table yet" in words
    assert "two ended early peaks rendered" in said("list", *workspace)[1]


def test_clean_says_what_spotting_keeps_and_deletes_what_it_is_told(root, spotsweep):  # noqa: F811
    workspace, there = ("--workspace", root / "w"), root / "w"
    assert spotsweep("--name", "one").exit_code == 0
    store = kept.Kept(there / "spotfolds")
    of_one = [held.job_id for held in store.held()]
    assert spotsweep("--name", "two", "--inner-folds", "3").exit_code == 0
    assert spotsweep("--name", "three").exit_code == 0
    (there / "spots" / "0123456789abcdef").mkdir(parents=True)
    (there / "spots" / "0123456789abcdef" / "000000.rows").write_bytes(b"x" * 2**22)
    status, words = said("clean", *workspace)
    assert status == 0 and "spotting: folds of peaks 8 0.000 current" in words and "--spots" in words
    assert "curves of videos 1 0.004" in words and "spotsweep two 1 0.000 complete" in words
    assert "nothing is deleted" in said("clean", "--sweep", "two", *workspace, answer="n\n")[1]
    assert len(list(store.held())) == 8
    status, words = said("clean", "--sweep", "two", *workspace, answer="y\n")
    assert status == 0 and not (there / "spotsweeps" / "two").exists()
    assert [held.job_id for held in store.held()] == of_one and (there / "spots").exists()
    status, words = said("clean", "--sweep", "three", "--yes", *workspace)
    assert "stay: other spotsweeps have them too" in words
    assert [held.job_id for held in store.held()] == of_one
    with locked(there / "spotsweeps" / "one"):
        assert said("clean", "--spots", "--yes", *workspace)[0] == 2
        assert said("clean", "--sweep", "one", "--yes", *workspace)[0] == 2
    status, words = said("clean", "--spots", *workspace, answer="y\n")
    assert status == 0 and "4 fold results and 0 shards of features, curves of 1 videos (0.004 GiB)" in words
    assert not (there / "spots").exists() and not list(store.held())
    assert (there / "spotsweeps" / "one" / "table.csv").exists()


def test_clean_removes_folds_of_older_code_but_not_those_of_a_spotsweep_that_goes_on(root, spotsweep):  # noqa: F811
    assert spotsweep("--name", "one").exit_code == 0
    store = kept.Kept(root / "w" / "spotfolds")
    jobs_ = [one.job_id for one in store.held()]
    for job in jobs_:
        held = {k: v for k, v in sealed.read_json(store._path(job), "").items() if k not in ("job", "of")}
        store.save(job, held, "folds of peaks", "0")
    early = root / "w" / "spotsweeps" / "early"
    shutil.copytree(root / "w" / "spotsweeps" / "one", early)
    (early / "summary.json").unlink()
    asked = json.loads((early / "sweep.json").read_text())
    del asked["sha256"]
    sealed.write_json(early / "sweep.json", asked | {"folds": jobs_[:1]})
    status, words = said("clean", "--delete", "--yes", "--workspace", root / "w")
    assert status == 0 and "used by spotsweep early" in words and "3 fold results" in words
    assert [one.job_id for one in store.held()] == jobs_[:1]
