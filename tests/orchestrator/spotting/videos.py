"""Long videos without pixels: curves with a hill for each true expression."""

from dataclasses import replace

import numpy as np

from orchestrator.spotting.marked import Marked, Seen
from orchestrator.spotting.metrics import Spotted
from preprocessing.spotting.motion import GROUPS, SCALES, Rate

RATE = Rate(30.0)
SAMPLES = 900
CLASSES = ("negative", "positive")


def video(person, number=0, *, seed=0, height=1.5, micro=4, samples=SAMPLES):
    """micro expressions of 10 samples, one macro-expression of 40; beside them hills of half the height that
    are none."""
    rng = np.random.default_rng([seed, number, *person.encode()])
    curves = np.abs(rng.normal(0.1, 0.03, (samples, len(SCALES), len(GROUPS)))).astype(np.float32)
    name, true = f"{person}/v{number}.avi", []
    places = 60 + np.arange(micro + 3) * (samples - 120) // (micro + 3) + rng.integers(0, 30)
    for place, at in enumerate(places):
        kind, half = ("macro", 20) if place == micro else ("micro", 5)
        t = np.arange(samples)
        hill = (1 + np.cos(np.pi * np.clip((t - at) / half, -1, 1))) / 2
        real = place <= micro
        tall = height * (2 if kind == "macro" else 1) * (1 if real else 0.4)
        curves[:, list(SCALES).index(kind), int(rng.integers(3))] += (tall * hill).astype(np.float32)
        if real:
            emotion = CLASSES[place % 2] if kind == "micro" else ""
            true.append(Spotted(name, int(at) - half + 1, int(at) + half - 1, kind, emotion))
    return Marked(name, person, Seen(curves, np.zeros(samples, np.float32), RATE, samples), tuple(true))


def people(count=5, **options):
    return [video(f"p{i}", number, **options) for i in range(count) for number in range(2)]


def scrambled(videos, person, seed=9):
    """The same, but for this person: other curves, other intervals, other classes."""
    rng = np.random.default_rng(seed)
    made = []
    for one in videos:
        if one.person == person:
            curves = rng.permutation(one.seen.curves) * np.float32(7)
            true = tuple(
                Spotted(one.video, int(at), int(at) + 12, str(rng.choice(["micro", "macro"])), "positive")
                for at in rng.integers(0, 800, 9)
            )
            one = replace(one, seen=replace(one.seen, curves=curves), true=true)
        made.append(one)
    return made
