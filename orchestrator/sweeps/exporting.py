"""A finished sweep -> a bundle that somebody else can use."""

from __future__ import annotations

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import safetensors.numpy

from orchestrator.common.errors import ConfigError
from orchestrator.inference import calibration, of_folds, onnx_file, pack, validated
from orchestrator.inference.bundle import (
    FORMAT,
    Bundle,
    arrays_of,
    load,
    numbered,
    of_files,
)
from orchestrator.inference.bundle_files import (
    CARD,
    EXAMPLE,
    MODEL,
    WEIGHTS,
    BundleError,
    read_files,
    write_zip,
)
from orchestrator.inference.refit import refit
from orchestrator.results import intervals
from orchestrator.search.events import Listener, Note
from orchestrator.selection.rules import RULES, kind_of
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.reopened import Reopened, reopen
from orchestrator.tracking import logged_model as registry
from orchestrator.tracking.outbox import MODEL as OF_SWEEP
from preprocessing.places import write_atomically


def export(
    name: str, workspace: Path, to: Path, tell: Listener, *, rule: str = "", calibrate: bool = True,
    register: str = "", champion: bool = False, tracking_uri: str = "", folds: bool = False,
    onnx: bool = False,
) -> Bundle:  # fmt: skip
    """Write the bundle of a finished sweep to ``to``, a new folder or a .zip file, and load it from there.

    rule       under which it was chosen; "" = the sweep's own. An oracle is refused, as Reopened.rule says.
    folds      the models of all folds instead of one that is trained on all people.
    onnx       with an ONNX graph; refused with the reason where the model has none.
    calibrate  fit a temperature on validation people, which may train as many models as there are inner
               groups.
    register   name in MLflow's registry of which it becomes a new version, "" = of none; champion: and gets
               the alias ``champion``, for which the score must be of a blind rule.
    Raises TrackingError where MLflow fails; what was written to ``to`` stays.
    Raises ConfigError, BundleError, report.ReportError, OSError, as reopened.reopen.
    """
    if to.exists() and (not to.is_dir() or any(to.iterdir())):
        raise ConfigError(f"--to {to} exists; name a new folder or file, or remove it")
    sweep = reopen(name, workspace, tell)
    rule = sweep.rule(rule)
    kind = kind_of(rule, sweep.summary)
    if champion and not (register and kind == "blind"):
        why = f"the score of {name} under {rule} is {kind}" if register else "--register NAME is not given"
        raise ConfigError(
            f"--champion: {why}; the alias is for a registered model whose score is of a blind rule"
        )
    models = sweep.models(rule) if folds else []
    about, weights = _folds(sweep, rule, models, tell) if folds else _refit(sweep, rule, tell)
    interval = intervals.of_rule(sweep.predictions, rule, sweep.summary["classes"])
    with tempfile.TemporaryDirectory(dir=_beside(to), prefix=f".{to.name}.") as held:
        made = Path(held) / "bundle"
        pack.write(made, about, weights, sweep.table, sweep.summary, interval)
        bundle = load(made, allow_code=True) if folds or calibrate else None
        if bundle and folds:
            of_folds.check(bundle, models, sweep.table)
        if bundle and calibrate:
            about["calibration"] = _calibration(sweep, bundle, rule, models, tell)
            pack.write(made, about, weights, sweep.table, sweep.summary, interval)
        if onnx:
            given = safetensors.numpy.load_file(made / EXAMPLE)
            about["onnx"] = {"opset": onnx_file.OPSET, "parity": onnx_file.PARITY}
            graph = onnx_file.written(load(made, allow_code=True), given["flow"], given.get("aus"))
            pack.write(made, about, weights, sweep.table, sweep.summary, interval, graph)
        if to.suffix == ".zip":
            write_atomically(to, lambda path: write_zip(made, path))
        else:
            to.mkdir(exist_ok=True)
            for file in made.iterdir():
                shutil.copyfile(file, to / file.name)
        if register:
            uri = Execution(workspace=workspace, tracking_uri=tracking_uri).tracking
            address = registry.register(made, uri, register, (made / CARD).read_text(), champion)
            tell(
                Note(
                    f"MLflow has it as {address}" + (f" and models:/{register}@champion" if champion else "")
                )
            )
    return load(to, allow_code=True)


def _refit(sweep: Reopened, rule: str, tell: Listener) -> tuple[dict[str, Any], bytes]:
    """What model.json says of the refit under the rule, and its weights: the sweep's own where it has one."""
    about = pack.of_sweep(sweep.summary, sweep.table, rule)
    if rule == sweep.summary["rule"] and (sweep.folder / OF_SWEEP).is_dir():
        try:
            held = read_files(sweep.folder / OF_SWEEP)
            ready = of_files(held, str(sweep.folder / OF_SWEEP), allow_code=True).about
            if ready.format == FORMAT:  # as it is written, so that one trained again gives the same file
                return json.loads(held[MODEL]) | {"sweep": about}, held[WEIGHTS]
        except BundleError as error:
            tell(Note(f"{error}; it is trained again", "warning"))
    sweep.allows(rule)
    tell(Note("training the chosen configuration on all people"))
    made = refit(sweep.study, sweep.table, sweep.trials, rule)
    of = pack.described(
        sweep.study.model, sweep.table, made.config, made.trial, pack.about_models(made.models)
    )
    return of | {"sweep": about}, numbered([arrays_of(one) for one in made.models])


def _folds(
    sweep: Reopened, rule: str, models: Sequence[of_folds.FoldModel], tell: Listener
) -> tuple[dict[str, Any], bytes]:
    """What model.json says of the models of all folds, and their weights."""
    again: list[of_folds.FoldModel] = []

    def said(one: of_folds.FoldModel) -> None:
        if not again:
            tell(
                Note(
                    "the store has no weights of some models as the rule chose them (--keep-weights keeps "
                    "them): these are trained again"
                )
            )
        again.append(one)

    made = of_folds.with_weights(models, sweep.table, sweep.store, said)
    tell(Note(f"{len(models)} models of all folds, {len(again)} of them trained again"))
    most = Counter(one.trial for one in models)
    trial = min(most, key=lambda index: (-most[index], index))
    config = next(one.job.config for one in models if one.trial == trial)
    each = [one | {"config": None} if one["config"] == config else one for one, _ in made]
    about = pack.described(sweep.study.model, sweep.table, config, trial, each)
    sweep_ = pack.of_sweep(sweep.summary, sweep.table, rule)
    return about | {"of": "folds", "sweep": sweep_}, numbered([arrays for _, arrays in made])


def _calibration(
    sweep: Reopened, bundle: Bundle, rule: str, models: Sequence[of_folds.FoldModel], tell: Listener
) -> dict[str, Any] | None:
    """models: of all folds; none for a refit."""
    if not models and not RULES[rule].committee and sweep.study.inner_folds > 1:
        tell(
            Note(
                f"training {sweep.study.inner_folds} models for the calibration, each without one inner group"
            )
        )
    found = (
        of_folds.validated(bundle, models, sweep.table)
        if models
        else validated.of_refit(sweep.study, sweep.table, bundle, rule)
    )
    if found is None:
        tell(Note("no validation people (--inner-folds 0), so nothing calibrates the model", "warning"))
        return None
    return calibration.fitted(found.probs, found.truth, found.groups, found.people)


def _beside(to: Path) -> Path:
    """The folder that ``to`` is to lie in, so that what is finished is renamed and not copied."""
    folder = to.absolute().parent
    if not folder.is_dir():
        raise ConfigError(f"--to {to}: {folder} is no folder; make it first")
    return folder
