"""The options of a sweep's command line, and the Experiment and Execution that they write. Defaults are
theirs."""

from __future__ import annotations

import itertools
import json
import os
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from mer_models import MODELS
from orchestrator.common.errors import ConfigError, nearest
from orchestrator.protocols import PROTOCOLS
from orchestrator.search.samplers import SAMPLERS
from orchestrator.search.schedulers import SCHEDULERS
from orchestrator.selection.rules import RULES
from orchestrator.study import labels, plugins
from orchestrator.sweeps.execution import Execution
from orchestrator.sweeps.experiment import Experiment, Extraction
from preprocessing import people
from preprocessing.command_line import Command
from preprocessing.datasets import DATASETS, words
from preprocessing.datasets.manifest_file import manifest_of
from preprocessing.plugins import PluginError, read
from preprocessing.regular import regular
from preprocessing.schema import CorpusError

plugins.discover()  # what installed packages offer is listed by --help too


def usual(field: str, of: type[Experiment | Execution] = Experiment) -> Any:
    """The default of a field."""
    return of.model_fields[field].get_default(call_default_factory=True)


def _names(what: Iterable[str]) -> str:
    return ", ".join(what)


Model = Annotated[str, typer.Argument(help=f"one of {_names(MODELS)}")]
CorpusNames = Annotated[
    list[str],
    typer.Option("--corpus", help=f"one of {_names(DATASETS)}; several, each with its --root, are pooled"),
]
Roots = Annotated[
    list[str],
    typer.Option(
        "--root", help="folder of the corpus, in the order of --corpus; the synthetic one is rendered without"
    ),
]
Classes = Annotated[
    str,
    typer.Option(help=f"label scheme: {_names(labels.all_schemes())}; or classes by name: happiness,fear"),
]
ProtocolName = Annotated[
    str, typer.Option("--protocol", help=f"one of {_names(PROTOCOLS)}; group_kfold-10 = in ten folds")
]
Selection = Annotated[str, typer.Option(help=f"rule behind the headline: {_names(RULES)}")]
Trials = Annotated[int, typer.Option(help="configurations; 1 = the published one alone")]
Seeds = Annotated[int, typer.Option(help="replicates of every fold")]
Settings = Annotated[list[str], typer.Option("--set", help="configuration key, repeatable: recipe.epochs=30")]
Au = Annotated[
    str,
    typer.Option(
        help="action units: predicted (by a head fitted in each fold), annotated (the tested clip's own are "
        "an input), none, auto (predicted where model and corpus have them)"
    ),
]
Features = Annotated[
    str, typer.Option(help="feature set that the model takes; its own default if none is given")
]
InnerFolds = Annotated[
    int, typer.Option(help="1 of so many groups of a fold's training people validates; 0 = none")
]
Sampler = Annotated[
    str, typer.Option(help=f"{_names(SAMPLERS)}; tpe learns from other folds' validation people")
]
Scheduler = Annotated[
    str,
    typer.Option(
        help=f"{_names(SCHEDULERS)}: who stops a trial early, by the validation people of all folds so far"
    ),
]
Subjects = Annotated[
    str,
    typer.Option(help="only these people, as if the corpus held no others: p01,p02, or a file, one a line"),
]
SamePerson = Annotated[
    Path | None,
    typer.Option(
        "--same-person", help="CSV of ids that are one person, a pair a line: id,same as id; they share folds"
    ),
]
Labels = Annotated[
    list[str],
    typer.Option(
        "--label", help="what a word of your own means, repeatable: surprised=surprise; or a labels.csv"
    ),
]
Plugins = Annotated[
    list[str],
    typer.Option(
        "--plugin", help="your own model, corpus, input, protocol or scheduler: a file or module, repeatable"
    ),
]
Name = Annotated[
    str, typer.Option(help="name of the sweep; made from model, corpus, AUs and time if none is given")
]
RunnerName = Annotated[str, typer.Option("--runner", help="ray, or inline: this process alone, to debug")]
Address = Annotated[
    str,
    typer.Option(
        help="Ray cluster to join (auto, host:6379), or to send this command to (http://HEAD:8265); "
        "none = this machine"
    ),
]
GpusPerFold = Annotated[
    str,
    typer.Option(help="share of a GPU per fold, for example 0.25; auto = what each trial's first fold takes"),
]
Pack = Annotated[
    int, typer.Option(help="folds that train as one program, for GPUs; same numbers within rounding")
]
FoldLimit = Annotated[
    float, typer.Option(help="seconds after which a fold is ended and tried once more; 0 = never")
]
KeepWeights = Annotated[
    bool,
    typer.Option(
        "--keep-weights", help="keep each fold's weights beside its result, for export --folds; same numbers"
    ),
]
WithRefit = Annotated[
    bool,
    typer.Option(
        "--refit/--no-refit",
        help="at the end, train a model on all people for MLflow's registry; export makes it where it is "
        "not there",
    ),
]
Store = Annotated[
    str,
    typer.Option(
        help="features and fold results: a shared folder, or s3://bucket/prefix; the workspace by default"
    ),
]
Workspace = Annotated[
    Path,
    typer.Option(help="folder for features, fold results, sweeps and MLflow"),
]
TrackingUri = Annotated[str, typer.Option(help="MLflow; SQLite in the workspace if none is given")]
MaxFailed = Annotated[float, typer.Option(help="share of quarantined clips that is still a corpus")]

