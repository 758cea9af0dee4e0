"""The checker's enclosures of equilibria hold what they must; its searches cannot be fooled."""

from __future__ import annotations

import copy
import time
from functools import cache

import numpy as np
import pytest
from equilibria_by_hand import all_equilibria, box, exact_instance, field, spectrum, tree_of
from flint import arb, ctx, fmpq
from sealing import claim, pack, seal, verdict_of, written

from lohe.dynamics.network import Network
from lohe.proofs_numeric.checker import check
from lohe.proofs_numeric.checker_exact import Flow, Patch, UnconfirmedError, View

COUNTED = Network([[0.9, 0.1], [0.1, 0.7]], crosstalk=[[0, 0.6], [0.6, 0]])
SEVERAL = Network([[0.35, 0.82], [0.33, -1.3]], crosstalk=[[0, 0.9], [0.9, 0]])
TURNING = Network([[1.0, 0.2, 0.1]], frequency=[[[0, 0.5, 0.1], [-0.5, 0, 0.2], [-0.1, -0.2, 0]]])
EDGE = Network([[0.0, 1.0]])  # its equilibria lie on the edge of both charts
LEANING = Network([[0.9, 0.1], [0.1, 0.7]], crosstalk=[[0, 0.6], [0.3, 0]])
CASES = {"counted": COUNTED, "turning": TURNING, "edge": EDGE, "leaning": LEANING}


@cache
def boxes_of(network):
    return [box(network, x) for x in all_equilibria(network)]


@cache
def search_of(network):
    return tree_of(network, boxes_of(network))


def count(network, name="unique_stable", boxes=None, tree=None, **changes):
    boxes = boxes_of(network) if boxes is None else boxes
    tree = search_of(network) if tree is None else tree
    values = {"equilibria": len(boxes), "oscillators": network.n, **changes}
    return verdict_of(network, name, ("proved", "T8"), values, {"equilibria": boxes, "tree": tree})


def random_patch(rng, d, size):
    centre = rng.uniform(-1, 1, d - 1)
    low, high = centre - rng.uniform(0, size, d - 1), centre + rng.uniform(0, size, d - 1)
    ends = [tuple(fmpq(int(v * 2**20), 2**20) for v in side) for side in (low, high)]
    return Patch.of(int(rng.choice([-1, 1])), *ends)


def a_point(rng, patch):
    """Return a patch of one point inside."""
    parts = [fmpq(int(rng.integers(0, 257)), 256) for _ in patch.low]
    pairs = zip(patch.low, patch.high, parts, strict=True)
    xi = tuple(a + (b - a) * t for a, b, t in pairs)
    return Patch.of(patch.sign, xi, xi)


@pytest.mark.parametrize("d", [2, 3, 4])
@pytest.mark.parametrize("size", [1e-3, 0.3, 2.0])
def test_a_patch_holds_its_points_and_their_derivatives(d, size):
    rng = np.random.default_rng(d)
    with ctx.workprec(256):
        for _ in range(30):
            patch = random_patch(rng, d, size)
            view, centre = View.of(patch), patch.centre()
            frame = centre.slopes() * (1 / centre.width)
            assert all(
                (frame.transpose() * frame)[j, k].contains(int(j == k))
                for j in range(d - 1)
                for k in range(d - 1)
            )
            for _ in range(10):
                point = a_point(rng, patch)
                assert sum((v * v for v in point.x.entries()), arb(0)).contains(1)
                pairs = [
                    (patch.x, point.x),
                    (patch.slopes(), point.slopes()),
                    (view.both, frame.transpose() * point.slopes()),
                    (view.normal, frame.transpose() * point.x),
                    (view.lean + view.normal.transpose() * view.left, point.x.transpose()),
                ]
                for whole, part in pairs:
                    for a, b in zip(whole.entries(), part.entries(), strict=True):
                        assert a.overlaps(b)
                        assert a.contains(b.mid()) or b.rad() > 0


@pytest.mark.parametrize("d", [2, 3])
def test_slopes_are_derivatives(d):
    rng, step = np.random.default_rng(0), fmpq(1, 2**60)
    with ctx.workprec(256):
        point = a_point(rng, random_patch(rng, d, 0.5))
        for j in range(d - 1):
            moved = tuple(v + step * (k == j) for k, v in enumerate(point.low))
            other = Patch.of(point.sign, moved, moved)
            for i in range(d):
                slope = (other.x[i, 0] - point.x[i, 0]) / arb(step)
                assert abs(slope - point.slopes()[i, j]) < arb(2) ** -55


