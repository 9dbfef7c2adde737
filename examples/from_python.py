"""A sweep from Python, as in a notebook: ask, run, look at the frames.

Nothing is printed that you do not print:

    python examples/from_python.py [WORKSPACE]
"""

# %% What is asked. Unknown names are refused with the nearest known one.
import sys

from orchestrator import Execution, Experiment, load, run
from orchestrator.search.events import FoldEnded

workspace = sys.argv[1] if len(sys.argv) > 1 else "workspace"
experiment = Experiment(
    "ststnet",
    trials=1,
    inner_folds=2,
    protocol="group_kfold-3",
    settings={"recipe.epochs": 2, "recipe.batch_size": 64},
)
print(experiment.to_toml())


# %% Where it runs. This changes no number. ``progress`` is called with every event.
def progress(event):
    if isinstance(event, FoldEnded):
        print(f"fold {event.done} of {event.of}: {event.result.fold}")


how = Execution(name="from-python", workspace=workspace, runner="inline")
result = run(experiment, how, progress)

# %% What came of it, as pandas frames. The oracle rules stand beside the honest ones.
print(result.scores[["rule", "kind", "uf1", "uar", "war"]])
print(result.people.query("rule == 'committee'").sort_values("accuracy").head())
print(result.trials[["trial", "state", "validation_uf1", "recipe.lr"]])

# %% Is the difference real? Here of two rules of one sweep; ``other`` may be another sweep's result, or a
# Path of anyone's CSV log
(other,) = result.sides("nested")
made = result.compare(other, gain=0.1)
print(made.sentences[0])
print(made.differences[["score", "difference", "low", "high", "p", "people_for_gain"]].head(3))

# %% Later, in another notebook
again = load("from-python", workspace)
print(again.predictions.query("rule == 'committee' and truth != predicted").head())
