"""Joules of a token in a stage of attention, from operations, conversions and settling."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, replace

from lohe.dynamics.errors import InputError
from lohe.hardware.cost.operations import AttentionShape, count_operations

__all__ = ["Assumptions", "EnergyOfToken", "Sensitivity", "energy_of_token", "sensitivities"]


@dataclass(frozen=True)
class Assumptions:
    """What things cost; every result is printed beside them.

    Parameters
    ----------
    multiply_add : float
        Joules of a digital multiply-add. The default is that of 16-bit floats in 45 nm, 1.1 pJ and
        0.4 pJ (Horowitz, ISSCC 2014).
    exponential : float
        Joules of an exponential, by default ten of these.
    write : float
        Joules to set one coupling, by default 1 pJ, of the size of an 8-bit converter.
    read : float
        Joules to convert one number read from the array, by default 2.6 pJ: 8 bits at 10 fJ a
        step (Walden's figure of merit; Murmann's survey of converters).
    power : float
        Watts of one running oscillator.
    settling : float
        Seconds that it runs for a token.
    listening : float
        Seconds that its phase is then measured over.

    Raises
    ------
    InputError
        For numbers that are negative.
    """

    power: float
    settling: float
    multiply_add: float = 1.5e-12
    exponential: float = 1.5e-11
    write: float = 1e-12
    read: float = 2.6e-12
    listening: float = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if not value >= 0:
                raise InputError(f"{field.name} is {value}; it must not be negative")


@dataclass(frozen=True)
class EnergyOfToken:
    """Joules of a token by what takes them.

    Parameters
    ----------
    digital, conversion, oscillators : float
        Arithmetic, setting couplings and reading states, and running oscillators.
    """

    digital: float
    conversion: float
    oscillators: float

    @property
    def total(self) -> float:
        """All of it."""
        return self.digital + self.conversion + self.oscillators


def energy_of_token(
    shape: AttentionShape, row: str, assumptions: Assumptions, *, coupling: str = "relu"
) -> EnergyOfToken:
    """Return the energy of a stage, divided by its tokens.

    An oscillator of dimension d is ceil(d/2) oscillators of the substrate. Every coupling is set
    anew for every query. Where settling alone is physics, the d coordinates of each oscillator are
    read; where the readout is, too, every weight is, so that all rows end with weights as numbers.

    Parameters
    ----------
    shape, row, coupling
        See `count_operations`.
    assumptions
        What things cost.

    Examples
    --------
    >>> keywords = AttentionShape(tokens=49, heads=2, d_osc=2)
    >>> free = Assumptions(power=0.0, settling=0.0, write=0.0, read=0.0)
    >>> round(1e9 * energy_of_token(keywords, "softmax", free).total, 2)
    1.48
    """
    counted = count_operations(shape, row, coupling)
    digital = (
        counted.multiply_adds * assumptions.multiply_add
        + counted.exponentials * assumptions.exponential
    )
    conversion = oscillators = 0.0
    if row in {"settling physical", "readout physical"}:
        reads = shape.pairs if row == "readout physical" else shape.queries * shape.d_osc
        conversion = shape.pairs * assumptions.write + reads * assumptions.read
        count = shape.queries * -(-shape.d_osc // 2)
        seconds = assumptions.settling + assumptions.listening
        oscillators = count * assumptions.power * seconds
    tokens = shape.tokens
    return EnergyOfToken(digital / tokens, conversion / tokens, oscillators / tokens)


@dataclass(frozen=True)
class Sensitivity:
    """What an assumption does to a token's energy.

    Parameters
    ----------
    name
        Of the assumption.
    low, high : float
        Joules in all, with the assumption divided and multiplied by the factor.
    """

    name: str
    low: float
    high: float


def sensitivities(
    shape: AttentionShape,
    row: str,
    assumptions: Assumptions,
    *,
    coupling: str = "relu",
    factor: float = 3.0,
) -> tuple[Sensitivity, ...]:
    """Return the assumptions that matter to a row, the most important first.

    Parameters
    ----------
    shape, row, assumptions, coupling
        See `energy_of_token`.
    factor : float
        What each assumption by itself is divided and multiplied by.

    Raises
    ------
    InputError
        If the factor is not above 1.
    """
    if not factor > 1:
        raise InputError(f"factor is {factor}; it must be above 1")

    def total(changes: Mapping[str, float]) -> float:
        changed = replace(assumptions, **changes)
        return energy_of_token(shape, row, changed, coupling=coupling).total

    def each() -> Iterator[Sensitivity]:
        for field in fields(assumptions):
            value = getattr(assumptions, field.name)
            low, high = total({field.name: value / factor}), total({field.name: value * factor})
            if high > low:
                yield Sensitivity(field.name, low, high)

    return tuple(_widest_first(each()))


def _widest_first(found: Iterable[Sensitivity]) -> list[Sensitivity]:
    return sorted(found, key=lambda one: one.low - one.high)
