r"""L6: linear and softmax attention as particles of a damped Hamiltonian system, and their past.

Tokens are particles with positions X and momenta Y (or P). Both attentions are the velocities of
one energy each. Under a causal mask the energy of the tokens up to t gives token t a force that no
later token enters; the whole causal energy of softmax attention does not.
"""

from __future__ import annotations

from sympy import Expr, Matrix, MatrixBase, Rational, Symbol, diff, exp, expand, zeros

from lohe.theory.particle_symbols import (
    by_matrix,
    general,
    linear_energy,
    symmetric,
    velocity_and_force,
)
from lohe.theory.theorem import Outcome, Theorem, positive, vanishes

__all__ = ["THEOREM"]

_HALF = Rational(1, 2)
_N, _D = 2, 2  # for polynomials
_PLACES = ((3, 0, 1), (3, 1, 1), (3, 2, 1), (2, 0, 2), (2, 1, 2))
"""How many tokens, which of them, and in how many dimensions, for the causal exponentials."""

_alpha, _s = Symbol("alpha", real=True), Symbol("s", real=True)


def linear_field() -> Outcome:
    """Check that linear attention's particles are Hamiltonian."""
    x, y = (general(name, _N, _D) for name in "xy")
    kernel, push = symmetric("a", _D), symmetric("v", _D)
    energy = linear_energy(x, y, kernel, push)
    velocity, force = velocity_and_force(x, y, kernel, push)
    return vanishes(
        "symmetric A and V: ∂H/∂Y is the velocity (1/N) X A Xᵀ Y and −∂H/∂X the force "
        "X Vᵀ − (1/N) Y Yᵀ X A (N = d = 2)",
        r"\frac{\partial H}{\partial Y} = \tfrac1NXAX^{\top}Y,\qquad "
        r"-\frac{\partial H}{\partial X} = XV^{\top}-\tfrac1NYY^{\top}XA",
        (by_matrix(energy, y) - velocity).expand(),
        (by_matrix(energy, x) + force).expand(),
        method="differentiated, polynomials expanded",
    )


def linear_attention() -> Outcome:
    """Check that a momentum which is the potential's force attends as the classical block does."""
    x, kernel, push = general("x", _N, _D), symmetric("a", _D), symmetric("v", _D)
    velocity, _ = velocity_and_force(x, x * push.T, kernel, push)
    still = linear_energy(x, zeros(_N, _D), kernel, push)
    return vanishes(
        "Y = X Vᵀ, which is −∂H/∂X at rest, gives the velocity of classical linear attention",
        r"Y = XV^{\top}\ \Rightarrow\ \dot X = \tfrac1N(XAX^{\top})XV^{\top}",
        (by_matrix(still, x) + x * push.T).expand(),
        (velocity - (x * kernel * x.T) * (x * push.T) / _N).expand(),
        method="polynomials expanded",
    )


def dissipation() -> Outcome:
    """Check that damping takes energy at the rate of twice the kinetic part."""
    x, y = (general(name, _N, _D) for name in "xy")
    kernel, push = symmetric("a", _D), symmetric("v", _D)
    energy = linear_energy(x, y, kernel, push)
    velocity, force = velocity_and_force(x, y, kernel, push)
    slope = (by_matrix(energy, x).T * velocity).trace()
    slope += (by_matrix(energy, y).T * (force - _alpha * y)).trace()
    lost = _alpha * (y.T * x * kernel * x.T * y).trace() / _N
    return vanishes(
        "under Ẋ = ∂H/∂Y, Ẏ = −∂H/∂X − αY the energy changes at the rate "
        "−(α/N) tr(Yᵀ X A Xᵀ Y), not positive where A is positive semidefinite and α ≥ 0",
        r"\dot H = -\tfrac\alpha N\operatorname{tr}(Y^{\top}XAX^{\top}Y)",
        expand(slope + lost),
        method="polynomials expanded",
    )


def _exponentials(x: MatrixBase, query: MatrixBase, key: MatrixBase) -> MatrixBase:
    """Return E_ij = exp(s ⟨W_q x_i, W_k x_j⟩)."""
    return (_s * x * query.T * key * x.T).applyfunc(exp)


