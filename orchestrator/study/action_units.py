"""Which action units a study uses, settled once for all its folds: a fold that went without them would be a
model of its own among the others."""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator.common.errors import ConfigError
from orchestrator.study.jobs import FoldJob
from orchestrator.study.table import ClipTable

# as training/parts/au_head.cross_fit needs: a training clip's estimate is by a head of other people
PEOPLE = 2


def settled(table: ClipTable, au: str, jobs: Iterable[FoldJob]) -> ClipTable:
    """The table with the action units that all folds use.

    au    as asked for, one of table.AU_MODES. With "auto" nobody has asked for predicted ones: where some
          fold cannot predict them, the study uses none, and ``not_predicted`` counts those folds. With
          "predicted" such a fold fails.
    jobs  of one trial: only the names of their training clips are read.
    Raises ConfigError when action units were asked for by name and no clip is annotated.
    """
    if au in ("annotated", "predicted") and table.aus is None:
        raise ConfigError(
            f"--au {au} was asked for, but {table.corpus} annotates no action units; use --au none"
        )
    if au != "auto" or table.aus is None:
        return table
    rows = zip(table.clip_ids, table.subjects, (table.aus >= 0).all(1), strict=True)
    person = {clip: who for clip, who, known in rows if known}
    enough: dict[str, bool] = {}
    for job in jobs:
        annotated = {person[clip] for clip in job.train if clip in person}
        enough[job.fold] = enough.get(job.fold, True) and len(annotated) >= PEOPLE
    if poor := list(enough.values()).count(False):
        return table.without_aus(
            f"not predicted: in {poor} of {len(enough)} folds fewer than {PEOPLE} training people have "
            "annotated AUs"
        )
    return table