EXPERIMENT = (
    "classes",
    "protocol",
    "selection",
    "trials",
    "seeds",
    "au",
    "features",
    "inner_folds",
    "sampler",
    "scheduler",
)
EXECUTION = (
    "name",
    "runner",
    "address",
    "gpus_per_fold",
    "pack",
    "fold_limit",
    "keep_weights",
    "refit",
    "store",
    "workspace",
    "tracking_uri",
    "max_failed",
)


def given(context: typer.Context) -> dict[str, Any]:
    """Option -> value, of those that stand on the command line."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    typed = {
        name for name, source in sources.items() if source and source.name in ("COMMANDLINE", "ENVIRONMENT")
    }
    return {name: value for name, value in context.params.items() if name in typed}


def experiment_fields(options: Mapping[str, Any], base: Experiment | None = None) -> dict[str, Any]:
    """Fields of an Experiment from options of the command line. base: what fields that are made of several
    options begin from. Raises ConfigError where they do not go together."""
    if options.get("plugin"):
        plugins.install(  # they say which names exist
            [read(where) for where in options["plugin"]], schedulers=SCHEDULERS
        )
    fields = {name: options[name] for name in EXPERIMENT if name in options}
    if options.get("model"):
        names = str(options["model"]).split(",")
        for name in names:
            if name not in MODELS:
                raise ConfigError(nearest(name, MODELS, "model"))
        fields["model"] = names[0] if len(names) == 1 else tuple(names)
    if "corpus" in options or "root" in options:
        fields["corpora"] = _corpora(
            options.get("corpus") or _named(base, options.get("root", [])),
            options.get("root", []),
        )
    if "settings" in options:
        fields["settings"] = (dict(base.settings) if base else {}) | parse_settings(options["settings"])
    if "subjects" in options:
        fields["subjects"] = _people(options["subjects"])
    if "same_person" in options:
        fields["same_person"] = people.read(options["same_person"])
    if "label" in options:
        fields["label"] = (dict(base.label) if base else {}) | words.meant(options["label"])
    if "plugin" in options:
        fields["plugins"] = tuple(options["plugin"])
    if chosen := {name: options[name] for name in Extraction.model_fields if name in options}:
        fields["extraction"] = Extraction(**(base.extraction.model_dump() if base else {}) | chosen)
    return fields


def execution_fields(options: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of an Execution, likewise."""
    return {name: options[name] for name in EXECUTION if name in options}


