"""Many clips over Ray Data: every worker loads the bundle and the landmark model once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from orchestrator.inference.video import ClipPredictor, Prediction
from preprocessing import local_ray
from preprocessing.inputs.settings import file_of
from preprocessing.quiet import quiet_ray_data
from preprocessing.schema import Clip


class _Worker:
    def __init__(self, bundle: str, allow_code: bool, landmarker: str) -> None:
        import cv2

        from orchestrator.inference.bundle import load

        cv2.setNumThreads(1)  # one worker, one core
        self.predictor = ClipPredictor(load(Path(bundle), allow_code=allow_code), landmarker)

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        return {"number": row["number"], "made": self.predictor(row["clip"])}


def predictions(
    bundle: Path, clips: Sequence[Clip], workers: int, *, allow_code: bool, landmarker: str = ""
) -> Iterator[tuple[int, Prediction]]:
    """(number of the clip, its prediction) as they end, the same as ClipPredictor's in this process.

    Starts Ray on this machine and ends it. Raises RayError where a worker ends again and again.
    """
    import ray

    local_ray.start(num_cpus=workers + 1)  # Ray Data's own operators need one
    try:
        ray.data.DataContext.get_current().enable_progress_bars = False
        quiet_ray_data()
        items = [{"number": number, "clip": clip} for number, clip in enumerate(clips)]
        rows = ray.data.from_items(items, override_num_blocks=len(items)).map(
            _Worker,  # type: ignore[arg-type]
            fn_constructor_args=(str(bundle.absolute()), allow_code, file_of(landmarker)),
            compute=ray.data.ActorPoolStrategy(size=min(workers, len(items))),
            num_cpus=0.5,
        )
        for row in rows.iter_rows():
            yield int(row["number"]), row["made"]
    finally:
        ray.shutdown()
