"""spotsweep: from a folder of long videos to the table; the curves of most tests are drawn, not filmed."""

import csv
import re
from types import SimpleNamespace

import pandas as pd
import pytest
from typer.testing import CliRunner

from orchestrator import mer
from orchestrator.spotting import corpus, jobs
from preprocessing.datasets.reading import read
from preprocessing.spotting.run import SpotError
from tests.orchestrator.spotting.videos import RATE, people

HEADER = ["subject", "video", "fps", "frames", "kind", "onset", "apex", "offset", "emotion", "aus"]
DRAWN = {one.video: one for one in people(4)}


UNREAD = "p3/v1.avi"


@pytest.fixture
def unread():
    """Recordings that cannot be read."""
    return (UNREAD,)


@pytest.fixture
def root(tmp_path, monkeypatch, unread):
    """Four people with two videos each."""
    with (tmp_path / "intervals.csv").open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(HEADER)
        for one in DRAWN.values():
            (tmp_path / one.person).mkdir(exist_ok=True)
            (tmp_path / one.video).write_bytes(b"")
            for t in one.true:
                rows.writerow(
                    [one.person, one.video, 30, 900, t.kind, t.onset, t.onset, t.offset, t.emotion, ""]
                )

    def curves(source, **options):
        one = DRAWN[str(source.relative_to(tmp_path))]
        if one.video in unread:
            raise SpotError(f"{source} is cut short")
        rows = {"curves": one.seen.curves, "head": one.seen.head}
        return SimpleNamespace(rows=rows, rate=RATE, frames=900, first=0, source=source)

    monkeypatch.setattr(corpus, "curves", curves)
    return tmp_path


@pytest.fixture
def spotsweep(root, mlflow_uri):
    return lambda *words: told(
        "spotsweep", "rendered", "--root", root, "--inner-folds", 2, "--workspace", root / "w", "--runner",
        "inline", "--tracking-uri", mlflow_uri, *words
    )  # fmt: skip


def told(*words, answer=None):
    return CliRunner().invoke(mer.app, list(map(str, words)), input=answer, terminal_width=200)


def files(folder):
    """Of the table: not how far it is."""
    return {path: path.read_bytes() for path in folder.iterdir() if path.suffix in (".csv", ".md")}


def test_a_table_and_a_video_that_cannot_be_read_counts_as_missed(root, spotsweep, monkeypatch):
    done = spotsweep("--name", "one")
    assert done.exit_code == 1, done.output
    assert "| peaks | nested |" in done.output and "p3/v1.avi: cannot be read" in done.output.replace(
        "\n", " "
    )
    table = pd.read_csv(root / "w" / "spotsweeps" / "one" / "table.csv")
    assert table["rule"].tolist() == ["nested", "usual", "oracle"] and (table["people"] == 4).all()
    counts = pd.read_csv(root / "w" / "spotsweeps" / "one" / "people.csv").query("rule == 'nested'")
    assert counts.set_index("person").loc["p3", "micro_fn"] >= 4  # those of v1, at the least
    assert (counts["micro_tp"] + counts["micro_fn"]).tolist() == [8, 8, 8, 8]
    before = files(root / "w" / "spotsweeps" / "one")
    monkeypatch.setattr(jobs, "inline", None)  # nothing is computed again
    assert spotsweep("--name", "one").exit_code == 1
    assert len(before) == 6 and files(root / "w" / "spotsweeps" / "one") == before
    other = spotsweep("--name", "one", "--inner-folds", "3")
    assert other.exit_code == 2 and "other inner_folds" in other.output


def test_true_micro_expressions_become_a_manifest(root, spotsweep):
    assert spotsweep("--clips", root / "clips" / "manifest.csv").exit_code == 2  # no such folder
    done = spotsweep("--clips", root / "manifest.csv")
    assert done.exit_code == 0 and "32 micro-expressions" in done.output
    clips = read("manifest", root)
    true = [t for one in DRAWN.values() for t in one.true if t.kind == "micro"]
    assert [(one.onset, one.offset, one.emotion) for one in clips] == [
        (t.onset, t.offset, t.emotion) for t in true
    ]
    assert {one.subject for one in clips} == {f"manifest/p{i}" for i in range(4)}
    assert all(one.counted for one in clips)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("--runner", "rays"), "did you mean 'ray'"),
        (("--spotter", "peeks"), "did you mean 'peaks'"),
        (("--inner-folds", "4"), "--inner-folds 4 with 4 people"),
        (("--recogniser", "nobody"), "unknown sweep 'nobody'"),
        (("--root", "nowhere"), "root nowhere is no folder"),
    ],
)
def test_bad_input_is_one_line_and_status_2(words, says, root, spotsweep):
    done = spotsweep(*words)
    assert done.exit_code == 2 and re.search(says, done.output.replace("\n", " ")), done.output
    assert not (root / "w" / "spotsweeps").exists()
