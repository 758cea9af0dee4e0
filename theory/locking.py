r"""T5: an oscillator with a natural frequency locks, and when, and on which devices.

The resolvent curve :math:`y(\lambda)=(\lambda-A)^{-1}h` decides: its squared length
:math:`f(\lambda)` falls strictly, and an equilibrium with pull :math:`\lambda>0` is a point where
it passes 1. Frames hold a vector v with Av, :math:`\langle v,Av\rangle=0`, so the identities hold
in every dimension; coordinates repeat the ones that are rational functions.
"""

from __future__ import annotations

from sympy import (
    MatrixBase,
    Symbol,
    diff,
    exp,
    expand,
    eye,
    log,
    simplify,
    sqrt,
    symbols,
)

from lohe.theory import blocks, lift, lock_devices
from lohe.theory.blocks import values_at
from lohe.theory.frame import Frame
from lohe.theory.symbols import Oscillators
from lohe.theory.theorem import Outcome, Theorem, nonnegative, positive, vanishes

__all__ = ["THEOREM"]

_level, _size = symbols("lambda N", positive=True)
_turned = Symbol("a", nonnegative=True)  # ‖Av‖²


def _pair() -> tuple[Frame, MatrixBase, MatrixBase]:
    """Return the frame of a vector v and Av, with ‖v‖² = N, ‖Av‖² = a and A skew."""
    frame = Frame.of([[_size, 0], [0, _turned]])
    return frame, *frame.vectors


def resolvent_bound() -> Outcome:
    """Check the bound of the resolvent of a skew matrix."""
    frame, v, turned = _pair()
    return nonnegative(
        "every d: ‖(λ − A)v‖² = λ²‖v‖² + ‖Av‖², so λ − A is invertible for λ > 0 and "
        "‖(λ − A)⁻¹v‖ ≤ ‖v‖/λ",
        r"\|(\lambda-A)v\|^2-\lambda^2\|v\|^2 = \|Av\|^2\ge 0",
        frame.square(_level * v - turned) - _level**2 * frame.square(v),
        _turned,
    )


def decreasing() -> Outcome:
    """Check that the squared length of the resolvent curve falls strictly, in every dimension."""
    frame, w, turned = _pair()  # w = (λ - A)⁻¹y(λ) = -y'(λ)
    curve = _level * w - turned
    return positive(
        "every d: f'(λ) = −2λ‖(λ − A)⁻¹y(λ)‖² < 0 where h ≠ 0, as y' = −(λ − A)⁻¹y",
        r"-f'(\lambda) = 2\langle y,(\lambda-A)^{-1}y\rangle = 2\lambda\|(\lambda-A)^{-1}y\|^2>0",
        2 * frame.inner(curve, w),
        2 * _level * _size,
    )


def decreasing_in_coordinates() -> Outcome:
    """Check the derivative of f in coordinates."""
    residuals = []
    for d in (2, 3):
        one = Oscillators(1, d)
        inverse = (_level * eye(d) - one.frequency[0]).inv()
        curve = inverse * one.h[0]
        second = inverse * curve
        slope = diff(curve.dot(curve), _level)
        residuals.append(slope + 2 * _level * second.dot(second))
    return vanishes(
        "the same derivative, in coordinates (d = 2, 3)",
        r"f(\lambda) = \|(\lambda I-A)^{-1}h\|^2,\quad f'(\lambda) = "
        r"-2\lambda\|(\lambda I-A)^{-2}h\|^2",
        *residuals,
    )


