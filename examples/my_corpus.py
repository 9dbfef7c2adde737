"""A corpus of your own: a folder of videos that are named person_emotion_number.avi.

    python -m preprocessing check --corpus my_corpus --root FOLDER --plugin examples/my_corpus.py
    python -m orchestrator.sweep off_apexnet --corpus my_corpus --root FOLDER --plugin examples/my_corpus.py

Layout, from ``root``
    anna_happiness_1.avi    one clip; the whole video is the expression, its apex is not annotated
Labels  the file names. One file says all about a corpus; datasets/facts.py explains each name below. It reads
        labels and opens no video: what cannot be decoded comes to light at extraction.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from preprocessing.schema import Clip, CorpusError

CORPUS = "my_corpus"  # as this file is named
PUBLISHED: dict[str, object] = {}  # no paper says how many clips there are
SCHEMES = {  # what --classes may ask for: class -> words of the file names
    "all": {"happiness": ("happiness",), "disgust": ("disgust",), "surprise": ("surprise",)},
    "2": {"negative": ("disgust",), "positive": ("happiness",)},  # surprise is left out
}
COMPOSITE = False  # its people are those of no other corpus
PICTURES = False  # it has frames, no ready pictures of flow


def clips(root: Path) -> Iterator[Clip]:
    """Yield one Clip a video, by name. A name that cannot be read is a clip with a problem, never left out.

    Raises CorpusError for a folder without a video.
    """
    videos = sorted(root.glob("*.avi"))
    if not videos:
        raise CorpusError(f"no .avi file in {root}; give the folder that holds the videos")
    for video in videos:
        person, emotion, number = [*video.stem.lower().split("_"), "", ""][:3]
        problem = (
            "" if number and video.stem.count("_") == 2 else f"{video.name} is not person_emotion_number.avi"
        )
        known = emotion in SCHEMES["all"]
        if not problem and not known:
            problem = f"{video.name}: {emotion!r} is none of {', '.join(SCHEMES['all'])}"
        yield Clip(
            corpus=CORPUS,
            subject=f"{CORPUS}/{person}",  # "corpus/person": all clips of a person stay together
            name=video.stem,
            frames=video,
            emotion=emotion if known else "",
            problem=problem,
        )
