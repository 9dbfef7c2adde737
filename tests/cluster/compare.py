"""python -m tests.cluster.compare COUNTS STORE WORKSPACE INLINE: both hosts ran folds, and found what one
process finds, bit by bit."""

import json
import sys
from pathlib import Path

from orchestrator.study.record import FoldRecord
from orchestrator.workspace.store import FoldStore

FIELDS = ("fold", "seed", "member", "validation", "test", "notes")
ARRAYS = ("epochs", "train_loss", "validation_loss", "validation_counts", "test_probs")


def _content(record: FoldRecord) -> dict[str, object]:
    arrays = {name: getattr(record, name) for name in ARRAYS} | record.outputs
    same = {name: (value.dtype.str, value.shape, value.tobytes()) for name, value in arrays.items()}
    return same | {name: getattr(record, name) for name in FIELDS}


def differences(cluster: Path, inline: Path) -> list[str]:
    """What two folders of fold results do not share. Seconds may differ, nothing else."""
    stores = [FoldStore(folder) for folder in (cluster, inline)]
    names = [{one.job_id for one in store.held()} for store in stores]
    found = [f"job {name} is in one folder only" for name in sorted(names[0] ^ names[1])]
    for name in sorted(names[0] & names[1]):
        a, b = (_content(store.load(name)) for store in stores)
        found += [
            f"job {name}: {key} differs" for key in sorted(a.keys() | b.keys()) if a.get(key) != b.get(key)
        ]
    return found


def apart(cluster: dict, inline: dict) -> list[str]:
    """Keys in which two summaries differ. How long it took may differ, nothing else."""

    def untimed(summary: dict) -> dict:
        trials = [{k: v for k, v in row.items() if k != "seconds"} for row in summary["trials"]]
        # the seal is of all of the file, and so of the timing
        return {k: v for k, v in summary.items() if k not in ("timing", "sha256")} | {"trials": trials}

    a, b = untimed(cluster), untimed(inline)
    return sorted(key for key in a.keys() | b.keys() if a.get(key) != b.get(key))


if __name__ == "__main__":
    counts, store, workspace, inline = (Path(argument) for argument in sys.argv[1:])
    at = json.loads(counts.read_text())
    found = differences(store / "folds", inline / "folds")
    summaries = [
        json.loads((folder / "sweeps" / "one" / "summary.json").read_text()) for folder in (workspace, inline)
    ]
    if keys := apart(*summaries):
        found.append(f"summaries differ in {keys}")
    folds = summaries[0]["folds"]
    if len(at) < 2 or sum(at.values()) != folds:
        found.append(f"{folds} folds over two hosts were asked for; they ran as {at}")
    if found:
        raise SystemExit("\n".join(found))
    print(f"{folds} folds, by host {at}: equal to a run in one process, bit by bit")
