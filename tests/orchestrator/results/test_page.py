"""The page and its tables: every text is escaped, older sweeps have one too, and 600 people fit."""

import html
import re

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from orchestrator import report as command
from orchestrator.results import beside, report
from orchestrator.results.page import formats, page, tables
from orchestrator.results.page.formats import Rows
from orchestrator.tracking import tracker
from tests.orchestrator.results.pages import EVIL, PERSON, sweep, trial_row
from tests.orchestrator.selection.test_rules import two_trials
from tests.orchestrator.tracking.test_tracker import SUMMARY, scores_of

TRIALS = [trial_row(i, i / 9, {"recipe.lr": 10.0**-i, EVIL: f"{EVIL}{i % 2}"}) for i in range(6)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return sweep(tmp_path_factory.mktemp("ws") / "sweeps" / "demo", TRIALS)


@pytest.fixture(scope="module")
def text(folder):
    return page.write(folder).read_text()


def test_no_text_from_data_acts_on_the_page(text):
    assert text.count("<script>") == 2 and text.count("</script>") == 3  # ours: data, Plotly, the figures
    assert "<img src=x" not in text and "<b>face" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "no &lt;b&gt;face&lt;/b&gt;" in text


def test_nothing_is_loaded_from_elsewhere(text):
    own = text.split("<script>")[0]
    assert not re.findall(r"(?:src|href)=[\"'](?!#|data:)", own)
    assert "default-src 'none'" in own


def test_the_page_says_what_the_summary_says(text, folder):
    summary, predictions = report.read(folder)
    score = summary["selection"]["nested"]
    assert f"<b>{score['uf1']:.3f}</b>" in text
    lines = beside.lines(summary["selection"], "nested")
    assert lines and all(html.escape(line) in text for line in lines)
    assert tables.gap(summary) is None and "oracle gap" not in text  # the sweep has no oracle
    people = tables.people(summary, predictions, "nested")
    assert {row[0] for row in people.rows} == {PERSON, "c/p1"}
    assert [row[1:] for row in people.rows] == [(2, 0.5, 0.5)] * 2
    cells = tables.confusion(summary, "nested")
    assert [[n for n, _, _ in row] for _, row in cells] == score["confusion"]
    assert "6 complete trials: rough" in text
    held = page.gathered(folder)
    assert set(held["figures"]) == {"rules", "people", "curves", "importance", "parallel"}


def test_the_oracle_gap_is_that_of_the_same_single_models():
    held = report.with_scores(SUMMARY | {"rule": "nested"}, scores_of(two_trials()))
    each = {rule: one["uf1"] for rule, one in held["selection"].items()}
    assert tables.gap(held) == pytest.approx(each["oracle_epoch"] - each["nested"])
    held["selection"]["committee"] = held["selection"]["last_epoch"]
    assert tables.gap(held | {"rule": "committee"}) == tables.gap(held)


def test_what_the_deviation_is_stands_on_the_page_where_there_are_seeds(folder):
    summary, _ = report.read(folder)
    assert tables.seeds_said(summary, "nested") == ""
    score = summary["selection"]["nested"]
    score |= {"sd": {"uf1": 0.01, "uar": 0.01, "war": 0.01}, "seeds": [0, 1]}
    said = tables.seeds_said(summary, "nested")
    assert said.startswith("Means over 2 seeds, ±") and "all 2 together" in said
    assert tables.scored(score, "uf1").startswith(f"{score['uf1']:.3f} ± 0.010 [")


def test_a_sweep_of_an_older_program_has_a_page_that_says_what_is_not_known(tmp_path):
    old = tmp_path / "sweeps" / "old"
    report.write(old, SUMMARY, scores_of(two_trials()))
    text = page.write(old).read_text()
    for words in ("an older program made this sweep and kept no details.json", "kept no experiment.toml"):
        assert words in text, words
    assert page.hardest(old, 3) == []


def test_modes_of_the_action_units_stand_side_by_side(tmp_path):
    for name, au, more in (
        ("one", "none", {}),
        ("two", "predicted", {}),
        ("other", "annotated", {"model": "meganet"}),
        ("twice", "none", {}),
    ):
        sweep(tmp_path / "sweeps" / name, [], **{"au": au, "name": name, **more})
    (tmp_path / "sweeps" / "half").mkdir()
    folder = tmp_path / "sweeps" / "one"
    made = tables.action_units(folder, report.read(folder)[0])
    assert [(row[0], row[-1]) for row in made.rows] == [("none", "one"), ("predicted", "two")]


@pytest.mark.long
def test_six_hundred_people_and_fifty_trials_stay_a_usable_page(tmp_path):
    settings = [{f"recipe.k{k}": (i * (k + 3)) % 51 / 50 for k in range(20)} for i in range(50)]
    trials = [trial_row(i, i / 60, one) for i, one in enumerate(settings)]
    left_out = {f"c/p{i}/lost": "no face " * 20 for i in range(3000)}
    made = sweep(tmp_path / "sweeps" / "big", trials, people=600, clips=12, left_out=left_out)
    file = page.write(made)
    assert file.stat().st_size < 6_000_000
    text = file.read_text()
    assert "500 more rows are left out here" in text and "2900 more rows are left out here" in text
    written = page.write_tables(made)
    rows = {path.name: len(pd.read_csv(path)) for path in written if path.suffix == ".csv"}
    assert rows["people.csv"] == 600 and rows["quarantine.csv"] == 3000


def test_tables_escape_for_latex_markdown_and_spreadsheets(tmp_path):
    odd = ["50% & $x_1$ #{a}~^\\", "[b]", "a|b`*", "=1+1", "<b>\n\u202e", None]
    table = Rows("odd", "A & B", ("what", "score", "n"), [(one, 0.12345, 7) for one in odd], "note_1")
    tex = formats.latex(table)
    assert r"50\% \& \$x\_1\$ \#\{a\}\textasciitilde{}\textasciicircum{}\textbackslash{} & 0.123 & 7" in tex
    assert "\n{}[b] & " in tex  # else the argument of the line end before it
    assert r"\begin{tabular}{lrr}" in tex and tex.count(r"\\") == 1 + len(odd)
    lines = formats.markdown(table).splitlines()
    assert r"| a\|b\`\* | 0.123 | 7 |" in lines and "| &lt;b&gt;  | 0.123 | 7 |" in lines
    assert lines[3] == "| --- | ---: | ---: |"
    formats.write(tmp_path, [table])
    back = pd.read_csv(tmp_path / "odd.csv", keep_default_na=False)
    assert back["what"][3] == "'=1+1" and np.allclose(back["score"], 0.12345)


def test_the_command_writes_the_page_and_the_tables(folder):
    import typer

    app = typer.Typer()
    app.command()(command.main)
    workspace = str(folder.parents[1])
    done = CliRunner().invoke(app, ["demo", "--html", "--latex", "--workspace", workspace])
    assert done.exit_code == 0, done.output
    assert "report.html" in done.output and (folder / "tables" / "classes.tex").is_file()
    done = CliRunner().invoke(app, ["demo", "--sheets", "3", "--workspace", workspace])
    assert done.exit_code == 2 and "--html" in done.output


def test_the_page_goes_to_mlflow_with_the_other_files(folder, text):
    assert page.PAGE in {file.name for file in tracker._files(folder)}
