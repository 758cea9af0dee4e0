"""The derivation for readers: theorems with their checks, as text, Markdown, LaTeX or data."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from typing import Any

from lohe.theory.theorem import Outcome, Theorem

__all__ = ["Derivation", "derive"]


@dataclass(frozen=True)
class Derivation:
    """Theorems with the outcome of every obligation.

    Parameters
    ----------
    sections
        Each theorem with its outcomes, in order.
    """

    sections: tuple[tuple[Theorem, tuple[Outcome, ...]], ...]

    @property
    def checks(self) -> int:
        """Number of obligations."""
        return sum(len(outcomes) for _, outcomes in self.sections)

    @property
    def failures(self) -> tuple[tuple[str, Outcome], ...]:
        """Theorem's name and outcome of each obligation that does not hold."""
        return tuple(
            (theorem.name, outcome)
            for theorem, outcomes in self.sections
            for outcome in outcomes
            if not outcome.holds
        )

    @property
    def summary(self) -> str:
        """One line: how many checks there were and how many failed."""
        failed = len(self.failures)
        return f"{self.checks} checks, " + (f"{failed} FAILED" if failed else "all hold")

    def data(self) -> dict[str, Any]:
        """Everything as plain data, ready for JSON."""
        return {
            "format": "lohe.derivation",
            "version": 1,
            "holds": not self.failures,
            "theorems": [
                {
                    "name": theorem.name,
                    "title": theorem.title,
                    "hypotheses": list(theorem.hypotheses),
                    "statement": theorem.statement,
                    "latex": theorem.latex,
                    "source": theorem.source,
                    "checks": [asdict(outcome) for outcome in outcomes],
                }
                for theorem, outcomes in self.sections
            ],
        }

    def text(self) -> str:
        """Plain text with Unicode signs."""
        lines: list[str] = []
        for theorem, outcomes in self.sections:
            title = f"{theorem.name}  {theorem.title}"
            lines += [title, "─" * len(title), "Hypotheses"]
            lines += [f"  · {hypothesis}" for hypothesis in theorem.hypotheses]
            lines += ["Statement", f"  {theorem.statement}", "Checked"]
            for outcome in outcomes:
                lines.append(f"  {_mark(outcome)} {outcome.claim}")
                if not outcome.holds:
                    lines.append(f"      left over: {outcome.residual} ({outcome.method})")
            lines += ["Source", f"  {theorem.source}", ""]
        return "\n".join([*lines, self.summary]) + "\n"

    def markdown(self) -> str:
        """Markdown with LaTeX mathematics."""
        lines = ["# Derivation", ""]
        for theorem, outcomes in self.sections:
            lines += [f"## {theorem.name}: {theorem.title}", "", "**Hypotheses.**", ""]
            lines += [f"- {hypothesis}" for hypothesis in theorem.hypotheses]
            lines += ["", f"**Statement.** {theorem.statement}", "", f"$${theorem.latex}$$", ""]
            lines += ["**Checked.**", ""]
            for outcome in outcomes:
                lines += [f"- {_mark(outcome)} {outcome.claim}", "", f"  $${outcome.latex}$$", ""]
                lines += [f"  {outcome.method}; residual {outcome.residual}", ""]
            lines += [f"*Source:* {theorem.source}.", ""]
        return "\n".join([*lines, f"{self.summary}."]) + "\n"

    def latex(self) -> str:
        """Return a LaTeX document; compile it with XeLaTeX or LuaLaTeX."""
        lines = [
            r"\documentclass{article}",
            r"\usepackage{amsmath,amssymb,fontspec}",
            r"\begin{document}",
        ]
        for theorem, outcomes in self.sections:
            lines += [rf"\section*{{{theorem.name}: {theorem.title}}}", r"\paragraph{Hypotheses}"]
            lines += [r"\begin{itemize}"]
            lines += [rf"\item {_escape(hypothesis)}" for hypothesis in theorem.hypotheses]
            lines += [r"\end{itemize}", r"\paragraph{Statement} " + _escape(theorem.statement)]
            lines += [r"\begin{multline*}", theorem.latex, r"\end{multline*}"]
            lines += [r"\paragraph{Checked}", r"\begin{itemize}"]
            for outcome in outcomes:
                verdict = "holds" if outcome.holds else r"\textbf{fails}"
                lines += [rf"\item {_escape(outcome.claim)} ({verdict})", rf"\[{outcome.latex}\]"]
            lines += [r"\end{itemize}", r"\paragraph{Source} " + _escape(theorem.source), ""]
        return "\n".join([*lines, r"\end{document}"]) + "\n"