def _named(base: Experiment | None, roots: list[str]) -> list[str]:
    """Corpora of roots without --corpus: those of the experiment; else what was rendered here (its
    render.json says so) is synthetic, and another folder with a manifest is a manifest's."""
    if base or not roots:
        return [one.name for one in (base.corpora if base else usual("corpora"))]
    for root in roots:
        try:
            manifest_of(Path(root))
        except (CorpusError, OSError) as error:
            raise ConfigError(
                f"--root {root}: which corpus is it? It is no folder with a manifest.csv ({error}); give "
                f"--corpus, one of {', '.join(DATASETS)}"
            ) from error
    return ["synthetic" if Path(root, "render.json").is_file() else "manifest" for root in roots]


def _people(text: str) -> tuple[str, ...]:
    """Names with commas between, or the name of a file with one a line. Raises OSError."""
    # not Path.exists, which raises for a list of eighty people: no name of a file is that long
    is_file = os.path.exists(text) and not os.path.isdir(text)
    try:
        held = regular(Path(text)).read_text(encoding="utf-8-sig") if is_file else text
    except UnicodeDecodeError as error:
        raise ConfigError(f"--subjects {text}: is no text in UTF-8 ({error}); write one id a line") from error
    found = tuple(filter(None, map(str.strip, re.split(r"[,\n]", held))))
    if not found:
        raise ConfigError(f"--subjects {text!r} names nobody; write p01,p02, or a file with one a line")
    return tuple(dict.fromkeys(found))


def _corpora(names: list[str], roots: list[str]) -> tuple[tuple[str, str], ...]:
    for name in names:
        if name not in DATASETS:
            raise ConfigError(nearest(name, DATASETS, "corpus"))
    if len(roots) not in ((0, 1) if len(names) == 1 else (len(names),)):
        raise ConfigError(
            f"{len(names)} corpora ({', '.join(names)}) but {len(roots)} roots; give one --root per --corpus"
        )
    return tuple(zip(names, map(os.fspath, roots or [""] * len(names)), strict=True))


def parse_settings(pairs: list[str]) -> dict[str, Any]:
    """['recipe.epochs=30', 'recipe.swa=true'] -> typed values (JSON where it parses, else text). Raises
    ConfigError."""
    values: dict[str, Any] = {}
    for pair in pairs:
        key, equals, text = pair.partition("=")
        if not equals:
            raise ConfigError(f"--set {pair!r}: write KEY=VALUE, for example recipe.epochs=30")
        try:
            values[key.strip()] = json.loads(text)
        except (ValueError, RecursionError):  # a number of 5,000 digits, a list in a list in a list ...
            values[key.strip()] = text
    return values


def _after(args: list[str], option: str) -> list[str]:
    """The values of a repeatable option in a command line."""
    joined = [word.partition("=")[2] for word in args if word.startswith(f"{option}=")]
    return joined + [value for word, value in itertools.pairwise(args) if word == option]


class SweepCommand(Command):
    """A sweep's command: ``--resume`` may stand alone beside --name, or be followed by the name; its help
    ends with a list of the models, for which all of them are imported."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if "--resume" in args and not any(word.split("=")[0] == "--name" for word in args):
            at = args.index("--resume") + 1
            if at < len(args) and not args[at].startswith("-"):
                args = [*args[:at], "--name", *args[at:]]
        if "--help" in args:  # which is shown before any option is read
            try:
                plugins.install([read(where) for where in _after(args, "--plugin")], schedulers=SCHEDULERS)
            except PluginError as error:
                raise typer.BadParameter(str(error)) from error
        return super().parse_args(ctx, args)

    def format_help(self, ctx: Any, formatter: Any) -> None:
        lines = (
            f"{name:15} {model.paper:34} {model.default_features:17}{model.n_parameters:>10,}"
            for name, model in MODELS.items()
        )
        self.epilog = "\b\nModels: paper, input, parameters\n" + "\n".join(lines)
        super().format_help(ctx, formatter)