def test_within_sees_through_both_charts():
    rng = np.random.default_rng(1)
    with ctx.workprec(256):
        small, told = fmpq(1, 50), 0
        for _ in range(200):
            xi = [fmpq(int(v * 1000), 1000) for v in rng.uniform(-1.2, 1.2, 2)]
            size = sum((v * v for v in xi), fmpq(0))
            if size == 0:
                continue
            image = [v / size for v in xi]
            cell = Patch.of(1, tuple(v - small / 50 for v in xi), tuple(v + small / 50 for v in xi))
            shift = fmpq(int(rng.integers(-3, 4)), 100)
            low, high = (tuple(v + shift + s * small for v in image) for s in (-1, 1))
            other = Patch.of(-1, low, high)
            inside = cell.within(other)
            told += inside
            assert not inside or abs(shift) < small
            assert cell.within(cell)
            assert not cell.within(other.halves(0)[0].halves(1)[1]) or not inside or shift != 0
        assert told > 10


@pytest.mark.parametrize(
    "network", [COUNTED, LEANING, TURNING], ids=["counted", "leaning", "turning"]
)
def test_the_derivative_over_a_box_holds_those_at_its_points(network):
    rng = np.random.default_rng(2)
    with ctx.workprec(256):
        flow = Flow(exact_instance(network), [fmpq(0)] * network.n)
        for size in (1e-3, 0.2):
            cell = [random_patch(rng, network.d, size) for _ in range(network.n)]
            whole = flow.derivative(cell, [View.of(p) for p in cell])
            centres = [View.of(p).left for p in cell]
            for _ in range(10):
                points = [a_point(rng, p) for p in cell]
                views = []
                for left, p in zip(centres, points, strict=True):
                    right, side = View.of(p).right, left * p.x
                    lean = p.x.transpose() - side.transpose() * left
                    views.append(View(left, right, left * right, side, lean))
                part = flow.derivative(points, views)
                for a, b in zip(whole.entries(), part.entries(), strict=True):
                    assert a.overlaps(b)


@pytest.mark.parametrize("name", CASES)
def test_a_true_search_is_confirmed(name):
    network = CASES[name]
    found, reason = count(network)
    assert found == "proved", reason
    assert len(boxes_of(network)) == len(all_equilibria(network, seed=5))
    for b in boxes_of(network):
        assert b["unstable"] in range(network.n * (network.d - 1) + 1)
    for x in all_equilibria(network):
        assert np.abs(field(network, x)).max() < 1e-11
        assert np.abs(spectrum(network, x).real).min() > 1e-6


def test_almost_global_needs_a_gradient():
    assert count(COUNTED, "almost_global")[0] == "proved"
    assert count(LEANING, "unique_stable")[0] == "proved"
    assert count(LEANING, "almost_global")[0] == "undecided"
    assert count(TURNING, "almost_global")[0] == "undecided"


def test_a_search_speaks_of_the_stored_network_alone():
    boxes, tree = boxes_of(COUNTED), search_of(COUNTED)
    values = {"equilibria": len(boxes), "oscillators": 2}
    for name in ("crosstalk", "frequency"):
        found, reason = verdict_of(
            COUNTED,
            "unique_stable",
            ("proved", "T8"),
            values,
            {"equilibria": boxes, "tree": tree},
            **{name: 5e-324},
        )
        assert found == "undecided", reason


def test_no_equilibrium_can_be_hidden():
    boxes, tree = boxes_of(COUNTED), search_of(COUNTED)
    for b in range(len(boxes)):
        left = boxes[:b] + boxes[b + 1 :]
        renamed = [code + 1 if code < -2 - b else code for code in tree]
        for stand_in in (-1, -2):
            hidden = [
                stand_in if old == -2 - b else new for old, new in zip(tree, renamed, strict=True)
            ]
            assert count(COUNTED, boxes=left, tree=hidden)[0] == "undecided"


