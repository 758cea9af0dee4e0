"""T9: the rank of attention weights before they are masked."""

from __future__ import annotations

from itertools import product
from math import comb, factorial, prod

from sympy import Expr, Integer, Symbol, binomial, expand, gamma, gammasimp, symbols

from lohe.theory.symbols import remainder
from lohe.theory.theorem import Outcome, Theorem, vanishes

__all__ = ["THEOREM"]

_SIZES = ((1, 3), (2, 4), (3, 3), (4, 2))


def _exponents(d: int, degree: int) -> list[tuple[int, ...]]:
    return [e for e in product(range(degree + 1), repeat=d) if sum(e) <= degree]


def features() -> Outcome:
    """Check that the kernel is an inner product of monomials."""
    residuals = []
    for d, p in _SIZES:
        x, r = symbols(f"x1:{d + 1}"), symbols(f"r1:{d + 1}")
        kernel = (1 + sum(a * b for a, b in zip(x, r, strict=True))) ** p
        found: Expr = Integer(0)
        for powers in _exponents(d, p):
            count = factorial(p) // prod(map(factorial, (*powers, p - sum(powers))))
            found += count * prod((a * b) ** e for a, b, e in zip(x, r, powers, strict=True))
        residuals.append(expand(kernel - found))
    return vanishes(
        "the multinomial theorem: (1 + ⟨x, r⟩)^p sums, over the monomials of degree at most p, a "
        "positive number times the monomial at x times that at r (checked at "
        "(d, p) = (1, 3), (2, 4), (3, 3), (4, 2))",
        r"(1+\langle x,r\rangle)^p = \sum_{|\mu|\le p}\frac{p!}{\mu!\,(p-|\mu|)!}\,x^\mu r^\mu",
        *residuals,
    )


def monomials() -> Outcome:
    """Check how many monomials there are."""
    d, p = symbols("d p", positive=True)

    def choose(n: Expr, k: Expr) -> Expr:
        return gamma(n + 1) / (gamma(k + 1) * gamma(n - k + 1))

    step = choose(d + p, p) - choose(d - 1 + p, p) - choose(d + p - 1, p - 1)
    counted = [Integer(len(_exponents(n, q)) - comb(n + q, q)) for n, q in _SIZES]
    return vanishes(
        "monomials of degree at most p in d variables: without the last variable, or divisible by "
        "it (induction over d + p; counted at the sizes above)",
        r"\binom{d+p}p = \binom{d-1+p}p+\binom{d+p-1}{p-1}",
        gammasimp(step),
        *counted,
    )


def on_the_sphere() -> Outcome:
    """Check how many of them are left on the sphere."""
    residuals: list[Expr] = []
    for d, p in ((2, 4), (3, 3), (4, 2)):
        x = symbols(f"x1:{d + 1}")
        sphere = sum(v**2 for v in x) - 1
        left = set()
        for powers in _exponents(d, p):
            monomial = prod((v**e for v, e in zip(x, powers, strict=True)), start=Integer(1))
            normal = remainder(monomial, [sphere], x[:1])
            left |= set(normal.as_poly(*x).monoms())
        # Remainders are of degree at most 1 in the first variable, and at most p in all.
        residuals += [Integer(max(0, m[0] - 1) + max(0, sum(m) - p)) for m in left]
        bound = binomial(d + p - 1, p) + binomial(d + p - 2, p - 1)
        residuals.append(Integer(len(left)) - bound)
    return vanishes(
        "on the sphere x₁² = 1 − x₂² − … − x_d² leaves monomials of degree at most 1 in x₁: those "
        "of degree at most p in d − 1 variables, and x₁ times those of degree at most p − 1 "
        "(checked at (d, p) = (2, 4), (3, 3), (4, 2))",
        r"\binom{d+p-1}p+\binom{d+p-2}{p-1}",
        *residuals,
    )


def scaled_rows() -> Outcome:
    """Check that normalising rows scales features."""
    total = Symbol("B_i", positive=True)
    x, r, x2, r2 = symbols("x r x_2 r_2")
    return vanishes(
        "dividing row i by its total scales the features of x_i",
        r"\frac{\langle\psi(x_i),\psi(r_j)\rangle}{B_i} = \Bigl\langle\frac{\psi(x_i)}{B_i},"
        r"\psi(r_j)\Bigr\rangle",
        (x * r + x2 * r2) / total - (x / total * r + x2 / total * r2),
    )


THEOREM = Theorem(
    name="T9",
    title="rank of the readout",
    hypotheses=(
        "A whole readout exponent p ≥ 1, states and anchors in d dimensions with "
        "1 + ⟨x_i, r_j⟩ ≥ 0 for all i and j, as for ‖x_i‖ = 1 and ‖r_j‖ ≤ 1; every key visible.",
    ),
    statement=(
        "The matrix (1 + ⟨x_i, r_j⟩)^p, and with it that of the attention weights, has rank at "
        "most C(d + p, p). If all x_i, or all r_j, are unit vectors, the rank is at most "
        "C(d + p − 1, p) + C(d + p − 2, p − 1): d + 1 for p = 1, and 2p + 1 for d = 2."
    ),
    latex=(
        r"\operatorname{rank}\le\binom{d+p}p,\qquad\text{on the sphere}\quad"
        r"\operatorname{rank}\le\binom{d+p-1}p+\binom{d+p-2}{p-1}"
    ),
    obligations=(features, monomials, on_the_sphere, scaled_rows),
    source="derived here; the features are those of the polynomial kernel",
)
