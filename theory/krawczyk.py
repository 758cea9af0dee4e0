r"""T8: boxes that hold exactly one equilibrium, its spectrum, and searches that miss none.

Norms are maximum norms of vectors and the row-sum norms of matrices that belong to them.
"""

from __future__ import annotations

from sympy import Expr, Matrix, MatrixBase, Symbol, eye, symbols

from lohe.theory import stereographic
from lohe.theory.symbols import Oscillators
from lohe.theory.theorem import Outcome, Theorem, nonnegative, positive, vanishes

__all__ = ["THEOREM"]

_margin, _radius = symbols("m r", positive=True)
_s, _k = symbols("s k", nonnegative=True)


def into_the_box() -> Outcome:
    """Check that the Krawczyk map takes the box into itself."""
    factor = Symbol("kappa", nonnegative=True)
    distance = _radius - _s  # |ξ − ξ̃|
    step = _radius - factor * _radius - _margin  # |CΦ(ξ̃)|, by the hypothesis
    moved = step + factor * distance - _k  # |N(ξ) − ξ̃|
    return positive(
        "N(ξ) = ξ − CΦ(ξ): |N(ξ) − ξ̃| ≤ |CΦ(ξ̃)| + κ|ξ − ξ̃| < r on the box, where "
        "|CΦ(ξ̃)| + κr + m = r",
        r"|N(\xi)-\tilde\xi|_\infty\le|C\Phi(\tilde\xi)|_\infty+\kappa\,|\xi-\tilde\xi|_\infty<r",
        _radius - moved,
        _margin + factor * _s + _k,
    )


def contracts() -> Outcome:
    """Check that the factor is below one."""
    step = Symbol("b", nonnegative=True)  # |CΦ(ξ̃)|
    factor = (_radius - step - _margin) / _radius
    return positive(
        "then κ < 1, so N contracts: |N(ξ) − N(ζ)| ≤ κ|ξ − ζ|",
        r"1-\kappa = \frac{|C\Phi(\tilde\xi)|+m}r>0",
        1 - factor,
        (step + _margin) / _radius,
    )


def mean_value() -> Outcome:
    """Check one more entry of a row: the maximum norm of a matrix applied to a vector."""
    entry, size = symbols("t d", nonnegative=True)  # |I − CDΦ| entry, and |ξ_j − ζ_j|
    largest, row = size + _s, Symbol("R", nonnegative=True)
    return nonnegative(
        "|Mv|_∞ ≤ ‖M‖_∞|v|_∞; with M the mean of I − C DΦ on a segment, M(ξ − ζ) = N(ξ) − N(ζ) "
        "(induction over a row)",
        r"N(\xi)-N(\zeta) = \int_0^1\bigl(I-C\,D\Phi(\zeta+t(\xi-\zeta))\bigr)dt\;(\xi-\zeta)",
        (row + entry) * largest - ((row * largest - _k) + entry * size),
        _k + entry * _s,
    )


def minors() -> Outcome:
    """Check that the field is zero exactly where all minors are."""
    residuals = []
    for d in (2, 3, 4):
        one = Oscillators(1, d)
        x, frequency = one.x[0], one.frequency[0]
        v = frequency * x + one.h[0]
        field = v - one.h[0].dot(x) * x
        squares = sum((v[j] * x[k] - v[k] * x[j]) ** 2 for j in range(d) for k in range(j + 1, d))
        residuals.append(one.reduce((field.dot(field) - squares).expand()))
    return vanishes(
        "with v = Ax + g the speed is that of the minors of (v, x): an equilibrium has all of them "
        "zero (d = 2, 3, 4)",
        r"\|Ax+P_xg\|^2 = \sum_{j<k}(v_jx_k-v_kx_j)^2",
        *residuals,
        method="normal form modulo x·x = 1",
    )


def _matrix(name: str, size: int) -> MatrixBase:
    return Matrix(size, size, lambda i, k: Symbol(f"{name}_{i + 1}{k + 1}"))


