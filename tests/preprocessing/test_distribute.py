"""Ray Data actors write the same shards as the inline runner, each file by one worker, and have the
plan's plugins."""

import numpy as np
import pytest

from preprocessing import extract
from preprocessing import local_ray as ray_here
from preprocessing.distribute import with_ray
from preprocessing.inputs import INPUTS, Settings
from preprocessing.plugins import read
from preprocessing.render import RenderConfig, render_corpus
from preprocessing.schema import read_shards


@pytest.fixture(scope="module")
def local_ray():
    import ray

    ray_here.start(num_cpus=2)
    yield
    ray.shutdown()


@pytest.mark.long
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


def test_an_input_of_ones_own_travels_to_the_actors(tmp_path, local_ray, monkeypatch):
    monkeypatch.setattr(INPUTS, "_modules", dict(INPUTS._modules))
    render_corpus(tmp_path / "corpus", RenderConfig(subjects=1, clips_per_subject=1, size=160))
    file = tmp_path / "negative_input.py"
    file.write_text(
        "import numpy as np\n"
        "from preprocessing.inputs.frame_crops import ApexFrame, _One\n"
        "class Negative(ApexFrame):\n"
        "    def collector(self, clip, settings):\n"
        "        return Inverted(clip.apex, settings.image_size)\n"
        "class Inverted(_One):\n"
        "    def result(self, shared):\n"
        "        return 255 - super().result(shared)\n"
        "INPUTS = {'negative': Negative()}\n"
    )
    plan = extract.plan(
        "synthetic", tmp_path / "corpus", ["apex_frame", "negative"], tmp_path / "out", plugins=[read(file)]
    )
    file.unlink()  # no other machine has it
    folders = extract.run(plan, with_ray(1)).folders
    x = {}
    for name, folder in folders.items():
        spec, table = read_shards(folder)
        x[name] = spec.array(table["x"][0].as_py())
    np.testing.assert_array_equal(x["negative"], 255 - x["apex_frame"])
