"""Measure the weak order of the Langevin steps, beside projected Euler-Maruyama steps.

    python benchmarks/langevin_order.py

Every case starts all walkers at one state and asks for the mean of an observable at time 1, whose
exact value comes from the Fokker-Planck equation in polynomials or Fourier modes. Noise comes from
scrambled Sobol sequences, which leaves less of it than independent draws would. Errors are printed
with their standard errors for 2, 4, 8 and 16 steps, and the order with its standard error from a
weighted fit; errors that do not stand out of the noise at three standard errors are left out of
the fit. Peer: x + step * field + noise, projected and scaled back to the sphere, of weak order 1.
The result goes to benchmarks/results/langevin_order.json.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.polynomial import chebyshev
from numpy.typing import NDArray
from scipy.linalg import expm
from scipy.special import ndtri
from scipy.stats import qmc

from lohe.attention.results import machine, versions
from lohe.dynamics.field import vector_field
from lohe.dynamics.files import write_text
from lohe.dynamics.langevin import Langevin
from lohe.dynamics.network import Network

Floats = NDArray[np.float64]

STEPS = (2, 4, 8, 16)
BATCH = 2**14
MODES = 40
RESULT = Path(__file__).parent / "results" / "langevin_order.json"
TURN = np.array([[0.0, -1.0], [1.0, 0.0]])


@dataclass(frozen=True)
class Case:
    """A network, its noise, a start, an observable of (n, d, trials) states and its exact mean."""

    name: str
    network: Network
    diffusivity: float
    start: Floats
    observable: Callable[[Floats], Floats]
    exact: float


class Sobol:
    """Normal numbers from a scrambled Sobol sequence, one point for each walker's whole path."""

    def __init__(self, numbers: int, seed: np.random.SeedSequence) -> None:
        engine = qmc.Sobol(numbers, rng=np.random.default_rng(seed))
        self.points = ndtri(engine.random(BATCH)).T
        self.used = 0

    def standard_normal(self, shape: tuple[int, ...]) -> Floats:
        """Hand out the next coordinates of every point."""
        first, self.used = self.used, self.used + math.prod(shape[:-1])
        return self.points[first : self.used].reshape(shape).copy()


def on_sphere(d: int, drive: float, diffusivity: float) -> Case:
    """One oscillator, driven along the first axis, started at a right angle to it.

    The mean of c = <x, h>/|h| from the generator
    D ((1 - c^2) f'' - (d - 1) c f') + |h| (1 - c^2) f' on Chebyshev polynomials.
    """
    network = Network(drive * np.eye(d)[:1])
    generator = np.zeros((MODES, MODES))
    for k, row in enumerate(np.eye(MODES)):
        slope, bend = chebyshev.chebder(row), chebyshev.chebder(row, 2)
        cap = chebyshev.poly2cheb([1.0, 0.0, -1.0])
        image = diffusivity * chebyshev.chebmul(cap, bend)
        image = chebyshev.chebsub(image, diffusivity * (d - 1) * chebyshev.chebmulx(slope))
        image = chebyshev.chebadd(image, drive * chebyshev.chebmul(cap, slope))
        generator[: min(MODES, image.size), k] = image[:MODES]
    exact = float(chebyshev.chebval(0.0, expm(generator)[:, 1]))
    if drive == 0:  # then the mean of c is 0: ask for <x, start> instead
        exact = float(np.exp(-(d - 1) * diffusivity))
        return Case(
            f"free, d = {d}", network, diffusivity, np.eye(d)[1:2], lambda x: x[0, 1], exact
        )
    return Case(f"driven, d = {d}", network, diffusivity, np.eye(d)[1:2], lambda x: x[0, 0], exact)


def on_circles(name: str, network: Network, diffusivity: float) -> Case:
    """Planar oscillators started at angle 2; the mean of cos of the sum or difference of angles."""
    modes, n = (60, 1) if network.n == 1 else (9, 2)
    size = 2 * modes + 1
    grid = np.stack(
        [a.ravel() for a in np.meshgrid(*[2 * np.pi * np.arange(size) / size] * n, indexing="ij")]
    )
    waves = np.stack(
        [k.ravel() for k in np.meshgrid(*[np.arange(-modes, modes + 1)] * n, indexing="ij")]
    )
    x = np.stack([np.cos(grid), np.sin(grid)], axis=-1)
    v = vector_field(network, np.moveaxis(x, 0, 1))
    speed = x[..., 0] * v[..., 1].T - x[..., 1] * v[..., 0].T
    values = np.exp(1j * grid.T @ waves)
    image = (1j * speed.T @ waves - diffusivity * np.sum(waves**2, axis=0)) * values
    generator = np.exp(-1j * waves.T @ grid) / grid.shape[1] @ image
    wanted = np.array([1.0, -1.0])[:n]
    chosen = np.all(wanted == waves.T, axis=1).astype(float)
    start = np.full(n, 2.0) * np.arange(1, n + 1)
    exact = float((np.exp(1j * start @ waves) @ expm(generator) @ chosen).real)

    def observable(x: Floats) -> Floats:
        return x[0, 0] if n == 1 else np.einsum("db,db->b", x[0], x[1])

    return Case(
        name, network, diffusivity, np.stack([np.cos(start), np.sin(start)], 1), observable, exact
    )


