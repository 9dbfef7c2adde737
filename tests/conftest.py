"""Ray on two CPUs, once for a file's tests. Its workers rank with everybody here: Ray gives them a
niceness of 15, and beside a few busy processes of other people each then gets a fiftieth of a core.

Signals do what they do in a terminal, also for a suite that ``nohup`` or a script's ``&`` has started: these
ignore Ctrl-C and a closed terminal, and whatever a test starts would inherit that."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

os.environ.setdefault("RAY_worker_niceness", "0")
signal.signal(signal.SIGINT, signal.default_int_handler)
signal.signal(signal.SIGHUP, signal.SIG_DFL)


@pytest.fixture(scope="module")
def local_ray():
    import ray

    from orchestrator.runners import ray as ray_runner

    ray_runner.start(None, cpus=2)
    yield
    ray.shutdown()


@pytest.fixture
def open_folder():
    """Outside of pytest's own, which other users may not enter."""
    folder = Path(tempfile.mkdtemp(prefix="mer-open-"))
    folder.chmod(0o755)
    yield folder
    shutil.rmtree(folder)
