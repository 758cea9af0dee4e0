r"""L1: the network without natural frequencies is the gradient flow of its energy."""

from __future__ import annotations

from sympy import Integer

from lohe.theory.energy import energy, euclidean_gradient, riemannian_gradient, vector_field
from lohe.theory.frame import Frame
from lohe.theory.symbols import Oscillators
from lohe.theory.theorem import Outcome, Theorem, vanishes

__all__ = ["THEOREM"]

# Every pair of oscillators enters alike, so three of them show the general case.
_SIZES = ((1, 2), (2, 2), (3, 2), (2, 3), (3, 3), (2, 4))
_WHERE = "n ≤ 3, d = 2, 3, 4"


def euclidean() -> Outcome:
    """Check that the ambient gradient of the energy is minus the total drive."""
    residuals = [
        gradient + drive
        for n, d in _SIZES
        for network in [Oscillators(n, d)]
        for gradient, drive in zip(euclidean_gradient(network), network.total_drive, strict=True)
    ]
    return vanishes(
        f"the Euclidean gradient of E at oscillator i is minus its total drive ({_WHERE})",
        r"\nabla_iE = -g_i,\quad g_i = h_i + \sum_kJ_{ik}x_k",
        *residuals,
        method="polynomials expanded",
    )


def descent() -> Outcome:
    """Check that the field is minus the Riemannian gradient."""
    residuals = [
        field + gradient
        for n, d in _SIZES
        for network in [Oscillators(n, d)]
        for field, gradient in zip(
            vector_field(network, frequencies=False), riemannian_gradient(network), strict=True
        )
    ]
    return vanishes(
        f"for A = 0 and symmetric J the field is minus the Riemannian gradient ({_WHERE})",
        r"\dot x_i = P_{x_i}g_i = -P_{x_i}\nabla_iE = -(\mathrm{grad}\,E)_i",
        *residuals,
        method="polynomials expanded",
    )


def tangency() -> Outcome:
    """Check that the field keeps every oscillator on its sphere."""
    residuals = []
    for n, d in _SIZES:
        network = Oscillators(n, d, symmetric=False)
        fields = vector_field(network)
        pairs = zip(network.x, fields, strict=True)
        residuals += [network.reduce(x.dot(field)) for x, field in pairs]
    return vanishes(
        f"the field is tangent, frequencies and asymmetric crosstalk included ({_WHERE})",
        r"\langle x_i,\dot x_i\rangle = 0",
        *residuals,
        method="normal form modulo x·x = 1",
    )


def dissipation() -> Outcome:
    """Check that the energy falls at the squared norm of its gradient."""
    residuals = []
    for n, d in _SIZES:
        network = Oscillators(n, d)
        fields = vector_field(network, frequencies=False)
        gradients = euclidean_gradient(network)
        rate = sum((a.dot(b) for a, b in zip(gradients, fields, strict=True)), Integer(0))
        speed = sum((field.dot(field) for field in fields), Integer(0))
        residuals.append(network.reduce(rate + speed))
    return vanishes(
        f"along the flow the energy falls by the squared norm of its gradient ({_WHERE})",
        r"\dot E = \sum_i\langle\nabla_iE,\dot x_i\rangle = -\|\mathrm{grad}\,E\|^2",
        *residuals,
        method="normal form modulo x·x = 1",
    )


def general_dimension() -> Outcome:
    """Check one oscillator's dissipation and tangency in every dimension."""
    from sympy import symbols

    along, size = symbols("lambda G", real=True)
    frame = Frame.of([[1, along], [along, size]])
    x, g = frame.vectors
    field = frame.project(x, g)
    return vanishes(
        "in every dimension: the field is tangent, and ⟨g, ẋ⟩ = ‖ẋ‖²",
        r"\langle x,P_xg\rangle = 0,\quad\langle g,P_xg\rangle = \|P_xg\|^2",
        frame.inner(x, field),
        frame.inner(g, field) - frame.square(field),
    )


def euler() -> Outcome:
    """Check that the energy has the stated form: Euler's identity for its two homogeneous parts."""
    residuals = []
    for n, d in _SIZES:
        network = Oscillators(n, d)
        inner = sum(
            (x.dot(grad) for x, grad in zip(network.x, euclidean_gradient(network), strict=True)),
            Integer(0),
        )
        linear = sum((h.dot(x) for h, x in zip(network.h, network.x, strict=True)), Integer(0))
        residuals.append(inner - 2 * energy(network) - linear)
    return vanishes(
        f"Euler's identity: the energy is a linear and a quadratic part ({_WHERE})",
        r"\sum_i\langle x_i,\nabla_iE\rangle = 2E + \sum_i\langle h_i,x_i\rangle",
        *residuals,
        method="polynomials expanded",
    )


THEOREM = Theorem(
    name="L1",
    title="gradient flow",
    hypotheses=(
        "Every state x_i lies on the unit sphere of R^d, d ≥ 2.",
        "No natural frequencies: A = 0.",
        "The crosstalk J is symmetric with zero diagonal.",
    ),
    statement=(
        "The field is minus the Riemannian gradient of the energy E on the product of spheres, so "
        "the energy never rises and falls strictly away from equilibria."
    ),
    latex=(
        r"E(X) = -\sum_i\langle h_i,x_i\rangle - \tfrac12\sum_{i\ne k}J_{ik}\langle x_i,x_k\rangle,"
        r"\qquad \dot X = -\mathrm{grad}\,E(X),\qquad \dot E = -\|\mathrm{grad}\,E\|^2"
    ),
    obligations=(euclidean, euler, descent, tangency, dissipation, general_dimension),
    source=(
        "Lohe, Non-Abelian Kuramoto models and synchronization, J. Phys. A 42 (2009) 395101; "
        "Markdahl, Thunberg & Gonçalves, Almost global consensus on the n-sphere, "
        "IEEE Trans. Automat. Control 63 (2018)"
    ),
)
