"""Folds of later sweeps train while earlier ones are scored: each once, and with the numbers that it has in a
sweep alone."""

import pytest

from orchestrator import Execution
from orchestrator.common.errors import ConfigError, Interrupted
from orchestrator.experiments import ahead
from orchestrator.experiments.ahead import Ahead
from orchestrator.experiments.file import Table, toml
from orchestrator.experiments.lines import Line
from orchestrator.experiments.run import run_all
from orchestrator.search.draining import Draining
from orchestrator.search.events import Note
from orchestrator.sweeps.run import sweep
from tests.orchestrator.experiments.test_file import FILE
from tests.orchestrator.test_sweep import pictures

pytestmark = pytest.mark.long


@pytest.fixture(scope="module")
def asked(tmp_path_factory):
    from orchestrator import Experiment

    root = tmp_path_factory.mktemp("pictures")
    return Experiment(
        "ststnet",
        corpora=[("ststnet_flow", str(pictures(root, ["casme2"] * 4)))],
        inner_folds=2,
        trials=1,
        settings={"recipe.epochs": 2, "recipe.batch_size": 16},
        selection="nested",
    )


def of(row, experiment):
    (made,) = Table(**toml(FILE)).rows
    return Line(made.model_copy(update={"name": row}), experiment)


def test_rows_that_share_folds_train_them_once_and_score_as_sweeps_of_their_own(
    local_ray, asked, tmp_path, mlflow_uri, monkeypatch
):
    # the selection is no part of a fold: the second row has the folds of the first, and is another sweep
    rows = [asked, asked.but(selection="last_epoch"), asked.but(settings={"recipe.epochs": 3})]
    how = Execution(workspace=tmp_path / "queue", tracking_uri=mlflow_uri)
    monkeypatch.setattr("orchestrator.search.tune.with_ray", lambda *_, **__: pytest.fail("a sweep trained"))
    told = []
    done = list(run_all([of(f"row {at}", one) for at, one in enumerate(rows)], how, told.append))[-1]
    counted = [(one.summary["timing"]["folds_run"], one.summary["timing"]["folds_reused"]) for one in done]
    assert counted == [(4, 0), (0, 4), (4, 0)]
    said = [event.text for event in told if isinstance(event, Note) and event.text.startswith("one queue")]
    assert len(said) == 1 and said[0].startswith("one queue: 8 folds")
    alone = sweep(
        rows[2],
        Execution(name="alone", workspace=tmp_path / "alone", runner="inline", tracking_uri=mlflow_uri),
        told.append,
    )
    assert alone.summary["selection"]["nested"]["per_seed"] == done[2].score("nested")["per_seed"]
    held = [one.sort_values("clip_id")["predicted"].tolist()
            for one in (alone.predictions.query("rule == 'nested'"),
                        done[2].predictions.query("rule == 'nested'"))]  # fmt: skip
    assert held[0] == held[1]


def test_what_cannot_be_run_is_told_when_its_turn_comes(local_ray, asked, tmp_path):
    wrong = asked.but(corpora=[("ststnet_flow", str(tmp_path / "nowhere"))])
    with Ahead([("right", asked), ("wrong", wrong)], Execution(workspace=tmp_path), print) as queue:
        assert len(queue.folds("right")) == 4
        with pytest.raises((ConfigError, OSError, ValueError), match="nowhere"):
            queue.folds("wrong")


def test_the_user_ends_it_and_what_ran_is_kept(local_ray, asked, tmp_path, monkeypatch):
    class Asked(Draining):
        def __init__(self):
            super().__init__()
            self.asked = True

    monkeypatch.setattr(ahead, "Draining", Asked)
    monkeypatch.setattr(ahead, "LOOK", 0.0)
    queue = Ahead([("one", asked)], Execution(workspace=tmp_path), print)
    with pytest.raises(Interrupted, match="the same command goes on"), queue:
        queue.folds("one")
    before = len(list((tmp_path / "folds").glob("*/*.fold")))
    assert before == len(queue.trained) and not any(one.is_alive() for one in queue._pool._threads)
