"""Theorems as data: hypotheses, statement, and proof obligations that are checked.

An obligation is a function without arguments that returns an `Outcome`. It may not assert that
it holds: it hands a residual to `vanishes`, or an expression and a certificate of its sign to
`nonnegative` or `positive`, and these decide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sympy import Expr, MatrixBase, Symbol, cancel, expand, latex, sympify, together

from lohe.theory.symbols import remainder

__all__ = [
    "Obligation",
    "Outcome",
    "Reduction",
    "Theorem",
    "nonnegative",
    "polynomial",
    "positive",
    "rational",
    "vanishes",
]

Reduction = Callable[[Expr], Expr]
"""Brings an expression to a form that is the number 0 if the expression vanishes."""


@dataclass(frozen=True)
class Outcome:
    """What came of one obligation.

    Parameters
    ----------
    claim
        The identity or inequality in words.
    latex
        The same as LaTeX mathematics, without delimiters.
    method
        How it was decided.
    residual
        What was left after reduction, printed; ``"0"`` where the identity holds.
    holds
        Whether every residual is exactly zero and every sign is proved.
    """

    claim: str
    latex: str
    method: str
    residual: str
    holds: bool


Obligation = Callable[[], Outcome]


@dataclass(frozen=True)
class Theorem:
    """A theorem, with the identities that its proof rests on.

    Parameters
    ----------
    name
        Short name that certificates use, for example ``"T1"``. Lemmas are L1, L2, and so on.
    title
        What it is about, in a few words.
    hypotheses
        What must hold for the statement, one sentence each.
    statement
        The statement in plain text.
    latex
        The statement's formulas as LaTeX, without delimiters.
    obligations
        The identities and inequalities of the proof; each call checks one.
    source
        Where the result or its ingredients are from.
    """

    name: str
    title: str
    hypotheses: tuple[str, ...]
    statement: str
    latex: str
    obligations: tuple[Obligation, ...]
    source: str

    def check(self) -> tuple[Outcome, ...]:
        """Check every obligation, in order."""
        return tuple(obligation() for obligation in self.obligations)


def polynomial(*relations: Expr, leading: tuple[Symbol, ...]) -> Reduction:
    """Reduce polynomials by division by relations that are a Gröbner basis."""
    return lambda expression: remainder(expand(expression), relations, leading)


def rational(expression: Expr) -> Expr:
    """Bring a rational function to lowest terms; a vanishing one becomes 0."""
    return cancel(together(expression))


def vanishes(
    claim: str,
    formula: str,
    *residuals: Expr | MatrixBase,
    reduction: Reduction = rational,
    method: str = "reduced to lowest terms",
) -> Outcome:
    """Check that every residual, entry by entry, reduces to exactly zero.

    Parameters
    ----------
    claim, formula
        The identity in words and in LaTeX.
    residuals
        Left minus right sides.
    reduction
        Applied to every entry.
    method
        The reduction, in words.

    Raises
    ------
    ValueError
        Without residuals: nothing would be checked.

    Examples
    --------
    >>> from sympy.abc import a, b
    >>> vanishes("a binomial", "(a+b)^2", (a + b) ** 2 - a**2 - b**2).residual
    '2*a*b'
    """
    left = [reduction(entry) for entry in _entries(residuals)]
    wrong = [entry for entry in left if entry != 0]
    residual = str(wrong[0]) if wrong else "0"
    return Outcome(claim, formula, f"{method}; {_count(left)}", residual, not wrong)


def nonnegative(
    claim: str,
    formula: str,
    expression: Expr,
    certificate: Expr,
    *,
    reduction: Reduction = rational,
) -> Outcome:
    """Prove an expression non-negative: it equals a certificate whose sign is evident.

    The residual is expression minus certificate. The certificate's sign follows from the
    assumptions on its symbols by SymPy's inference (squares, sums and products of what is
    non-negative).

    Examples
    --------
    >>> from sympy import symbols
    >>> a, b = symbols("a b", real=True)
    >>> nonnegative("means", "", a**2 + b**2 - 2 * a * b, (a - b) ** 2).holds
    True
    """
    return _signed(claim, formula, expression, certificate, reduction, strict=False)


def positive(
    claim: str,
    formula: str,
    expression: Expr,
    certificate: Expr,
    *,
    reduction: Reduction = rational,
) -> Outcome:
    """Prove an expression positive, as `nonnegative` does."""
    return _signed(claim, formula, expression, certificate, reduction, strict=True)


def _signed(
    claim: str,
    formula: str,
    expression: Expr,
    certificate: Expr,
    reduction: Reduction,
    *,
    strict: bool,
) -> Outcome:
    certificate = sympify(certificate)
    residual = reduction(expression - certificate)
    sign = certificate.is_positive if strict else certificate.is_nonnegative
    relation = ">" if strict else r"\ge"
    method = rf"equals ${latex(certificate)}$, which is ${relation} 0$ term by term"
    if sign is not True:
        method = f"the sign of {certificate} is not evident"
    return Outcome(claim, formula, method, str(residual), residual == 0 and sign is True)


def _entries(residuals: tuple[Expr | MatrixBase, ...]) -> list[Expr]:
    entries: list[Expr] = []
    for residual in residuals:
        entries += list(residual) if isinstance(residual, MatrixBase) else [sympify(residual)]
    if not entries:
        raise ValueError("an obligation without residuals checks nothing")
    return entries


def _count(entries: list[Expr]) -> str:
    return "1 residual" if len(entries) == 1 else f"{len(entries)} residuals"
