"""The refitted model as a bundle in the sweep's folder, from where it goes to MLflow, now or later."""

from __future__ import annotations

from pathlib import Path

from orchestrator.inference import pack
from orchestrator.inference.bundle import arrays_of, numbered
from orchestrator.inference.refit import Refit
from orchestrator.results import intervals, report
from orchestrator.study.table import ClipTable


def keep_model(folder: Path, model: str, refit: Refit, table: ClipTable, sweep: Path | None = None) -> None:
    """Write the model refitted on all clips of ``table`` for Tracker.model; for a model from a plugin, the
    plugin's text too, so that it loads where the file is not.

    sweep  folder of the finished sweep, whose score goes into the card; None: the card has none.
    Raises OSError when the folder cannot be written, report.ReportError where the sweep's files do not read.
    """
    about = pack.described(model, table, refit.config, refit.trial, pack.about_models(refit.models))
    weights = numbered([arrays_of(one) for one in refit.models])
    if sweep is None:
        pack.write(folder, about, weights, table)
        return
    summary, predictions = report.read(sweep)
    about["sweep"] = pack.of_sweep(summary, table, summary["rule"])
    interval = intervals.of_rule(predictions, summary["rule"], summary["classes"])
    pack.write(folder, about, weights, table, summary, interval)
