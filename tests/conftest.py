"""Ray on two CPUs, once for a file's tests."""

import pytest


@pytest.fixture(scope="module")
def local_ray():
    import ray

    from orchestrator.runners import ray as ray_runner

    ray_runner.start(None, cpus=2)
    yield
    ray.shutdown()
