"""What a selection rule gains over another on the same people: paired intervals.

python -m benchmarks.rules SWEEP [--against OTHER] [--rule committee] [--workspace DIR]; the last line is one
JSON object: rule -> [UF1 of that rule, difference of --rule to it, and the lower and upper end of its 95 %
interval].

SWEEP  a finished one whose rules are compared; --against adds the rules of another over the same people, such
       as one without validation people, as "RULE of OTHER".
The interval is that of orchestrator/statistics/intervals.py: people are drawn with all their clips under
every seed and rule.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import pandas as pd
import typer
from numpy.typing import NDArray

from orchestrator import load
from orchestrator.statistics.intervals import differences
from orchestrator.statistics.people import counts, scored


def confusions(frame: pd.DataFrame, classes: list[str]) -> NDArray[Any]:
    """int (P, S, C, C): each person's confusion matrix under each seed. frame: predictions of one rule."""
    number = {name: i for i, name in enumerate(classes)}
    truth, called = (frame[name].map(number).to_numpy() for name in ("truth", "predicted"))
    return counts(frame["subject"].to_numpy(), frame["seed"].to_numpy(), truth, called, len(classes))


def compared(of: Mapping[str, NDArray[Any]], rule: str) -> dict[str, list[float]]:
    """Rule -> [UF1, difference of ``rule`` to it, lower, upper]. of: rule -> (P, S, C, C), same people."""
    made = {}
    for name, held in of.items():
        gain = differences(of[rule], held)["uf1"]
        made[name] = [float(scored(held.sum(0))["uf1"]), gain.value, *gain.interval]
    return made


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
            of[str(each) if name == sweep else f"{each} of {name}"] = confusions(frame, classes)
    made = compared(of, rule)
    for name, (uf1, gain, low, high) in made.items():
        print(f"{name:28} UF1 {uf1:.3f}   {rule} gains {gain:+.3f} [{low:+.3f}, {high:+.3f}]")
    print(json.dumps({name: [round(v, 4) for v in row] for name, row in made.items()}))


if __name__ == "__main__":
    typer.run(main)
