r"""T3a: how far the weights of a sharpened readout move.

Raw weights :math:`b_j=\max(0,z_j)^p`, :math:`z_j=1+\langle x,r_j\rangle`, with total B, and
:math:`a_j=b_j/B`. The state turns by an angle of at most :math:`\alpha`, anchors move by at most
:math:`\delta`, so :math:`z_j` moves by some :math:`\langle v,r_j\rangle+\zeta_j`.
"""

from __future__ import annotations

from sympy import Symbol, cos, diff, log, sin, symbols

from lohe.theory.frame import Frame
from lohe.theory.readout import weight_identity
from lohe.theory.theorem import Outcome, Theorem, nonnegative, vanishes

__all__ = ["THEOREM"]

_k, _s = symbols("k s", nonnegative=True)  # slacks


def turned_cosine() -> Outcome:
    """Check how far a cosine moves when the state turns."""
    angle = Symbol("theta", real=True)
    cosine, along, length = symbols("c a ell", real=True)
    frame = Frame.of([[1, 0, cosine], [0, 1, along], [cosine, along, length]])
    x, u, r = frame.vectors
    turned = cos(angle) * x + sin(angle) * u
    rest = r - cosine * x - along * u
    return vanishes(
        "x turned by θ towards u ⊥ x: the cosine with r moves by sin θ⟨u, r⟩ − (1 − cos θ)c, and "
        "|⟨u, r⟩| ≤ τ = (‖r‖² − c²)^½, since the slack of the squares is a square (Bessel)",
        r"\langle x',r\rangle-c = \sin\theta\,\langle u,r\rangle-(1-\cos\theta)\,c,\qquad "
        r"\|r\|^2-c^2-\langle u,r\rangle^2 = \|r-cx-\langle u,r\rangle u\|^2",
        frame.inner(turned - x, r) - sin(angle) * along + (1 - cos(angle)) * cosine,
        length - cosine**2 - along**2 - frame.square(rest),
    )


def smaller_turn() -> Outcome:
    """Check that a smaller turn moves a cosine less."""
    tangent, size = symbols("tau c", nonnegative=True)
    sine, versine = symbols("sigma gamma", nonnegative=True)  # of the smaller angle
    return nonnegative(
        "sin and 1 − cos grow up to a right angle, so what bounds the move at α bounds it below α",
        r"(\sin\alpha-\sin\theta)\,\tau+(\cos\theta-\cos\alpha)\,|c|\ge 0\quad(\theta\le\alpha\le"
        r"\tfrac\pi2)",
        ((sine + _s) * tangent + (versine + _k) * size) - (sine * tangent + versine * size),
        _s * tangent + _k * size,
    )


def convex() -> Outcome:
    """Check that the power is convex where the clamp does not act."""
    z, above = symbols("z q", positive=True)  # p = 1 + q
    return nonnegative(
        "b(z) = max(0, z)^p is convex for p ≥ 1: its slope k(z) = p z^(p−1) grows, and is 0 where "
        "the clamp acts (for p = 1, from 0 to 1 at z = 0)",
        r"\tfrac{d^2}{dz^2}z^p = p(p-1)z^{p-2}\ge 0",
        diff(z ** (1 + above), z, 2),
        (1 + above) * above * z ** (above - 1),
    )


def ends() -> Outcome:
    """Check that a convex function between two points is at most the larger of its ends."""
    part, rest, low, gap = symbols("t u q_1 g", nonnegative=True)  # t + u = 1, q_2 = q_1 + g
    return nonnegative(
        "between two points a convex function is at most the larger of its values there (k is the "
        "slack of convexity)",
        r"\max(q_1,q_2)-q(ty_1+(1-t)y_2)\ge 0",
        (part + rest) * (low + gap) - (part * low + rest * (low + gap) - _k),
        part * gap + _k,
    )


def total_moves() -> Outcome:
    """Check one more key: the move of the total raw weight."""
    slope, push, shake, bend = symbols("k_j v_j zeta q")  # v_j = ⟨v, r_j⟩
    drift, noise, bent = symbols("V Z Q")
    return vanishes(
        "the total moves by B' − B = ⟨v, K⟩ + Σ_j k_j ζ_j + Σ_j q_j, K = Σ_j k_j r_j (induction "
        "over the keys)",
        r"B'-B = \langle v,K\rangle+\sum_jk_j\zeta_j+\sum_jq_j",
        (drift + noise + bent)
        + (slope * (push + shake) + bend)
        - ((drift + slope * push) + (noise + slope * shake) + (bent + bend)),
    )


def other_identity() -> Outcome:
    """Check the change of one weight, over the total that does not move."""
    raw, raw2 = symbols("b b_2", real=True)
    total, total2 = symbols("B B_2", positive=True)
    return vanishes(
        "the change of one weight, over either total",
        r"a_j'-a_j = \frac{(b_j'-b_j)-a_j'\,(B'-B)}{B}",
        raw2 / total2 - raw / total - ((raw2 - raw) - raw2 / total2 * (total2 - total)) / total,
    )


def relative_to_the_mean() -> Outcome:
    """Check the change of one raw weight, less its share of the change of the total."""
    slope, share, push, along, own, bent = symbols("k_j a_j v_j V e_j E")
    return vanishes(
        "less its share of the total's move, a raw weight moves by ⟨v, g_j⟩ with the tilt "
        "g_j = k_j r_j − a_j K, and by e_j − a_j Σ e, where e_j = k_j ζ_j + q_j",
        r"(b_j'-b_j)-a_j(B'-B) = \langle v,g_j\rangle+e_j-a_j\sum_ie_i",
        (slope * push + own)
        - share * (along + bent)
        - (slope * push - share * along)
        - own
        + share * bent,
    )