def euler_maruyama(case: Case, x: Floats, step: float, steps: int, rng: Any) -> Floats:
    """Take projected Euler-Maruyama steps."""
    for _ in range(steps):
        noise = np.sqrt(2 * case.diffusivity * step) * rng.standard_normal(x.shape)
        noise -= np.einsum("ndb,ndb->nb", noise, x)[:, np.newaxis] * x
        field = np.moveaxis(vector_field(case.network, np.moveaxis(x, -1, 0)), 0, -1)
        x = x + step * field + noise
        x /= np.linalg.norm(x, axis=1, keepdims=True)
    return x


def measure(case: Case, method: str, steps: int, walkers: int, seed: int) -> tuple[float, float]:
    """Return the error of the mean at time 1 and its standard error."""
    motion = Langevin.prepare(case.network, case.diffusivity, 1 / steps)
    errors = []
    for block in range(max(2, walkers // BATCH)):
        key = np.random.SeedSequence(seed, spawn_key=(steps, block))
        rng: Any = Sobol(steps * case.network.drive.size, key)
        x = np.repeat(case.start[:, :, np.newaxis], BATCH, axis=-1)
        if method == "langevin":
            x = motion.advance(x, steps, rng)
        else:
            x = euler_maruyama(case, x, 1 / steps, steps, rng)
        errors.append(case.observable(x).mean() - case.exact)
    return float(np.mean(errors)), float(np.std(errors, ddof=1) / np.sqrt(len(errors)))


def fitted_order(errors: list[tuple[float, float]]) -> tuple[float, float] | None:
    """Return the slope of log|error| against log(step) and its standard error."""
    used = [(k, e, s) for k, (e, s) in zip(STEPS, errors, strict=True) if abs(e) > 3 * s]
    if len(used) < 2:
        return None
    x = -np.log([k for k, _, _ in used])
    y = np.log([abs(e) for _, e, _ in used])
    weight = np.array([(e / s) ** 2 for _, e, s in used])
    centre = np.average(x, weights=weight)
    spread = np.sum(weight * (x - centre) ** 2)
    return float(np.sum(weight * (x - centre) * y) / spread), float(1 / np.sqrt(spread))


def cases() -> list[Case]:
    """List what is measured."""
    pair = Network([[0.8, 0.0], [0.0, 0.5]], crosstalk=[[0.0, 0.9], [0.4, 0.0]])
    turning = Network(pair.drive, crosstalk=pair.crosstalk, frequency=[0.7 * TURN, -0.7 * TURN])
    return [
        on_sphere(3, 0.0, 0.5),
        on_sphere(8, 0.0, 0.2),
        on_sphere(3, 1.5, 0.4),
        on_sphere(8, 1.5, 0.2),
        on_circles("detuned, d = 2", Network([[1.2, 0.0]], frequency=[0.8 * TURN]), 0.4),
        on_circles("coupled pair, d = 2", pair, 0.5),
        on_circles("coupled and detuned pair, d = 2", turning, 0.5),
    ]


def main() -> None:
    """Measure every case with both methods."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--walkers", type=int, default=500_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args()
    rows = []
    for case in cases():
        row: dict[str, Any] = {"case": case.name, "exact": case.exact}
        for method in ("langevin", "euler_maruyama"):
            errors = [measure(case, method, k, options.walkers, options.seed) for k in STEPS]
            order = fitted_order(errors)
            row[method] = {
                "steps": list(STEPS),
                "errors": [e for e, _ in errors],
                "standard_errors": [s for _, s in errors],
                "order": None if order is None else order[0],
                "order_standard_error": None if order is None else order[1],
            }
            text = "  ".join(f"{e:+.1e}±{s:.0e}" for e, s in errors)
            found = "-" if order is None else f"{order[0]:.2f} ± {order[1]:.2f}"
            print(f"{case.name:32} {method:15} {text}   order {found}")
        rows.append(row)
    record = {
        "walkers": options.walkers,
        "seed": options.seed,
        "time": 1.0,
        "cases": rows,
        "versions": versions(),
        "machine": machine(),
    }
    write_text(options.output, json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()
