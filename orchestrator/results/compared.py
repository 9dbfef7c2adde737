"""Is the difference real? Sides on their common clips: scores, pairwise differences, and what other people
would say of them. The unit is the person (statistics/).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from orchestrator.common.errors import ConfigError
from orchestrator.results.intervals import of_mean_columns
from orchestrator.results.joining import Joined, joined
from orchestrator.results.ranks import Ranks, ranked
from orchestrator.results.sides import Side
from orchestrator.results.verdict import verdict
from orchestrator.selection import metrics, per_person
from orchestrator.statistics import intervals
from orchestrator.statistics.people import SCORES, scored
from orchestrator.statistics.permutations import against_chance, paired

GAIN = 0.05  # of which it is said how many people would show it


@dataclass(frozen=True)
class Compared:
    """What came of it.

    scores       a row a side: side; rule, kind, model and the rest of Side.about; seeds; clips and people,
                 which are common to all; tested and of, its own clips and those that the corpus has; uf1,
                 uar, war with the ends of their 95 % intervals over people (uf1_low ...); f1_<class>,
                 recall_<class>; uar_per_person, mean over people of each one's UAR over the classes that he
                 shows, its _sd over people and the ends of its interval (_low, _high); uf1_se_people,
                 standard error over people, and uf1_sd_seeds, deviation over seeds (None for one);
                 chance_uf1 and p_chance_uf1: mean score where truths are permuted within the protocol, and p
                 of so high a score by chance; likewise uar, war.
    differences  a row a pair and score (uf1, uar, war, f1_<class>): one, other, score, difference (one minus
                 other), low, high, p of the paired permutation, p_holm among all pairs, effect (difference a
                 deviation of one person), people, people_for_gain: how many would show a gain of ``gain``
                 (missing where nothing differs). Where there are several corpora: p_stouffer, which joins
                 their own p. With over_seeds: p_t_over_seeds, p_wilcoxon_over_seeds.
    corpora      a row a pair, score and corpus, where there are several: difference, low, high, p, people.
    sentences    one a pair: whether the difference would survive new people.
    notes        what else has to be known: oracles, other protocols, absent classes, too few people.
    ranks        over corpora, where there are at least five; else None.
    """

    classes: tuple[str, ...]
    scores: pd.DataFrame
    differences: pd.DataFrame
    corpora: pd.DataFrame
    sentences: tuple[str, ...]
    notes: tuple[str, ...]
    gain: float
    ranks: Ranks | None


def compared(sides: Sequence[Side], gain: float = GAIN, over_seeds: bool = False) -> Compared:
    """Two sides or more. Raises ConfigError where they cannot be joined (joining.py), where one person alone
    is common, for a gain outside 0 .. 1, and for over_seeds without the same two seeds or more in each."""
    if not 0 < gain <= 1:
        raise ConfigError(f"--gain {gain}: give a share above 0 and at most 1, as 0.05 for five points")
    both = joined(sides)
    if both.people < intervals.FEWEST:
        raise ConfigError(
            f"all {both.clips} common clips are of one person: nothing can be said of others; check which "
            "column is the person (--columns subject=NAME)"
        )
    names = [side.name for side in sides]
    differences = _differences(both, names, gain)
    if over_seeds:
        differences = _over_seeds(differences, both, names)
    several = len(both.corpora) > 1
    corpora = _over_corpora(both, names, gain) if several else pd.DataFrame()
    if several:
        differences = differences.assign(p_stouffer=_stouffer(differences, corpora))
    return Compared(
        both.classes,
        _scores(sides, both),
        differences,
        corpora,
        tuple(verdict(row, both.clips, len(names)) for row in _rows(differences, "uf1")),
        tuple(_notes(sides, both)),
        gain,
        ranked(both, names),
    )


def _rows(frame: pd.DataFrame, score: str) -> list[dict[str, Any]]:
    return frame[frame["score"] == score].to_dict("records")  # type: ignore[return-value]


def _scores(sides: Sequence[Side], both: Joined) -> pd.DataFrame:
    made = []
    for side, frame, held in zip(sides, both.frames, both.counts(), strict=True):
        whole, ends, over = scored(held.sum(0)), intervals.intervals(held), metrics.scores(held.sum(0))
        spreads = {name: intervals.spread(held, name) for name in SCORES}
        people, seeds, clips, truth, called, corpora = (
            frame[name].tolist() for name in ("person", "seed", "key", "truth", "predicted", "corpus")
        )
        parts = dict(zip(clips, corpora, strict=True))
        chance = against_chance(people, seeds, clips, truth, called, len(both.classes), parts)
        row: dict[str, Any] = {"side": side.name, **side.about, "seeds": held.shape[1]}
        row |= {"clips": both.clips, "people": both.people}
        row |= {"tested": side.rows["key"].nunique(), "of": side.of}
        for name in SCORES:
            row |= {name: float(whole[name]), f"{name}_low": ends[name][0], f"{name}_high": ends[name][1]}
        for kind in ("f1", "recall"):
            row |= {f"{kind}_{c}": float(over[kind].mean(0)[i]) for i, c in enumerate(both.classes)}
        row |= _of_people(frame)
        for name in SCORES:
            row |= {f"{name}_se_people": spreads[name].people, f"{name}_sd_seeds": spreads[name].seeds}
            row |= {f"chance_{name}": chance[name].expected, f"p_chance_{name}": chance[name].p}
        made.append(row)
    return pd.DataFrame(made)


def _of_people(frame: pd.DataFrame) -> dict[str, float | None]:
    """Mean and deviation over people of each person's UAR, both averaged over seeds, with the interval."""
    columns = (frame[name].tolist() for name in ("person", "seed", "truth", "predicted"))
    each = per_person.uar(*columns)[1]
    told = per_person.mean_and_sd(each) | {"interval": intervals.of_means(each.mean(0)[None])[0]}
    return of_mean_columns("uar_per_person", told)


