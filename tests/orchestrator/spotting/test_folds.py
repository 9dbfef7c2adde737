"""Everybody held out once: nothing that is chosen for a person hangs on her."""

import pytest

from orchestrator.common.errors import ConfigError
from orchestrator.spotting import frame_cnn
from orchestrator.spotting.folds import best, chosen, counted, oracle
from orchestrator.spotting.jobs import inline, tasks
from orchestrator.spotting.spotters import spotters
from tests.orchestrator.spotting.videos import people, scrambled


@pytest.fixture(autouse=True)
def short(monkeypatch):
    monkeypatch.setattr(frame_cnn, "STEPS", 15)


def all_folds(videos, name, inner=2):
    asked = tasks(videos, [name], inner, 0)
    return {task.person: fold for task, fold in inline(asked, {one.video: one.seen for one in videos})}


def decided(fold):
    return fold.threshold, dict(fold.f1), fold.digest


@pytest.mark.parametrize("name", spotters())
def test_scrambling_a_person_moves_nothing_that_is_chosen_for_her(name):
    videos = people(4)
    before, after = all_folds(videos, name), all_folds(scrambled(videos, "p2"), name)
    assert decided(before["p2"]) == decided(after["p2"])
    assert all(decided(before[one]) != decided(after[one]) for one in ("p0", "p1", "p3"))  # it does move them


class Spy:
    """Remembers whose videos it was fitted on, and whose it was shown since."""

    thresholds, usual, digest = (1.0, 2.0), 1.0, ""

    def __init__(self):
        self.fits = []

    def fit(self, videos, seed, /):
        self.fits.append(({one.person for one in videos}, set()))
        shown, of = self.fits[-1][1], {id(one.seen): one.person for one in self.every}

        class Fitted:
            digest = ""

            def __call__(self, seen, thresholds):
                shown.add(of[id(seen)])
                return [[] for _ in thresholds]

        return Fitted()


def test_no_fit_sees_whom_it_is_asked_about_and_every_training_person_is_asked_about_once():
    spy = Spy()
    spy.every = people(5)
    seen = {one.video: one.seen for one in spy.every}
    made = [task.run(seen, spy) for task in tasks(spy.every, ["spy"], 2, 0)]
    assert [one.person for one in made] == ["p0", "p1", "p2", "p3", "p4"]
    assert all(not fitted & shown for fitted, shown in spy.fits)
    for place, fold in enumerate(made):  # two inner fits and the last of each fold
        inner, last = spy.fits[3 * place : 3 * place + 2], spy.fits[3 * place + 2]
        others = {one.person for one in spy.every} - {fold.person}
        assert last == (others, {fold.person})
        assert inner[0][1] | inner[1][1] == others and not inner[0][1] & inner[1][1]
        assert all(fitted | shown == others for fitted, shown in inner)


def test_order_of_videos_decides_nothing():
    videos = people(4)
    first, again = (chosen(given, spotters()["peaks"], 2, 3) for given in (videos, videos[::-1]))
    assert first.threshold == again.threshold and dict(first.f1) == dict(again.f1)


def test_of_equal_thresholds_the_middle_is_taken():
    assert best({1.0: 0.5, 2.0: 0.9, 3.0: 0.9, 4.0: 0.9, 5.0: 0.2}) == 3.0
    assert best({1.0: 0.9, 2.0: 0.9, 5.0: 0.2}) == 1.0


def test_the_oracle_is_at_least_as_good_for_the_tested_as_any_threshold():
    videos = people(4, height=0.8)
    made = list(all_folds(videos, "peaks").values())

    def f1(threshold):
        of = {one.video: one for one in videos}
        each = [
            counted(of[video], found)["all"]
            for fold in made
            for video, found in fold.found[threshold].items()
        ]
        return sum(each[1:], each[0]).f1

    thresholds = spotters()["peaks"].thresholds
    assert f1(oracle(videos, made)) == max(map(f1, thresholds)) > min(map(f1, thresholds))


@pytest.mark.parametrize(("count", "inner"), [(3, 3), (3, 1), (2, 2)])
def test_too_few_people_are_told(count, inner):
    with pytest.raises(ConfigError, match=f"{count} people"):
        all_folds(people(count), "peaks", inner)