def _softmax_energy(
    p: MatrixBase, scores: MatrixBase, mass: MatrixBase, share: MatrixBase, weight: MatrixBase
) -> Expr:
    """Return H of the tokens whose rows are given; zeros of the scores are what a mask hides."""
    total: Expr = 0
    for i in range(p.rows):
        row = sum(scores[i, :])
        total += _HALF * (p[i, :] * mass * p[i, :].T)[0] / (share[i] * row)
        total -= _HALF * weight[i] * row
    return total


def _pull(
    i: int, p: MatrixBase, scores: MatrixBase, mass: MatrixBase, of: tuple[MatrixBase, MatrixBase]
) -> Expr:
    """Return g_i, minus the derivative of H by any entry of row i of the scores."""
    share, weight = of
    z = share[i] * sum(scores[i, :])
    return _HALF * share[i] * (p[i, :] * mass * p[i, :].T)[0] / z**2 + _HALF * weight[i]


def _masked(scores: MatrixBase) -> MatrixBase:
    return Matrix(*scores.shape, lambda i, j: scores[i, j] if j <= i else 0)


def _softmax_symbols(n: int, d: int) -> tuple[MatrixBase, ...]:
    x, p = general("x", n, d), general("p", n, d)
    query, key = general("q", d, d), general("k", d, d)
    share, weight = (
        Matrix([Symbol(f"{name}_{i + 1}", positive=True) for i in range(n)])
        for name in ("nu", "kappa")
    )
    return x, p, query, key, symmetric("b", d), share, weight


def softmax_field() -> Outcome:
    """Check that softmax attention's particles are Hamiltonian."""
    residuals: list[MatrixBase] = []
    for n, d in ((2, 1), (3, 1), (1, 2), (2, 2)):
        x, p, query, key, mass, share, weight = _softmax_symbols(n, d)
        scores = _exponentials(x, query, key)
        energy = _softmax_energy(p, scores, mass, share, weight)
        pulls = [_pull(i, p, scores, mass, (share, weight)) for i in range(n)]
        for i in range(n):
            z = share[i] * sum(scores[i, :])
            residuals.append(by_matrix(energy, p[i, :]) - p[i, :] * mass / z)
            force = pulls[i] * _s * (scores[i, :] * x * key.T) * query
            for j in range(n):
                force += scores[j, i] * pulls[j] * _s * (x[j, :] * query.T) * key
            residuals.append(by_matrix(energy, x[i, :]) + force)
    return vanishes(
        "with z_i = ν_i Σ_j E_ij and g_i = ν_i⟨BP_i, P_i⟩/(2z_i²) + κ_i/2: ∂H/∂P_i = BP_i/z_i, and "
        "−∂H/∂x_i is s W_qᵀ g_i Σ_j E_ij k_j through the query and s W_kᵀ Σ_j E_ji g_j q_j "
        "through the key (N, d up to 2, 2, and 3, 1)",
        r"-\frac{\partial H}{\partial x_i} = s\,W_q^{\top}g_i\sum_jE_{ij}k_j"
        r" + s\,W_k^{\top}\sum_jE_{ji}g_jq_j",
        *residuals,
        method="differentiated, brought to lowest terms",
    )


def softmax_attention() -> Outcome:
    """Check that momenta which are the query's half of the force attend by softmax."""
    n, d = 3, 1
    x, p, query, key, mass, share, weight = _softmax_symbols(n, d)
    scores, residuals = _exponentials(x, query, key), []
    for i in range(n):
        row = sum(scores[i, :])
        resting = _pull(i, 0 * p, scores, mass, (share, weight))
        momentum = resting * _s * (scores[i, :] * x * key.T) * query
        softmax = scores[i, :] / row
        ratio = weight[i] / (2 * share[i])
        residuals.append(
            momentum * mass / (share[i] * row) - ratio * _s * (softmax * x * key.T) * query * mass
        )
    return vanishes(
        "momenta that are the query's part of the force at rest move positions by "
        "(κ_i s/2ν_i) B W_qᵀ Σ_j softmax_ij k_j: softmax attention with values B W_qᵀ k_j",
        r"P_i = \tfrac{\kappa_i}2s\,W_q^{\top}\sum_jE_{ij}k_j\ \Rightarrow\ "
        r"\dot x_i = \frac{\kappa_is}{2\nu_i}BW_q^{\top}\sum_j\operatorname{softmax}_{ij}k_j",
        *residuals,
        method="brought to lowest terms",
    )


