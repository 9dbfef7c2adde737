"""Two sweeps of one name at once would mix their proposals: the second is refused, and the first's sudden end
frees the name."""

import signal
import subprocess
import sys

import pytest

from orchestrator.common.errors import ConfigError
from orchestrator.workspace.sweep_folder import SweepFolder

DEFINITION = {"model": "stag", "seeds": 1}
HOLDS = """
import sys
from pathlib import Path
from orchestrator.workspace.sweep_folder import SweepFolder
held = SweepFolder.open(Path(sys.argv[1]), {"model": "stag", "seeds": 1}, resume=False)
print("holds", flush=True)
sys.stdin.read()
"""


def test_the_second_is_refused_by_name_and_a_killed_one_frees_it(tmp_path):
    folder = tmp_path / "sweep"
    with subprocess.Popen(
        [sys.executable, "-c", HOLDS, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as other:
        assert other.stdout.readline() == "holds\n"
        for resume in (True, False):
            with pytest.raises(
                ConfigError, match=rf"'sweep' (is being run by process {other.pid} of|exists)"
            ):
                SweepFolder.open(folder, DEFINITION, resume=resume)
        other.send_signal(signal.SIGKILL)
    held = SweepFolder.open(folder, DEFINITION, resume=True)
    assert held.path == folder


def test_the_name_is_free_again_when_the_sweep_has_ended(tmp_path):
    first = SweepFolder.open(tmp_path / "sweep", DEFINITION, resume=False)
    with pytest.raises(ConfigError, match="is being run by process"):
        SweepFolder.open(tmp_path / "sweep", DEFINITION, resume=True)
    del first
    SweepFolder.open(tmp_path / "sweep", DEFINITION, resume=True)
