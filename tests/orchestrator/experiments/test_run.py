"""Which results of earlier an experiment may read."""

from orchestrator import Execution, Experiment
from orchestrator.common.errors import NoResult
from orchestrator.experiments import run
from orchestrator.experiments.file import Table, toml
from orchestrator.experiments.lines import Line
from preprocessing import plan
from tests.orchestrator.experiments.test_file import FILE
from tests.orchestrator.test_sweep import pictures


def test_what_is_read_of_earlier_is_of_these_clips_and_features(tmp_path, mlflow_uri, monkeypatch):
    # a finished sweep is read by its name: under a name without its clips an old score stood in a new table
    root = pictures(tmp_path / "clips", ["casme2"] * 4)
    asked = Experiment("ststnet", corpora=[("ststnet_flow", str(root))], inner_folds=2, trials=1)
    line = Line(Table(**toml(FILE)).rows[0], asked)
    how = Execution(workspace=tmp_path / "w", runner="inline", tracking_uri=mlflow_uri)
    asked_for = []

    def begun(experiment, execution, *_, **__):
        asked_for.append(execution.name)
        raise NoResult("every trial failed")

    def again():
        list(run.run_all([line, line], how, lambda event: None))
        return asked_for[-1]

    monkeypatch.setattr(run, "sweep", begun)
    first = again()
    assert len(asked_for) == 1  # equal lines are one
    assert again() == first
    picture = next(root.rglob("*.png"))
    held = picture.read_bytes()
    picture.write_bytes(next(one for one in root.rglob("*.png") if one.read_bytes() != held).read_bytes())
    assert again() != first
    picture.write_bytes(held)
    assert again() == first
    code = plan.parameters
    monkeypatch.setattr(plan, "parameters", lambda *of, **more: code(*of, **more) | {"code": "changed"})
    assert again() != first
