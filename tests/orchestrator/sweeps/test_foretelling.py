"""What a sweep takes is foretold without its clips, and the folds are those that it then has."""

import pytest

from mer_models import MODELS
from orchestrator import Experiment
from orchestrator.protocols.fold import Protocol
from orchestrator.sweeps import foretelling
from orchestrator.sweeps.estimate import Estimate, together
from orchestrator.sweeps.foretelling import MS, foretold
from preprocessing.render import RenderConfig
from tests.orchestrator.tables import table

RENDERED = RenderConfig(subjects=6, clips_per_subject=4)


def test_every_model_has_an_estimate_of_its_time():
    assert set(MS) == set(MODELS)


@pytest.mark.parametrize(
    "protocol", ["loso", "group_kfold-3", "group_holdout-3", "stratified_kfold-4", "holdout-10"]
)
def test_folds_are_those_that_the_study_deals(protocol):
    asked = Experiment("mdmo", protocol=protocol, seeds=2, trials=3, inner_folds=2)
    study, made = asked.study(), table(people=6, clips=4)
    told = foretold(asked, RENDERED)
    assert told.folds_a_trial == len(study.folds(made))
    assert (told.models, told.folds) == (2, len(study.jobs(made, {})) * 3)
    assert (told.people, told.clips) == (6, 24)


def test_folds_of_a_protocol_that_does_not_tell_are_not_known(monkeypatch):
    silent = Protocol(folds=lambda clips, k: ())
    monkeypatch.setattr(foretelling, "protocol", lambda name: (silent, 0))
    told = foretold(Experiment("mdmo", trials=1), RENDERED)
    assert told.folds_a_trial is None and "? folds" in told.line


def folds(corpus, **asked):
    return foretold(Experiment("stag", corpora=[(corpus, "R")], **asked), RENDERED).folds


def test_of_a_corpus_that_is_not_there_its_published_numbers_count():
    assert folds("samm", trials=3, selection="nested") == 29 * 3  # people of SAMM
    assert folds("samm", trials=1, selection="committee") == 29 * 4  # a model an inner group
    assert folds("name", trials=1) is None  # nobody says how many people it has
    pair = Experiment("stag", corpora=[("samm", "R"), ("casme2", "R")], protocol="cross_corpus", trials=1)
    assert foretold(pair, RENDERED).folds_a_trial == 2


def test_seconds_are_of_epochs_clips_and_the_size_of_pictures():
    asked = Experiment("resnet18", trials=1, selection="nested", settings={"recipe.epochs": 10})
    told = foretold(asked.but(extraction={"image_size": 56}), RENDERED, cores=2)
    # 117 ms at 112 px, a quarter of it at half the side; 24 clips, of which three quarters train
    assert told.seconds_a_fold == pytest.approx(10 * 18 * 0.117 / 4)
    assert told.fold_hours == pytest.approx(told.seconds_a_fold * 6 / 2 / 3600, abs=1e-6)
    assert "6 folds x 1 seeds = 6 folds; at most" in told.line and "disk" not in told.line


def test_several_are_added_and_what_is_not_known_is_said():
    known = foretold(Experiment("stag", trials=1), RENDERED)
    assert together([known, known]).startswith("48 folds, about ")
    unknown = foretold(Experiment("stag", corpora=[("name", "R")], trials=1), RENDERED)
    assert together([known, unknown]) == "? folds, time not known"
    assert isinstance(unknown, Estimate) and "? folds; time not known" in unknown.line
