"""The library: an experiment becomes frames, a sweep is continued by its name alone, and nothing is "
"printed."""

import io
import json
import shutil
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from mlflow import MlflowClient
from typer.testing import CliRunner

from mer_models.ststnet import STSTNet
from orchestrator import Execution, load, run
from orchestrator.common.errors import ConfigError, Interrupted, NoResult
from orchestrator.report import app as report_app
from orchestrator.results.headline import headline
from orchestrator.resume import app as resume_app
from orchestrator.runners import inline as inline_runner
from orchestrator.search.events import FoldEnded, Note, SearchBegins, TrialEnded
from orchestrator.sweep import app
from orchestrator.sweeps.run import resume
from orchestrator.workspace.sealed import Damaged
from orchestrator.workspace.store import FoldStore


@pytest.fixture
def how(tmp_path, mlflow_uri):
    return Execution(name="one", workspace=tmp_path, runner="inline", tracking_uri=mlflow_uri)


def test_frames_have_the_documented_columns_and_agree(asked, how):
    events, out = [], io.StringIO()
    with redirect_stdout(out), redirect_stderr(out):
        result = run(asked, how, events.append)
    assert out.getvalue() == ""
    assert isinstance(events[-1], TrialEnded) or any(isinstance(event, TrialEnded) for event in events)
    assert sum(isinstance(event, FoldEnded) for event in events) == 8
    assert next(e for e in events if isinstance(e, SearchBegins)) == SearchBegins(2, 4)
    assert (result.missing, result.lacks) == (0, ())
    for frame in (result.predictions, result.scores, result.people, result.trials):
        assert frame.columns[:2].tolist() == ["sweep", "model"] and set(frame["sweep"]) == {"one"}
    nested = result.predictions.query("rule == 'nested'")
    assert len(nested) == 24 and nested["clip_id"].is_unique
    people = result.people.query("rule == 'nested'")
    assert people["clips"].sum() == 24
    war = (nested["truth"] == nested["predicted"]).mean()
    assert result.scores.set_index("rule").loc["nested", "war"] == pytest.approx(war)
    assert result.scores.set_index("rule").loc["oracle_epoch", "kind"] == "oracle"
    assert result.trials["recipe.epochs"].tolist() == [2, 2] and result.trials["folds"].tolist() == [4, 4]
    assert result.trials["chosen"].sum() == 4 and not [c for c in result.trials if "test" in c or c == "uf1"]
    again = load("one", how.workspace)
    for name in ("predictions", "scores", "people", "trials"):
        pd.testing.assert_frame_equal(getattr(again, name), getattr(result, name))


def test_without_a_refit_mlflow_lacks_nothing_and_a_later_run_makes_the_model(asked, how):
    result = run(asked, how.but(refit=False))
    model = how.workspace / "sweeps" / "one" / "model"
    assert (result.missing, result.lacks) == (0, ()) and not model.exists()
    assert resume("one", how.workspace, execution={"refit": True}).lacks == () and model.is_dir()
    assert resume("one", how.workspace, execution={"refit": False}).lacks == () and model.is_dir()


def test_what_a_model_reports_stands_in_the_summary_fold_by_fold_and_in_the_report(asked, how, monkeypatch):
    monkeypatch.setattr(
        STSTNet, "outputs", lambda self: {"bias": next(self.parameters()).mean().item()}, raising=False
    )
    summary = run(asked, how).summary
    assert list(summary["outputs"]) == list(summary["selection"])
    of = summary["outputs"]["nested"]["bias"]
    stored = [
        FoldStore(how.workspace / "folds").load(one.job_id)
        for one in FoldStore(how.workspace / "folds").held()
    ]
    assert len(stored) == 8 and all(len(result.outputs["bias"]) == 2 for result in stored)
    for row in of["folds"]:
        own = [result.outputs["bias"] for result in stored if result.fold == row["fold"]]
        assert any(abs(value - row["value"]) < 1e-6 for value in np.concatenate(own))
    values = [row["value"] for row in of["folds"]]
    assert len({row["fold"] for row in of["folds"]}) == len(values) == 4
    assert of["mean"] == pytest.approx(np.mean(values), abs=1e-5)
    assert of["sd"] == pytest.approx(np.std(values, ddof=1))
    printed = CliRunner().invoke(report_app, ["one", "--workspace", str(how.workspace)], terminal_width=200)
    line = next(line for line in printed.output.splitlines() if line.startswith("bias"))
    assert f"{of['mean']:.4g}" in line and f"{of['sd']:.4g}" in line


