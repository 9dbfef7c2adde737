"""What every output says of the action units behind a score: headline, tables, CSV files, pictures, names of
MLflow's runs.

summary  of a sweep, or what else has its keys "au" ("none", "predicted" or "annotated") and "au_remark"
         (ClipTable.au_remark; sweeps of older versions have none).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from orchestrator.study.table import OWN_ANNOTATION


def au_columns(summary: Mapping[str, Any]) -> dict[str, str]:
    """The two columns of every CSV file with scores."""
    older = OWN_ANNOTATION if summary["au"] == "annotated" else ""
    return {"au": summary["au"], "au_remark": summary.get("au_remark", older)}


def au_of(summary: Mapping[str, Any]) -> str:
    """As ``au_label``, of a sweep."""
    return au_label(*au_columns(summary).values())


def au_label(au: str, remark: str) -> str:
    """'predicted', "annotated (the tested clip's own AU annotation is an input)"."""
    return f"{au} ({remark})" if remark else au
