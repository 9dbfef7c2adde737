"""Feature set -> table -> fold arrays: joined by clip id, classes by scheme, action units only where they exist."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orchestrator.config import ConfigError
from orchestrator.data import fold_data, load
from orchestrator.study import Study
from preprocessing.schema import AU_VOCABULARY, FeatureSetError, FeatureSpec, write_atomically, write_shard
from tests.orchestrator.tables import QUICK

SPEC = FeatureSpec("roi_flow14", "roi_flow", (2, 3, 2), "px", ("a", "b", "c"), {"flow": "farneback"})
EMOTIONS = ("happiness", "surprise", "disgust", "others", "hapiness", "sadness")


def row(i, emotion, *, status="ok", aus=(1, 12)):
    return {
        "clip_id": f"manifest/p{i % 3}/c{i}", "corpus": "manifest", "subject": f"manifest/p{i % 3}", "name": f"c{i}", "emotion": emotion,
        "aus_known": aus is not None, "aus": "", "au_vector": None if aus is None else [int(au in aus) for au in AU_VOCABULARY],
        "status": status, "error": "no face" if status != "ok" else "", "apex_source": "annotated", "repairs": "",
        "x": None if status != "ok" else np.full(12, i, np.float32),
    }  # fmt: skip


def write(folder: Path, rows, per_shard=3) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for n in range(0, len(rows), per_shard):
        names.append(f"shard-{n:05d}.parquet")
        write_shard(folder / names[-1], rows[n : n + per_shard], SPEC, {"errors": {}})
    text = '{"shards": ["' + '", "'.join(names) + '"]}'
    write_atomically(folder / "index.json", lambda path: path.write_text(text))
    return folder


@pytest.fixture
def rows():
    return [row(i, EMOTIONS[i]) for i in range(6)] + [row(6, "anger", status="error"), row(7, "anger", aus=None)]


def test_rows_keep_their_own_values_and_what_is_left_out_says_why(tmp_path, rows):
    table = load(write(tmp_path / "a", rows), "3", "auto", uses_aus=True)
    assert table.classes == ("negative", "positive", "surprise")
    assert list(zip(table.clip_ids, table.y.tolist(), strict=True)) == [
        ("manifest/p0/c0", 1), ("manifest/p1/c1", 2), ("manifest/p1/c7", 0), ("manifest/p2/c2", 0), ("manifest/p2/c5", 0),
    ]  # fmt: skip
    for clip, x in zip(table.clip_ids, table.x, strict=True):
        assert (x == int(clip[-1])).all()
    assert table.x.shape == (5, 2, 3, 2)
    assert set(table.left_out) == {"manifest/p0/c3", "manifest/p1/c4", "manifest/p0/c6"}
    assert "did you mean 'happiness'" in table.left_out["manifest/p1/c4"]
    assert "no class in scheme '3'" in table.left_out["manifest/p0/c3"]
    assert "no face" in table.left_out["manifest/p0/c6"]


def test_action_units_join_by_clip_and_a_missing_annotation_is_a_row_of_minus_1(tmp_path, rows):
    table = load(write(tmp_path / "a", rows), "3", "annotated", uses_aus=True)
    by_clip = dict(zip(table.clip_ids, table.aus, strict=True))
    assert (by_clip["manifest/p1/c7"] == -1).all()
    assert by_clip["manifest/p0/c0"].tolist() == [float(au in (1, 12)) for au in AU_VOCABULARY]
    assert load(tmp_path / "a", "3", "none", uses_aus=True).aus is None
    assert load(tmp_path / "a", "3", "auto", uses_aus=False).aus is None
    with pytest.raises(ConfigError, match="takes no action units"):
        load(tmp_path / "a", "3", "annotated", uses_aus=False)
    without = write(tmp_path / "b", [row(i, "anger", aus=None) for i in range(3)])
    with pytest.raises(ConfigError, match="annotates no action units"):
        load(without, "3", "annotated", uses_aus=True)


def test_the_content_digest_ignores_order_and_sees_every_value(tmp_path, rows):
    one = load(write(tmp_path / "a", rows), "3", "auto", uses_aus=True)
    assert load(write(tmp_path / "b", rows[::-1], per_shard=2), "3", "auto", uses_aus=True).content == one.content
    rows[0]["x"] = rows[0]["x"] + 1
    assert load(write(tmp_path / "c", rows), "3", "auto", uses_aus=True).content != one.content


def test_a_scheme_that_leaves_nothing_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="no clip of manifest has features and a class"):
        load(write(tmp_path / "a", [row(0, "others")]), "3", "none", uses_aus=True)


def test_fold_arrays_are_the_named_clips_and_hold_no_test_label(tmp_path):
    table = load(write(tmp_path / "a", [row(i, EMOTIONS[i % 3]) for i in range(9)]), "3", "auto", uses_aus=True)
    job = replace(Study("stag", "loso", 2, 1, QUICK).jobs(table, {})[0])
    data = fold_data(table, job)
    for part in ("train", "validation", "test"):
        assert [int(x.flat[0]) for x in getattr(data, f"x_{part}")] == [int(clip[-1]) for clip in getattr(job, part)]
    assert not hasattr(data, "y_test")
    assert [table.truth[clip] for clip in job.train] == data.y_train.tolist()


def test_a_row_of_another_length_is_refused(tmp_path, rows):
    rows[0]["x"] = rows[0]["x"][:-1]
    with pytest.raises(FeatureSetError, match="12 values a row, a row has 11"):
        load(write(tmp_path / "a", rows), "3", "none", uses_aus=True)
