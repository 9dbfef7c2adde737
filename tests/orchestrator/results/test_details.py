"""What the page is told beside the summary, worked out by hand."""

import json

import pytest

from orchestrator.results import details
from orchestrator.selection import scores
from orchestrator.selection.choose import choose
from tests.orchestrator.selection.test_rules import TRUTH, two_trials
from tests.orchestrator.tracking.test_tracker import CLASSES


@pytest.fixture
def made():
    trials = two_trials()
    score = scores.score(choose("nested", trials), trials, TRUTH, CLASSES)
    return details.details(trials, score, TRUTH)


def test_curves_are_of_the_chosen_trials_over_their_folds(made):
    """nested takes trial 0 at epoch 2 for a, and trial 1 at epoch 1 for b."""
    assert [(one["trial"], one["chosen"], one["folds"]) for one in made["curves"]] == [(0, 1, 2), (1, 1, 2)]
    assert made["epochs"] == [[1, 1], [2, 1]]
    first = made["curves"][0]
    assert first["epochs"] == [1, 2, 3]
    assert first["train_loss"][1] == pytest.approx([1, 0.55, 0.1])
    # a 1/3, 1, 1/3 and b 1/3, 1/3, 1
    assert first["validation_uf1"][1] == pytest.approx([1 / 3, 2 / 3, 2 / 3], abs=1e-4)
    assert first["validation_loss"][1] == pytest.approx([0.9, 0.65, 0.675])


def test_a_clip_is_wrong_in_a_run_at_the_epoch_that_its_validation_people_chose(made):
    """Trial 0 is wrong of all four clips there, trial 1 of none; on other epochs each differs."""
    wrong = made["wrong"]
    assert (wrong["runs"], wrong["clips"], wrong["always"], wrong["never"]) == (2, 4, 0, 0)
    assert sorted(map(tuple, wrong["named"])) == [(clip, 1, 2) for clip in sorted(TRUTH)]
    alone = two_trials()[:1]
    score = scores.score(choose("nested", alone), alone, TRUTH, CLASSES)
    assert details.details(alone, score, TRUTH)["wrong"]["always"] == 4


def test_what_does_not_read_is_as_if_it_were_not_there(made, tmp_path):
    assert "older program" in details.read(tmp_path)[1]
    details.write(tmp_path, made)
    held, why = details.read(tmp_path)
    assert held["curves"] == json.loads(json.dumps(made["curves"])) and why == ""
    file = tmp_path / details.DETAILS
    file.write_text(file.read_text().replace('"runs":2', '"runs":9').replace('"runs": 2', '"runs": 9'))
    held, why = details.read(tmp_path)
    assert held == {} and "damaged" in why
