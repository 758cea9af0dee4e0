r"""T4: the drive stays away from zero for every input, or there is a coupling that kills it.

The distance from the origin to the convex hull of the anchors decides. Existence of a nearest
point is compactness; everything computed from it is checked here.
"""

from __future__ import annotations

from sympy import Matrix, MatrixBase, Symbol, diff, expand, symbols

from lohe.theory.frame import Frame
from lohe.theory.theorem import Outcome, Theorem, nonnegative, positive, vanishes

__all__ = ["THEOREM", "component"]

_margin = Symbol("m", positive=True)
_s, _k = symbols("s k", nonnegative=True)


def lower_bound() -> Outcome:
    """Check that one more key keeps the bound on the drive's component along y."""
    weight, total = symbols("W Omega", nonnegative=True)
    along = _margin * total + _k  # induction hypothesis with slack k
    return nonnegative(
        "⟨y, h⟩ ≥ m Σ_j W_j if every ⟨y, r_j⟩ = m + s_j ≥ m (induction over the keys)",
        r"\langle y,h\rangle-m\sum_jW_j = \sum_jW_j(\langle y,r_j\rangle-m)\ge 0",
        along + weight * (_margin + _s) - _margin * (total + weight),
        _k + weight * _s,
    )


def displaced() -> Outcome:
    """Check the margin left when anchors are displaced."""
    delta = Symbol("delta", nonnegative=True)
    moved = -(delta - _k)  # ⟨y, r' − r⟩ ≥ −‖r' − r‖ for a unit y
    return nonnegative(
        "anchors displaced by at most δ keep the margin m − δ along the unit vector y",
        r"\langle y,r_j'\rangle-(m-\delta)\ge 0\quad(\|r_j'-r_j\|\le\delta)",
        (_margin + _s) + moved - (_margin - delta),
        _s + _k,
    )


def component() -> Outcome:
    """Check that the norm of the drive is at least its component along a unit vector."""
    norm = Symbol("H", positive=True)
    along = Symbol("a", real=True)
    frame = Frame.of([[1, along], [along, norm**2]])
    y, h = frame.vectors
    rest = frame.project(y, h)
    return vanishes(
        "‖h‖ is at least the component of h along the unit vector y: the slack is a square",
        r"\|h\|^2-\langle y,h\rangle^2 = \|h-\langle y,h\rangle y\|^2\ge 0",
        norm**2 - along**2 - frame.square(rest),
    )


def witness() -> Outcome:
    """Check that alternating minors of d + 1 anchors are the weights of a vanishing combination."""
    residuals = []
    for d in (2, 3, 4):
        anchors = Matrix(d, d + 1, lambda a, j: Symbol(f"r_{j + 1}_{a + 1}", real=True))
        minors = [(-1) ** j * _without(anchors, j).det() for j in range(d + 1)]
        residuals.append(anchors * Matrix(minors))
    return vanishes(
        "d + 1 anchors have Σ λ_j r_j = 0 with λ_j their alternating minors; if these share a "
        "sign they are couplings without drive (d = 2, 3, 4)",
        r"\sum_{j=0}^{d}(-1)^j\det(r_0,\ldots,\widehat{r_j},\ldots,r_d)\,r_j = 0",
        *residuals,
        reduction=expand,
        method="polynomials expanded",
    )


def _without(matrix: MatrixBase, column: int) -> MatrixBase:
    smaller = matrix.copy()
    smaller.col_del(column)
    return smaller


def _segment() -> tuple[Frame, Symbol, Symbol]:
    # p the nearest point, e = r - p the way to an anchor, with ⟨p, e⟩ = -g and ‖e‖² = D.
    gap, size = symbols("g D", positive=True)
    norm = Symbol("P", positive=True)
    return Frame.of([[norm, -gap], [-gap, size]]), gap, size


def shorter_step() -> Outcome:
    """Check that an anchor beyond the supporting plane brings the hull nearer to zero."""
    frame, gap, size = _segment()
    p, edge = frame.vectors
    step = gap / size
    return positive(
        "if ⟨p, r − p⟩ = −g < 0, the step g/‖r − p‖² (where it is at most 1) shortens p",
        r"\|p\|^2-\bigl\|p+\tfrac g{\|r-p\|^2}(r-p)\bigr\|^2 = g^2/\|r-p\|^2>0",
        frame.square(p) - frame.square(p + step * edge),
        gap**2 / size,
    )


