"""A sweep that ends before its end: one line with the way on, which works; the status; no run of MLflow that
is said to run."""

import errno
import json

import pytest
from mlflow import MlflowClient
from typer.testing import CliRunner

from orchestrator import Execution, Experiment, resume, run, sweep
from orchestrator.common.errors import ConfigError, Interrupted, Unfinished
from orchestrator.results import report
from orchestrator.runners import inline as inline_runner
from orchestrator.search.events import FoldEnded
from orchestrator.search.proposals import drawn_again, proposals
from orchestrator.search.samplers import Search
from orchestrator.study.study import Study
from orchestrator.sweeps import after_features
from orchestrator.sweeps.mending import ended
from orchestrator.sweeps.run import resume as goes_on
from orchestrator.tracking import outbox
from orchestrator.tracking.record import read_record, write_record
from orchestrator.workspace import sealed
from tests.orchestrator.test_sweep import pictures
from tests.waiting import until


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    return pictures(tmp_path_factory.mktemp("pictures"), ["casme2"] * 3)


@pytest.fixture
def asked(root):
    keys = {"recipe.epochs": 1, "recipe.batch_size": 16}
    return Experiment(
        "ststnet",
        corpora=[("ststnet_flow", str(root))],
        inner_folds=2,
        trials=2,
        settings=keys,
        selection="nested",
    )


@pytest.fixture
def how(tmp_path, mlflow_uri, request):
    MlflowClient(mlflow_uri).search_experiments()  # its tables are there: making them takes seconds
    name = f"left-{abs(hash(request.node.name)) % 10**8}"  # the database is that of all tests
    return Execution(name=name, workspace=tmp_path, runner="inline", tracking_uri=mlflow_uri)


def runs_of(how):
    client = MlflowClient(how.tracking_uri)
    everywhere = [one.experiment_id for one in client.search_experiments()]
    return client.search_runs(everywhere, f"tags.`mer.sweep` = '{how.name}'")


def status_of(how):
    (held,) = runs_of(how)
    return held.info.status