def equilibria() -> Outcome:
    """Check that equilibria are unit solutions of (λ − A)x = h, with pull λ."""
    pull = Symbol("lambda", real=True)
    frame = Frame.of([[1, 0], [0, _turned]])
    x, turned = frame.vectors
    h = pull * x - turned
    return vanishes(
        "every d: a unit x with (λ − A)x = h is at rest with pull ⟨h, x⟩ = λ, and "
        "‖h‖² = λ² + ‖Ax‖²",
        r"(\lambda-A)x = h,\ \|x\|=1\ \Rightarrow\ Ax+h-\langle h,x\rangle x = 0,\ "
        r"\langle h,x\rangle = \lambda",
        frame.inner(h, x) - pull,
        turned + h - frame.inner(h, x) * x,
        frame.square(h) - pull**2 - _turned,
    )


def linearisation() -> Outcome:
    """Check the rate at a resting point: the frequency drops out of the symmetric part."""
    residuals = []
    for d in (2, 3, 4):
        one = Oscillators(1, d)
        x, frame = one.x[0], Frame.euclidean(d)
        h = _level * x - one.frequency[0] * x
        values = values_at(frame, x, h, frequency=one.frequency[0])
        block = frame.evaluate(blocks.TANGENT_JACOBIAN.expression, values)
        residuals.append((block + block.T + 2 * _level * one.projector(0)).applyfunc(one.reduce))
    return vanishes(
        "the tangent linearisation at a point at rest with pull λ has the symmetric part −λ: every "
        "eigenvalue has real part −λ (d = 2, 3, 4)",
        r"P(A-\lambda)P+\bigl(P(A-\lambda)P\bigr)^{\top} = -2\lambda P",
        *residuals,
        method="normal form modulo x·x = 1",
    )


def no_level() -> Outcome:
    """Check that f stays below 1 where Ay = −h has a solution of length at most 1."""
    frame = Frame.of([[_size, 0], [0, _turned]])
    w, turned = frame.vectors  # w = (λ - A)⁻¹y, so y(λ) = -(λ - A)⁻¹Ay = -Aw
    y = _level * w - turned
    return positive(
        "every d: if Ay = −h with y ≠ 0, then f(λ) < ‖y‖² for every λ > 0",
        r"\|y\|^2-f(\lambda) = \lambda^2\|(\lambda-A)^{-1}y\|^2>0",
        frame.square(y) - frame.square(-turned),
        _level**2 * _size,
    )


def plane() -> Outcome:
    """Check f and the rate in the plane."""
    one = Oscillators(1, 2)
    h, turn = one.h[0], one.frequency[0]
    speed = turn[1, 0]
    curve = (_level * eye(2) - turn).inv() * h
    rate = sqrt(h.dot(h) - speed**2)
    return vanishes(
        "d = 2: f(λ) = ‖h‖²/(λ² + ω²): locks if and only if |ω| < ‖h‖, with rate √(‖h‖² − ω²)",
        r"f(\lambda) = \frac{\|h\|^2}{\lambda^2+\omega^2},\quad\lambda^* = \sqrt{\|h\|^2-\omega^2}",
        curve.dot(curve) - h.dot(h) / (_level**2 + speed**2),
        curve.dot(curve).subs(_level, rate) - 1,
    )


def odd_kernel() -> Outcome:
    """Check that a skew matrix of odd size is singular."""
    return vanishes(
        "odd d: det A = det Aᵀ = (−1)^d det A, so A has a kernel, and f(0+) = ∞ unless h is "
        "orthogonal to it (d = 3, 5)",
        r"\det A = 0\quad(A^{\top}=-A,\ d\text{ odd})",
        *(expand(Oscillators(1, d).frequency[0].det(method="berkowitz")) for d in (3, 5)),
    )


