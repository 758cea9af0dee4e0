"""What is left is merged into regions, across the seam of the charts, and named."""

import numpy as np
from equilibria_by_cells import cell_of, random_cells

from lohe.proofs_numeric.equilibria.cells import Cells, join, root, split
from lohe.proofs_numeric.equilibria.remaining import describe


def test_nothing_left_says_nothing() -> None:
    assert describe(root(1, 2)[:0]) == ()


def test_neighbours_are_one_region_and_strangers_two() -> None:
    together = [cell_of(0, [[0.25, 0.5]]), cell_of(0, [[0.5, 0.75]])]
    assert describe(join(together)) == ("oscillator 0 at 50.91° ± 22.8°",)
    regions = describe(join([*together, cell_of(1, [[-0.75, -0.5]])]))
    assert len(regions) == 2
    assert regions[1].startswith("oscillator 0 at -116")


def test_the_seam_of_the_charts_does_not_cut_a_region() -> None:
    seam = join([cell_of(0, [[0.75, 1.0]]), cell_of(1, [[0.75, 1.0]])])
    assert describe(seam) == ("oscillator 0 at 90° ± 16.3°",)


def test_whole_spheres_are_anywhere() -> None:
    assert describe(root(1, 3)) == ("oscillator 0 anywhere",)
    assert describe(root(3, 3)) == ("all oscillators anywhere",)
    cells = split(split(root(3, 2), np.array([1])), np.array([4, 4]))
    assert describe(cells[:1]) == (
        "oscillator 0 anywhere, oscillator 1 at -45° ± 45°, oscillator 2 anywhere",
    )


def test_points_of_spheres_are_named_by_vectors() -> None:
    assert describe(cell_of(0, [[0.0, 2.0**-10], [0.0, 2.0**-10]])) == (
        "oscillator 0 within 0.0791° of (1, 0.0009766, 0.0009766)",
    )


def test_many_cells_are_widened_never_dropped() -> None:
    rng = np.random.default_rng(0)
    cells = random_cells(rng, 5000, 2, 2, deepest=12)
    lines = describe(cells)
    assert 1 <= len(lines) <= 21
    # Isolated ones beyond the twenty are counted.
    ends = np.linspace(-1, 1, 41)[:-1].reshape(-1, 1, 1)
    single = Cells(np.zeros((40, 1), dtype=np.int64), ends, ends + 2.0**-20)
    assert describe(single)[-1] == "and 20 regions more"