@pytest.mark.long
def test_a_disk_that_is_full_at_the_end_loses_no_fold_and_is_status_1(asked, how, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "predictions.csv cannot be written: No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(report, "write", full)
        with pytest.raises(
            Unfinished, match=rf"No space left .*: \S+ -m orchestrator.resume {how.name} --workspace"
        ):
            run(asked, how)
        assert status_of(how) == "FAILED"
        words = [how.name, "--workspace", str(how.workspace), "--tracking-uri", how.tracking_uri]
        done = CliRunner().invoke(resume.app, words)
        assert done.exit_code == 1 and len([x for x in done.output.splitlines() if "go on with" in x]) == 1
    monkeypatch.setattr(inline_runner, "run_fold", lambda *_, **__: pytest.fail("a fold was computed again"))
    assert goes_on(how.name, how.workspace).summary["timing"]["folds_reused"] == 6
    assert status_of(how) == "FINISHED"


def test_ctrl_c_leaves_no_run_that_is_said_to_run(asked, how, monkeypatch):
    # a sweep that is left before MLflow has been told of it leaves no run at all
    monkeypatch.setattr(outbox, "PARTING", 120.0)

    def watch(event):
        if isinstance(event, FoldEnded):
            until(lambda: runs_of(how), "the run")
            raise KeyboardInterrupt

    with pytest.raises(Interrupted, match=f"go on with: \\S+ -m orchestrator.resume {how.name} --workspace"):
        run(asked, how, watch)
    assert status_of(how) == "KILLED"
    goes_on(how.name, how.workspace)
    assert status_of(how) == "FINISHED"


def test_ctrl_c_before_there_is_anything_to_resume_says_so_and_the_same_command_begins(
    asked, how, monkeypatch
):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    for place, name in ((after_features.corpora, "load"), (after_features.kept, "keep")):
        with monkeypatch.context() as patch:
            patch.setattr(place, name, interrupted)
            with pytest.raises(Interrupted, match="the same command begins it again"):
                run(asked, how)
    real = sealed.write_json

    def before_the_last(path, *rest, **more):
        return interrupted() if path.name == "sweep.json" else real(path, *rest, **more)

    with monkeypatch.context() as patch:
        patch.setattr(sealed, "write_json", before_the_last)
        with pytest.raises(
            Interrupted, match=f"go on with: \\S+ -m orchestrator.resume {how.name} --workspace"
        ):
            run(asked, how)
    with pytest.raises(ConfigError, match="exists"):
        run(asked, how)
    assert goes_on(how.name, how.workspace).summary["timing"]["folds_run"] == 6


def test_a_summary_that_cannot_go_where_it_should_is_found_before_anything_runs(tmp_path, root):
    base = ["ststnet", "--corpus", "ststnet_flow", "--root", str(root), "--runner", "inline"]
    for file in (tmp_path / "no" / "out.json", tmp_path):
        words = [*base, "--workspace", str(tmp_path / "w"), "--json", str(file)]
        done = CliRunner().invoke(sweep.app, words)
        assert done.exit_code == 2 and "--json" in done.output
    assert not (tmp_path / "w").exists()


@pytest.mark.parametrize("sampler", ["random", "tpe"])
def test_proposals_that_are_lost_are_drawn_again_only_where_they_are_the_same(tmp_path, sampler):
    plan = Search(3, 0, sampler, tmp_path)
    plan.begin()
    sealed.write_json(tmp_path / "sweep.json", {"model": "stag"})
    plan.keep([{"recipe.lr": 0.001}])
    assert plan.mended(not_known) == "" and plan.earlier() == [{"recipe.lr": 0.001}]
    plan.file.write_text(plan.file.read_text().replace("0.001", "0.002"))
    for _ in ("a changed digit", "gone"):
        if sampler == "random":
            assert "draws the same configurations again" in plan.mended(not_known)
            assert not plan.file.exists() and plan.earlier() == []
        else:
            with pytest.raises(sealed.Damaged, match=r"and nothing tells\); .* cannot be drawn again"):
                plan.mended(not_known)
            plan.file.unlink(missing_ok=True)
    if sampler == "tpe":
        assert "its first 1 trials had drawn" in plan.mended(lambda: [{"recipe.lr": 0.003}])
        assert plan.earlier() == [{"recipe.lr": 0.003}]


def not_known():
    raise ValueError("nothing tells")


@pytest.mark.parametrize("model", ["stag", "ststnet"])
def test_what_a_trial_had_drawn_is_known_from_its_configuration(model):
    for fixed in ({}, {"recipe.batch_size": 7}):
        study = Study(model, "loso", 2, 1, fixed)
        for drawn in proposals(model, "random", 8):
            config = json.loads(json.dumps(study.config(drawn)))
            found = drawn_again(study, config)
            assert found is not None and study.config(found) == study.config(drawn)
            assert fixed or found == drawn
        assert drawn_again(study, config | {"recipe": config["recipe"] | {"epochs": 99}}) is None


def test_lost_proposals_of_tpe_are_put_together_from_what_tells_of_trials_that_ended(asked, how):
    asked, seen = asked.but(sampler="tpe", trials=3), []

    def watch(event):
        seen.append(event)
        if isinstance(event, FoldEnded) and (event.trial, event.done) == (2, 1):
            raise KeyboardInterrupt

    with pytest.raises(Interrupted):
        run(asked, how, watch)
    folder = how.workspace / "sweeps" / how.name
    trials, mlflow = folder / "trials.json", folder / "mlflow.json"
    drawn = Search(3, 0, "tpe", folder).earlier()
    trials.write_text(trials.read_text().replace("0.", "1.", 1))
    whole = mlflow.read_bytes()
    mlflow.write_bytes(whole[:-9])
    with pytest.raises(sealed.Damaged, match=r"trials\.json.*another, and so is what else tells .*mlflow"):
        goes_on(how.name, how.workspace)
    mlflow.write_bytes(whole)
    said = []
    done = goes_on(how.name, how.workspace, said.append)
    assert done.summary["timing"]["folds_reused"] >= 6
    for before, again in zip(drawn[:2], Search(3, 0, "tpe", folder).earlier(), strict=False):
        assert before | asked.settings == again | asked.settings
    assert any("first 2 trials" in str(one) and "for later ones anew" in str(one) for one in said)
    known = ended(folder, report.earlier(folder)[0], asked.study())
    assert len(known) == 3  # of a finished sweep all
    record = read_record(folder)  # as if the second had failed
    record["others"]["1"] = record["trials"].pop("1")["config"]
    write_record(folder, record)
    configuration = {i: one for i, one in done.summary["configuration"].items() if i != "1"}
    summary = dict(done.summary) | {"configuration": configuration, "failed_trials": {"1": "no memory"}}
    assert ended(folder, summary, asked.study()) == known


def test_proposals_of_an_older_program_are_a_list(tmp_path):
    plan = Search(3, 0, "tpe", tmp_path)
    (tmp_path / "sweep.json").write_text(json.dumps({"model": "stag"}))
    plan.file.write_text('[{"recipe.lr": 0.001}]')
    assert plan.mended(not_known) == "" and plan.earlier() == [{"recipe.lr": 0.001}]
    plan.file.write_text("[1]")
    with pytest.raises(sealed.Damaged, match="does not read"):
        plan.mended(not_known)