def settling_time() -> Outcome:
    """Check the time after which most random starts are close."""
    epsilon, z = symbols("epsilon z", positive=True)
    along = Symbol("c", real=True)
    frame = Frame.of([[1, along], [along, 1]])
    start, repelling = frame.vectors
    time = (log(4 / epsilon**2) - log(z)) / (2 * _level)
    return vanishes(
        "‖x₀ − x₋‖² = 4Z with Z = (1 − ⟨x₀, x₋⟩)/2; where Z ≥ z the ratio law gives ‖x(t) − x*‖ ≤ "
        "2e^(−λt)/√z, which is ε at the stated time",
        r"\|x(t)-x^*\|\le e^{-\lambda t}\,\frac{2\cdot 2}{2\sqrt z} = \varepsilon\quad\text{at}"
        r"\quad t = \frac{\ln(4/\varepsilon^2)-\ln z}{2\lambda}",
        frame.square(start - repelling) - 4 * (1 - along) / 2,
        exp(-_level * time) * 4 / (2 * sqrt(z)) - epsilon,
        reduction=simplify,
        method="simplification",
    )


THEOREM = Theorem(
    name="T5",
    title="natural frequencies",
    hypotheses=(
        "One oscillator without crosstalk (J = 0): ẋ = Ax + h − ⟨h, x⟩x with A skew, "
        "y(λ) = (λI − A)⁻¹h and f(λ) = ‖y(λ)‖² for λ > 0.",
        "A device has a drive h' with ‖h' − h‖ ≤ e and a skew frequency A' with ‖A' − A‖ ≤ ω.",
    ),
    statement=(
        "f falls strictly to 0 where h ≠ 0. If f(0+) > 1, then f(λ*) = 1 for one λ* > 0, and the "
        "only equilibria are x* = y(λ*) and x₋ = −(λ*I + A)⁻¹h; ‖x(t) − x*‖/‖x(t) − x₋‖ decays "
        "exactly like e^(−λ*t), so every start but x₋ converges to x*, with rate λ*. If f(0+) ≤ 1, "
        "which holds if and only if some y with ‖y‖ ≤ 1 solves Ay = −h, no equilibrium is "
        "asymptotically stable. Every device locks with a rate above λ₀ > 0 if ‖y(λ₀)‖(λ₀ − ω) > "
        "λ₀ + e; with a rate of at least √((‖h‖ − e)² − (‖A‖ + ω)²) if ‖h‖ − e > ‖A‖ + ω; and no "
        "device has a rate of λ_c or more if ‖y(λ_c)‖(λ_c + ω) + e < λ_c. With rate λ or more, a "
        "uniform start is within ε of x* after (ln(4/ε²) − ln z)/(2λ) with probability at least "
        "1 − δ, where P(Z < z) ≤ δ for Z ~ Beta((d−1)/2, (d−1)/2)."
    ),
    latex=(
        r"f(\lambda) = \|(\lambda I-A)^{-1}h\|^2,\quad f(0^+)>1\ \Rightarrow\ f(\lambda^*) = 1,\ "
        r"x^* = (\lambda^*I-A)^{-1}h,\quad \frac{\|x(t)-x^*\|}{\|x(t)-x_-\|} = e^{-\lambda^*t}"
        r"\frac{\|x(0)-x^*\|}{\|x(0)-x_-\|}"
    ),
    obligations=(
        lift.lift,
        lift.light_cone,
        resolvent_bound,
        decreasing,
        decreasing_in_coordinates,
        equilibria,
        lift.eigenvectors,
        lift.ratio_law,
        linearisation,
        no_level,
        lift.fixed_vector,
        lift.preserved_distance,
        lift.inversion,
        plane,
        odd_kernel,
        lock_devices.frobenius,
        lock_devices.resolvent_identity,
        lock_devices.device_curve,
        lock_devices.robust_lock,
        lock_devices.dominance,
        lock_devices.dominance_locks,
        lock_devices.ceiling,
        lock_devices.enclosure,
        settling_time,
    ),
    source=(
        "the flow as a group action: Tanaka, New J. Phys. 16 (2014) 023016; Lipton, Mirollo & "
        "Strogatz, The Kuramoto model on a sphere: explaining its low-dimensional dynamics with "
        "group theory and hyperbolic geometry, Chaos 31 (2021) 093113; the condition on f, the "
        "ratio law and the bounds for devices are derived here"
    ),
)
