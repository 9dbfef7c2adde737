"""Feature set -> table -> fold arrays: joined by clip id, classes by scheme, action units only where they
exist."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from orchestrator.common.errors import ConfigError
from orchestrator.study.study import Study
from orchestrator.study.table import load, merged
from preprocessing import sealed
from preprocessing.schema import AU_VOCABULARY, FeatureSetError, FeatureSpec, write_shard
from tests.orchestrator.tables import QUICK, fold_data
from tests.orchestrator.tables import table as made_up

SPEC = FeatureSpec("roi_flow14", "roi_flow", (2, 3, 2), "px", ("a", "b", "c"), {"flow": "farneback"})
EMOTIONS = ("happiness", "surprise", "disgust", "others", "hapiness", "sadness")


def row(i, emotion, *, status="ok", aus=(1, 12)):
    return {
        "clip_id": f"manifest/p{i % 3}/c{i}",
        "corpus": "manifest",
        "subject": f"manifest/p{i % 3}",
        "name": f"c{i}",
        "emotion": emotion,
        "aus_known": aus is not None,
        "aus": "",
        "au_vector": None if aus is None else [int(au in aus) for au in AU_VOCABULARY],
        "status": status,
        "error": "no face" if status != "ok" else "",
        "apex_source": "annotated",
        "repairs": "",
        "x": None if status != "ok" else np.full(12, i, np.float32),
    }


def write(folder: Path, rows, per_shard=3) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    names = []
    for n in range(0, len(rows), per_shard):
        names.append(f"shard-{n:05d}.parquet")
        write_shard(folder / names[-1], rows[n : n + per_shard], SPEC, {"errors": {}})
    sealed.write(folder / "index.json", {"shards": names})
    return folder


@pytest.fixture
def rows():
    return [row(i, EMOTIONS[i]) for i in range(6)] + [
        row(6, "anger", status="error"),
        row(7, "anger", aus=None),
    ]


def test_rows_keep_their_own_values_and_what_is_left_out_says_why(tmp_path, rows):
    table = load(write(tmp_path / "a", rows), "3", "auto", uses_aus=True)
    assert table.classes == ("negative", "positive", "surprise")
    assert list(zip(table.clip_ids, table.y.tolist(), strict=True)) == [
        ("manifest/p0/c0", 1),
        ("manifest/p1/c1", 2),
        ("manifest/p1/c7", 0),
        ("manifest/p2/c2", 0),
        ("manifest/p2/c5", 0),
    ]
    for clip, x in zip(table.clip_ids, table.x, strict=True):
        assert (x == int(clip[-1])).all()
    assert table.x.shape == (5, 2, 3, 2)
    assert set(table.left_out) == {"manifest/p0/c3", "manifest/p1/c4", "manifest/p0/c6"}
    assert "did you mean 'happiness'" in table.left_out["manifest/p1/c4"]
    assert "no class in scheme '3'" in table.left_out["manifest/p0/c3"]
    assert "no face" in table.left_out["manifest/p0/c6"]
    assert table.lost == {"manifest/p0/c6": "negative"}
    assert table.clips_of_class == {"negative": 4, "positive": 1, "surprise": 1}


def test_action_units_join_by_clip_and_a_missing_annotation_is_a_row_of_minus_1(tmp_path, rows):
    table = load(write(tmp_path / "a", rows), "3", "annotated", uses_aus=True)
    by_clip = dict(zip(table.clip_ids, table.aus, strict=True))
    assert (by_clip["manifest/p1/c7"] == -1).all()
    assert by_clip["manifest/p0/c0"].tolist() == [float(au in (1, 12)) for au in AU_VOCABULARY]
    assert load(tmp_path / "a", "3", "none", uses_aus=True).aus is None
    assert load(tmp_path / "a", "3", "auto", uses_aus=False).aus is None
    with pytest.raises(ConfigError, match="takes no action units"):
        load(tmp_path / "a", "3", "annotated", uses_aus=False)
    without = load(
        write(tmp_path / "b", [row(i, "anger", aus=None) for i in range(3)]), "3", "auto", uses_aus=True
    )
    assert without.aus is None and without.au == "none"


def test_the_content_digest_ignores_order_and_sees_every_value(tmp_path, rows):
    one = load(write(tmp_path / "a", rows), "3", "auto", uses_aus=True)
    assert (
        load(write(tmp_path / "b", rows[::-1], per_shard=2), "3", "auto", uses_aus=True).content
        == one.content
    )
    rows[0]["x"] = rows[0]["x"] + 1
    assert load(write(tmp_path / "c", rows), "3", "auto", uses_aus=True).content != one.content


def test_a_scheme_that_leaves_nothing_is_an_error(tmp_path):
    with pytest.raises(ConfigError, match="no clip of manifest has features and a class"):
        load(write(tmp_path / "a", [row(0, "others")]), "3", "none", uses_aus=True)


def test_fold_arrays_are_the_named_clips_and_hold_no_test_label(tmp_path):
    table = load(
        write(tmp_path / "a", [row(i, EMOTIONS[i % 3]) for i in range(9)]), "3", "auto", uses_aus=True
    )
    job = replace(Study("stag", "loso", 2, 1, QUICK).jobs(table, {})[0])
    data = fold_data(table, job)
    for part in ("train", "validation", "test"):
        assert [int(x.flat[0]) for x in getattr(data, f"x_{part}")] == [
            int(clip[-1]) for clip in getattr(job, part)
        ]
    assert not hasattr(data, "y_test")
    assert [table.truth[clip] for clip in job.train] == data.y_train.tolist()


def test_a_row_of_another_length_is_refused(tmp_path, rows):
    rows[0]["x"] = rows[0]["x"][:-1]
    with pytest.raises(FeatureSetError, match="12 values a row, a row has 11"):
        load(write(tmp_path / "a", rows), "3", "none", uses_aus=True)


@pytest.mark.parametrize("au", ["auto", "predicted"])
def test_unless_annotated_ones_are_asked_for_a_fold_gets_action_units_of_its_training_people_alone(
    tmp_path, rows, au
):
    table = load(write(tmp_path / "a", rows), "3", au, uses_aus=True)
    assert (
        table.au == "predicted"
        and table.content != load(tmp_path / "a", "3", "annotated", uses_aus=True).content
    )
    job = Study("stag", "loso", 2, 1, QUICK).jobs(table, {})[0]
    data = fold_data(table, job)
    assert table.shared.aus is None and table.au_remark == ""
    assert job.au == "predicted" and data.aus_validation is None and data.aus_test is None
    at = {clip: i for i, clip in enumerate(table.clip_ids)}
    np.testing.assert_array_equal(data.aus_train, table.aus[[at[clip] for clip in job.train]])
    people = dict(zip(data.subjects_train, (clip.rsplit("/", 1)[0] for clip in job.train), strict=True))
    assert len(set(people.values())) == len(people) and list(people) == sorted(people)  # numbered, not named


def corpus_of(name: str, *, classes=("negative", "positive", "surprise"), **changes):
    """Six clips of three people; the first value of a clip's array is its number."""
    one = made_up(3, 2)
    ids = tuple(clip.replace("synthetic", name) for clip in one.clip_ids)
    subjects = tuple(who.replace("synthetic", name) for who in one.subjects)
    x = np.arange(6, dtype=np.float32).reshape(6, 1, 1, 1) + np.zeros_like(one.x)
    return replace(
        one, **{"corpus": name, "clip_ids": ids, "subjects": subjects, "x": x, "classes": classes, **changes}
    )


