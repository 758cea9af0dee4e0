r"""T11: acyclic listening with one leader: almost every start ends in the leader's state.

Oscillator i hears :math:`g_i(t)=\sum_kJ_{ik}x_k(t)`, which by induction tends to :math:`c_ix_1`.
Two motions in the lift of T5, under one and the same input, show that at most one start can miss.
"""

from __future__ import annotations

from sympy import Matrix, Symbol, diff, eye, prod, symbols, zeros

from lohe.theory.contraction import projection_contracts
from lohe.theory.frame import Frame
from lohe.theory.symbols import Oscillators
from lohe.theory.symmetry import turned
from lohe.theory.theorem import Outcome, Theorem, polynomial, positive, vanishes

__all__ = ["THEOREM"]

_total = Symbol("c_i", positive=True)
_p, _q = symbols("p q", real=True)


def alignment() -> Outcome:
    """Check how an oscillator turns to the leader while what it hears tends to the leader."""
    V, along, across, size = symbols("V a b R", real=True)
    # x, the leader x_1, and the rest r = g − c x_1.
    frame = Frame.of([[1, V, along], [V, 1, across], [along, across, size]])
    x, leader, rest = frame.vectors
    heard = _total * leader + rest
    speed = frame.inner(frame.project(x, heard), leader)
    return vanishes(
        "every d: V = ⟨x, x_1⟩ obeys V' = c(1 − V²) + ⟨r, P_x x_1⟩ where g = c x_1 + r, and "
        "‖P_x x_1‖² = 1 − V² ≤ 1",
        r"\dot V = c_i(1-V^2)+\langle r,P_xx_1\rangle\ge c_i(1-V^2)-\|r\|",
        speed - _total * (1 - V**2) - frame.inner(rest, frame.project(x, leader)),
        frame.square(frame.project(x, leader)) - (1 - V**2),
    )


def leaves_the_middle() -> Outcome:
    """Check that away from both poles the alignment grows once the rest is small."""
    gap, slack = symbols("g s", nonnegative=True)
    room = Symbol("m", positive=True)  # 1 − (1 − δ)²
    # 1 − V² = room + gap where |V| ≤ 1 − δ; ‖r‖ = c·room/2 − slack.
    return positive(
        "where |V| ≤ 1 − δ and ‖r‖ ≤ c m/2, m = 1 − (1 − δ)²: V' ≥ c m/2 > 0",
        r"|V|\le1-\delta,\ \|r\|\le\tfrac{c_im}2\ \Rightarrow\ \dot V\ge\tfrac{c_im}2>0",
        _total * (room + gap) - (_total * room / 2 - slack),
        _total * room / 2 + _total * gap + slack,
    )


def _two_motions() -> tuple[Frame, tuple[Matrix, Matrix, Matrix]]:
    c, size = symbols("C H", real=True)
    frame = Frame.of([[1, c, _p], [c, 1, _q], [_p, _q, size]])
    return frame, frame.vectors


def same_input() -> Outcome:
    """Check how two states part that hear the same at every moment."""
    frame, (x, y, heard) = _two_motions()
    c = frame.inner(x, y)
    speed = frame.inner(frame.project(x, heard), y) + frame.inner(x, frame.project(y, heard))
    return vanishes(
        "every d: if x and y hear the same g(t), then 1 − ⟨x, y⟩ changes at the rate "
        "−⟨g, x⟩ − ⟨g, y⟩",
        r"\frac{d}{dt}(1-\langle x,y\rangle) = -(\langle g,x\rangle+\langle g,y\rangle)"
        r"(1-\langle x,y\rangle)",
        -speed + (_p + _q) * (1 - c),
    )