def test_a_sweep_is_continued_by_its_name_alone_and_refuses_other_numbers(asked, how, monkeypatch):
    run(asked, how)
    monkeypatch.setattr(
        inline_runner, "run_fold", lambda *_, **__: pytest.fail("a finished fold was computed again")
    )
    shutil.rmtree(how.workspace / "features")
    told = []
    assert resume("one", how.workspace, told.append).summary["timing"]["folds_reused"] == 8
    (gone,) = [one.text for one in told if isinstance(one, Note) and "gone" in one.text]
    assert "ststnet_flow were there and are gone, 4 of 4 shards" in gone and "of 24 clips" in gone
    for fields, words in (
        ({"settings": {**asked.settings, "recipe.lr": 1.0}}, r"recipe\.lr: was 'not set', now 1\.0"),
        ({"selection": "last_epoch"}, "selection: was 'nested', now 'last_epoch'"),
        ({"trials": 1}, "trials: was 2, now 1"),
        ({"au": "none"}, "au: was 'auto', now 'none'"),
        (
            {"corpora": [("ststnet_flow", "/elsewhere")]},
            "corpora: was .*, now ststnet_flow in /else",
        ),
    ):
        with pytest.raises(ConfigError, match=words):
            resume("one", how.workspace, experiment=fields)
    with pytest.raises(ConfigError, match="arithmetic: was 'cpu', now 'cpu packed'"):
        resume("one", how.workspace, execution={"runner": "ray", "pack": 2})
    with pytest.raises(ConfigError, match="unknown sweep 'two'"):
        resume("two", how.workspace)
    monkeypatch.undo()
    assert resume("one", how.workspace, experiment={"trials": 3}).summary["timing"]["folds_run"] == 4
    assert (
        resume("one", how.workspace).summary["timing"]["folds_reused"] == 12
    )  # three trials are what it holds now


@pytest.mark.long
def test_looks_are_counted_in_the_sweep_over_the_workspace_and_in_mlflow(asked, how):
    def looks(result):
        return tuple(result.summary["looks"].values())

    first = run(asked, how.but(name="looked"))
    assert looks(first) == (1, 1)
    assert looks(resume("looked", how.workspace)) == (1, 1)  # computes nothing and scores the same
    assert looks(resume("looked", how.workspace, experiment={"trials": 3})) == (2, 2)
    assert looks(run(asked, how.but(name="again"))) == (1, 2)  # the first state under another name
    assert looks(run(asked.but(selection="last_epoch"), how.but(name="rule"))) == (1, 3)
    fewer = asked.but(model="off_apexnet", trials=1, classes="negative,positive")
    other = run(fewer, how.but(name="other"))
    assert other.summary["left_out"]  # their surprise is in no class, and they are the same people
    assert looks(other) == (1, 4)  # another model and another label scheme
    lines = (how.workspace / "sweeps" / "looked" / "looks.jsonl").read_text().splitlines()
    kept = [json.loads(line) for line in lines]
    assert [(one["rule"], one["trials"], one["seeds"], one["folds"]) for one in kept] == [
        ("nested", 2, 1, 4),
        ("nested", 3, 1, 4),
    ]
    assert kept[0]["uf1"] == pytest.approx(first.scores.set_index("rule").loc["nested", "uf1"])

    client = MlflowClient(how.tracking_uri)
    everywhere = [one.experiment_id for one in client.search_experiments()]
    (held,) = client.search_runs(everywhere, "tags.`mer.sweep` = 'looked'")
    history = client.get_metric_history(held.info.run_id, "looks/uf1")
    assert [(one.step, one.value) for one in history] == [(1, kept[0]["uf1"]), (2, kept[1]["uf1"])]
    assert held.data.metrics["looks/sweep"] == 2
    assert "report/looks.jsonl" in [file.path for file in client.list_artifacts(held.info.run_id, "report")]


@pytest.mark.long
def test_a_sweep_keeps_the_rule_that_it_began_with(asked, how):
    run(asked, how)
    options = ["--workspace", str(how.workspace), "--tracking-uri", how.tracking_uri]
    done = CliRunner().invoke(app, ["--resume", "one", "--selection", "pooled_validation", *options])
    assert done.exit_code == 2
    assert "selection: was 'nested', now 'pooled_validation'" in " ".join(done.output.split())
    toml = how.workspace / "sweeps" / "one" / "experiment.toml"  # the same by hand
    edited = toml.read_text().replace('selection = "nested"', 'selection = "pooled_validation"')
    toml.write_text(edited)
    with pytest.raises(Damaged, match=r"experiment\.toml is damaged .* SHA-256 is another"):
        resume("one", how.workspace)
    toml.write_text(edited.partition("\n")[2])  # and as an older program would have left it
    with pytest.raises(ConfigError, match="selection: was 'nested', now 'pooled_validation'"):
        resume("one", how.workspace)


