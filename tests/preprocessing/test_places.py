"""Addresses of stores: what is a place, and what is refused without repeating a credential. The server is in
test_store_on_s3.py."""

from pathlib import Path

import pytest

from preprocessing.places import PlaceError, S3Path, map_places, place


def test_an_address_is_a_path_or_a_bucket(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert place("shared/store") == place(Path("shared/store")) == tmp_path / "shared/store"
    query = "endpoint_override=127.0.0.1:5000&scheme=http"
    store = place(f"s3://bucket/some//prefix/?{query}")
    assert store == S3Path("bucket/some/prefix", query)
    shard = store / "features" / "corpus=a" / "0f" / "../shards/x.parquet"
    assert str(shard) == f"s3://bucket/some/prefix/features/corpus=a/shards/x.parquet?{query}"
    assert place(str(shard)) == place(shard) == shard
    assert (shard.name, shard.with_suffix(".json").name, shard.parent.parent.name) == (
        "x.parquet",
        "x.json",
        "corpus=a",
    )
    with pytest.raises(PlaceError, match="leads out of the bucket"):
        store / "../../../other/x"


@pytest.mark.parametrize(
    ("address", "words"),
    [
        ("s3://AKIAKEY:hunter2@bucket/prefix", "holds credentials"),
        ("s3://bucket/prefix?secret_key=hunter2", "unknown option 'secret_key'"),
        ("s3://bucket?scheme=http&AccessKey=hunter2", "unknown option 'AccessKey'"),
        ("s3://", "names no bucket"),
        ("s3:/bucket/x", "no place for a store"),
        ("gs://bucket/x", "gs: is no place"),
        (Path("s3://bucket/x"), "goes with --store"),
    ],
)
def test_what_is_no_place_is_refused_and_a_credential_is_not_repeated(address, words):
    with pytest.raises(PlaceError, match=words) as caught:
        place(address)
    assert "hunter2" not in str(caught.value)
    assert "AKIAKEY" not in str(caught.value)


def test_each_keeps_the_order_over_the_network_too():
    places = [S3Path(f"bucket/{i}") for i in range(50)]
    assert map_places(lambda one: one.name, places) == [str(i) for i in range(50)]
