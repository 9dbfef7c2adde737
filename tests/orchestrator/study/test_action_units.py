"""Which action units a study uses: one decision for all folds, and the same bound as the head that predicts
them."""

from dataclasses import replace

import numpy as np
import pytest

from orchestrator.common.errors import ConfigError
from orchestrator.study.action_units import settled
from orchestrator.study.study import Study
from orchestrator.study.table import load
from orchestrator.training.loop import with_estimated_aus
from tests.orchestrator.study.test_table import EMOTIONS, row, write
from tests.orchestrator.tables import QUICK, fold_data, table

STUDY = Study("stag", "loso", 3, 2, QUICK)


def annotated(people: int, of: int = 5):
    """A table of ``of`` people of whom the first ``people`` have annotated action units."""
    made = table(of, 6, aus=True)
    known = np.array([int(who[-1]) < people for who in made.subjects])
    return replace(made, aus=np.where(known[:, None], made.aus, -1).astype(np.float32), au="predicted")


def predicts(data, job) -> bool:
    try:
        with_estimated_aus(fold_data(data, job), ("seed",))
    except ValueError as error:
        if "use --au none" not in str(error):
            raise
        return False
    return True


@pytest.mark.parametrize("people", range(1, 6))
def test_a_study_falls_back_to_none_exactly_where_some_fold_cannot_predict(people):
    data = annotated(people)
    jobs = STUDY.jobs(data, {})
    poor = {job.fold for job in jobs if not predicts(data, job)}
    made = settled(data, "auto", jobs)
    assert made.au == ("none" if poor else "predicted")
    if poor:
        assert made.aus is None and {job.au for job in STUDY.jobs(made, {})} == {"none"}  # in all folds
        assert made.au_remark.startswith(f"not predicted: in {len(poor)} of 5 folds")
        assert any(made.au_remark in text for text in STUDY.warnings(made))
    # who asked for them gets them where they can be had, and the error of the others
    assert settled(data, "predicted", jobs) is data


def test_both_sides_of_the_bound_are_seen():
    assert [settled(annotated(n), "auto", STUDY.jobs(annotated(n), {})).au for n in (1, 5)] == [
        "none",
        "predicted",
    ]


def test_a_study_that_falls_back_is_the_one_that_was_asked_for_none(tmp_path):
    """Equal content, so equal jobs: nothing is computed twice."""
    rows = [row(i, EMOTIONS[i % 3], aus=(1, 12) if i % 3 == 0 else None) for i in range(9)]
    folder = write(tmp_path / "a", rows)
    asked = load(folder, "3", "none", uses_aus=True)
    usual, study = load(folder, "3", "auto", uses_aus=True), replace(STUDY, inner_folds=2)
    fell = settled(usual, "auto", study.jobs(usual, {}))
    assert usual.au == "predicted" and fell.au == "none" and fell.not_predicted
    assert [job.job_id for job in study.jobs(fell, {})] == [job.job_id for job in study.jobs(asked, {})]


def test_action_units_asked_for_by_name_must_be_there():
    bare = table(5, 6)
    for au in ("annotated", "predicted"):
        with pytest.raises(ConfigError, match=f"--au {au} .* synthetic annotates no action units"):
            settled(bare, au, ())
    for au in ("auto", "none"):
        assert settled(bare, au, ()) is bare


def test_clips_without_annotation_are_counted():
    assert "18 of 30 clips have no annotated action units" in STUDY.warnings(annotated(2))
    assert not [text for text in STUDY.warnings(annotated(5)) if "action units" in text]