def lorentz_product() -> Outcome:
    """Check that the lifts of two such motions keep their Lorentz product."""
    frame, (x, y, heard) = _two_motions()
    s, r = symbols("s r", positive=True)
    # w = sx obeys w' = sg, s' = ⟨g, w⟩, whatever g is at that moment.
    change = frame.inner(s * heard, r * y) + frame.inner(s * x, r * heard)
    stretch = s * frame.inner(heard, x) * r + s * r * frame.inner(heard, y)
    return vanishes(
        "every d: the lifts (s x, s), s' = ⟨g, x⟩s, keep s_x s_y (1 − ⟨x, y⟩), their Lorentz "
        "product, also where g depends on time",
        r"\frac{d}{dt}\bigl(s_xs_y-\langle s_xx,s_yy\rangle\bigr) = 0",
        stretch - change,
        frame.project(x, heard) - (s * heard * s - s * x * frame.inner(heard, s * x)) / s**2,
    )


def parting() -> Outcome:
    """Check that two motions near the opposite point would part for ever."""
    slack = Symbol("k", nonnegative=True)
    # ⟨g, x⟩ and ⟨g, y⟩ tend to −c, so are at most −c/2 from some time on.
    return positive(
        "where ⟨g, x⟩ ≤ −c/2 and ⟨g, y⟩ ≤ −c/2, ln(1 − ⟨x, y⟩) grows at least at the rate c",
        r"-(\langle g,x\rangle+\langle g,y\rangle)\ge c_i>0",
        (_total / 2 + slack) + _total / 2,
        _total + slack,
    )


def consensus_spectrum() -> Outcome:
    """Check the eigenvalues at agreement, for three oscillators."""
    value, residuals = Symbol("z"), []
    for d in (2, 3):
        network = Oscillators(3, d, symmetric=False)
        later = {network.crosstalk[i, k]: 0 for i in range(3) for k in range(i + 1, 3)}
        weights = network.crosstalk.subs(later)
        pole = {x[j]: int(j == 0) for x in network.x for j in range(d)}
        rows = []
        for i in range(3):
            heard = sum((weights[i, k] * network.x[k] for k in range(3)), zeros(d, 1))
            field = network.projector(i) * heard
            places = [x[j] for x in network.x for j in range(1, d)]
            rows.append(
                Matrix([[diff(field[j], place) for place in places] for j in range(1, d)]).subs(
                    pole
                )
            )
        jacobian = Matrix.vstack(*rows)
        spectrum = prod((value + sum(weights[i, :])) ** (d - 1) for i in range(3))
        characteristic = (value * eye(3 * (d - 1)) - jacobian).det()
        residuals.append((characteristic - spectrum).expand())
    return vanishes(
        "where all states agree the linearisation is triangular, with the eigenvalue 0 of the "
        "leader and −c_i of the others, d − 1 times each (three oscillators, d = 2, 3)",
        r"\det(zI-DF) = z^{d-1}\prod_{i\ne1}(z+c_i)^{d-1}",
        *residuals,
        reduction=polynomial(leading=(value,)),
        method="polynomials expanded",
    )


THEOREM = Theorem(
    name="T11",
    title="one leader",
    hypotheses=(
        "h = 0 and A = 0; d ≥ 2; J ≥ 0, of zero diagonal.",
        "Acyclic: in some order of the oscillators, each hears only earlier ones.",
        "Exactly one oscillator, the leader, hears nobody; c_i = Σ_k J_ik > 0 for the others.",
    ),
    statement=(
        "The leader rests. From almost every start all states converge to the leader's. More "
        "exactly, whatever the motions of those that oscillator i hears, provided that they "
        "converge to the leader's state, exactly one start of oscillator i does not. States that "
        "converge do so faster than e^{−rt} for every r < min c_i. If, on the other hand, h = 0, "
        "A = 0, and two disjoint non-empty sets of oscillators hear only themselves, J of any "
        "sign, then from almost every start the states do not converge to a common one; two "
        "oscillators that hear nobody are such sets."
    ),
    latex=r"x_i(t)\to x_1\quad\text{for all }i,\text{ from almost every start}",
    obligations=(
        alignment,
        projection_contracts,
        leaves_the_middle,
        same_input,
        lorentz_product,
        parting,
        consensus_spectrum,
        turned,
    ),
    source=(
        "derived here; for causal self-attention with moving weights and V = I: Karagodin, "
        "Polyanskiy & Rigollet, arXiv 2411.04990"
    ),
)
