"""What a fold asks for follows from what one has used."""

import numpy as np
import pytest

from orchestrator.runners import sizing
from orchestrator.runners.sizing import Need, Peak, gpu_share, host_bytes

GIB = 2**30


@pytest.mark.parametrize(
    ("peak", "total", "share"), [(1, 100, 0.02), (8, 100, 0.10), (30, 80, 0.47), (79, 80, 1.0), (0, 0, 0.0)]
)
def test_share_of_a_gpu_holds_the_peak_with_a_quarter_to_spare(peak, total, share):
    assert gpu_share(Peak(GIB, peak * GIB, total * GIB)) == share


def test_host_memory_is_the_peak_with_a_quarter_to_spare():
    assert host_bytes(Peak(4 * GIB)) == 5 * GIB


def test_the_peak_of_this_process_is_in_bytes_and_does_not_fall():
    before = sizing.measure("cpu").host
    held = np.ones(200 * 2**20 // 8)
    during = sizing.measure("cpu").host
    del held
    assert before > 20 * 2**20  # an interpreter with torch, not a count of kilobytes
    assert sizing.measure("cpu").host >= during >= before
    assert sizing.measure("cpu").gpu == 0


def test_device_follows_from_the_share():
    assert (Need().device, Need(gpus=0.25).device) == ("cpu", "cuda")
