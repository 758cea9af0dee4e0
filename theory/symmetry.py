r"""L3: oscillators that hear only each other can be turned together, so none of them is held.

A common rotation R of their states commutes with their flow. Applied to an equilibrium it gives
others, as near as one likes.
"""

from __future__ import annotations

from sympy import Matrix, MatrixBase, Symbol, diff, eye, symbols, zeros

from lohe.theory.frame import Frame
from lohe.theory.symbols import Oscillators
from lohe.theory.theorem import Outcome, Theorem, polynomial, rational, vanishes

__all__ = ["THEOREM"]

_INFINITESIMAL = ((2, 2), (3, 2), (2, 3), (2, 4))
_FINITE = (2, 3)


def _field(network: Oscillators, states: tuple[MatrixBase, ...]) -> list[MatrixBase]:
    """Return the field of oscillators without drive and frequency, at any states."""
    field = []
    for i in range(network.n):
        terms = (network.crosstalk[i, k] * states[k] for k in range(network.n))
        heard = sum(terms, zeros(network.d, 1))
        field.append(heard - states[i].dot(heard) * states[i])
    return field


def turning() -> Outcome:
    """Check that the field commutes with infinitesimal rotations."""
    s = Symbol("s", real=True)
    residuals = []
    for n, d in _INFINITESIMAL:
        network = Oscillators(n, d, symmetric=False)
        generator = network.frequency[0]
        turned = _field(network, tuple(x + s * generator * x for x in network.x))
        for column, still in zip(turned, _field(network, network.x), strict=True):
            residual = diff(column, s).subs(s, 0) - generator * still
            residuals.append(residual.applyfunc(network.reduce))
    return vanishes(
        "the field of a set without drive and frequency commutes with turning all of it; so at an "
        "equilibrium the turning directions ΩX are in the kernel of the Jacobian (n ≤ 3, d ≤ 4)",
        r"DF(X)\,\Omega X = \Omega F(X)\quad(\Omega^{\top} = -\Omega)",
        *residuals,
        method="normal form modulo x·x = 1",
    )


def _rotation(d: int) -> MatrixBase:
    """Return Cayley's rotation of a general skew matrix."""
    generator = Oscillators(1, d).frequency[0]
    return ((eye(d) - generator).inv() * (eye(d) + generator)).applyfunc(rational)


def turned() -> Outcome:
    """Check that the field commutes with finite rotations."""
    residuals = []
    for d in _FINITE:
        rotation, one = _rotation(d), Oscillators(1, d)
        x, heard = Matrix(symbols(f"y_1:{d + 1}")), one.h[0]
        residuals.append(rotation.T * rotation - eye(d))
        inner = (rotation * x).dot(rotation * heard)
        rotated = rotation * heard - inner * rotation * x
        residuals.append(rotated - rotation * (heard - x.dot(heard) * x))
    return vanishes(
        "a rotation keeps inner products, so P_(Rx)Rg = Rg − ⟨Rx, Rg⟩Rx = R P_x g, and "
        "F(RX) = R F(X) (Cayley's rotations, d = 2, 3)",
        r"R^{\top}R = I\ \Rightarrow\ P_{Rx}Rg = R\,P_xg",
        *residuals,
    )


def autonomous() -> Outcome:
    """Check that a set that hears only itself does not depend on the others."""
    residuals = []
    for d in (2, 3):
        network = Oscillators(3, d, symmetric=False)
        silent = {network.crosstalk[i, 2]: 0 for i in (0, 1)}
        for column in _field(network, network.x)[:2]:
            residuals.append(column.subs(silent).jacobian(list(network.x[2])))
    return vanishes(
        "with J_ik = 0 for i in the set and k outside, the set's field does not contain the states "
        "outside (two of three oscillators, d = 2, 3)",
        r"J_{ik} = 0\ \Rightarrow\ \partial F_i/\partial x_k = 0",
        *residuals,
    )


def moves() -> Outcome:
    """Check that small rotations move a point by as little, but not by nothing."""
    cosine, sine = symbols("C S", real=True)
    frame = Frame.of([[1, 0], [0, 1]])
    x, side = frame.vectors
    rotated = cosine * x + sine * side
    return vanishes(
        "turning by t in a plane through x moves it by ‖Rx − x‖ = √(2(1 − cos t)) = 2|sin(t/2)|",
        r"\|Rx-x\|^2 = 2(1-\cos t)",
        frame.square(rotated - x) - 2 * (1 - cosine),
        frame.square(rotated) - 1,
        reduction=polynomial(cosine**2 + sine**2 - 1, leading=(cosine, sine)),
        method="normal form modulo C² + S² = 1",
    )


THEOREM = Theorem(
    name="L3",
    title="a set that hears only itself",
    hypotheses=(
        "A non-empty set C of oscillators with h_i = 0 and A_i = 0 for i in C, and J_ik = 0 for i "
        "in C and k outside C. The others are arbitrary.",
    ),
    statement=(
        "Turning all states of C by a common rotation takes solutions to solutions. So no "
        "equilibrium of the network is asymptotically stable."
    ),
    latex=r"F_C(RX_C) = R\,F_C(X_C)\quad(R\in SO(d))",
    obligations=(turning, turned, autonomous, moves),
    source="derived here; the symmetry is that of the model of Lohe, J. Phys. A 42 (2009) 395101",
)