@pytest.mark.long
def test_the_command_line_continues_by_name_too(asked, how, root):
    """``--resume NAME`` alone, ``resume NAME``, and the way with all options."""
    run(asked, how)
    options = ["--workspace", str(how.workspace), "--tracking-uri", how.tracking_uri]
    for command, words in (
        (app, ["--resume", "one", *options]),
        (resume_app, ["one", *options]),
        (app, ["ststnet", "--name", "one", "--resume", "--trials", "2", "--runner", "inline", *options]),
    ):
        result = CliRunner().invoke(command, words)
        assert result.exit_code == 0 and "folds 8/8" in result.output, result.output
    other = CliRunner().invoke(app, ["--resume", "one", "--inner-folds", "3", *options])
    assert other.exit_code == 2 and "inner_folds: was 2, now 3" in " ".join(other.output.split())
    away = CliRunner().invoke(app, ["stag", "--resume", "--name", "one", *options])
    assert away.exit_code == 2 and "model: was 'ststnet', now 'stag'" in " ".join(away.output.split())


def test_ctrl_c_is_told_with_the_way_on_and_status_130(asked, how, monkeypatch):
    real, done = inline_runner.run_fold, []

    def once(job, table, keep):
        if done:
            raise KeyboardInterrupt
        done.append(job)
        return real(job, table)

    monkeypatch.setattr(inline_runner, "run_fold", once)
    with pytest.raises(Interrupted, match=r"orchestrator\.resume one --workspace"):
        run(asked, how)
    result = CliRunner().invoke(
        app, ["--resume", "one", "--workspace", str(how.workspace), "--tracking-uri", how.tracking_uri]
    )
    assert result.exit_code == 130 and "orchestrator.resume one --workspace" in result.output


def test_a_sweep_without_any_result_says_so(asked, how, monkeypatch):
    from orchestrator.search import inline
    from orchestrator.search.events import Outcome

    monkeypatch.setattr(
        inline,
        "search",
        lambda *a: [Outcome(i, {}, {}, (), "ValueError: broken", "failed") for i in range(2)],
    )
    with pytest.raises(NoResult, match=r"nested has no trial .*; the first that failed:\nValueError: broken"):
        run(asked, how)


def test_a_trial_that_fails_for_one_person_is_still_a_candidate_for_all_others(asked, how, monkeypatch):
    from orchestrator.search import inline

    real, broken = inline.search, []

    def one_fold_fails(*given):
        first, second = real(*given)
        broken.append(first.results[0].fold)
        failed = replace(first, results=first.results[1:], error="ValueError: broken", state="failed")
        return [failed, second]

    whole = run(asked, how.but(name="whole"))
    monkeypatch.setattr(inline, "search", one_fold_fails)
    lacking = run(asked, how.but(name="lacking"))
    people = whole.summary["subjects"]
    assert lacking.missing == 1 and lacking.summary["folds_of_all_trials"] == [people - 1, people]
    assert f"; {people - 1} of {people} folds chose among all trials" in headline(lacking.summary)
    assert "folds chose" not in headline(whole.summary)
    before, after = (
        made.predictions.query("rule == 'nested'").set_index("clip_id")[["subject", "trial", "epoch"]]
        for made in (whole, lacking)
    )
    undamaged = before["subject"] != broken[0]
    pd.testing.assert_frame_equal(before[undamaged], after[undamaged])
    assert (before["trial"][undamaged] == 0).any(), "the trial that failed elsewhere is chosen somewhere"


@pytest.mark.long
def test_a_committee_has_all_inner_models_in_one_queue_and_shares_its_first_with_a_sweep_without(asked, how):
    alone = run(asked.but(trials=1), how.but(name="alone"))
    result = run(asked.but(trials=1, seeds=2, selection="committee"), how.but(name="committee"))
    timing, people = result.summary["timing"], result.summary["subjects"]
    assert (timing["folds_run"], timing["folds_reused"]) == (3 * people, people)
    assert result.summary["folds_of_all_trials"] == [2 * people, 2 * people]
    scores = result.scores.set_index("rule")
    assert scores["kind"].loc[["committee", "committee_seeds", "nested"]].tolist() == ["blind"] * 3
    assert scores.loc["committee_seeds", "seeds"] == 1 and scores.loc["committee", "seeds"] == 2
    clips = result.predictions.groupby("rule")["clip_id"].nunique()
    assert clips["committee"] == clips["nested"] == result.summary["clips"]
    first = result.predictions[(result.predictions["rule"] == "nested") & (result.predictions["seed"] == 0)]
    before = alone.predictions[alone.predictions["rule"] == "nested"]
    pd.testing.assert_frame_equal(
        first.drop(columns="sweep").reset_index(drop=True),
        before.drop(columns="sweep").reset_index(drop=True),
    )
    with pytest.raises(ConfigError, match="committee needs validation people"):
        run(asked.but(inner_folds=0, trials=1, selection="committee"), how)


@pytest.mark.long
def test_several_models_are_one_sweep_each_and_one_result(asked, how):
    result = run(asked.but(model=("ststnet", "off_apexnet"), trials=1), how)
    assert result.scores.groupby("model")["rule"].nunique().to_dict() == {"off_apexnet": 4, "ststnet": 4}
    assert set(result.predictions["sweep"]) == {"one-ststnet", "one-off_apexnet"}