def test_corpora_are_pooled_by_clip_with_the_classes_that_all_of_them_have():
    # 0 fear, 1 surprise, 2 negative
    a = corpus_of("b", lost={"b/p9/c0": "negative", "b/p9/c1": "positive"})
    b = corpus_of("a", classes=("fear", "surprise", "negative"))
    both = merged([a, b])
    # in the order of the first by name, which is a
    assert both.corpus == "a+b" and both.classes == ("surprise", "negative")
    assert list(both.clip_ids) == sorted(both.clip_ids)
    names = {clip: both.classes[y] for clip, y in both.truth.items()}
    for table in (a, b):
        for clip, y, x in zip(table.clip_ids, table.y, table.x, strict=True):
            word = table.classes[y]
            if word not in both.classes:
                assert "not one of the shared classes" in both.left_out[clip]
                continue
            assert names[clip] == word
            np.testing.assert_array_equal(both.x[both.clip_ids.index(clip)], x)
            assert both.subject_of[clip] == clip.rsplit("/", 1)[0]
    assert len(names) + len(both.left_out) == 12
    assert both.lost == {"b/p9/c0": "negative"} and sum(both.clips_of_class.values()) == len(names) + 1
    turned = merged([b, a])
    assert (turned.content, turned.corpus, turned.classes) == (both.content, both.corpus, both.classes)
    np.testing.assert_array_equal(turned.x, both.x)
    np.testing.assert_array_equal(turned.y, both.y)
    assert merged([a]) is a


def test_corpora_that_do_not_fit_together_are_refused():
    a = corpus_of("a")
    for other, words in (
        (a, "a corpus is given twice: a, a"),
        (corpus_of("b", features="roi_flow18-1"), "b has roi_flow18-1"),
        (corpus_of("b", classes=("fear", "positive", "anger")), "share 1 classes"),
    ):
        with pytest.raises(ConfigError, match=words):
            merged([a, other])


@pytest.mark.parametrize("au", ["annotated", "predicted"])
def test_a_corpus_without_action_units_takes_none_from_the_others(au):
    marks = np.arange(6 * 21, dtype=np.float32).reshape(6, 21)
    known, unknown = replace(corpus_of("b"), aus=marks, au=au), corpus_of("a")
    for tables in ([known, unknown], [unknown, known]):
        both = merged(tables)
        assert both.au == au
        by_clip = dict(zip(both.clip_ids, both.aus, strict=True))
        for clip, own in zip(known.clip_ids, marks, strict=True):
            np.testing.assert_array_equal(by_clip[clip], own)
        assert all((by_clip[clip] == -1).all() for clip in unknown.clip_ids)
    without = merged([unknown, corpus_of("c")])
    assert without.aus is None and without.au == "none"
