"""A fifth of a corpus' clips a second time, under invented people: refused before any fold is trained, by
``check`` and by a sweep; joined, they are held out together."""

import csv
import shutil

import cv2
import pytest
from typer.testing import CliRunner

from orchestrator import Experiment, load
from orchestrator.compare import app as compare
from orchestrator.sweep import app as sweep
from orchestrator.workspace.store import FoldStore
from preprocessing.__main__ import app as preprocessing
from preprocessing.render import RenderConfig, render_corpus

PEOPLE, CLIPS = 5, 4


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    root = tmp_path_factory.mktemp("whole")
    render_corpus(root, RenderConfig(subjects=PEOPLE, clips_per_subject=CLIPS))
    return root


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    return tmp_path_factory.mktemp("workspace")


def doubled(whole, root, how):
    """A copy of the corpus in which the first clip of every other person is there a second time."""
    shutil.copytree(whole, root)
    with (root / "manifest.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    more = []
    for row in [row for row in rows if row["clip"] == "c01"][: PEOPLE * CLIPS // 5]:
        new = row | {"subject": row["subject"].replace("p", "invented"), "clip": "x"}
        if how != "pointed":
            new["frames"] = f"frames/{new['subject']}/x"
            shutil.copytree(root / row["frames"], root / new["frames"])
        if how == "encoded":
            for path in (root / new["frames"]).iterdir():
                cv2.imwrite(str(path), cv2.imread(str(path)), [cv2.IMWRITE_JPEG_QUALITY, 90])
        more.append(new)
    with (root / "manifest.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows + more)
    (root / "same.csv").write_text("id,same as\n" + "".join(f"invented0{i},p0{i}\n" for i in range(1, 5)))
    return root


def run(app, *words, status):
    done = CliRunner().invoke(app, list(map(str, words)), env={"COLUMNS": "200"})
    assert done.exit_code == status, done.output
    return " ".join(done.output.split())


QUICK = (
    *("--runner", "inline", "--selection", "nested"),
    *("--trials", 1, "--inner-folds", 2, "--set", "recipe.epochs=1"),
)


def options(root, workspace, uri, name):
    folders = ("--corpus", "manifest", "--root", root, "--workspace", workspace)
    return (*folders, "--tracking-uri", uri, "--name", name, *QUICK)


@pytest.mark.parametrize(
    ("how", "rule"),
    [
        ("pointed", "name the same frames of one recording"),
        ("copied", "byte-equal files"),
        ("encoded", "nearly equal inputs"),
    ],
)
def test_a_clip_under_two_people_is_refused(whole, workspace, tmp_path, mlflow_uri, how, rule):
    root = doubled(whole, tmp_path / "c", how)
    # what was encoded anew is found in the inputs alone
    text = run(preprocessing, "check", "manifest", "--root", root, status=0 if how == "encoded" else 2)
    assert (rule in text and "A sweep refuses this corpus" in text) == (how != "encoded")
    text = run(sweep, "ststnet", *options(root, workspace, mlflow_uri, "refused"), status=2)
    for words in (
        "IdentityError",
        "manifest/p01/c01 of manifest/p01 and manifest/invented01/x of manifest/invented01"
        if how == "pointed"
        else "manifest/invented01",
        "have equal inputs" if how == "copied" else rule,
        "--same-person FILE",
        "remove one of the two clips",
    ):
        assert words in text
    assert not (workspace / "sweeps" / "refused").exists()


def test_joined_ids_are_one_person_in_every_fold_and_part_of_what_a_sweep_is(
    whole, workspace, tmp_path, mlflow_uri
):
    root = doubled(whole, tmp_path / "c", "copied")
    same = ("--same-person", root / "same.csv")
    text = run(preprocessing, "check", "manifest", "--root", root, *same, status=0)
    assert "joined: manifest/invented01 is manifest/p01" in text and "the same clip twice" in text
    asked = options(root, workspace, mlflow_uri, "joined")
    text = run(sweep, "ststnet", *asked, *same, status=0)
    assert "held out together: manifest/invented01 is manifest/p01" in text and "the same clip twice" in text
    result = load("joined", workspace)
    assert result.summary["folds"] == result.summary["subjects"] == PEOPLE
    held = result.predictions.query("rule == 'nested'").groupby("subject")["clip_id"].agg(set)
    assert len(held) == PEOPLE
    for i in range(1, 5):
        ids = {f"manifest/p0{i}/c0{n}" for n in range(1, CLIPS + 1)} | {f"manifest/invented0{i}/x"}
        assert held[f"manifest/p0{i}"] == ids
    (root / "same.csv").unlink()  # the sweep's folder holds what was in it
    assert "folds 5/5" in run(sweep, "--resume", *asked, status=0)
    kept = Experiment.from_toml(workspace / "sweeps" / "joined" / "experiment.toml")
    assert kept.same_person[0] == ("p01", "invented01")
    (root / "same.csv").write_text("invented01,p01\n")
    assert "same_person: was" in run(sweep, "--resume", *asked, *same, status=2)


def test_a_comparison_joins_them_too_and_no_fold_parts_them(whole, workspace, tmp_path, mlflow_uri):
    root = doubled(whole, tmp_path / "c", "pointed")
    common = ("--corpus", "manifest", "--root", root, "--tracking-uri", mlflow_uri, *QUICK)
    own = ("--workspace", workspace, "--name", "rows", "--same-person", root / "same.csv")
    run(compare, "ststnet", *own, "--", *common, status=0)
    assert load("rows-ststnet", workspace).summary["folds"] == PEOPLE
    store = FoldStore(workspace / "folds")
    results = [store.load(one.job_id) for one in store.held()]
    assert len(results) >= PEOPLE
    for result in results:
        for side in (result.test, result.validation):
            people = {clip.split("/")[1] for clip in side}
            assert all((f"p0{i}" in people) == (f"invented0{i}" in people) for i in range(1, 5))
