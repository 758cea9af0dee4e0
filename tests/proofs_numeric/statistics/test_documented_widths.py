"""The widths that docs/statistics.md prints are those that the bounds have."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.special import betaln, expit, log_expit

from lohe.proofs_numeric.basins.plan import Starts
from lohe.proofs_numeric.basins.starts import largest_weight
from lohe.proofs_numeric.statistics.clopper_pearson import clopper_pearson
from lohe.proofs_numeric.statistics.confidence_sequence import bernoulli_bounds, bernoulli_lower
from lohe.proofs_numeric.statistics.stratified import stratified_bounds
from lohe.proofs_numeric.statistics.weighted import weighted_bounds

PAGE = Path(__file__).parents[3] / "docs" / "statistics.md"
TRIALS = 100_000


def rows(start):
    """Cells of the table rows that start so."""
    lines = PAGE.read_text().splitlines()
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith(start)
    ]


def symmetric_lower(k, n, error):
    """Lower end of the classical sequence: one mixture over all q, of Beta(1/2, 1/2)."""

    def excess(log_odds):
        likelihood = k * log_expit(log_odds) + (n - k) * log_expit(-log_odds)
        return betaln(k + 0.5, n - k + 0.5) - betaln(0.5, 0.5) - likelihood + np.log(error)

    high = np.log(k / (n - k)) if k < n else np.log(n) + 5
    return expit(brentq(excess, high - 20, high))


def test_distances_of_the_lower_bounds():
    table = rows("| 100")
    assert len(table) == 12
    for trials, frequency, fixed, always, ratio, classical in table:
        n, p = int(trials), float(frequency)
        k = round(n * p)
        narrow, wide = p - clopper_pearson(k, n)[0], p - bernoulli_bounds(k, n)[0]
        assert [f"{narrow:.2e}", f"{wide:.2e}"] == [fixed, always]
        assert f"{wide / narrow:.2f}" == ratio
        assert f"{(p - symmetric_lower(k, n, 0.01)) / narrow:.2f}" == classical


def test_multiples_of_one_over_n():
    n = 10**6
    assert f"1 - {n * (1 - bernoulli_bounds(n, n)[0]):.2f}/n" in PAGE.read_text()
    assert f"1 - {n * (1 - clopper_pearson(n, n)[0]):.2f}/n" in PAGE.read_text()
    assert f"1 - {n * (1 - bernoulli_lower(n, n)):.2f}/n" in PAGE.read_text()


def printed(bounds, rare):
    low, high = (bound / rare for bound in bounds)
    return f"{low:.2f} ... " + (f"{high:.2f}" if high < 2 else f"{float(f'{high:.3g}'):.0f}")


@pytest.mark.parametrize(("column", "rare"), [(1, 1e-6), (3, 1e-9)])
def test_bounds_on_rare_failures(column, rare):
    for cells, power in zip(rows("| tilted, power"), (4.0, 8.0), strict=True):
        # Each v stands for a share of 1/TRIALS: the expected numbers.
        v = (np.arange(TRIALS) + 0.5) / TRIALS
        failed = (power * v ** (power - 1))[v**power < rare]
        proved = largest_weight(Starts("tilted", power=power), 10 * rare)
        assert printed(weighted_bounds(failed, TRIALS, power), rare) == cells[column]
        assert printed(weighted_bounds(failed, TRIALS, proved), rare) == cells[column + 1]
    cells = rows("| strata cut")[0]
    shares = np.diff([0.0, rare / 10, 2 * rare, 100 * rare, 1.0])
    each = TRIALS // 4
    counts = [0, round(each / 1.9), each, each]
    for offset, known in enumerate((None, [np.nan, np.nan, np.nan, 1.0])):
        _, low, high = stratified_bounds(counts, [each] * 4, shares, known=known)
        assert printed((1 - high, 1 - low), rare) == cells[column + offset]
    none = clopper_pearson(0, TRIALS)[1] / rare
    assert rows("| uniform (none")[0][column] == f"0 ... {float(f'{none:.2g}'):.0f}"
