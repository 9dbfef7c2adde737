"""The command: what it lists, what it says of a corpus that is absent, and its statuses."""

import pytest
from typer.testing import CliRunner

from orchestrator.experiment import app
from orchestrator.experiments.file import names


def command(tmp_path, *words):
    return CliRunner(env={"COLUMNS": "300"}).invoke(app, [*words, "--workspace", str(tmp_path)])


def test_all_are_listed_with_what_they_need_and_what_they_cost(tmp_path):
    said = command(tmp_path, "list").output
    lines = {line.split()[0]: line for line in said.splitlines() if "/" in line.split()[0]}
    assert set(lines) == set(names())
    assert "samm" in lines["stag/table5"] and "400 folds" in lines["stag/table5"]  # 16 different, 5, 5
    assert "nothing is trained" in lines["stag/table2"]


def test_a_corpus_that_is_absent_is_said_in_the_table_and_the_status_is_1(tmp_path):
    done = command(tmp_path, "stag/table4")
    assert done.exit_code == 1
    assert "0 of 4 rows are run" in done.output
    assert "bring samm: --corpus samm --root FOLDER, or --corpus synthetic" in done.output
    assert "0.9372" in done.output  # the published numbers stand there all the same
    assert not (tmp_path / "sweeps").exists()


def test_what_needs_no_training_is_there_at_once(tmp_path):
    done = command(tmp_path, "mesti_meganet/figure2")
    assert done.exit_code == 0 and "weights.png" in done.output


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["stag/tabel4"], "did you mean 'stag/table4'"),
        (["stag/table4", "--corpus", "samm"], "give each corpus its folder"),
        (["stag/table4", "--corpus", "synthetic", "--corpus", "synthetic"], "name each once"),
        (["stag/table4", "--row", "x"], "unknown row 'x'"),
        (["stag/table4", "--address", "http://head:8265"], "run it on the head"),
        (["stag/table4", "--small", "--smoke"], "two sizes"),
        (["stag/table4", "--small", "--corpus", "samm", "--root", "x"], "rendered for it, not of samm, x"),
        (["stag/table4", "--corpus", "sam", "--root", "x"], "did you mean 'samm'"),
    ],
)
def test_bad_input_is_told(words, told, tmp_path):
    done = command(tmp_path, *words)
    assert told in done.output and done.exit_code == 2