def similar() -> Outcome:
    """Check the similarity that nearly diagonalises the Jacobian."""
    residuals: list[Expr | MatrixBase] = []
    for size in (1, 2):
        left, right, middle = (_matrix(name, size) for name in ("X", "V", "T"))
        error = left * right - eye(size)
        near = left * middle * right
        spectrum = right.inv() * middle * right
        residuals.append((eye(size) + error) * spectrum - near)
        residuals.append(spectrum - near + error * spectrum)
    return vanishes(
        "with E = XV − I and G = XTV: (I + E)V⁻¹TV = G, so V⁻¹TV = G + R with "
        "R = −E(I + E)⁻¹G (1 × 1, 2 × 2)",
        r"V^{-1}TV = (I+E)^{-1}G = G-E(I+E)^{-1}G",
        *residuals,
    )


def neumann() -> Outcome:
    """Check the bound of the remainder."""
    ratio, solved = symbols("t w", nonnegative=True)  # w = ‖W‖ with (I + E)W = G
    error = ratio / (1 + ratio)  # every ‖E‖ from 0 up to, but not, 1
    size = solved - error * solved + _k  # ‖G‖ ≥ ‖W‖ − ‖E‖‖W‖
    return nonnegative(
        "W = (I + E)⁻¹G has ‖W‖ ≤ ‖G‖/(1 − ‖E‖), so ‖R‖ = ‖EW‖ ≤ ‖E‖‖G‖/(1 − ‖E‖) "
        "(‖E‖ = t/(1 + t))",
        r"\|R\|_\infty\le\frac{\|E\|_\infty\|G\|_\infty}{1-\|E\|_\infty}",
        error * size / (1 - error) - error * solved,
        ratio * _k,
    )


def discs() -> Outcome:
    """Check that an eigenvalue lies in a widened disc, by the row of its largest entry."""
    row, remainder, largest = symbols("r R v", nonnegative=True)
    # |z − G_jj||v_j| ≤ Σ_k≠j |G_jk||v_k| + Σ_k |R_jk||v_k|, with |v_j| largest.
    others = row * largest - _s
    widened = remainder * largest - _k
    return nonnegative(
        "an eigenvalue z of G + R has |z − G_jj| ≤ Σ_(k≠j) |G_jk| + ‖R‖ for the row j of its "
        "largest entry",
        r"|z-G_{jj}|\,|v_j|\le\Bigl(\sum_{k\ne j}|G_{jk}|+\|R\|_\infty\Bigr)|v_j|",
        (row + remainder) * largest - (others + widened),
        _s + _k,
    )


def frames() -> Outcome:
    """Check that another orthonormal basis of the tangent space does not change the spectrum."""
    turn = Symbol("t", real=True)
    rotation = Matrix([[1 - turn**2, -2 * turn], [2 * turn, 1 - turn**2]]) / (1 + turn**2)
    block = _matrix("T", 2)
    variable = Symbol("z")
    turned = rotation.T * block * rotation
    return vanishes(
        "another orthonormal basis B Q of the tangent spaces gives QᵀTQ, with the same "
        "characteristic polynomial (2 × 2)",
        r"\det(zI-Q^{\top}TQ) = \det(zI-T)",
        (variable * eye(2) - turned).det() - (variable * eye(2) - block).det(),
    )


def real_part() -> Outcome:
    """Check that a disc clear of the imaginary axis holds eigenvalues of one sign."""
    radius = Symbol("rho", nonnegative=True)
    centre = radius + _margin
    offset = -radius + _k  # the real part of z − c, |z − c| ≤ ρ
    return positive(
        "a disc with centre of real part c = ρ + m lies to the right of the imaginary axis by m; "
        "by symmetry to the left",
        r"\operatorname{Re}z\ge\operatorname{Re}c-\rho>0",
        centre + offset,
        _margin + _k,
    )


def device_turn() -> Outcome:
    """Check how fast a device's extra force turns along a tangent direction."""
    along, across, rest, length = symbols("a b c k", real=True)
    # x = e₁, the direction ξ = k e₂, and what is left of the force v after both.
    moved = (length * across) ** 2 + (along * length) ** 2
    whole = length**2 * (along**2 + across**2 + rest**2)
    return nonnegative(
        "‖D(P_x v)ξ‖ ≤ ‖ξ‖‖v‖ for a constant force v and ξ ⟂ x: the difference of the squares is "
        "‖ξ‖² times the square of what v has beside x and ξ",
        r"\|\langle\xi,v\rangle x+\langle x,v\rangle\xi\|^2\le\|\xi\|^2\|v\|^2",
        whole - moved,
        length**2 * rest**2,
    )


