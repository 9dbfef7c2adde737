"""The files and the table of a report: figures join the truth by clip id, survive a second run, and name what
is missing."""

import json
import shutil

import pandas as pd
import pytest
from rich.console import Console
from typer.testing import CliRunner

from orchestrator import report as command
from orchestrator.common.errors import ConfigError
from orchestrator.common.names import safe_name
from orchestrator.results import report
from orchestrator.results.headline import headline
from orchestrator.selection import metrics
from orchestrator.study.table import OWN_ANNOTATION
from tests.orchestrator.selection.test_rules import two_trials
from tests.orchestrator.tracking.test_tracker import CLASSES, SUMMARY, scores_of

cli = CliRunner()


@pytest.fixture
def app():
    import typer

    made = typer.Typer()
    made.command()(command.main)
    return made


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    workspace = tmp_path_factory.mktemp("workspace")
    scores = scores_of(two_trials())
    files = report.write(workspace / "sweeps" / "demo", SUMMARY, scores)
    return workspace, scores, files


def test_every_file_promised_is_there_and_the_json_is_the_contract(written):
    workspace, scores, files = written
    folder = workspace / "sweeps" / "demo"
    assert sorted(f.name for f in files) == sorted(f.name for f in folder.iterdir())
    for file in files:
        if file.suffix == ".png":
            assert file.read_bytes().startswith(b"\x89PNG"), file
    summary = json.loads((folder / "summary.json").read_text())
    assert {k: v for k, v in summary.items() if k != "selection"} == SUMMARY
    assert list(summary["selection"]) == list(scores)
    assert {"uf1", "uar", "war", "per_class", "confusion"} <= set(summary["selection"]["nested"])
    assert "predictions" not in summary["selection"]["nested"]


def test_the_csv_files_agree_with_the_scores(written):
    workspace, scores, _ = written
    folder = workspace / "sweeps" / "demo"
    rows = pd.read_csv(folder / "predictions.csv")
    summary = pd.read_csv(folder / "summary.csv").set_index("rule")
    people = pd.read_csv(folder / "loso_results.csv")
    for rule, score in scores.items():
        own = rows[rows["rule"] == rule].sample(frac=1, random_state=0)  # in any order
        truth, called = ([CLASSES.index(word) for word in own[column]] for column in ("truth", "predicted"))
        assert metrics.uf1(truth, called, 2) == pytest.approx(score["uf1"])
        assert summary.loc[rule, "uf1"] == pytest.approx(score["uf1"])
        assert summary.loc[rule, "f1_pos"] == pytest.approx(score["per_class"]["pos"]["f1"])
        assert summary.loc[rule, "kind"] == ("oracle" if rule.startswith("oracle") else "honest")
        part = people[people["rule"] == rule]
        assert part["correct"].sum() / part["clips"].sum() == pytest.approx(score["war"])
    a = people[(people["rule"] == "nested") & (people["subject"] == "a/0")].iloc[0]
    assert (a["clips"], a["correct"], a["accuracy"]) == (1, 0, 0.0)
    assert list(rows.columns[-2:]) == ["p_neg", "p_pos"]


def test_the_command_prints_the_table_and_makes_the_files_anew(written, app, tmp_path):
    workspace = tmp_path / "copy"
    shutil.copytree(written[0], workspace)
    folder = workspace / "sweeps" / "demo"
    before = (folder / "loso_results.csv").read_text()
    for name in ("loso_results.csv", "summary.csv", "subjects.png"):
        (folder / name).unlink()
    done = cli.invoke(app, ["demo", "--workspace", str(workspace)])
    assert done.exit_code == 0, done.output
    assert (folder / "loso_results.csv").read_text() == before
    assert (folder / "subjects.png").is_file()
    for rule, score in written[1].items():
        line = next(line for line in done.output.splitlines() if line.startswith(rule))
        assert f"{score['uf1']:.3f}" in line


def test_the_table_says_what_its_numbers_are_about(written):
    summary = report.with_scores(SUMMARY, written[1])
    summary["selection"]["nested"]["absent"] = ["neg"]
    console = Console(width=100)
    with console.capture() as printed:
        console.print(report.table(summary))
    text = " ".join(printed.get().split())
    for words in (
        "stag on c",
        "AUs: none",
        "2 classes",
        "loso",
        "4 clips of 2 subjects",
        "No clip of class neg: it counts as 0",
    ):
        assert words in text, words
    assert "oracle_epoch test person" in text


FALLBACK = "not predicted: in 1 of 2 folds fewer than 2 training people have annotated AUs"


@pytest.mark.parametrize(
    ("aus", "remark"),
    [
        ({"au": "annotated", "au_remark": OWN_ANNOTATION}, OWN_ANNOTATION),
        ({"au": "annotated"}, OWN_ANNOTATION),  # a sweep of an older version
        ({"au": "none", "au_remark": FALLBACK}, FALLBACK),
    ],
)
def test_no_score_stands_without_what_the_action_units_behind_it_were(written, tmp_path, aus, remark):
    """An annotation of the tested clip is an input that a new video does not have."""
    part = {"uf1": 0.5, "uar": 0.5, "war": 0.5, "n_clips": 4, "absent": []}
    scores = {rule: score | {"parts": {"one": part}} for rule, score in written[1].items()}
    summary = report.with_scores(SUMMARY | aus | {"rule": "nested"}, scores)
    said = f"AUs {aus['au']} ({remark})"
    assert said in headline(summary)
    # the head of every picture, and the table's caption
    assert said.replace("AUs ", "AUs: ", 1) in report.title(summary)
    report.write(tmp_path, SUMMARY | aus, scores)
    for name in ("summary.csv", "loso_results.csv", "parts.csv"):
        rows = pd.read_csv(tmp_path / name, keep_default_na=False)
        assert set(rows["au"]) == {aus["au"]} and set(rows["au_remark"]) == {remark}, name


def test_a_missing_or_unfinished_or_damaged_sweep_is_named(written, app, tmp_path):
    workspace = tmp_path / "copy"
    shutil.copytree(written[0], workspace)
    run = lambda name: cli.invoke(app, [name, "--workspace", str(workspace)])  # noqa: E731
    assert "did you mean 'demo'" in run("dem").output
    assert run("dem").exit_code == 2
    (workspace / "sweeps" / "half").mkdir()
    assert "the sweep has not finished" in " ".join(run("half").output.split())
    (workspace / "sweeps" / "demo" / "summary.json").write_text('{"model": ')
    assert "do not read" in " ".join(run("demo").output.split())


@pytest.mark.parametrize("name", ["../up", "a/b", ".hidden", "", "a b", "x" * 101, "naïve", "a\n", "-x"])
def test_a_name_that_is_no_plain_folder_name_is_refused(name):
    with pytest.raises(ConfigError, match="name"):
        safe_name(name)


def test_plain_names_pass():
    for name in ("stag-synthetic-au_none-20260101", "a", "v1.2_x", "_x"):
        assert safe_name(name) == name
