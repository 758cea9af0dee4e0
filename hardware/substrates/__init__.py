"""The kinds of oscillators: electrical, mechanical, superconducting, charge-density wave."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from lohe.hardware.substrates.charge_density_wave import ChargeDensityWaveOscillator
from lohe.hardware.substrates.duffing import NanomechanicalOscillator
from lohe.hardware.substrates.josephson import JosephsonJunction
from lohe.hardware.substrates.substrate import Substrate
from lohe.hardware.substrates.van_der_pol import LCOscillator

__all__ = [
    "SUBSTRATES",
    "ChargeDensityWaveOscillator",
    "JosephsonJunction",
    "LCOscillator",
    "NanomechanicalOscillator",
    "Substrate",
]

SUBSTRATES: Mapping[str, Callable[..., Substrate]] = MappingProxyType(
    {
        "electrical": LCOscillator,
        "mechanical": NanomechanicalOscillator,
        "superconducting": JosephsonJunction,
        "charge-density-wave": ChargeDensityWaveOscillator,
    }
)
"""Classes by the name that the command line knows."""
