"""What a selection rule gains over another on the same people: paired intervals.

python -m benchmarks.rules SWEEP [--against OTHER] [--rule committee] [--workspace DIR]; the last line is one
JSON object: rule -> [UF1 of that rule, difference of --rule to it, and the lower and upper end of its 95 %
interval].

SWEEP  a finished one whose rules are compared; --against adds the rules of another over the same people, such
       as one without validation people, as "RULE of OTHER".
The interval is a percentile bootstrap over people, who are drawn with all their clips under every seed and
rule, 10,000 times: it says what other people of the same kind would give. It covers neither another draw of
seeds nor another corpus.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray

from orchestrator import load
from orchestrator.selection.metrics import confusion, scores

DRAWS = 10_000


def confusions(frame: pd.DataFrame, people: list[str], classes: list[str]) -> NDArray[Any]:
    """int (P, S, C, C): each person's confusion matrix under each seed. frame: predictions of one rule."""
    number = {name: i for i, name in enumerate(classes)}
    seeds = sorted(frame["seed"].unique())
    made = np.zeros((len(people), len(seeds), len(classes), len(classes)), np.int64)
    for (who, seed), own in frame.groupby(["subject", "seed"]):
        truth, called = own["truth"].map(number), own["predicted"].map(number)
        made[people.index(str(who)), seeds.index(seed)] = confusion(truth, called, len(classes))
    return made


def mean_uf1(matrices: NDArray[Any]) -> NDArray[Any]:
    """(..., S, C, C) -> (...): UF1 of each seed's pooled predictions, averaged over seeds."""
    f1: NDArray[Any] = scores(matrices)["f1"]
    return f1.mean((-1, -2))


def compared(of: Mapping[str, NDArray[Any]], rule: str) -> dict[str, list[float]]:
    """Rule -> [UF1, difference of ``rule`` to it, lower, upper]. of: rule -> (P, S, C, C), same people."""
    count = len(of[rule])
    weights = np.random.default_rng(0).multinomial(count, np.full(count, 1 / count), DRAWS)
    drawn = {name: mean_uf1(np.tensordot(weights, held, 1)) for name, held in of.items()}
    whole = {name: float(mean_uf1(held.sum(0))) for name, held in of.items()}
    return {
        name: [whole[name], whole[rule] - whole[name], *np.percentile(drawn[rule] - drawn[name], [2.5, 97.5])]
        for name in of
    }


def main(
    sweep: str,
    against: Annotated[str, typer.Option(help="another sweep over the same people")] = "",
    rule: Annotated[str, typer.Option(help="whose gain is shown")] = "committee",
    workspace: Path = Path("workspace"),
) -> None:
    results = {name: load(name, workspace) for name in (sweep, against) if name}
    classes = results[sweep].summary["classes"]
    people = sorted(results[sweep].predictions["subject"].unique())
    of = {}
    for name, result in results.items():
        if sorted(result.predictions["subject"].unique()) != people:
            raise typer.BadParameter(f"{name} tested other people than {sweep}: nothing to pair")
        for each, frame in result.predictions.groupby("rule", sort=False):
            of[str(each) if name == sweep else f"{each} of {name}"] = confusions(frame, people, classes)
    made = compared(of, rule)
    for name, (uf1, gain, low, high) in made.items():
        print(f"{name:28} UF1 {uf1:.3f}   {rule} gains {gain:+.3f} [{low:+.3f}, {high:+.3f}]")
    print(json.dumps({name: [round(v, 4) for v in row] for name, row in made.items()}))


if __name__ == "__main__":
    typer.run(main)
