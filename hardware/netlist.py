"""An array of LC oscillators as a netlist that SPICE reads, and a head as plain JSON."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from lohe.dynamics.errors import InputError
from lohe.dynamics.files import write_text
from lohe.dynamics.network import Network
from lohe.hardware.array import DeviceArray, states_at
from lohe.hardware.substrates import LCOscillator

__all__ = ["network_as_json", "spice_netlist", "write_netlist"]

Floats = NDArray[np.float64]

_STEPS = 200  # longest step of the simulator, in a period


def spice_netlist(array: DeviceArray, start: Floats, periods: int) -> str:
    """Return a netlist of an array and of its transient simulation.

    A subcircuit is one oscillator: the tank, and a behavioural current source for the saturating
    conductance. Each oscillator has a current source for what its anchors add up to, and a
    transconductance for each oscillator that it hears; the mean of a tank's voltage is 0, so that
    nothing has to block it. The dialect is ngspice's.

    Parameters
    ----------
    array
        Of LC oscillators.
    start : (n,) array
        Phases at time 0, which give initial voltages and currents.
    periods : int
        Of the reference, to simulate; the last is printed.

    Raises
    ------
    InputError
        For another substrate, or no period.
    """
    device = array.substrate
    if not isinstance(device, LCOscillator):
        raise InputError(
            f"netlists are of electrical oscillators, not of the {device.name} ones; "
            "export their phases as JSON"
        )
    if periods < 1:
        raise InputError(f"periods is {periods}; simulate at least 1")
    return "\n".join([*_lines(array, device, start, periods), ".end", ""])


def write_netlist(
    path: str | os.PathLike[str], array: DeviceArray, start: Floats, periods: int
) -> None:
    """Write `spice_netlist` to a file, atomically.

    Raises
    ------
    InputError
        As `spice_netlist` does, and if the path cannot be written.
    """
    write_text(path, spice_netlist(array, start, periods))


def network_as_json(network: Network) -> str:
    """Return what an array has to be set to, as plain JSON.

    Drives, and couplings, anchors, crosstalk and frequencies where there are any; crosstalk as a
    list of (listener, source, strength).

    Examples
    --------
    >>> json.loads(network_as_json(Network([[3.0, 4.0]])))["drive"]
    [[3.0, 4.0]]
    """
    document: dict[str, object] = {
        "format": "lohe.array",
        "version": 1,
        "sha256": network.digest,
        "oscillators": network.n,
        "dimension": network.d,
        "drive": network.drive.tolist(),
    }
    for name in ("couplings", "anchors", "frequency"):
        value = getattr(network, name)
        if value is not None:
            document[name] = value.tolist()
    if network.crosstalk is not None:
        pairs = sparse.coo_array(network.crosstalk)
        document["crosstalk"] = [
            [int(i), int(k), float(strength)]
            for i, k, strength in zip(pairs.row, pairs.col, pairs.data, strict=True)
        ]
    return json.dumps(document, allow_nan=False)


def _lines(array: DeviceArray, device: LCOscillator, start: Floats, periods: int) -> Iterator[str]:
    cycle = device.limit_cycle()
    omega = cycle.frequency if array.reference is None else array.reference
    period = 2 * np.pi / omega
    states = states_at(cycle, start)
    count = len(array.drive)
    yield "* an array of LC oscillators, driven by anchors at one frequency"
    yield ".subckt oscillator out v0=0 i0=0"
    yield f"C1 out 0 {device.capacitance:.17g} IC={{v0}}"
    yield f"L1 out 0 {device.inductance:.17g} IC={{i0}}"
    yield (
        f"B1 0 out I={device.conductance:.17g}*V(out)-{device.saturation:.17g}*V(out)*V(out)*V(out)"
    )
    yield ".ends"
    for i, (voltage, current) in enumerate(states):
        yield f"X{i} n{i} oscillator v0={voltage:.17g} i0={current:.17g}"
    for i, drive in enumerate(array.drive):
        size, angle = array.scale * abs(drive), np.angle(drive)
        yield f"B{i} 0 n{i} I={size:.17g}*cos({omega:.17g}*time+({angle:.17g}))"
    if array.crosstalk is not None:
        for i, k in zip(*np.nonzero(array.crosstalk), strict=True):
            gain = array.scale / cycle.amplitude * array.crosstalk[i, k]
            yield f"G{i}_{k} 0 n{i} n{k} 0 {gain:.17g}"
    # Gear's method and the trapezium rule damp or shift high-Q tanks unless steps are short.
    yield f".tran {period / _STEPS:.17g} {periods * period:.17g} 0 {period / _STEPS:.17g} uic"
    yield ".control"
    yield "run"
    yield f"linearize {' '.join(f'v(n{i})' for i in range(count))}"
    yield f"print {' '.join(f'v(n{i})' for i in range(count))}"
    yield ".endc"
