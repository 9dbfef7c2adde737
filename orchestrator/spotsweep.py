"""Spotting in a corpus of long videos, everybody held out once: python -m orchestrator.spotsweep CORPUS
--root FOLDER. Exit statuses: console/handler.py; 1: a recording could not be read, and counts as missed; 3:
the table is there, and MLflow lacks it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from orchestrator.common.commands import command
from orchestrator.common.errors import ConfigError, Unfinished, nearest
from orchestrator.common.names import redacted, safe_name
from orchestrator.console import asked, outputs
from orchestrator.console.handler import ALL, NOT_IN_MLFLOW, SOME, errors_are_told
from orchestrator.console.progress import SweepProgress
from orchestrator.console.terminal import terminal
from orchestrator.sweeps.execution import RUNNERS, Execution
from orchestrator.tracking import address as mlflow_address
from orchestrator.workspace import spotsweeps
from orchestrator.workspace.spotsweeps import CURVES, FOLDS
from orchestrator.workspace.sweep_folder import KINDS, locked
from preprocessing.command_line import App
from preprocessing.pasted import anywhere

if TYPE_CHECKING:
    from orchestrator.search.events import Event, Listener
    from orchestrator.spotting.corpus import LongVideo, Read
    from orchestrator.sweeps.recognisers import Recognisers

console = terminal()
app = App()


@app.command()
def main(
    corpus: Annotated[str, typer.Argument(help="samm_lv, casme_sq, casme3_lv or rendered")],
    root: Annotated[Path, typer.Option(help="its folder, as preprocessing/long_videos/CORPUS.py has it")],
    spotter: Annotated[str, typer.Option(help="peaks, frame_cnn, or both with a comma between")] = "peaks",
    recogniser: Annotated[
        str, typer.Option(help="a finished sweep over clips of the same people, whose folds recognise")
    ] = "",
    rule: Annotated[str, typer.Option(help="its selection rule; its own if none is given")] = "",
    inner_folds: Annotated[
        int, typer.Option(help="groups of training people that choose the threshold in turns")
    ] = 3,
    seed: Annotated[int, typer.Option(help="of inner groups and training")] = 0,
    name: Annotated[
        str, typer.Option(help="of its folder; made of corpus and spotters if none is given")
    ] = "",
    clips: Annotated[
        Path | None,
        typer.Option(help="only write the true micro-expressions there, as a manifest for the recogniser"),
    ] = None,
    runner: asked.RunnerName = "ray",
    address: Annotated[str, typer.Option(help="Ray cluster to join (auto, host:6379); none = here")] = "",
    cpus_per_fold: Annotated[
        float, typer.Option(min=0.01, max=1, help="share of a CPU that a fold asks Ray for")
    ] = 1.0,
    workspace: asked.Workspace = Path("workspace"),
    tracking_uri: asked.TrackingUri = "",
) -> None:
    """Spot, recognise and score: threshold, spotter and recogniser of each person come from the others. The
    same command again goes on where it was ended, and computes nothing that is there."""
    with errors_are_told(console):
        from orchestrator.spotting import corpus as long

        if runner not in RUNNERS:
            raise ConfigError(nearest(runner, RUNNERS, "runner"))
        videos = long.read(corpus, root)
        if clips:
            outputs.checked({"--clips": clips})
            count = long.write_clips(clips, videos)
            console.print(f"{clips}: {count} micro-expressions", markup=False)
            raise typer.Exit(ALL)
        uri = Execution(workspace=workspace, tracking_uri=tracking_uri).tracking
        mlflow_address.ready(uri)
        ask = _Ask(corpus, root, spotter, recogniser, rule, inner_folds, seed)
        usual = f"{corpus}-{spotter.replace(',', '-')}"
        folder = workspace / KINDS["spotsweep"] / safe_name(name or usual)
        try:
            with SweepProgress(console) as progress:
                made, text = _run(
                    ask, _How(workspace, folder, runner, address, cpus_per_fold), videos, progress
                )
                console.print(text, markup=False, soft_wrap=True)
                console.print(f"{folder}: table.csv, table.md, people.csv, MEGC result files", markup=False)
                from orchestrator.tracking import spot_run

                sent = spot_run.send(uri, folder, progress)
        except ConnectionError:
            raise  # no Ray at the address: nothing was run
        except OSError as error:
            raise Unfinished(f"{error}; what is kept stays, the same command goes on") from error
    raise typer.Exit(SOME if made.unread else ALL if sent else NOT_IN_MLFLOW)


@dataclass(frozen=True)
class _Ask:
    """What decides the table beside the videos."""

    corpus: str
    root: Path
    spotter: str
    recogniser: str
    rule: str
    inner_folds: int
    seed: int

    def again(self, folder: Path, address: str) -> str:
        """The command that goes on in this folder."""
        given = {
            "--root": anywhere(self.root),
            "--spotter": self.spotter,
            "--recogniser": self.recogniser,
            "--rule": self.rule,
            "--inner-folds": str(self.inner_folds),
            "--seed": str(self.seed),
            "--name": folder.name,
            "--address": redacted(address),
        }
        words = [word for option, value in given.items() if value for word in (option, value)]
        return command("spotsweep", self.corpus, *words, workspace=folder.parents[1])


@dataclass(frozen=True)
class _How:
    """How the folds run, which changes no number."""

    workspace: Path
    folder: Path
    runner: str
    address: str
    cpus: float


def _run(ask: _Ask, how: _How, videos: list[LongVideo], tell: Listener) -> tuple[Read, str]:
    from orchestrator.spotting import corpus as long
    from orchestrator.spotting import jobs, table
    from orchestrator.spotting.spotters import spotters
    from orchestrator.sweeps.beat import StepBeat
    from orchestrator.sweeps.recognisers import Recognisers

    known = spotters()
    names = list(dict.fromkeys(one.strip() for one in ask.spotter.split(",")))
    if unknown := [one for one in names if one not in known]:
        raise ConfigError(nearest(unknown[0], known, "spotter"))
    models = Recognisers(ask.recogniser, how.workspace, tell, ask.rule) if ask.recogniser else None
    about: dict[str, Any] = {
        "corpus": ask.corpus,
        "spotters": names,
        "inner_folds": ask.inner_folds,
        "seed": ask.seed,
        "recogniser": f"{models.name} ({models.rule})" if models else "",
    }
    if models is not None:
        for one in sorted({video.person for video in videos}):
            models.person(long.LONG[ask.corpus].LIKE, one)  # told before an hour of work
    table.refuse_another(how.folder, about)  # likewise
    jobs.people_of([one.person for one in videos], ask.inner_folds)
    how.folder.mkdir(parents=True, exist_ok=True)
    with locked(how.folder):  # until the table is whole: others see that it runs
        asked = {key: about[key] for key in ("corpus", "spotters", "recogniser")}
        spotsweeps.begun(how.folder, asked | {"again": ask.again(how.folder, how.address)})
        beat = StepBeat(how.folder)

        def told(event: Event) -> None:
            tell(event)
            beat(event)

        return _table(about, how, videos, models, told)


def _table(
    about: dict[str, Any], how: _How, videos: list[LongVideo], models: Recognisers | None, tell: Listener
) -> tuple[Read, str]:
    """Read, run the folds, recognise, write the table. about: what it is of, added to."""
    from orchestrator.runners.pending import FoldFailed
    from orchestrator.runners.spotfolds import begun
    from orchestrator.search.events import Preparing
    from orchestrator.spotting import corpus as long
    from orchestrator.spotting import jobs, kept, loso, table
    from orchestrator.spotting.spotters import spotters
    from orchestrator.study.jobs import digest

    like, names = long.LONG[about["corpus"]].LIKE, about["spotters"]
    made = long.curves_of(videos, how.workspace / CURVES, lambda *at: tell(Preparing("reading", *at)))
    marked = made.marked
    if models is not None:
        marked = long.with_classes(marked, lambda words: models.class_of(like, words))
    seen = {one.video: one.seen for one in marked}
    asked = jobs.tasks(marked, names, about["inner_folds"], about["seed"])
    about |= long.about(made) | {"jobs": digest([one.job_id(seen) for one in asked])}
    table.refuse_another(how.folder, about)
    store = kept.Kept(how.workspace / FOLDS)
    try:
        folds = kept.folds(
            asked, seen, store,
            lambda: jobs.inline if how.runner == "inline" else begun(how.address, how.cpus),
            told=lambda done, of: tell(Preparing("spotting", done, of, "")),
        )  # fmt: skip
        rows = loso.rows(
            marked,
            folds,
            {name: one.usual for name, one in spotters().items() if name in names},
            classes=models.classes if models else (),
            recognise=long.recognising(
                made,
                store,
                models.name,
                lambda who: models.identity(models.person(like, who)),
                lambda who: models.bundle(models.person(like, who)),
            )
            if models
            else None,
        )
    except FoldFailed as error:
        raise Unfinished(f"{error}\nthe other folds are kept; the same command goes on") from error
    finally:
        spotsweeps.used(how.folder, store.asked)
    table.write(how.folder, rows, about)
    return made, table.markdown(rows, about)


if __name__ == "__main__":
    app()
