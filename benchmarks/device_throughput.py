"""How long 1,000 instances of one imperfect head take, beside plain Euler-Maruyama steps.

Run ``python benchmarks/device_throughput.py``. A causal head of 128 oscillators on a circle with
every fault on is told the same couplings, settles and is read, on two threads. Beside it a part of
the devices takes Euler-Maruyama steps in NumPy, all devices of a chunk at once as well, and its
time is scaled up. So that steps are compared that err alike, all integrate one device without
noise from the same start, and errors of phases are told against far smaller steps. (A largest one
belongs to an oscillator at the edge of locking.)
"""

from __future__ import annotations

import argparse
import json
import resource
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from lohe.attention.results import machine, versions
from lohe.hardware.nonideal.device import Device, draw_device
from lohe.hardware.nonideal.imperfections import Imperfections
from lohe.hardware.nonideal.instances import settle_instances
from lohe.hardware.nonideal.use import program_couplings, settle_on_device

FAULTS = Imperfections(
    mismatch=0.1, coupling_bits=6, programming=0.01, crosstalk=0.2, topology="king", detuning=0.05,
    drift=0.01, diffusivity=0.01, harmonics=(0.1,), delay=0.05, settling=20.0, reading=0.01,
    reading_bits=8,
)  # fmt: skip
PEER_DEVICES = 25
EULER_STEP = 0.01
SHORT_STEP = 0.2


def head(n: int) -> tuple[np.ndarray, np.ndarray]:
    """Return causal couplings whose rows add up to 1, and anchors."""
    rng = np.random.default_rng(0)
    angles = rng.uniform(-2.0, 2.0, n)
    couplings = np.tril(rng.exponential(1.0, (n, n)))
    couplings /= couplings.sum(axis=1, keepdims=True)
    return couplings, np.stack([np.cos(angles), np.sin(angles)], axis=-1)


def euler_maruyama(
    device: Device, couplings: np.ndarray, anchors: np.ndarray, z: np.ndarray, step: float
) -> np.ndarray:
    """Follow the phases of devices by first-order steps, without delay."""
    faults, rng = device.imperfections, np.random.default_rng(1)
    theta, phasors = np.angle(z), anchors[:, 0] + 1j * anchors[:, 1]
    drive = couplings @ phasors
    second = couplings @ phasors**2
    count = round(faults.settling / step)
    for _ in range(count):
        z = np.exp(1j * theta)
        force, share = drive, 0.0
        if device.crosstalk is not None:
            force = force + device.crosstalk.heard(z)
        rate = (force * np.conj(z)).imag
        if faults.harmonics:
            share = faults.harmonics[0]
            pull = second + (0 if device.crosstalk is None else device.crosstalk.heard(z**2))
            rate = rate + share * (pull * np.conj(z) ** 2).imag
        if device.frequency is not None:
            rate = rate + device.frequency
        theta = theta + step * rate
        if faults.diffusivity:
            spread = np.sqrt(2 * faults.diffusivity * step)
            theta = theta + spread * rng.standard_normal(theta.shape)
    return np.exp(1j * theta)


def errors(couplings: np.ndarray, anchors: np.ndarray) -> dict[str, dict[str, float]]:
    """Return errors of the phases of one device without noise or delay, early and late."""
    rng = np.random.default_rng(2)
    found = {}
    for name, settling in (("after 1", 1.0), ("after 20", 20.0)):
        quiet = replace(
            FAULTS, diffusivity=0.0, delay=0.0, drift=0.0, reading=0.0, settling=settling
        )
        n = len(couplings)
        device = draw_device(quiet, oscillators=n, keys=n, d_osc=2, rng=rng)
        told = program_couplings(device, couplings, rng)
        start = rng.standard_normal((n, 2))
        start /= np.linalg.norm(start, axis=-1, keepdims=True)
        z = start[:, 0] + 1j * start[:, 1]
        exact = euler_maruyama(device, told, anchors, z, EULER_STEP / 64)
        ours = settle_on_device(device, told, anchors, rng, start=start)
        half = settle_on_device(device, told, anchors, rng, start=start, step=SHORT_STEP)
        fine = settle_on_device(device, told, anchors, rng, start=start, step=0.005)
        plain = euler_maruyama(device, told, anchors, z, EULER_STEP)
        for who, states, truth in (
            ("ours", ours[:, 0] + 1j * ours[:, 1], fine[:, 0] + 1j * fine[:, 1]),
            ("ours in short steps", half[:, 0] + 1j * half[:, 1], fine[:, 0] + 1j * fine[:, 1]),
            ("euler", plain, exact),
        ):
            off = np.abs(np.angle(states / truth))
            found[f"{who}, {name}"] = {
                "median": float(np.median(off)),
                "99 %": float(np.quantile(off, 0.99)),
                "largest": float(off.max()),
            }
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--devices", type=int, default=1000)
    parser.add_argument("--oscillators", type=int, default=128)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path)
    asked = parser.parse_args()
    couplings, anchors = head(asked.oscillators)
    begun = time.perf_counter()
    states = settle_instances(
        FAULTS, couplings, anchors, asked.devices, seed=0, workers=asked.workers
    )
    ours = time.perf_counter() - begun
    begun = time.perf_counter()
    settle_instances(
        FAULTS, couplings, anchors, asked.devices, seed=0, workers=asked.workers, step=SHORT_STEP
    )
    short = time.perf_counter() - begun
    rng = np.random.default_rng(0)
    n = asked.oscillators
    some = draw_device(FAULTS, oscillators=n, keys=n, d_osc=2, rng=rng, instances=(PEER_DEVICES,))
    told = program_couplings(some, couplings, rng)
    start = np.exp(2j * np.pi * rng.random((PEER_DEVICES, n)))
    begun = time.perf_counter()
    euler_maruyama(some, told, anchors, start, EULER_STEP)
    euler = (time.perf_counter() - begun) * asked.devices / PEER_DEVICES / asked.workers
    result = {
        "devices": asked.devices,
        "oscillators": n,
        "workers": asked.workers,
        "seconds": round(ours, 2),
        "seconds_in_short_steps": round(short, 2),
        "euler_maruyama_seconds": round(euler, 2),
        "ratio": round(euler / ours, 2),
        "ratio_in_short_steps": round(euler / short, 2),
        "phase_errors": errors(couplings, anchors),
        "spread_of_states": float(states.std(axis=0).mean()),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "versions": versions(),
        "machine": machine(),
    }
    text = json.dumps(result, indent=1)
    if asked.output is not None:
        asked.output.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
