"""Two frames -> dense optical flow and optical strain.

Output  flow float32 (H, W, 2): u to the right, v down, in pixels from the first frame to the second.
        strain float32 (H, W): sqrt(ux^2 + vy^2 + (uy + vx)^2 / 2), per pixel (STSTNet, eq. of section II).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

Flow = Callable[[NDArray[Any], NDArray[Any]], NDArray[Any]]  # two uint8 (H, W) -> float32 (H, W, 2)


def _farneback() -> Flow:
    def flow(first: NDArray[Any], second: NDArray[Any]) -> NDArray[Any]:
        # OpenCV's stub does not know that the initial flow may be None.
        start: Any = None
        return cv2.calcOpticalFlowFarneback(first, second, start, 0.5, 3, 15, 3, 5, 1.1, 0)

    return flow


def _dis() -> Flow:
    dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
    return lambda first, second: dis.calc(first, second, None)  # type: ignore[call-overload]


def _tvl1() -> Flow:
    tvl1 = cv2.optflow.DualTVL1OpticalFlow.create()
    return lambda first, second: tvl1.calc(first, second, None)  # type: ignore[call-overload]


FLOWS: dict[str, Callable[[], Flow]] = {"farneback": _farneback, "dis": _dis, "tvl1": _tvl1}


def strain(flow: NDArray[Any]) -> NDArray[Any]:
    """Optical strain magnitude of a flow field, float32 (H, W), >= 0; derivatives by central differences."""
    uy, ux = np.gradient(flow[..., 0])
    vy, vx = np.gradient(flow[..., 1])
    return np.sqrt(ux**2 + vy**2 + 0.5 * (uy + vx) ** 2).astype(np.float32)
