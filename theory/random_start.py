r"""T2: how long settling takes from a uniformly random start.

The polar angle :math:`\varphi` from the drive splits the sphere of dimension d - 1 into spheres
of dimension d - 2 and radius :math:`\sin\varphi`; everything else is one-dimensional calculus.
"""

from __future__ import annotations

from sympy import (
    Expr,
    Integer,
    Matrix,
    MatrixBase,
    Symbol,
    atanh,
    cos,
    diff,
    gamma,
    gammasimp,
    integrate,
    pi,
    powsimp,
    simplify,
    sin,
    sqrt,
    symbols,
    tanh,
    trigsimp,
)

from lohe.theory.frame import Frame
from lohe.theory.theorem import Outcome, Theorem, nonnegative, polynomial, positive, vanishes

__all__ = ["THEOREM"]

_d = Symbol("d", positive=True)
_m = Symbol("m", positive=True)
_phi = Symbol("phi", positive=True)
_alpha = Symbol("alpha", positive=True)
_b = Symbol("b", positive=True)


def _total(power: Expr) -> Expr:
    """Return the claimed integral of sin**power over half a turn."""
    return sqrt(pi) * gamma((power + 1) / 2) / gamma(power / 2 + 1)


def area_element() -> Outcome:
    """Check polar coordinates about the drive, in every dimension."""
    frame = Frame.of([[1, 0, 0], [0, 1, 0], [0, 0, 1]])
    drive, equator, along = frame.vectors  # ĥ, a unit ω ⊥ ĥ, a unit w ⊥ ĥ, ω
    outward = -sin(_phi) * drive + cos(_phi) * equator
    around = sin(_phi) * along
    return vanishes(
        "every d: x = cos φ ĥ + sin φ ω has area element sin^(d−2) φ dφ dω",
        r"\|\partial_\varphi x\|=1,\quad\langle\partial_\varphi x,\partial_wx\rangle=0,\quad"
        r"\|\partial_wx\|=\sin\varphi",
        frame.square(outward) - 1,
        frame.inner(outward, around),
        frame.square(around) - sin(_phi) ** 2,
        reduction=trigsimp,
        method="trigonometric simplification",
    )


def area_in_coordinates() -> Outcome:
    """Check the element in spherical coordinates, by the Gram determinant of their derivatives."""
    angles = (_phi, *symbols("theta_2 theta_3", positive=True))
    cosines, sines = symbols("C_1:4", real=True), symbols("S_1:4", real=True)
    names = {
        f(a): s
        for f, row in ((cos, cosines), (sin, sines))
        for a, s in zip(angles, row, strict=True)
    }
    circles = [c**2 + s**2 - 1 for c, s in zip(cosines, sines, strict=True)]
    reduce = polynomial(*circles, leading=cosines)
    residuals = []
    for d, inner in ((2, Integer(1)), (3, Integer(1)), (4, sin(angles[1]))):
        point = _spherical(angles[: d - 1])
        slopes = point.jacobian(angles[: d - 1])
        residuals.append((slopes.T * slopes).det() - (sin(_phi) ** (d - 2) * inner) ** 2)
    return vanishes(
        "spherical coordinates give the same element (d = 2, 3, 4)",
        r"\sqrt{\det(\partial x^{\top}\partial x)} = \sin^{d-2}\varphi\;\omega'(\theta_2,\ldots)",
        *residuals,
        reduction=lambda expression: reduce(expression.subs(names)),
        method="normal form modulo C² + S² = 1",
    )


def _spherical(angles: tuple[Symbol, ...]) -> MatrixBase:
    """Return the point of the sphere with these angles, the first from the first axis."""
    coordinates, radius = [], Integer(1)
    for angle in angles:
        coordinates.append(radius * cos(angle))
        radius *= sin(angle)
    return Matrix([*coordinates, radius])


def normalisation() -> Outcome:
    """Check the integral of sin**(d - 2), for every integer d, by recurrence."""
    antiderivative = -cos(_phi) * sin(_phi) ** (_m - 1)
    step = diff(antiderivative, _phi) - (_m * sin(_phi) ** _m - (_m - 1) * sin(_phi) ** (_m - 2))
    step = step.subs(cos(_phi) ** 2, 1 - sin(_phi) ** 2)
    return vanishes(
        "∫₀^π sin^m = √π Γ((m+1)/2)/Γ(m/2+1): both sides obey m I_m = (m−1) I_(m−2), "
        "with I₀ = π and I₁ = 2",
        r"\int_0^\pi\sin^{m}\varphi\,d\varphi = \sqrt\pi\,\Gamma(\tfrac{m+1}2)/\Gamma(\tfrac m2+1)",
        powsimp(step.expand()),
        gammasimp(_m * _total(_m) / ((_m - 1) * _total(_m - 2))) - 1,
        _total(Integer(0)) - pi,
        _total(Integer(1)) - 2,
        reduction=simplify,
        method="recurrence, simplification of powers and gamma functions",
    )


def beta_law() -> Outcome:
    """Check that half of one plus the cosine follows a symmetric beta law."""
    half = (_d - 1) / 2
    cosine = 2 * _b - 1
    # The density of φ is sin^(d-2)/total; dφ = -dc/√(1 - c²) and dc = 2 db.
    density = 2 * (1 - cosine**2) ** ((_d - 3) / 2) / _total(_d - 2)
    beta_density = (_b * (1 - _b)) ** (half - 1) * gamma(2 * half) / gamma(half) ** 2
    small = [(density - beta_density).subs(_d, d) for d in (2, 3, 4)]
    ratio = 2 * 4 ** ((_d - 3) / 2) / _total(_d - 2) * gamma(half) ** 2 / gamma(2 * half)
    return vanishes(
        "(1 + c₀)/2 has the density of Beta((d−1)/2, (d−1)/2) (every d, and spelled out at "
        "d = 2, 3, 4)",
        r"\tfrac{1+c_0}2\sim\mathrm{Beta}(\tfrac{d-1}2,\tfrac{d-1}2)",
        1 - cosine**2 - 4 * _b * (1 - _b),
        gammasimp(ratio) - 1,
        *small,
        reduction=simplify,
        method="change of variables, duplication of the gamma function",
    )


