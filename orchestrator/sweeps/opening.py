"""What a sweep says before its folds begin: what is run on what, and what a reader of its scores must
know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from orchestrator.results.action_units import au_label
from orchestrator.results.report import protocol_label
from orchestrator.search.events import Note
from orchestrator.study.labels import deviations, own
from orchestrator.study.study import Study
from orchestrator.study.table import ClipTable


def opening(
    name: str,
    study: Study,
    trials: int,
    scheme: str,
    table: ClipTable,
    corpora: Sequence[ClipTable],
    quarantined: int,
) -> list[Note]:
    """What is run, what was left out, warnings. scheme: of the labels. corpora: the tables that ``table`` was
    made of. quarantined: clips without features."""
    folds = len(study.folds(table))
    models = f" x {study.inner_folds} models" if study.committee else ""
    notes = [
        Note(
            f"{name}: {study.model} on {table.corpus}, {len(table.clip_ids)} clips, "
            f"{protocol_label(study.protocol)}, "
            f"{folds} folds, classes {_counts(table)}, AUs: {au_label(table.au, table.au_remark)}, "
            f"{trials} trials x {folds} folds x {study.seeds} seeds{models}"
        )
    ]
    if quarantined:
        notes.append(
            Note(
                f"{quarantined} clips are quarantined (quarantine.csv beside the features says why)",
                "warning",
            )
        )
    others = Counter(reason for reason in table.left_out.values() if not reason.startswith("quarantined"))
    notes += [
        Note(f"{count} clips left out: {reason}", "warning") for reason, count in sorted(others.items())
    ]
    empty = [name for name, n in table.clips_of_class.items() if not n]
    if empty:
        best = (len(table.classes) - len(empty)) / len(table.classes)
        notes.append(
            Note(
                f"warning: of class {', '.join(empty)} there is no clip: UF1 and UAR are means over all "
                f"{len(table.classes)} classes of the scheme, so they cannot exceed {best:.3f}; name the "
                "classes that are there with --classes, or say with --label which words mean the others",
                "warning",
            )
        )
    unpublished = (
        text for one in corpora for text in deviations(one.corpus, own(one.corpus, scheme), _counts(one))
    )
    return notes + [Note(f"warning: {text}", "warning") for text in (*study.warnings(table), *unpublished)]


def _counts(table: ClipTable) -> dict[str, int]:
    return {name: int((table.y == i).sum()) for i, name in enumerate(table.classes)}
