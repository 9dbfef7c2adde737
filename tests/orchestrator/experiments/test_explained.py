"""What a model was given, beside what it looked at: which clip stands for a class, and where its map lies."""

from types import SimpleNamespace

import numpy as np
import pandas as pd

from orchestrator.experiments import explained
from orchestrator.experiments.explained import GIVEN, OF_METHODS, given
from orchestrator.experiments.file import PICTURES
from orchestrator.results.explain.collected import Collected
from orchestrator.results.explain.places import of_input


def collected(right, methods=("gradient_attention_1", "occlusion")):
    """Clips of the classes x, y, y; nobody shows z. The strongest place of each is the cell of its number."""
    places = of_input("image", "rgb", (3, 28, 28))
    shares = np.zeros((3, *places.shape), np.float32)
    shares[np.arange(3), 0, np.arange(3)] = 1
    clips = pd.DataFrame({"clip": list("abc"), "person": "p", "fold": "p", "truth": ["x", "y", "y"],
                          "called": ["y", "x", "y"], "probability": 1.0, "right": right})  # fmt: skip
    return Collected(
        title="t", classes=("x", "y", "z"), places=places, clips=clips,
        importance=dict.fromkeys(methods, shares), signed={}, edges={}, deletion={},
        features=np.zeros((0, 0)), motion=None, known=np.zeros(3, bool),
    )  # fmt: skip


X = np.zeros((3, 3, 28, 28), np.uint8) + np.array([10, 20, 30], np.uint8)[:, None, None, None]


def test_every_picture_that_a_file_may_name_is_made():
    assert set(PICTURES) == {*OF_METHODS, GIVEN}


def test_lines_of_one_sweep_are_explained_once(monkeypatch):
    table = SimpleNamespace(kind="image", clip_ids=list("abc"), x=X)
    study = SimpleNamespace(folds=lambda table: [SimpleNamespace(name=name) for name in ("p1", "p2", "p3")])
    opened, told, asked = [], [], []
    monkeypatch.setattr(
        explained, "reopen", lambda name, *_: opened.append(name) or SimpleNamespace(table=table, study=study)
    )

    def explains(sweep, tell, folds):
        asked.append(folds)
        return collected([True] * 3), []

    monkeypatch.setattr(explained, "explain_opened", explains)
    done = [
        SimpleNamespace(summary=name and {"name": name}, line=SimpleNamespace(name=f"row {at}"))
        for at, name in enumerate(("one", None, "two", "one"))
    ]
    made = explained.explained(["given", "egat"], done, SimpleNamespace(workspace=None), told.append)
    assert opened == ["one", "two"] and list(made) == ["given_01.png", "given_03.png", "given_04.png"]
    assert [note.text.partition(":")[0] for note in told] == ["row 0", "row 2", "row 3"]  # it has no graph
    explained.explained(["given"], done[:1], SimpleNamespace(workspace=None), told.append, 1)
    assert asked == [[], [], ["p1"]]  # none named: all


def test_a_class_is_shown_by_a_clip_that_was_called_right_or_else_by_its_first_and_said_so():
    axes = given(collected([False, False, True]), X).axes
    assert [ax.get_title() for ax in axes] == [
        "x, called y", "gradient attention 1", "y, called right", "gradient attention 1"
    ]  # fmt: skip
    assert [int(ax.images[0].get_array().max()) for ax in axes] == [10, 10, 30, 30]
    first, second = (axes[at].images[1].get_array() for at in (1, 3))
    assert np.argwhere(first == 1).tolist() == [[0, 0]] and np.argwhere(second == 1).tolist() == [[0, 2]]


def test_attention_that_is_the_same_everywhere_is_drawn_light_and_said():
    # an overlay scaled to its own largest value was dark red all over: the model seemed to look everywhere
    of = collected([True] * 3, ("cva_1",))
    of.importance["cva_1"][:] = 0.2
    map_ = given(of, X).axes[1]
    assert map_.get_title() == "cva 1\neven: no region stands out"
    assert map_.images[1].get_array().max() < 0.4


def test_without_attention_gradients_stand_there_and_of_onset_and_apex_the_apex():
    pairs = np.stack([np.zeros_like(X), X], 1)
    axes = given(collected([True] * 3, ("integrated_gradients", "occlusion")), pairs).axes
    assert [ax.get_title() for ax in axes[::2]] == ["x, called right", "y, called right"]
    assert axes[1].get_title() == "integrated gradients"
    assert [int(ax.images[0].get_array().max()) for ax in axes[::2]] == [10, 20]


def test_a_signed_sum_of_frames_is_shown_by_its_own_range():
    mesti = np.zeros((3, 3, 28, 28), np.float16)
    mesti[:, 0, 0, 0], mesti[:, 1, 0, 1] = -4, 12
    shown = given(collected([True] * 3), mesti).axes[0].images[0].get_array()
    assert shown.min() == 0 and shown.max() == 1 and shown[5, 5].tolist() == [0.25] * 3
    assert not given(collected([True] * 3), mesti * 0).axes[0].images[0].get_array().any()