def antipodal_cap() -> Outcome:
    """Check the probability of starting near the antipode, by its derivative and in closed form."""
    constant = gamma(_d / 2) / (sqrt(pi) * gamma((_d - 1) / 2))
    closed = {
        2: _alpha / pi,
        3: (1 - cos(_alpha)) / 2,
        4: (_alpha - sin(_alpha) * cos(_alpha)) / pi,
    }
    residuals = [gammasimp(constant * _total(_d - 2)) - 1]
    for d, value in closed.items():
        integral = integrate(sin(_phi) ** (d - 2), (_phi, 0, _alpha))
        residuals.append(constant.subs(_d, d) * integral - value)
    return vanishes(
        "the cap probability, normalised for every d and in closed form at d = 2, 3, 4",
        r"P(\angle(x_0,-\hat h)<\alpha) = \frac{\Gamma(d/2)}{\sqrt\pi\,\Gamma(\frac{d-1}2)}"
        r"\int_0^\alpha\sin^{d-2}\varphi\,d\varphi",
        *residuals,
        reduction=simplify,
        method="gamma functions and SymPy's integrals",
    )


def inversion() -> Outcome:
    """Check the threshold on the start for being close at time t."""
    target, lag = symbols("c_epsilon T", real=True)  # T = tanh(‖h‖t)
    threshold = (target - lag) / (1 - target * lag)  # tanh(artanh c_ε - ‖h‖t)
    reached = (threshold + lag) / (1 + threshold * lag)
    return vanishes(
        "a start at the threshold reaches the cosine c_ε = 1 − ε²/2 exactly at time t",
        r"c_0 = \tanh(\operatorname{artanh}(1-\tfrac{\varepsilon^2}2)-\|h\|t)"
        r"\ \Rightarrow\ \|x(t)-\hat h\| = \varepsilon",
        reached - target,
    )


def order_preserved() -> Outcome:
    """Check that later cosines increase with the starting cosine, so the threshold decides."""
    p, z = symbols("p z", positive=True)
    q = Symbol("q", nonnegative=True)
    start = Symbol("c_0", real=True)
    lag = (z**2 - 1) / (z**2 + 1)
    slope = diff((start + lag) / (1 + start * lag), start).subs(start, (p - q) / (p + q))
    return positive(
        "a larger starting cosine stays larger, so the event is c₀ ≥ threshold",
        r"\partial c(t)/\partial c_0 > 0\quad(c_0>-1)",
        slope,
        (z * (p + q) / (p * z**2 + q)) ** 2,
    )


def settling_time() -> Outcome:
    """Check the time at which the threshold is the quantile."""
    epsilon, norm = symbols("epsilon H", positive=True)
    quantile = Symbol("c_delta", real=True)
    time = (atanh(1 - epsilon**2 / 2) - atanh(quantile)) / norm
    return vanishes(
        "at the stated time the threshold is the δ-quantile of c₀",
        r"t = \frac{\operatorname{artanh}(1-\varepsilon^2/2)-\operatorname{artanh}c_\delta}{\|h\|}",
        tanh(atanh(1 - epsilon**2 / 2) - norm * time) - quantile,
        reduction=simplify,
        method="simplification",
    )


def slower_when_weaker() -> Outcome:
    """Check that a lower bound on the drive gives an upper bound on the time."""
    lower = Symbol("H", positive=True)
    slack, artanh_gap = symbols("s K", nonnegative=True)
    return nonnegative(
        "the time is largest at the smallest drive norm (K is the difference of the artanh)",
        r"K/\underline H - K/\|h\| \ge 0\quad(\|h\|=\underline H+s,\ K\ge 0)",
        artanh_gap / lower - artanh_gap / (lower + slack),
        artanh_gap * slack / (lower * (lower + slack)),
    )


THEOREM = Theorem(
    name="T2",
    title="settling time from a random start",
    hypotheses=(
        "The hypotheses of T1.",
        "The start x₀ is uniform on the sphere.",
        "0 < ε < 2 and 0 < δ < 1; c_δ is the δ-quantile of c₀.",
    ),
    statement=(
        "(1 + c₀)/2 ~ Beta((d−1)/2, (d−1)/2). The probability of being within ε of ĥ at time t is "
        "P(c₀ ≥ tanh(artanh(1 − ε²/2) − ‖h‖t)); it reaches 1 − δ at time "
        "max(0, artanh(1 − ε²/2) − artanh c_δ)/‖h‖."
    ),
    latex=(
        r"\tfrac{1+c_0}2\sim\mathrm{Beta}(\tfrac{d-1}2,\tfrac{d-1}2),\quad "
        r"t_{\varepsilon,\delta} = \frac{\max(0,\ \operatorname{artanh}(1-\varepsilon^2/2)-"
        r"\operatorname{artanh}c_\delta)}{\|h\|}"
    ),
    obligations=(
        area_element,
        area_in_coordinates,
        normalisation,
        beta_law,
        antipodal_cap,
        inversion,
        order_preserved,
        settling_time,
        slower_when_weaker,
    ),
    source=(
        "derived here from T1; the law of a coordinate of a uniform point is classical, see "
        "Muirhead, Aspects of Multivariate Statistical Theory (Wiley 1982), section 1.5"
    ),
)