def linear_prefix() -> Outcome:
    """Check that linear attention's masked sums are derivatives of the prefix's energy."""
    n, d = 3, 2
    x, y = (general(name, n, d) for name in "xy")
    kernel, push = symmetric("a", d), symmetric("v", d)
    residuals: list[MatrixBase] = []
    for t in range(n):
        seen, felt = x[: t + 1, :], y[: t + 1, :]
        energy = linear_energy(seen, felt, kernel, push)
        scores = x[t, :] * kernel * seen.T
        alike = y[t, :] * felt.T
        residuals.append(by_matrix(energy, y[t, :]) - scores * felt / (t + 1))
        force = x[t, :] * push.T - alike * seen * kernel / (t + 1)
        residuals.append(by_matrix(energy, x[t, :]) + force)
    return vanishes(
        "linear attention with the upper triangles of both Gram matrices zeroed and N = t is, "
        "token by token, the field of H_≤t (three tokens, d = 2)",
        r"\frac{\partial H_{\le t}}{\partial y_t} = \tfrac1t\sum_{u\le t}(x_t^{\top}Ax_u)\,y_u,"
        r"\qquad -\frac{\partial H_{\le t}}{\partial x_t} = Vx_t"
        r"-\tfrac1t\sum_{u\le t}\langle y_t,y_u\rangle Ax_u",
        *(residual.expand() for residual in residuals),
        method="differentiated, polynomials expanded",
    )


def _prefix_and_whole(n: int, d: int) -> tuple[MatrixBase, list[Expr], Expr, list[Expr]]:
    """Return positions, the energies of all prefixes, of the whole, and the pulls, causal."""
    x, p, query, key, mass, share, weight = _softmax_symbols(n, d)
    scores = _masked(_exponentials(x, query, key))
    prefixes = [
        _softmax_energy(p[:t, :], scores[:t, :t], mass, share, weight) for t in range(1, n + 1)
    ]
    pulls = [_pull(i, p, scores, mass, (share, weight)) for i in range(n)]
    return x, prefixes, prefixes[-1], pulls


def sealed() -> Outcome:
    """Check that the sealed force sees the past alone."""
    residuals: list[MatrixBase] = []
    for n, t, d in _PLACES:
        x, prefixes, _, pulls = _prefix_and_whole(n, d)
        _, _, query, key, *_ = _softmax_symbols(n, d)
        scores = _exponentials(x, query, key)
        force = -by_matrix(prefixes[t], x[t, :])
        expected = zeros(1, d)
        for u in range(t + 1):
            expected += pulls[t] * _s * scores[t, u] * (x[u, :] * key.T) * query
        expected += pulls[t] * _s * scores[t, t] * (x[t, :] * query.T) * key
        residuals.append(force - expected)
        residuals += [by_matrix(entry, x[t + 1 :, :]) for entry in force if t + 1 < n]
    return vanishes(
        "G_t = −∂H_≤t/∂x_t is s W_qᵀ g_t Σ_{u ≤ t} E_tu k_u + s W_kᵀ E_tt g_t q_t, and its "
        "derivative by every later position is zero (three tokens, d = 1; two, d = 2)",
        r"G_t = s\,W_q^{\top}g_t\sum_{u\le t}E_{tu}k_u+s\,W_k^{\top}E_{tt}g_tq_t,\qquad "
        r"\frac{\partial G_t}{\partial x_u} = 0\quad(u>t)",
        *residuals,
        method="differentiated, brought to lowest terms",
    )


