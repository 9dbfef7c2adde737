"""All commands as one: ``mer sweep stag`` is ``python -m orchestrator.sweep stag``, and so for every other.

A command is imported when it is asked for, so that ``mer --help`` is there at once. Exit status: that of the
command.
"""

from __future__ import annotations

import importlib
import importlib.metadata
import sys
from typing import Annotated, Any

import typer

from preprocessing.extras import BAD_INPUT, INTERRUPTED, lacking
from preprocessing.terminal import spells_what_it_lacks

# name -> (module that holds its ``app``, what it does). A file of this folder, or a command of preprocessing.
COMMANDS = {
    "sweep": ("orchestrator.sweep", "train and test a model, every person held out once"),
    "estimate": ("orchestrator.estimate", "folds, hours, disk and memory of a sweep, before it starts"),
    "compare": ("orchestrator.compare", "is the difference real? sweeps, logs; or models side by side"),
    "experiment": ("orchestrator.experiment", "a published table or figure, with ours beside it"),
    "report": ("orchestrator.report", "a sweep's table, CSV files and pictures"),
    "explain": ("orchestrator.explain", "what in a held-out clip counted, and is that so?"),
    "audit": ("orchestrator.audit", "scores of anyone's predictions, and what is wrong with them"),
    "resume": ("orchestrator.resume", "go on with a sweep: only what is missing is computed"),
    "list": ("orchestrator.list", "the sweeps of a workspace: state, model, corpus, score"),
    "status": ("orchestrator.status", "how far a running sweep is, from another terminal"),
    "clean": ("orchestrator.clean", "what may be deleted, and delete it"),
    "send": ("orchestrator.send", "send to MLflow what a sweep could not"),
    "export": ("orchestrator.export", "a sweep's model as a folder or zip for somebody else"),
    "predict": ("orchestrator.predict", "classes of somebody's own clips"),
    "spot": ("orchestrator.spot", "expressions in a long video, and their classes"),
    "serve": ("orchestrator.serve", "a page on this machine: drop a video or record one"),
    "spotsweep": ("orchestrator.spotsweep", "spotting in long videos, every person held out once"),
    "remote": ("orchestrator.remote", "sweeps on a cluster: status, logs, stop, resume"),
    "extract": ("preprocessing.__main__", "clips to feature sets; a sweep does it by itself"),
    "check": ("preprocessing.__main__", "what a corpus' folder holds, against the published counts"),
    "show": ("preprocessing.__main__", "one clip on one sheet, for the eye"),
}


class _Command(typer.core.TyperCommand):
    """Hands its words on, as they are, to the command that it stands for."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        ctx.args = list(args)  # all, --help and -- among them
        return []

    def invoke(self, ctx: Any) -> Any:
        name = str(ctx.info_name)
        module, words, path = COMMANDS[name][0], ctx.args, ctx.command_path
        if module.startswith("preprocessing"):  # one app with several commands
            words, path = [name, *words], ctx.parent.command_path
        try:
            app = importlib.import_module(module).app
        except ModuleNotFoundError as error:
            if not (why := lacking(error)):
                raise
            sys.stderr.write(f"{why}\n")
            raise typer.Exit(BAD_INPUT) from error
        except KeyboardInterrupt:
            sys.stderr.write("ended; nothing was begun\n")
            raise typer.Exit(INTERRUPTED) from None
        return app(args=words, prog_name=path)


app = typer.Typer(
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Micro-expression recognition, tested on people that no model has seen.",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"mer {importlib.metadata.version('mer-orchestrator')}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="print the version and end")
    ] = False,
) -> None:
    """Options of ``mer`` itself."""


for _name, (_, _help) in COMMANDS.items():
    app.command(_name, cls=_Command, help=_help)(lambda: None)


def main() -> None:
    """The console script ``mer``."""
    spells_what_it_lacks()
    app(prog_name="mer")


if __name__ == "__main__":
    main()
