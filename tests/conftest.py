"""Ray on two CPUs, once for a file's tests. Its workers rank with everybody here: Ray gives them a
niceness of 15, and beside a few busy processes of other people each then gets a fiftieth of a core."""

import os

import pytest

os.environ.setdefault("RAY_worker_niceness", "0")


@pytest.fixture(scope="module")
def local_ray():
    import ray

    from orchestrator.runners import ray as ray_runner

    ray_runner.start(None, cpus=2)
    yield
    ray.shutdown()