def test_no_branch_can_be_dropped_or_doubled():
    tree = search_of(COUNTED)
    for k in range(0, len(tree), 1 + len(tree) // 12):
        for other in (tree[:k] + tree[k + 1 :], [*tree[:k], tree[k], *tree[k:]]):
            assert count(COUNTED, tree=other)[0] == "undecided"
    for other in ([], [-1], [-2], tree[:-1], [*tree, -1], [0], [99]):
        assert count(COUNTED, tree=other)[0] == "undecided"


def test_several_stable_points_refute_and_one_alone_does_not():
    stable = [b for b in boxes_of(SEVERAL) if b["unstable"] == 0]
    assert len(stable) == 2

    def refuted(network, boxes, said, **more):
        witness = {"equilibria": boxes, **more}
        told = verdict_of(network, "unique_stable", ("refuted", "T8"), {"stable": said}, witness)
        return told[0] == "refuted"

    assert refuted(SEVERAL, stable, 2)
    assert refuted(SEVERAL, boxes_of(SEVERAL), 2, tree=search_of(SEVERAL))
    assert not refuted(SEVERAL, stable, 3)
    assert not refuted(SEVERAL, stable[:1], 1)
    assert not refuted(SEVERAL, [stable[0], stable[0]], 2)
    wider = {**stable[0], "inner": stable[0]["inner"] * 2}
    assert not refuted(SEVERAL, [stable[0], wider], 2)
    assert not refuted(SEVERAL, [b for b in boxes_of(SEVERAL) if b["unstable"]], 0)
    assert not refuted(COUNTED, boxes_of(COUNTED), 1, tree=search_of(COUNTED))
    assert count(SEVERAL)[0] == "undecided"


def boxed(network, boxes, **changes):
    values = {
        "equilibria": len(boxes),
        "stable": sum(b["unstable"] == 0 for b in boxes),
        "radius_upper": max((b["inner"] for b in boxes), default=0.0),
        "oscillators": network.n,
        **changes,
    }
    return (
        verdict_of(network, "box", ("proved", "T8"), values, {"equilibria": boxes})[0] == "proved"
    )


def test_every_field_of_a_box_is_checked():
    boxes = boxes_of(COUNTED)
    assert boxed(COUNTED, boxes)
    assert not boxed(COUNTED, [])
    assert not boxed(COUNTED, boxes, equilibria=len(boxes) + 1)
    assert not boxed(COUNTED, boxes, stable=2)
    assert not boxed(COUNTED, boxes, radius_upper=boxes[0]["inner"] / 2)
    assert not boxed(COUNTED, boxes, oscillators=3)
    for b in boxes:
        values = b["abscissa_upper"] - 1e-5
        for change in (
            {"outer": 3.0},
            {"inner": b["outer"] * 2},
            {"inner": 1e-40},
            {"unstable": b["unstable"] + 1},
            {"abscissa_upper": values - 1e-7},
            {"charts": [1 - c for c in b["charts"]]},
            {"coordinates": b["coordinates"] + 1e-4},
            {"coordinates": b["coordinates"] * np.nan_to_num(np.inf)},
            {"coordinates": b["coordinates"] * 1e150},
            {"outer": 1e300},
        ):
            assert not boxed(COUNTED, [{**b, **change}])


def test_several_parts_of_the_coordinates_are_summed_exactly():
    b = boxes_of(COUNTED)[0]
    tiny = np.full_like(b["coordinates"], 1e-12)
    parts = np.concatenate([b["coordinates"], tiny, -tiny])
    assert boxed(COUNTED, [{**b, "coordinates": parts}])


def test_a_degenerate_equilibrium_is_not_called_hyperbolic():
    free = Network([[0, 0], [0, 0], [1.0, 0]], crosstalk=[[0, 1.0, 0], [1, 0, 0], [0, 0, 0]])
    found = {
        "charts": [0, 0, 0],
        "coordinates": np.array([[[0.3], [0.3], [0.0]]]),
        "inner": 1e-3,
        "outer": 1e-2,
        "unstable": 0,
        "abscissa_upper": 1.0,
    }
    assert not boxed(free, [found])


def test_hostile_trees_end_soon():
    start = time.perf_counter()
    for tree in (
        [0] * 10**5,
        [0, 1, *[2] * 20_000, *[-1] * 20_002],
        [-1] * 10**6,
        list(range(4)) * 1000,
    ):
        assert count(COUNTED, tree=tree)[0] == "undecided"
    assert count(COUNTED, tree=[-1] * 2_000_001)[1] == "the tree is too large"
    assert time.perf_counter() - start < 60


def test_a_ring_of_eight_is_never_called_globally_unique():
    ring = np.roll(np.eye(8), 1, axis=1) + np.roll(np.eye(8), -1, axis=1)
    network = Network([[0.1, 0.0]] + [[0.0, 0.0]] * 7, crosstalk=ring)
    aligned = np.tile([1.0, 0.0], (8, 1))
    one = box(network, aligned)
    assert one["unstable"] == 0
    assert boxed(network, [one])
    assert count(network, boxes=[one], tree=[-2])[0] == "undecided"
    assert count(network, boxes=[one], tree=[-1])[0] == "undecided"


def test_a_hundred_unknowns_take_seconds():
    rng = np.random.default_rng(0)
    J = rng.normal(size=(50, 50)) * 0.1
    np.fill_diagonal(J, 0)
    turn = rng.normal(size=(50, 3, 3)) * 0.2
    network = Network(
        rng.normal(size=(50, 3)) + 4, crosstalk=J, frequency=turn - turn.swapaxes(1, 2)
    )
    x = network.drive / np.linalg.norm(network.drive, axis=1, keepdims=True)
    for _ in range(3000):
        x = x + 0.05 * field(network, x)
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    assert boxed(network, [box(network, x, 1e-11, 1e-4)])


def test_larger_systems_are_refused_before_any_work():
    network = Network(np.ones((401, 2)))
    found = {
        "charts": [0] * 401,
        "coordinates": np.zeros((1, 401, 1)),
        "inner": 1e-9,
        "outer": 1e-9,
        "unstable": 0,
        "abscissa_upper": 0.0,
    }
    assert not boxed(network, [found])


def test_malformed_boxes_are_refused():
    good = written(boxes_of(COUNTED)[0])
    document = seal(COUNTED, {})
    for change in (
        {"charts": [0]},
        {"charts": [0, 2]},
        {"charts": [True, False]},
        {"charts": "00"},
        {"coordinates": pack(np.zeros((1, 2, 2)))},
        {"coordinates": pack(np.zeros((0, 2, 1)))},
        {"coordinates": pack(np.zeros((10, 2, 1)))},
        {"coordinates": [0.0]},
        {"inner": 1},
        {"unstable": -1},
        {"more": 0},
    ):
        mutant = copy.deepcopy(document)
        values = {"equilibria": 1, "stable": 1, "radius_upper": 1.0, "oscillators": 2}
        mutant["claims"]["box"] = claim("proved", "T8", values, {})
        mutant["claims"]["box"]["witness"]["equilibria"] = [{**good, **change}]
        with pytest.raises(ValueError, match=r"^(?!.*digest)"):
            check(seal(COUNTED, mutant["claims"]), COUNTED.arrays())


def test_a_singular_derivative_is_no_proof():
    with ctx.workprec(256):
        flow = Flow(exact_instance(Network([[0.0, 0.0]])), [fmpq(0)])
        cell = [Patch.of(1, (fmpq(0),), (fmpq(1, 8),))]
        with pytest.raises(UnconfirmedError):
            flow.krawczyk(cell)
        assert not flow.empty(tuple(cell))


def shaken(inner, outer, abscissa, **sets):
    network = Network(couplings=[[1.0]], anchors=[[1.0, 0.0]])
    found = {
        "charts": [0],
        "coordinates": np.zeros((1, 1, 1)),
        "inner": inner,
        "outer": outer,
        "unstable": 0,
        "abscissa_upper": abscissa,
    }
    values = {"equilibria": 1, "stable": 1, "radius_upper": inner, "oscillators": 1}
    told = verdict_of(network, "box", ("proved", "T8"), values, {"equilibria": [found]}, **sets)
    return told[0] == "proved"


@pytest.mark.parametrize("turn", [0.01, 0.1])
def test_a_box_on_devices_holds_the_worst_of_them(turn):
    # A device that turns at ω rests at the angle asin ω, at the rate √(1 - ω²).
    edge = np.tan(np.arcsin(turn) / 2)
    assert shaken(1.5 * edge, 0.2, -0.5, frequency=turn)
    assert not shaken(0.99 * edge, 0.2, -0.5, frequency=turn)
    assert not shaken(1.5 * edge, 0.2, -np.sqrt(1 - turn**2) - 1e-9, frequency=turn)
    assert shaken(1e-12, 0.2, -0.99)
    assert not shaken(1e-12, 0.2, -0.99, frequency=turn)


@pytest.mark.parametrize("name", ["mismatch", "anchors", "crosstalk", "frequency"])
def test_every_uncertainty_widens_a_box(name):
    assert shaken(0.02, 0.2, -0.5, **{name: 0.01})
    assert not shaken(1e-4, 0.2, -0.5, **{name: 0.01})
    assert not shaken(0.02, 0.2, -0.5, **{name: 0.9})