def _differences(both: Joined, names: Sequence[str], gain: float) -> pd.DataFrame:
    from orchestrator.statistics.several import holm, people_needed

    held = both.counts()
    made = []
    for (i, one), (j, other) in itertools.combinations(enumerate(names), 2):
        found, p = intervals.differences(held[i], held[j]), paired(held[i], held[j])
        for name, told in found.items():
            made.append(
                {
                    "one": one,
                    "other": other,
                    "score": _named(name, both.classes),
                    "difference": told.value,
                    "low": told.interval[0],
                    "high": told.interval[1],
                    "p": p[name],
                    "effect": told.effect,
                    "people": told.people,
                    "people_for_gain": people_needed(gain, told.sd) if told.sd else math.nan,
                }
            )
    frame = pd.DataFrame(made)
    corrected = frame.groupby("score")["p"].transform(lambda own: holm(list(own)))
    frame.insert(7, "p_holm", corrected)
    return frame


def _named(name: str, classes: Sequence[str]) -> str:
    """ "f1 0" -> "f1_negative"."""
    return f"f1_{classes[int(name[3:])]}" if name.startswith("f1 ") else name


def _over_corpora(both: Joined, names: Sequence[str], gain: float) -> pd.DataFrame:
    parts = [(name, both.of_corpus(name)) for name in both.corpora]
    made = [
        _differences(part, names, gain).assign(corpus=name)
        for name, part in parts
        if part.people >= intervals.FEWEST
    ]
    kept = ["one", "other", "score", "corpus", "difference", "low", "high", "p", "people"]
    return pd.concat(made)[kept].reset_index(drop=True) if made else pd.DataFrame()


def _stouffer(differences: pd.DataFrame, corpora: pd.DataFrame) -> list[float]:
    """Of each row of differences. Missing where fewer than two corpora have two people."""
    from orchestrator.statistics.several import stouffer

    made = []
    for row in differences.to_dict("records"):
        own = corpora
        for name in ("one", "other", "score"):
            own = own[own[name] == row[name]] if len(own) else own
        enough = len(own) > 1
        joint = [own[name].tolist() for name in ("p", "difference", "people")] if enough else []
        made.append(stouffer(*joint) if enough else math.nan)
    return made


def _over_seeds(differences: pd.DataFrame, both: Joined, names: Sequence[str]) -> pd.DataFrame:
    from orchestrator.statistics.several import paired_t_over_seeds, wilcoxon_over_seeds

    seeds = [sorted(set(frame["seed"])) for frame in both.frames]
    for name, own in zip(names, seeds, strict=True):
        if own != seeds[0] or len(own) < 2:
            raise ConfigError(
                f"--over seeds pairs the seeds, two or more of the same in each: {names[0]} has "
                f"{', '.join(seeds[0]) or 'none'}, {name} has {', '.join(own) or 'none'}"
            )
    each = {
        name: intervals.flat(scored(held.sum(0)[:, None]))
        for name, held in zip(names, both.counts(), strict=True)
    }
    each = {
        name: {_named(score, both.classes): values for score, values in own.items()}
        for name, own in each.items()
    }
    pairs = [
        (each[row["one"]][row["score"]].tolist(), each[row["other"]][row["score"]].tolist())
        for row in differences.to_dict("records")
    ]
    return differences.assign(
        p_t_over_seeds=[paired_t_over_seeds(*pair) for pair in pairs],
        p_wilcoxon_over_seeds=[wilcoxon_over_seeds(*pair) for pair in pairs],
    )


def _notes(sides: Sequence[Side], both: Joined) -> list[str]:
    made = list(dict.fromkeys(note for side in sides for note in side.notes))
    for side in sides:
        if side.about.get("kind") == "oracle":
            made.append(
                f"{side.name} is an oracle ({side.about['rule']}): test labels decided, it is no result."
            )
        if remark := side.about.get("au_remark"):
            made.append(f"{side.name}, AUs {side.about['au']}: {remark}.")
    for what in ("protocol", "rule", "features"):
        told = {side.name: side.about[what] for side in sides if what in side.about}
        if len(set(told.values())) > 1:
            each = ", ".join(f"{name} {value}" for name, value in told.items())
            made.append(f"Not of one {what}: {each}. The difference is that of all that differs.")
    truth = set(both.frames[0]["truth"])
    if absent := [name for i, name in enumerate(both.classes) if i not in truth]:
        made.append(f"No common clip of class {', '.join(absent)}: it counts as 0 in UF1 and UAR.")
    least = 2 / 2**both.people
    if least > 0.05:
        made.append(
            f"{both.people} people are too few: however much two sides differ, p cannot fall below {least:g}."
        )
    return made