def one_beyond_first_order() -> Outcome:
    """Check what one key's remainder does to all keys."""
    share, rest = symbols("a r", nonnegative=True)  # of the key itself and of all others
    return vanishes(
        "the remainder of key i moves all keys by |e_i| Σ_j |[i = j] − a_j| = 2(1 − a_i)|e_i|",
        r"(1-a_i)+\sum_{j\ne i}a_j = 2(1-a_i)",
        ((1 - share) + rest - 2 * (1 - share)).subs(rest, 1 - share),
    )


def weighed() -> Outcome:
    """Check one more key: Cauchy and Schwarz with weights."""
    size, weight, weights = symbols("y s_j S", positive=True)
    so_far = Symbol("A", nonnegative=True)
    form = (so_far**2 + _k) / weights  # induction hypothesis: A² ≤ S M, with slack k
    return nonnegative(
        "for any s_j > 0: (Σ_j |y_j|)² ≤ Σ_j s_j Σ_j y_j²/s_j (induction over the keys)",
        r"\Bigl(\sum_j|\langle u,g_j\rangle|\Bigr)^2\le\sum_js_j\cdot u^{\top}Mu,\qquad M = "
        r"\sum_j\frac{g_jg_j^{\top}}{s_j}",
        (weights + weight) * (form + size**2 / weight) - (so_far + size) ** 2,
        _k + (weights * size - weight * so_far) ** 2 / (weight * weights) + weight * _k / weights,
    )


def largest_eigenvalue() -> Outcome:
    """Check that a matrix's power bounds its largest eigenvalue."""
    largest, others = symbols("lambda mu", nonnegative=True)
    return nonnegative(
        "‖M⁸‖_F² is the sum of the 16th powers of the eigenvalues",
        r"\|M^8\|_F^2-\lambda^{16} = \sum_{i>1}\lambda_i^{16}\ge 0",
        (largest**16 + others**16) - largest**16,
        others**16,
    )


def quotients() -> Outcome:
    """Check that larger numerators and smaller denominators bound the quotients."""
    numerator, first = symbols("N p", nonnegative=True)
    least = Symbol("L", positive=True)
    return nonnegative(
        "a larger numerator over a smaller positive denominator",
        r"\frac{Z}{B'}\le\frac{Z+k}{B-L}\quad(B'\ge B-L>0)",
        (numerator + first) / least - numerator / (least + _s),
        (numerator * _s + first * (least + _s)) / (least * (least + _s)),
    )


def time_for_sharpness() -> Outcome:
    """Check what a p times smaller distance costs in time."""
    start, target, norm = symbols("q y H", positive=True)
    factor = Symbol("p", positive=True)
    # tan(φ/2) decays like e^(−‖h‖t) (T1): from q to y.
    time = log(start / target) / norm
    later = log(start * factor / target) / norm
    return vanishes(
        "the tangent of half the angle decays like e^(−‖h‖t): a p times smaller one takes "
        "ln p/‖h‖ longer",
        r"t_{y/p}-t_y = \frac{\ln p}{\|h\|}",
        (later - time - log(factor) / norm).expand(log=True, force=True),
    )


THEOREM = Theorem(
    name="T3a",
    title="sharpened readouts",
    hypotheses=(
        "A readout exponent p ≥ 1; raw weights b_j = max(0, z_j)^p, z_j = 1 + ⟨x, r_j⟩, over the "
        "visible keys, ‖x‖ = 1, anchors of any length; B = Σ_j b_j > 0 and a_j = b_j/B.",
        "x' is a unit vector at an angle of at most α ≤ π/2 to x, and ‖r'_j − r_j‖ ≤ δ.",
        "c_j = ⟨x, r_j⟩, τ_j = (‖r_j‖² − c_j²)^½, k_j = p max(0, z_j)^(p−1), K = Σ_j k_j r_j; "
        "u_j, d_j = min(sin α τ_j + (1 − cos α) max(0, ∓c_j), ‖r_j‖ ∓ c_j) + δ; "
        "g_j = k_j r_j − a_j K, and Pg_j its part across x; Q_j is the larger of "
        "b(z_j + u_j) − b_j − k_j u_j and "
        "b(z_j − d_j) − b_j + k_j d_j.",
    ),
    statement=(
        "With L = sin α ‖PK‖ + (1 − cos α)|⟨x, K⟩| + δ Σ_j k_j, "
        "N = Σ_j max(b(z_j + u_j) − b_j, b_j − b(z_j − d_j)) and Δ = min(N, L + Σ_j Q_j): "
        "Σ_j |a'_j − a_j| ≤ (N + Δ)/B. If L < B it is also at most (sin α (λ Σ_j s_j)^½ + "
        "(1 − cos α) Σ_j |⟨x, g_j⟩| + 2 Σ_j (Q_j + δ k_j)(1 − a_j))/(B − L), for any s_j > 0, with "
        "λ the largest eigenvalue of Σ_j Pg_j (Pg_j)^T/s_j."
    ),
    latex=(
        r"\sum_j|a_j'-a_j|\le\min\Bigl\{\frac{N+\Delta}B,\ \frac{\sin\alpha\sqrt{\lambda\sum_j"
        r"s_j}+(1-\cos\alpha)\sum_j|\langle x,g_j\rangle|+2\sum_j(Q_j+\delta k_j)(1-a_j)}{B-L}"
        r"\Bigr\}"
    ),
    obligations=(
        turned_cosine,
        smaller_turn,
        convex,
        ends,
        total_moves,
        weight_identity,
        other_identity,
        relative_to_the_mean,
        one_beyond_first_order,
        weighed,
        largest_eigenvalue,
        quotients,
        time_for_sharpness,
    ),
    source="derived here",
)
