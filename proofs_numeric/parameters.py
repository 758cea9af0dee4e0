"""What the claims of a certificate refer to."""

from __future__ import annotations

from dataclasses import dataclass, field

from lohe.proofs_numeric.uncertainty import Uncertainty

__all__ = ["Parameters"]


@dataclass(frozen=True)
class Parameters:
    """Devices, distances, probabilities and steps, as `lohe.certify` describes and checks them.

    Parameters
    ----------
    uncertainty
        The set of devices for which every claim is to hold.
    epsilon, delta
        ``settling``: distance that counts as settled, probability of taking longer.
    step
        ``digital_step``: a step of projected Euler, or None.
    """

    uncertainty: Uncertainty = field(default_factory=Uncertainty)
    epsilon: float = 1e-2
    delta: float = 1e-3
    step: float | None = None

    def document(self) -> dict[str, float | None]:
        """Return the parameters by their names in a certificate."""
        return {
            "mismatch": self.uncertainty.mismatch,
            "crosstalk": self.uncertainty.crosstalk,
            "frequency": self.uncertainty.frequency,
            "anchors": self.uncertainty.anchors,
            "epsilon": self.epsilon,
            "delta": self.delta,
            "step": self.step,
        }