def leak() -> Outcome:
    """Check what differentiating the whole causal energy adds."""
    residuals: list[MatrixBase] = []
    for n, t, d in _PLACES:
        x, prefixes, whole, pulls = _prefix_and_whole(n, d)
        _, _, query, key, *_ = _softmax_symbols(n, d)
        scores = _exponentials(x, query, key)
        more = by_matrix(prefixes[t], x[t, :]) - by_matrix(whole, x[t, :])
        for j in range(t + 1, n):
            more -= scores[j, t] * pulls[j] * _s * (x[j, :] * query.T) * key
        residuals.append(more)
    return vanishes(
        "−∂H/∂x_t of the whole causal energy is G_t and, through its key, "
        "s W_kᵀ Σ_{j > t} E_jt g_j q_j (three tokens, d = 1; two, d = 2)",
        r"-\frac{\partial H}{\partial x_t} = G_t+s\,W_k^{\top}\sum_{j>t}E_{jt}\,g_j\,q_j",
        *residuals,
        method="differentiated, brought to lowest terms",
    )


def leak_witness() -> Outcome:
    """Check that the addition depends on the future: a case with one number."""
    x, prefixes, whole, _ = _prefix_and_whole(2, 1)
    _, p, query, key, _, _, weight = _softmax_symbols(2, 1)
    first, later = x
    more = diff(prefixes[0], first) - diff(whole, first)
    at = {p[0]: 0, p[1]: 0, query[0]: 1, key[0]: 1, _s: 1, first: 0}
    return positive(
        "two tokens at rest, d = 1, W_q = W_k = s = 1, x_1 = 0: the force on the first has the "
        "slope κ_2/2 > 0 in the second's position",
        r"\frac{\partial}{\partial x_2}\Bigl(-\frac{\partial H}{\partial x_1}\Bigr)\Bigr|_{x_1=0}"
        r" = \frac{\kappa_2}2>0",
        diff(more.subs(at), later),
        weight[1] / 2,
    )


THEOREM = Theorem(
    name="L6",
    title="the energies of accelerated attention",
    hypotheses=(
        "N particles with positions x_i and momenta in R^d, rows of X and of Y (linear) or P "
        "(softmax); A, V and B symmetric (d, d) matrices; W_q, W_k any; ν_i, κ_i > 0.",
        "Linear: H = (1/2N) tr(Yᵀ X A Xᵀ Y) − ½ tr(X V Xᵀ). Softmax: q_i = W_q x_i, k_i = W_k x_i, "
        "E_ij = exp(s⟨q_i, k_j⟩), z_i = ν_i Σ_j E_ij, "
        "H = ½ Σ_i ⟨BP_i, P_i⟩/z_i − ½ Σ_ij κ_i E_ij.",
        "Causal: sums over j ≤ i, and H_≤t is the energy of the tokens 1, …, t.",
    ),
    statement=(
        "(a) The linear particles move with the velocity (1/N) X A Xᵀ Y under the force "
        "X Vᵀ − (1/N) Y Yᵀ X A; with Y = X Vᵀ the velocity is classical linear attention. Damping "
        "takes energy at the rate (α/N) tr(Yᵀ X A Xᵀ Y). (b) The softmax particles have the "
        "velocity BP_i/z_i and the force s W_qᵀ g_i Σ_j E_ij k_j + s W_kᵀ Σ_j E_ji g_j q_j, "
        "g_i = ν_i⟨BP_i, P_i⟩/(2z_i²) + κ_i/2; momenta that are the first part at rest attend by "
        "softmax. (c) Causal: linear attention with masked Gram matrices is −∂H_≤t/∂x_t token by "
        "token. For softmax G_t = −∂H_≤t/∂x_t depends on tokens up to t alone, while −∂H/∂x_t of "
        "the whole has s W_kᵀ Σ_{j > t} E_jt g_j q_j besides, which depends on later ones."
    ),
    latex=(
        r"\dot X = \frac{\partial H}{\partial Y},\quad \dot Y = -\frac{\partial H}{\partial X}"
        r"-\alpha Y;\qquad -\frac{\partial H}{\partial x_t} = -\frac{\partial H_{\le t}}"
        r"{\partial x_t}+s\,W_k^{\top}\sum_{j>t}E_{jt}\,g_j\,q_j"
    ),
    obligations=(
        linear_field,
        linear_attention,
        dissipation,
        softmax_field,
        softmax_attention,
        linear_prefix,
        sealed,
        leak,
        leak_witness,
    ),
    source=(
        "the systems: Stein, Li & Steidl, SympFormer, arXiv 2603.16535; the causal form and its "
        "leak: derived here"
    ),
)
