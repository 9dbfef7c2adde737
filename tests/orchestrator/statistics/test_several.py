"""Holm, Stouffer, tests over seeds, and numbers of people: by hand."""

import math

import numpy as np
import pytest

from benchmarks.statistics import study
from orchestrator.statistics.intervals import differences
from orchestrator.statistics.several import (
    holm,
    paired_t_over_seeds,
    people_needed,
    stouffer,
    wilcoxon_over_seeds,
)


def test_holm_by_hand():
    assert holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0] and holm([]) == []


def test_stouffer_by_hand():
    """Two corpora of equal size with z = 1.96 each: z = 1.96 * sqrt(2) = 2.772, p = .00557."""
    assert stouffer([0.05, 0.05], [0.1, 0.2], [20, 20]) == pytest.approx(0.00557, abs=1e-4)
    assert stouffer([0.05, 0.05], [0.1, -0.1], [20, 20]) == pytest.approx(1.0)
    assert stouffer([0.05, 0.9], [0.1, 0.1], [400, 4]) < stouffer([0.05, 0.9], [0.1, 0.1], [20, 20])
    assert stouffer([1.0, 0.05], [0.0, 0.1], [20, 20]) <= 1.0


def test_tests_over_seeds_by_hand():
    """Differences 1, 2, 3: t = 2 / (1 / sqrt 3) = 3.46 with 2 degrees of freedom, p = .0742."""
    assert paired_t_over_seeds([1, 2, 3], [0, 0, 0]) == pytest.approx(0.0742, abs=1e-4)
    assert wilcoxon_over_seeds([1, 2, 3, 4, 5], [0] * 5) == pytest.approx(0.0625)
    assert math.isnan(paired_t_over_seeds([1, 2], [0, 1])) and wilcoxon_over_seeds([1, 2], [1, 2]) == 1.0


def test_so_many_people_show_the_gain_in_four_of_five_studies():
    """(1.96 + 0.842) ** 2 = 7.849."""
    assert people_needed(0.1, 0.5) == math.ceil(7.849 * 25) and people_needed(0.0, 1.0) == math.inf
    pilot = differences(*study(3000, np.random.default_rng(1), gain=0.1)[::-1], draws=500)["uf1"]
    need = int(people_needed(pilot.value, pilot.sd))
    rng, shown = np.random.default_rng(2), 0
    for _ in range(120):
        one, other = study(need, rng, gain=0.1)
        shown += differences(other, one, draws=300)["uf1"].interval[0] > 0
    assert 0.68 <= shown / 120 <= 0.92