def device_box() -> Outcome:
    """Check the two bounds on what a device adds, from those of its parts."""
    error, crosstalk, frequency, chord = symbols("e eta omega c", nonnegative=True)
    added = frequency + error + crosstalk  # q
    turned = frequency * chord + (error + crosstalk) * chord + crosstalk * chord
    return vanishes(
        "a device adds p with ‖p‖ ≤ q = ω + e + η to the field, and to its derivative along "
        "directions of lengths at most c at most c(q + η)",
        r"\omega c+(e+\eta)c+\eta c = c\,(q+\eta)",
        turned - chord * (added + crosstalk),
    )


THEOREM = Theorem(
    name="T8",
    title="boxes of equilibria",
    hypotheses=(
        "A network with any A and any J, and its devices. Each oscillator in the stereographic "
        "chart of a pole of its first coordinate; Φ_i(ξ) = B_i(ξ̃_i)ᵀ F_i(X(ξ)) with the field F.",
        "A box |ξ − ξ̃|_∞ ≤ r, any square matrix C, and κ ≥ ‖I − C DΦ(ξ)‖_∞ on the box.",
        "For the spectrum: T the tangent Jacobian in orthonormal bases, X and V square with "
        "E = XV − I, ‖E‖_∞ < 1, G = XTV.",
    ),
    statement=(
        "If |CΦ(ξ̃)|_∞ + κr < r, the box holds exactly one zero of Φ. All equilibria of the box are "
        "zeros of Φ; a zero is an equilibrium if ⟨x_i, x̃_i⟩ > 0 for every i, for example if "
        "2(d − 1)r² < 1. If the box of centre ξ̃ − CΦ(ξ̃) and radius κr does not meet the box, it "
        "holds no equilibrium. The eigenvalues of T lie in the discs about G_jj with radii "
        "Σ_(k≠j) |G_jk| + ‖E‖‖G‖/(1 − ‖E‖); if none meets the imaginary axis, the equilibrium is "
        "hyperbolic, and as many eigenvalues have positive real part as discs lie to the right. "
        "For all devices at once, with q_i = ω + e_i + η and m_i = 2√(d−1)(q_i + η) repeated for "
        "the coordinates of oscillator i, max_j(|CΦ(ξ̃)| + |C|q)_j + (κ + max_j(|C|m)_j)r < r "
        "suffices, and the radii of the discs grow by (|X|m/2)_j ‖V‖, also within ‖G‖. "
        "A search whose leaves all exclude equilibria, or lie in a box with exactly one, has "
        "found all equilibria of the network."
    ),
    latex=(
        r"|C\Phi(\tilde\xi)|_\infty+\|I-C\,D\Phi(\text{box})\|_\infty\,r<r\ \Rightarrow\ "
        r"\exists!\,\xi:\ \Phi(\xi) = 0,\quad \mathrm{spec}\,T\subset\bigcup_j\Bigl\{|z-G_{jj}|\le"
        r"\sum_{k\ne j}|G_{jk}|+\tfrac{\|E\|\|G\|}{1-\|E\|}\Bigr\}"
    ),
    obligations=(
        stereographic.unit,
        stereographic.conformal,
        stereographic.basis,
        stereographic.forms,
        stereographic.tangent_form,
        stereographic.covering,
        stereographic.exchange,
        stereographic.displacement,
        stereographic.equation,
        mean_value,
        contracts,
        into_the_box,
        device_turn,
        device_box,
        minors,
        similar,
        neumann,
        discs,
        real_part,
        frames,
    ),
    source=(
        "Krawczyk, Computing 4 (1969) 187–201; Moore, A test for existence of solutions to "
        "nonlinear systems, SIAM J. Numer. Anal. 14 (1977) 611–615; Rump, Verification methods, "
        "Acta Numerica 19 (2010) 287–449; Neumaier, Interval Methods for Systems of Equations "
        "(Cambridge 1990); the charts and the discard rules are derived here"
    ),
)
