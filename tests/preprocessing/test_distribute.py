"""Ray Data actors write the same shards as the inline runner, each file by one worker."""

import pytest

from preprocessing import extract
from preprocessing.distribute import with_ray
from preprocessing.inputs import Settings
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.schema import read_shards


@pytest.fixture(scope="module")
def local_ray():
    import ray

    ray.init(address="local", num_cpus=2, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    yield
    ray.shutdown()


def test_two_actors_equal_one_process(tmp_path, local_ray, monkeypatch):
    render_corpus(tmp_path / "corpus", RenderConfig(subjects=2, clips_per_subject=2, size=160))
    monkeypatch.setattr("preprocessing.plan.CLIPS_PER_SHARD", 1)
    plans = [
        extract.plan("synthetic", tmp_path / "corpus", ["roi_flow14"], tmp_path / out, Settings(steps=4))
        for out in ("a", "b")
    ]
    seen = []
    together = extract.run(
        plans[0], with_ray(2), report=lambda p: seen.append((p.done, p.total, p.quarantined))
    )
    alone = extract.run(plans[1])
    tables = [read_shards(done.folders["roi_flow14"])[1] for done in (together, alone)]
    assert tables[0].equals(tables[1])
    assert seen[-1] == (4, 4, 0)
    assert len(list(together.folders["roi_flow14"].parent.glob("shards/*.parquet"))) == 4