def derive(
    theorems: Iterable[Theorem], progress: Callable[[int, int], None] | None = None
) -> Derivation:
    """Check every obligation of the theorems.

    Parameters
    ----------
    theorems
        Which ones, for example ``theorems().values()``.
    progress
        Called with (done, total) obligations.

    Examples
    --------
    >>> from lohe.theory.registry import theorem
    >>> derive([theorem("T7")]).failures
    ()
    """
    chosen = tuple(theorems)
    total, done = sum(len(theorem.obligations) for theorem in chosen), 0
    sections = []
    for theorem in chosen:
        outcomes = []
        for obligation in theorem.obligations:
            outcomes.append(obligation())
            done += 1
            if progress is not None:
                progress(done, total)
        sections.append((theorem, tuple(outcomes)))
    return Derivation(tuple(sections))


def _mark(outcome: Outcome) -> str:
    return "✓" if outcome.holds else "✗"


# Signs that text fonts lack, or that TeX reads as commands.
_TEX = {
    "_": r"\_", "^": r"\^{}", "&": r"\&", "%": r"\%", "#": r"\#",
    "Σ": r"$\Sigma$", "Δ": r"$\Delta$", "π": r"$\pi$", "Γ": r"$\Gamma$",
    "λ": r"$\lambda$", "ε": r"$\varepsilon$", "δ": r"$\delta$", "κ": r"$\kappa$",
    "η": r"$\eta$", "ρ": r"$\rho$", "φ": r"$\varphi$", "ψ": r"$\psi$", "ω": r"$\omega$",
    "θ": r"$\theta$", "τ": r"$\tau$", "≤": r"$\le$", "≥": r"$\ge$", "−": r"$-$",
    "√": r"$\surd$", "∠": r"$\angle$", "‖": r"$\|$", "⟨": r"$\langle$", "⟩": r"$\rangle$",
    "·": r"$\cdot$", "∓": r"$\mp$", "±": r"$\pm$", "∫": r"$\int$", "∞": r"$\infty$",
    "⊥": r"$\perp$", "≠": r"$\ne$", "←": r"$\leftarrow$", "⁺": r"$^+$", "₀": r"$_0$",
    "₁": r"$_1$", "²": r"$^2$", "³": r"$^3$", "ᵀ": r"$^{\top}$", "ẋ": r"$\dot x$",
    "ċ": r"$\dot c$", "ĥ": r"$\hat h$", "∈": r"$\in$", "Ω": r"$\Omega$", "σ": r"$\sigma$",
    "α": r"$\alpha$", "γ": r"$\gamma$", "ζ": r"$\zeta$", "μ": r"$\mu$", "ν": r"$\nu$",
    "Π": r"$\Pi$", "β": r"$\beta$", "…": r"\dots{}",
    "ξ": r"$\xi$", "Φ": r"$\Phi$", "ℓ": r"$\ell$", "∂": r"$\partial$", "→": r"$\to$",
    "ĝ": r"$\hat g$", "ṡ": r"$\dot s$", "ẇ": r"$\dot w$", "ẏ": r"$\dot y$", "⁻": r"$^{-}$",
    "₋": r"$_{-}$", "₂": r"$_2$", "⁸": r"$^8$",
    "Ẋ": r"$\dot X$", "Ẏ": r"$\dot Y$", "ġ": r"$\dot g$", "∇": r"$\nabla$",
    "∧": r"$\wedge$",
}  # fmt: skip

# Combining accents, which follow their letter.
_ACCENTS = {"\u0302": r"\hat", "\u0303": r"\tilde", "\u0304": r"\bar", "\u0307": r"\dot"}


def _escape(text: str) -> str:
    return re.sub(f"(.)([{''.join(_ACCENTS)}]?)", _sign, text)


def _sign(match: re.Match[str]) -> str:
    letter = _TEX.get(match[1], match[1])
    return f"${_ACCENTS[match[2]]}{{{letter.strip('$')}}}$" if match[2] else letter
