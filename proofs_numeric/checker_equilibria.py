"""The part of the independent checker that encloses equilibria (T8), in Arb balls.

Like `checker`, it shares nothing with the program that makes certificates. Floating point only
guesses (an approximate inverse, approximate eigenvectors); Arb balls decide.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import reduce
from itertools import combinations
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from flint import acb_mat, arb, arb_mat, fmpq

from lohe.proofs_numeric.checker_exact import (
    ONE,
    ZERO,
    Instance,
    UnconfirmedError,
    confirm,
    fields,
    inner,
    natural,
    need,
    number,
    packed,
    rational,
)

UNKNOWNS, NODES, WORK, PENDING = 400, 2_000_000, 2**27, 5_000
TRIES, SPARE = 128, 4096
EITHER = (fmpq(-1), fmpq(1))


def span(low: fmpq, high: fmpq) -> arb:
    """Return a ball that holds an interval."""
    return arb(low) if low == high else arb(low).union(arb(high))


def steepest(low: fmpq, high: fmpq, least: fmpq, most: fmpq) -> fmpq:
    """Return an upper bound of 2t/(1 + t² + c), t in [low, high], c in [least, most]; mostly sharp.

    It falls with c for t > 0, rises with c for t < 0, and its only maximum is at t = √(1 + c).
    """
    if high > 0:
        return ONE if high * high > 1 + least else 2 * high / (1 + high * high + least)
    return max(2 * t / (1 + t * t + most) for t in (low, high))


class Patch(NamedTuple):
    """Part of a sphere, seen in the stereographic chart of one of its two poles."""

    sign: int
    low: tuple[fmpq, ...]
    high: tuple[fmpq, ...]
    least: fmpq  # of |ξ|²
    most: fmpq
    width: arb  # 2/(1 + |ξ|²)
    x: arb_mat

    @classmethod
    def of(cls, sign: int, low: tuple[fmpq, ...], high: tuple[fmpq, ...]) -> Patch:
        """Return the patch over a box of the chart, with the exact range of each coordinate."""
        ends = [(min(a * a, b * b), max(a * a, b * b)) for a, b in zip(low, high, strict=True)]
        ends = [
            (ZERO if a <= 0 <= b else s, t) for a, b, (s, t) in zip(low, high, ends, strict=True)
        ]
        least, most = (sum((end[k] for end in ends), ZERO) for k in (0, 1))
        w = 2 / (1 + most), 2 / (1 + least)
        x = [span(w[0] - 1, w[1] - 1) if sign > 0 else span(1 - w[1], 1 - w[0])]
        for a, b, (s, t) in zip(low, high, ends, strict=True):
            rest = least - s, most - t
            x.append(span(-steepest(-b, -a, *rest), steepest(a, b, *rest)))
        return cls(sign, low, high, least, most, span(*w), arb_mat(len(x), 1, x))

    def centre(self) -> Patch:
        """Return the point in the middle."""
        middle = tuple((a + b) / 2 for a, b in zip(self.low, self.high, strict=True))
        return Patch.of(self.sign, middle, middle)

    def slopes(self) -> arb_mat:
        """Return ∂x/∂ξ: orthogonal columns of length 2/(1 + |ξ|²)."""
        x, rows = self.x.entries(), range(1, self.x.nrows())
        first = [-self.sign * self.width * x[j] for j in rows]
        rest = [(self.width if j == k else arb(0)) - x[k] * x[j] for k in rows for j in rows]
        return arb_mat(len(x), len(x) - 1, first + rest)

    def halves(self, j: int) -> tuple[Patch, Patch]:
        """Bisect coordinate `j`."""
        middle = (self.low[j] + self.high[j]) / 2
        ends = (*self.high[:j], middle, *self.high[j + 1 :])
        starts = (*self.low[:j], middle, *self.low[j + 1 :])
        return Patch.of(self.sign, self.low, ends), Patch.of(self.sign, starts, self.high)

    def within(self, other: Patch) -> bool:
        """Say whether it surely lies inside another patch, of either chart (ξ goes to ξ/|ξ|²)."""
        low, high = self.low, self.high
        if self.sign != other.sign:
            if self.least == 0:
                return False
            scale = (1 / self.most, 1 / self.least)
            low, high = (
                tuple(choose(a * scale[0], a * scale[1]) for a in side)
                for choose, side in ((min, low), (max, high))
            )
        pairs = zip(other.low, low, high, other.high, strict=True)
        return all(a <= b and c <= e for a, b, c, e in pairs)


class View(NamedTuple):
    """A patch with B̃ᵀ of an orthonormal frame B̃, a right factor V, B̃ᵀV and B̃ᵀx."""

    left: arb_mat
    right: arb_mat
    both: arb_mat
    normal: arb_mat
    lean: arb_mat  # x again, as a row

    @classmethod
    def frame(cls, patch: Patch) -> View:
        """Take the frame at each point itself on both sides."""
        frame, k = patch.slopes() * (1 / patch.width), len(patch.low)
        same = arb_mat(k, k, [arb(i == j) for i in range(k) for j in range(k)])
        return cls(frame.transpose(), frame, same, arb_mat(k, 1), patch.x.transpose())

    @classmethod
    def of(cls, patch: Patch) -> View:
        """Take the frame at the centre on the left, ∂x/∂ξ on the right.

        Derivatives of |x - x̃|² = w w̃ |Δ|² with w = 2/(1 + |ξ|²) and Δ = ξ - ξ̃ give the products
        in another way; both enclosures hold, so their intersection does.
        """
        point, k = patch.centre(), len(patch.low)
        left = point.slopes().transpose() * (1 / point.width)
        reach = [(b - a) / 2 for a, b in zip(patch.low, patch.high, strict=True)]
        moved = [span(-r, r) for r in reach]
        half = span(ZERO, inner(reach, reach) / 2)
        y, x = point.x.entries()[1:], patch.x.entries()[1:]
        right, both = patch.slopes(), []
        for i in range(k):
            for j in range(k):
                turn = y[i] * moved[j] - x[j] * moved[i] if i != j else 1 - (x[i] - y[i]) * moved[i]
                both.append(patch.width * (turn - y[i] * x[j] * half))
        normal = [patch.width * (moved[i] + y[i] * half) for i in range(k)]
        both = [a.intersection(b) for a, b in zip(both, (left * right).entries(), strict=True)]
        normal = [
            a.intersection(b) for a, b in zip(normal, (left * patch.x).entries(), strict=True)
        ]
        side = arb_mat(k, 1, normal)
        lean = point.x.transpose() * (1 - patch.width * point.width * half)
        return cls(left, right, arb_mat(k, k, both), side, lean + side.transpose() * left)


Cell: TypeAlias = tuple[Patch | None, ...]  # None: the whole sphere


class Enclosed(NamedTuple):
    """One equilibrium of a certificate, confirmed."""

    inner: Cell
    outer: Cell
    radius: fmpq
    stable: bool


class Flow:
    """The equations of motion of a small network, in Arb balls.

    With deviations q_i, those of every device F' whose field is off by at most q_i. In the boxes
    below, its derivative is then off by at most 2√(d - 1)(q_i + η) per unit of ξ, and its
    linearisation by half of that.
    """

    def __init__(self, it: Instance, deviations: list[fmpq]) -> None:
        self.n, self.d, self.k = it.n, it.d, it.d - 1
        confirm(it.n * self.k <= UNKNOWNS, f"more than {UNKNOWNS} unknowns")
        self.h = [arb_mat(it.d, 1, [arb(x) for x in drive]) for drive in it.drives]
        self.J = [{k: arb(x) for k, x in it.hears(i).items()} for i in range(it.n)]
        turning = it.arrays.get("frequency", np.zeros((it.n, it.d, it.d)))
        self.A = [arb_mat(A.tolist()) for A in turning]
        self.turns = [bool(np.any(A)) for A in turning]
        self.all = arb_mat(it.d, 1, [span(*EITHER)] * it.d)
        self.found: dict[str, Enclosed] = {}
        self.spare = SPARE
        self.off = [arb(q) for q in deviations for _ in range(self.k)]
        slack, self.shaken = it.eta if any(deviations) else ZERO, any(deviations)
        self.bent = [2 * arb(self.k).sqrt() * (q + slack) for q in self.off]

    def forces(self, x: Sequence[arb_mat]) -> list[arb_mat]:
        """Return g_i = h_i + Σ_k J_ik x_k."""
        found = []
        for h, row in zip(self.h, self.J, strict=True):
            total = h
            for k, strength in row.items():
                total = total + x[k] * strength
            found.append(total)
        return found

    def derivative(self, cell: Sequence[Patch], views: Sequence[View]) -> arb_mat:
        """Return the blocks left_iᵀ (∂F_i/∂x_k) right_k of F_i = A_i x_i + P_{x_i} g_i."""
        size, k = self.n * self.k, self.k
        x = [patch.x for patch in cell]
        rows: list[list[arb]] = [[arb(0)] * size for _ in range(size)]
        for i, g in enumerate(self.forces(x)):
            left, right, both, normal, lean = views[i]
            tangent = left - normal * x[i].transpose()
            pull = (x[i].transpose() * g)[0, 0].intersection((lean * g)[0, 0])
            own = both * -pull - normal * (g.transpose() * right)
            if self.turns[i]:
                own = own + left * self.A[i] * right
            blocks = {i: own, **{m: tangent * views[m].right * c for m, c in self.J[i].items()}}
            for m, block in blocks.items():
                for row, values in enumerate(block.tolist()):
                    rows[i * k + row][m * k : (m + 1) * k] = values
        return arb_mat(rows)

    def krawczyk(
        self, cell: Sequence[Patch], *, central: bool = False
    ) -> list[tuple[arb, arb, fmpq]]:
        """Return for each unknown |CΦ(ξ̃)|, (|I - C DΦ(box)| r), and the half-width r of the box.

        Φ_i(ξ) = B_i(ξ̃)ᵀ F_i vanishes at every equilibrium. If the first two sum to less than the
        third everywhere, Φ has exactly one zero in the box; if the first exceeds the sum of the
        others anywhere, it has none. C inverts DΦ in the middle of its range, or at the centre.
        """
        points = [patch.centre() for patch in cell]
        views, x = [View.of(patch) for patch in cell], [point.x for point in points]
        residual = []
        for i, g in enumerate(self.forces(x)):
            residual += (views[i].left * (g + self.A[i] * x[i])).entries()
        slope = self.derivative(cell, views)
        size = len(residual)
        middle = self.derivative(points, [View.of(p) for p in points]) if central else slope
        guess = np.array([float(v) for v in middle.entries()]).reshape(size, size)
        try:
            inverse = arb_mat(np.linalg.inv(guess).tolist())
        except (np.linalg.LinAlgError, ValueError) as error:
            raise UnconfirmedError("the derivative at an equilibrium is singular") from error
        shift = (inverse * arb_mat(size, 1, residual)).entries()
        excess = (inverse * slope).tolist()
        widths = [(b - a) / 2 for p in cell for a, b in zip(p.low, p.high, strict=True)]
        balls = [arb(r) for r in widths]
        for j in range(size):
            excess[j][j] -= 1
        spread = [
            sum((abs(e) * r for e, r in zip(row, balls, strict=True)), arb(0)) for row in excess
        ]
        if self.shaken:
            r = reduce(arb.max, balls)
            moved = [q + m * r for q, m in zip(self.off, self.bent, strict=True)]
            spread = [
                e + sum((abs(c) * v for c, v in zip(row, moved, strict=True)), arb(0))
                for e, row in zip(spread, inverse.tolist(), strict=True)
            ]
        return [(abs(s), e, r) for s, e, r in zip(shift, spread, widths, strict=True)]

    def spectrum(self, cell: Sequence[Patch]) -> list[tuple[arb, arb]]:
        """Return centre and radius of discs that hold the real parts of all eigenvalues.

        With X ≈ V^{-1}, E = XV - I and G = XTV, T is similar to (I + E)^{-1} G, whose rows are off
        those of G by ‖E‖‖G‖/(1 - ‖E‖) at most (maximum row sums): Gershgorin's discs, widened.
        A device adds at most |X| m ‖V‖ to each row of G, m bounding the rows of its part of T.
        """
        T = self.derivative(cell, [View.frame(patch) for patch in cell])
        size = T.nrows()
        guess = np.array([float(v) for v in T.entries()]).reshape(size, size)
        try:
            vectors = np.linalg.eig(guess)[1].astype(complex)
            V, X = (acb_mat(m.tolist()) for m in (vectors, np.linalg.inv(vectors)))
        except (np.linalg.LinAlgError, ValueError) as error:
            raise UnconfirmedError("the linearisation cannot be diagonalised") from error
        G, E = (X * acb_mat(T) * V).tolist(), (X * V).tolist()
        for j in range(size):
            E[j][j] -= 1
        sums = [[sum(map(abs, row), arb(0)) for row in matrix] for matrix in (E, G)]
        if self.shaken:
            size_of_v = reduce(arb.max, [sum(map(abs, row), arb(0)) for row in V.tolist()])
            for j, row in enumerate(X.tolist()):
                moved = sum((abs(c) * m for c, m in zip(row, self.bent, strict=True)), arb(0))
                sums[1][j] += moved * size_of_v / 2
        off, large = (reduce(arb.max, rows) for rows in sums)
        confirm(off < 1, "the linearisation is too close to one that cannot be diagonalised")
        wider = off * large / (1 - off)
        return [(G[j][j].real, sums[1][j] - abs(G[j][j]) + wider) for j in range(size)]

    def enclose(self, box: Any) -> Enclosed:
        """Confirm one equilibrium: it exists, is alone in its outer box, and has its index."""
        key = json.dumps(box, sort_keys=True)
        if key in self.found:
            return self.found[key]
        names = ("charts", "coordinates", "inner", "outer", "unstable", "abscissa_upper")
        charts, coordinates, *texts, unstable, rightmost = fields(box, *names)
        need(isinstance(charts, list) and len(charts) == self.n, "charts has the wrong length")
        need(all(type(c) is int and c in (0, 1) for c in charts), "a chart is neither 0 nor 1")
        parts = packed(coordinates, None, self.n, self.k)
        radii = [number(text) for text in texts]
        confirm(0 < radii[0] <= radii[1], "the radii of a box are not in order")
        cells: list[Cell] = []
        for r in radii:
            patches = []
            for i, chart in enumerate(charts):
                centre = [sum(map(rational, values), ZERO) for values in parts[:, i].T]
                low, high = tuple(c - r for c in centre), tuple(c + r for c in centre)
                patches.append(Patch.of(1 - 2 * chart, low, high))
            unique = any(
                all(s + e < w for s, e, w in self.krawczyk(patches, central=central))
                for central in (False, True)
            )
            confirm(unique, "Krawczyk's test fails on the box of an equilibrium")
            cells.append(tuple(patches))
        for patch in patches_of(cells[0]):
            facing = (patch.x.transpose() * patch.centre().x)[0, 0]
            confirm(facing > 0, "the box of an equilibrium is too large")
        discs = self.spectrum(patches_of(cells[0]))
        clear = all(c - r > 0 or c + r < 0 for c, r in discs)
        confirm(clear, "an eigenvalue may lie on the imaginary axis")
        count = sum(c > 0 for c, _ in discs)
        confirm(natural(unstable) == count, "the number of unstable directions is wrong")
        bound = number(rightmost)
        confirm(all(c + r <= bound for c, r in discs), "an eigenvalue exceeds abscissa_upper")
        self.found[key] = Enclosed(cells[0], cells[1], radii[0], count == 0)
        return self.found[key]

    def enclose_all(self, boxes: Any) -> list[Enclosed]:
        """Confirm a list of different equilibria."""
        need(isinstance(boxes, list), "equilibria is not a list")
        found: list[Enclosed] = []
        seen: list[list[arb]] = []
        for box in boxes:
            found.append(self.enclose(box))
            mine = [v for p in patches_of(found[-1].inner) for v in p.x.entries()]
            for other in seen:
                apart = any(not u.overlaps(v) for u, v in zip(mine, other, strict=True))
                confirm(apart, "two boxes may hold the same equilibrium")
            seen.append(mine)
        return found

    def empty(self, cell: Cell) -> bool:
        """Say whether surely no equilibrium lies in a cell that another chart does not show."""
        if any(patch and patch.least > 1 for patch in cell):
            return True
        x = [patch.x if patch else self.all for patch in cell]
        for i, patch in enumerate(cell):
            if patch and self.pulls(i, x):
                return True
        if None in cell:
            return False
        try:
            return any(s - e > w for s, e, w in self.krawczyk(patches_of(cell)))
        except UnconfirmedError:
            return False

    def pulls(self, i: int, x: list[arb_mat]) -> bool:
        """Say whether some minor of (A_i x_i + g_i, x_i) excludes zero, so that F_i does too."""
        total = self.h[i]
        for k, strength in self.J[i].items():
            total = total + x[k] * strength
        g, y, A = total.entries(), x[i].entries(), self.A[i]
        for j, k in combinations(range(self.d), 2):
            minor = g[j] * y[k] - g[k] * y[j]
            if self.turns[i]:
                others = [m for m in range(self.d) if m not in (j, k)]
                minor += A[j, k] * (1 - sum((square(y[m]) for m in others), arb(0)))
                for m in others:
                    minor += y[m] * (A[j, m] * y[k] - A[k, m] * y[j])
            if not minor.contains(0):
                return True
        return False

    def replay(self, tree: Any, found: list[Enclosed]) -> None:
        """Confirm that a tree of cells, in preorder, leaves room for no other equilibrium.

        A leaf that is not settled as it stands is bisected some more, since the bounds here need
        not be as tight as those that made the tree.
        """
        need(isinstance(tree, list), "the tree is not a list")
        small = len(tree) <= min(NODES, WORK // (self.n * self.k) ** 2)
        confirm(small, "the tree is too large")
        pending: list[Cell] = [(None,) * self.n]
        self.spare = SPARE + len(tree)
        for code in tree:
            need(type(code) is int, "the tree holds something else than integers")
            confirm(0 < len(pending) <= PENDING, "the tree has the wrong shape")
            cell = pending.pop()
            if code < 0:
                confirm(-2 - code < len(found), "the tree names an equilibrium that is not there")
                self.settle(cell, found[-2 - code].outer if code < -1 else None)
            else:
                confirm(code < self.n * self.d, "the tree splits something that is not there")
                pending += reversed(self.split(cell, code))
        confirm(not pending, "the tree ends too early")

    def split(self, cell: Cell, code: int) -> list[Cell]:
        """Split a whole sphere into its two charts, or bisect a coordinate of a patch."""
        i, j = (code, None) if code < self.n else divmod(code - self.n, self.k)
        patch = cell[i]
        confirm((patch is None) == (j is None), "the tree splits a sphere in the wrong way")
        if patch is None or j is None:
            low, high = (EITHER[:1] * self.k, EITHER[1:] * self.k)
            parts = [Patch.of(sign, low, high) for sign in (1, -1)]
        else:
            parts = list(patch.halves(j))
        return [(*cell[:i], part, *cell[i + 1 :]) for part in parts]

    def settle(self, cell: Cell, outer: Cell | None) -> None:
        """Confirm that a cell holds no equilibrium but the one of a box."""
        pending, tries = [cell], 0
        while pending:
            cell = pending.pop()
            if outer and all(p and q and p.within(q) for p, q in zip(cell, outer, strict=True)):
                continue
            if self.empty(cell):
                continue
            tries += 1
            more = tries <= TRIES and self.spare > 0
            confirm(more, "a cell may hold an equilibrium that is not listed")
            self.spare -= 1
            if None in cell:
                pending += self.split(cell, cell.index(None))
                continue
            sizes = [b - a for p in patches_of(cell) for a, b in zip(p.low, p.high, strict=True)]
            pending += self.split(cell, self.n + sizes.index(max(sizes)))


def patches_of(cell: Cell) -> list[Patch]:
    """Return the patches of a cell that has no whole sphere."""
    return [patch for patch in cell if patch is not None]


def square(x: arb) -> arb:
    """Return the square, never negative."""
    least, most = x.abs_lower(), x.abs_upper()
    return (least * least).union(most * most)