def whole_step() -> Outcome:
    """Check the case where the best step would overshoot the anchor: go all the way."""
    size = Symbol("D", positive=True)
    gap, norm = size + _s, Symbol("P", positive=True)
    frame = Frame.of([[norm, -gap], [-gap, size]])
    p, edge = frame.vectors
    return positive(
        "and if that step exceeds 1, the anchor itself is nearer",
        r"\|p\|^2-\|r\|^2 = 2g-\|r-p\|^2\ge g>0\quad(g\ge\|r-p\|^2)",
        frame.square(p) - frame.square(p + edge),
        size + 2 * _s,
    )


def supporting_plane() -> Outcome:
    """Check that the nearest point, normalised, is a direction with the distance as its margin."""
    norm = Symbol("P", positive=True)  # ‖p‖
    return nonnegative(
        "so y = p/‖p‖ has ⟨y, r_j⟩ ≥ ‖p‖ for every anchor: margin = distance to the hull",
        r"\langle p,r_j-p\rangle = k_j\ge 0\ \Rightarrow\ \langle y,r_j\rangle-\|p\| = k_j/\|p\|"
        r"\ge 0",
        (norm**2 + _k) / norm - norm,
        _k / norm,
    )


def best_margin() -> Outcome:
    """Check that no unit vector has a larger margin, by one more key of the nearest point."""
    weight, total = symbols("lambda Lambda", nonnegative=True)
    return nonnegative(
        "no direction does better: m ≤ Σ λ_j ⟨y, r_j⟩ = ⟨y, p⟩ ≤ ‖p‖ (induction over the keys)",
        r"m\sum_j\lambda_j\le\sum_j\lambda_j\langle y,r_j\rangle = \langle y,p\rangle\le\|p\|",
        (_margin * total + _k) + weight * (_margin + _s) - _margin * (total + weight),
        _k + weight * _s,
    )


def stationary() -> Outcome:
    """Check the squared distance along a segment, with its derivative at the nearest point."""
    step = Symbol("t", real=True)
    inner = Symbol("i", real=True)
    norm, size = symbols("P D", positive=True)
    frame = Frame.of([[norm, inner], [inner, size]])
    p, edge = frame.vectors
    squared = frame.square(p + step * edge)
    return vanishes(
        "the squared norm along a segment from p is a parabola with slope 2⟨p, r − p⟩ at p",
        r"\|p+t(r-p)\|^2 = \|p\|^2+2t\langle p,r-p\rangle+t^2\|r-p\|^2",
        squared - norm - 2 * step * inner - step**2 * size,
        diff(squared, step).subs(step, 0) - 2 * inner,
    )


THEOREM = Theorem(
    name="T4",
    title="the drive for every input",
    hypotheses=(
        "Finitely many anchors r_j in R^d, not necessarily of unit length.",
        "The input chooses any couplings W_j ≥ 0, not all zero; h = Σ_j W_j r_j.",
    ),
    statement=(
        "Exactly one holds. Either some unit y has ⟨y, r_j⟩ ≥ m > 0 for every anchor, and then "
        "‖h‖ ≥ m Σ_j W_j for every input; or 0 = Σ_j λ_j r_j for convex weights λ, and then the "
        "couplings λ have no drive. The best m is the distance from 0 to the convex hull of the "
        "anchors, and it is attained by a coupling. If every anchor is displaced by at most δ < m, "
        "‖h‖ ≥ (m − δ) Σ_j W_j."
    ),
    latex=(
        r"\max_{\|y\|=1}\min_j\langle y,r_j\rangle = \mathrm{dist}(0,\mathrm{conv}\{r_j\}) = m>0"
        r"\ \Rightarrow\ \|h\|\ge m\sum_jW_j;\qquad \mathrm{dist}=0\iff\exists\lambda\ge 0,\ "
        r"\textstyle\sum\lambda_j=1,\ \sum\lambda_jr_j=0"
    ),
    obligations=(
        lower_bound,
        component,
        displaced,
        witness,
        stationary,
        shorter_step,
        whole_step,
        supporting_plane,
        best_margin,
    ),
    source=(
        "Gordan, Über die Auflösung linearer Gleichungen mit reellen Coefficienten, Math. Ann. 6 "
        "(1873) 23–28; Rockafellar, Convex Analysis (Princeton 1970), section 22"
    ),
)
