"""Extraction: one row a clip whatever happens to it, restart does what is missing, half a shard is never
taken as done."""

import errno
import json

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from preprocessing import extract, schema
from preprocessing.choice import Choice
from preprocessing.datasets import ststnet_flow
from preprocessing.inputs import Settings, SettingsError
from preprocessing.pipeline import Pipeline
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.schema import FeatureSetError, read_shards
from tests.fake_corpora import fake_ststnet_flow


@pytest.fixture(scope="module")
def frames(tmp_path_factory):
    """Two people, two clips each, and five ways to break a clip."""
    root = tmp_path_factory.mktemp("corpus")
    render_corpus(root, RenderConfig(subjects=2, clips_per_subject=3, size=160))
    rows = (root / "manifest.csv").read_text().splitlines()
    broken = {"noface": None, "twofaces": None, "truncated": None, "zerobyte": None, "gap": None}
    source = root / rows[1].split(",")[2]
    images = sorted(source.glob("*.jpg"))
    for name in broken:
        folder = root / "frames" / "bad" / name
        folder.mkdir(parents=True)
        for i, path in enumerate(images):
            target = folder / path.name
            image = cv2.imread(str(path))
            if name == "noface":
                cv2.imwrite(str(target), np.full_like(image, 128))
            elif name == "twofaces":
                cv2.imwrite(str(target), np.hstack([image, image]))
            elif name == "truncated" and i == 3:
                target.write_bytes(path.read_bytes()[:2000])
            elif name == "zerobyte" and i == 3:
                target.touch()
            elif name != "gap" or i not in (3, 4, 5):  # more in a row than are bridged
                target.write_bytes(path.read_bytes())
        rows.append(
            rows[1].replace("p01,c01", f"bad,{name}").replace(rows[1].split(",")[2], f"frames/bad/{name}")
        )
    rows.append(rows[1].replace("p01,c01", "bad,apex").replace(f",{rows[1].split(',')[4]},", ",99999,"))
    onset, apex, offset = rows[1].split(",")[3:6]
    rows.append(
        rows[1].replace("p01,c01", "p03,noapex").replace(f",{onset},{apex},{offset},", f",{onset},,{offset},")
    )
    rows.append(rows[1].replace("p01,c01", "p03,nothing").replace(f",{onset},{apex},{offset},", ",,,,"))
    (root / "manifest.csv").write_text("\n".join(rows) + "\n")
    return root


@pytest.fixture(scope="module")
def made(frames, tmp_path_factory):
    plan = extract.plan(
        "manifest", frames, ["roi_flow14"], tmp_path_factory.mktemp("features"), Settings(steps=8)
    )
    return plan, extract.run(plan, max_failed=0.6)


