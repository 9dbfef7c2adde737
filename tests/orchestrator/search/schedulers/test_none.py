from orchestrator.search.schedulers import DEFAULT, SCHEDULERS
from tests.orchestrator.search.schedulers.folds import fold


def test_no_trial_is_ever_stopped_and_that_is_the_default():
    scheduler = SCHEDULERS[DEFAULT]()
    for i in range(30):
        assert not scheduler.reports(0, fold(str(i), 10))
    scheduler.completed(0)
    assert not any(scheduler.reports(1, fold(str(i), 0)) for i in range(30))
