"""The shape of a language model with accelerated attention, as data."""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

from lohe.attention.accelerated.coefficients import MULTISTEP
from lohe.attention.language_model import check_language_sizes
from lohe.dynamics.errors import InputError

__all__ = ["FAMILIES", "SCHEMES", "AcceleratedConfig", "calls_of_a_step", "oracle_calls"]

Family = Literal["linear", "softmax"]

FAMILIES = ("linear", "softmax")
"""Attention by a bilinear kernel, or by an exponential one."""

SCHEMES = MappingProxyType({
    "linear": ("baseline", "nesterov", *MULTISTEP),
    "softmax": ("baseline", "nesterov", *MULTISTEP[:3], "strang"),
})  # fmt: skip
"""The schemes of each family: the classical block, Nesterov's method, and those that carry
positions and momenta of a Hamiltonian system."""

_CHOICES = MappingProxyType({
    "start": ("embedding", "zero"),
    "count": ("context", "visible"),
    "potential": ("sum", "mean"),
    "feed_forward": ("residual", "momentum", "none"),
})  # fmt: skip


@dataclass(frozen=True)
class AcceleratedConfig:
    """A causal language model whose attention is a step of a particle system.

    Its choices are explained where the package says how it reads the paper.

    Parameters
    ----------
    context : int
        Longest sequence, T_max.
    outputs : int
        Words that the read-out chooses from; equal to ``vocabulary``.
    vocabulary : int
        Words of the input.
    family : {"linear", "softmax"}
        The kernel of attention.
    scheme : str
        One of ``SCHEMES[family]``.
    sealed : bool
        False, for the Hamiltonian schemes of the softmax family only, lets later tokens pull at
        earlier ones, as differentiating the Hamiltonian without more does.
    width, heads, layers, hidden : int
        Width D of a token, heads (a divisor of D), layers, and width of the feed-forward layer.
    feed_forward : {"residual", "momentum", "none"}, optional
        x + M(LN(x)), or Nesterov's step on position and momentum. By default the second where
        there is a momentum. The baseline has no second, and Nesterov's scheme no first.
    step : float
        h_X and h_Y at the start.
    start : {"embedding", "zero"}
        Whether momenta start from tables of their own, of words and of positions, or at rest.
    count : {"visible", "context"}
        What N is for a token: how many it sees, or the model's context.
    potential : {"mean", "sum"}
        Whether the softmax potential is divided by N.
    momentum_norm : bool
        Whether layer norm follows every step of a Hamiltonian scheme's momentum.
    dropout : float
        Rate after the input, after the baseline's and Nesterov's attention, and after the
        feed-forward layer.

    Raises
    ------
    InputError
        For sizes that are not positive or do not divide, unknown names, and options that the
        scheme has not.

    Examples
    --------
    >>> AcceleratedConfig(context=8, outputs=5, vocabulary=5, family="softmax").mechanism
    'softmax_presymplectic_euler'
    """

    context: int
    outputs: int
    vocabulary: int
    family: Family = "linear"
    scheme: str = "presymplectic_euler"
    sealed: bool = True
    width: int = 64
    heads: int = 4
    layers: int = 4
    hidden: int = 256
    feed_forward: Literal["residual", "momentum", "none"] | None = None
    step: float = 0.2
    start: Literal["embedding", "zero"] = "embedding"
    count: Literal["context", "visible"] = "visible"
    potential: Literal["sum", "mean"] = "mean"
    momentum_norm: bool = True
    dropout: float = 0.0

    def __post_init__(self) -> None:
        check_language_sizes(self)
        if self.family not in SCHEMES:
            raise InputError(f"family is {self.family!r}; choose {' or '.join(FAMILIES)}")
        if self.scheme not in SCHEMES[self.family]:
            raise InputError(
                f"the {self.family} family has no scheme {self.scheme!r}; choose one of "
                f"{', '.join(SCHEMES[self.family])}"
            )
        for name, choices in _CHOICES.items():
            value = getattr(self, name)
            if value not in choices and not (name == "feed_forward" and value is None):
                raise InputError(f"{name} is {value!r}; choose {' or '.join(choices)}")
        if not self.sealed and not (self.family == "softmax" and self.is_hamiltonian):
            raise InputError(
                f"the {self.family} {self.scheme} leaks nothing; leave sealed as it is"
            )
        if self.feed_forward == "momentum" and self.scheme == "baseline":
            raise InputError('the baseline has no momentum; choose feed_forward="residual"')
        if self.feed_forward == "residual" and self.scheme == "nesterov":
            raise InputError("Nesterov's scheme moves all by momentum; leave feed_forward out")
        if not self.step > 0:
            raise InputError(f"step is {self.step}; it must be positive")

    @property
    def mechanism(self) -> str:
        """Family, scheme and, where it leaks, that."""
        return f"{self.family}_{self.scheme}{'' if self.sealed else '_leaking'}"

    @property
    def readout(self) -> str:
        """Every position predicts the next word."""
        return "next"

    @property
    def coherence(self) -> float:
        """The model puts no price on itself."""
        return 0.0

    @property
    def features(self) -> int:
        """Inputs are words."""
        return 0

    @property
    def is_hamiltonian(self) -> bool:
        """Whether the scheme is a step of a Hamiltonian system."""
        return self.scheme not in {"baseline", "nesterov"}

    @property
    def feeds_by(self) -> str:
        """What ``feed_forward`` is where it was left out."""
        if self.feed_forward is not None:
            return self.feed_forward
        return "residual" if self.scheme == "baseline" else "momentum"


def calls_of_a_step(scheme: str) -> int:
    """Return how often one step of a scheme evaluates the force of attention.

    Strang's copies of the system push each other four times; every other scheme pushes once.
    """
    return 4 if scheme == "strang" else 1


def oracle_calls(config: AcceleratedConfig) -> int:
    """Return how often a forward pass evaluates the force of attention.

    Examples
    --------
    >>> config = AcceleratedConfig(8, 5, 5, family="softmax", scheme="strang", layers=2)
    >>> oracle_calls(config)
    8
    """
    return config.layers * calls_of_a_step(config.scheme)