def test_every_clip_has_a_row_and_a_broken_one_says_why(made):
    _, done = made
    spec, table = read_shards(done.folders["roi_flow14"])
    rows = {row["clip_id"].removeprefix("manifest/").removeprefix("bad/"): row for row in table.to_pylist()}
    assert len(rows) == 14
    assert (done.clips, done.quarantined, done.extracted) == (14, 6, 14)
    expected = {
        "noface": "no face",
        "twofaces": "2 faces",
        "truncated": "cut short",
        "zerobyte": "zero bytes",
        "gap": "missing",
        "apex": "apex 99999",
    }
    assert {name for name, row in rows.items() if row["status"] == "error"} == set(expected)
    for name, words in expected.items():
        assert words in rows[name]["error"]
        assert rows[name]["x"] is None
    good = rows["p01/c01"]
    assert spec.array(good["x"]).shape == (8, 14, 2)
    assert good["apex_source"] == "annotated"
    assert good["n_frames"] == good["offset"] - good["onset"] + 1
    middle = rows["p03/noapex"]
    assert (middle["apex"], middle["apex_source"]) == ((middle["onset"] + middle["offset"]) // 2, "middle")
    assert middle["x"] == good["x"]  # the sequence does not depend on the apex
    # of all its frames
    assert (rows["p03/nothing"]["apex"], rows["p03/nothing"]["apex_source"]) == (middle["apex"], "middle")
    assert rows["p03/nothing"]["x"] == good["x"]
    quarantine = (done.folders["roi_flow14"] / "quarantine.csv").read_text()
    assert quarantine.count("manifest/bad/") == 6


def test_a_second_run_extracts_nothing(frames, made, monkeypatch):
    plan, _ = made
    monkeypatch.setattr(
        Pipeline, "rows", lambda self, clip: pytest.fail("a finished clip was processed again")
    )
    again = extract.plan(
        "manifest", frames, ["roi_flow14"], plan.folders["roi_flow14"].parents[2], Settings(steps=8)
    )
    assert extract.run(again, max_failed=0.6).extracted == 0


def test_too_many_failures_are_an_error_after_all_is_written(made):
    plan, _ = made
    with pytest.raises(extract.TooManyFailures, match=r"6 of 14 clips .* allowed share 0\.2"):
        extract.run(plan, max_failed=0.2)
    assert (plan.folders["roi_flow14"] / "index.json").is_file()


def test_other_parameters_are_another_feature_set(frames, made, tmp_path):
    plan, _ = made
    other = extract.plan("manifest", frames, ["roi_flow14"], tmp_path, Settings(steps=8, flow="dis"))
    assert other.specs["roi_flow14"].version != plan.specs["roi_flow14"].version


@pytest.fixture
def pictures(tmp_path):
    root = fake_ststnet_flow(tmp_path / "corpus")
    plan = extract.plan("ststnet_flow", root, ["roi_flow14", "onset_apex_flow"], tmp_path / "out")
    return root, plan


def test_flow_pictures_become_both_inputs(pictures):
    root, plan = pictures
    done = extract.run(plan)
    clips = {c.clip_id: c for c in ststnet_flow.clips(root)}
    spec, table = read_shards(done.folders["onset_apex_flow"])
    row = table.to_pylist()[0]
    picture = cv2.imread(str(clips[row["clip_id"]].frames))[:, :, ::-1]  # files hold u, v, strain as R, G, B
    np.testing.assert_array_equal(spec.array(row["x"]), picture.transpose(2, 0, 1))
    assert row["au_vector"] is None
    assert read_shards(done.folders["roi_flow14"])[0].shape == (1, 14, 2)


def test_a_full_disk_leaves_no_half_shard_and_the_next_run_goes_on(pictures, monkeypatch):
    _, plan = pictures
    monkeypatch.setattr("preprocessing.plan.CLIPS_PER_SHARD", 2)
    real, calls = pq.write_table, []

    def full(table, path, **options):
        calls.append(path)
        if len(calls) == 2:
            path.write_bytes(b"PAR1 half a shard")
            raise OSError(errno.ENOSPC, "No space left on device")
        real(table, path, **options)

    monkeypatch.setattr(schema.pq, "write_table", full)
    with pytest.raises(OSError, match="No space left"):
        extract.run(plan)
    names = {p.name for folder in plan.folders.values() for p in folder.parent.rglob("*")}
    assert not any("part" in name for name in names)
    assert plan.missing()
    monkeypatch.setattr(schema.pq, "write_table", real)
    extract.run(plan)
    assert not plan.missing()


def test_a_shard_without_its_marker_or_of_another_size_is_done_again(pictures):
    _, plan = pictures
    extract.run(plan)
    shard = plan.shard("roi_flow14", 0)
    shard.with_suffix(".json").unlink()
    assert plan.missing() == [0]
    extract.run(plan)
    shard.write_bytes(shard.read_bytes()[:-10])
    assert plan.missing() == [0]
    with pytest.raises(FeatureSetError, match=r"is missing.*extracts only what is missing"):
        read_shards(plan.folders["roi_flow14"])


def test_another_schema_version_is_refused(pictures, monkeypatch):
    _, plan = pictures
    done = extract.run(plan)
    monkeypatch.setattr(schema, "SCHEMA_VERSION", 99)
    with pytest.raises(FeatureSetError, match="has schema version 3, this program reads 99"):
        read_shards(done.folders["roi_flow14"])


def test_a_changed_picture_is_extracted_again(pictures):
    root, plan = pictures
    extract.run(plan)
    clip = next(iter(ststnet_flow.clips(root)))
    image = cv2.imread(str(clip.frames))
    cv2.imwrite(str(clip.frames), 255 - image)
    again = extract.plan("ststnet_flow", root, ["roi_flow14"], plan.folders["roi_flow14"].parents[2])
    assert len(again.missing()) == 1  # the shard of that person; the others are found again
    assert len(again.shards) == 5
    done = extract.run(again)
    assert done.extracted == 1
    assert read_shards(done.folders["roi_flow14"])[1].num_rows == 6


def test_a_part_of_a_corpus_shares_its_shards_with_the_whole(pictures):
    root, plan = pictures
    out = plan.folders["roi_flow14"].parents[2]
    part = extract.plan(
        "ststnet_flow",
        root,
        list(plan.specs),
        out,
        choice=Choice(subjects=("samm-006", "ststnet_flow/smic-s01")),
    )
    done = extract.run(part)
    assert done.clips == 3
    assert done.folders["roi_flow14"] != plan.folders["roi_flow14"]
    assert read_shards(done.folders["roi_flow14"])[1].num_rows == 3
    assert extract.run(plan).extracted == 3  # of six
    few = extract.plan("ststnet_flow", root, ["roi_flow14"], out, choice=Choice(limit=2))
    assert [clip.name for shard in few.shards for clip in shard] == ["EP02_01f", "EP06_02_01"]
    for choice, words in (
        (Choice(("samm-007",)), "no subject 'samm-007'"),
        (Choice(limit=0), "at least 1, got 0"),
    ):
        with pytest.raises(schema.CorpusError, match=words):
            extract.plan("ststnet_flow", root, ["roi_flow14"], out, choice=choice)


def test_an_input_that_needs_frames_is_refused_for_pictures_and_an_unknown_apex_method_always(pictures):
    root, plan = pictures
    out = plan.folders["roi_flow14"].parents[2]
    with pytest.raises(schema.CorpusError, match=r"apex_offset_flow needs frames.*roi_flow14"):
        extract.plan("ststnet_flow", root, ["apex_offset_flow"], out)
    with pytest.raises(SettingsError, match=r"apex is 'midle'.*middle, roi_difference.*--apex"):
        extract.plan("ststnet_flow", root, ["roi_flow14"], out, Settings(apex="midle"))
    with pytest.raises(schema.CorpusError, match="did you mean 'roi_flow14'"):
        extract.plan("ststnet_flow", root, ["roi_flow_14"], out)


def test_the_index_names_every_shard(pictures):
    _, plan = pictures
    done = extract.run(plan)
    index = json.loads((done.folders["roi_flow14"] / "index.json").read_text())
    assert len(index["shards"]) == len(plan.shards)
