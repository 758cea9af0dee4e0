"""Time basin trials of coupled networks side by side: peers, and the exponential integrator.

    python benchmarks/basin_throughput.py [--quick]

Every method gets the same starts of the same network and is asked the same question: is the state
within a distance of the resting point at the horizon? All run in this process on one thread. The
networks: 16 oscillators on the sphere, driven by 4 unit anchors through softplus couplings, with
weak crosstalk; and 64 detuned ones on the circle. The methods: SciPy's RK45, one call per start,
and diffrax's Tsit5 under jit and vmap in double precision, without compilation and in the fastest
of several batch sizes, both at relative and absolute tolerance 1e-6; our `dormand_prince`; and
`follow`, by NumPy and by Numba, to the horizon, and with certified stopping, which ends a trial
when a cap proves that it will be within the distance in time. Labels must agree, or the exit code
is 1. The distance is 1e-4, as peers at that tolerance hover about rest, off by up to 2e-5. Errors
are against `dormand_prince` at 1e-11, at the horizon and on the way there, at time 2.

What the time goes into is set beside the machine: floating-point operations against its matrix
product, bytes against its copies in cache and memory. Numba and diffrax are left out where they
are not installed, and the table says so. Results go to benchmarks/results/basin_throughput.json.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from functools import partial
from importlib import util
from pathlib import Path
from typing import Any

# Before JAX is imported: one thread, like everything else here.
os.environ["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1"

import numpy as np
from numpy.typing import NDArray
from scipy.integrate import solve_ivp
from threadpoolctl import threadpool_limits

from lohe.attention.results import machine, versions
from lohe.dynamics.dormand_prince import dormand_prince
from lohe.dynamics.equilibrium import resting_point
from lohe.dynamics.exponential import FAILED, STOPPED, Stop, follow
from lohe.dynamics.field import vector_field
from lohe.dynamics.files import write_text
from lohe.dynamics.network import Network
from lohe.dynamics.sphere import uniform
from lohe.proofs_numeric.coupled.weighted_cap import WeightedCap, certify_weighted_cap

RESULT = Path(__file__).parent / "results" / "basin_throughput.json"
MIDWAY = 2.0  # time at which errors are measured besides the horizon

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Problem:
    """A network, where it rests, its cap, and the starts (trials, n, d)."""

    name: str
    network: Network
    rest: Floats
    cap: WeightedCap
    starts: Floats
    horizon: float
    distance: float


@dataclass(frozen=True)
class Row:
    """What one method did: seconds and steps per trial, and labels of the trials it ran."""

    method: str
    seconds: float
    trials: int
    steps: float | None
    converged: NDArray[np.bool_]
    error: float | None = None
    error_midway: float | None = None
    certified: float | None = None


def anchored(seed: int) -> Network:
    """Return the sphere's network: weak crosstalk, and all drives longer than 0.98."""
    rng = np.random.default_rng(seed)
    couplings = np.log1p(np.exp(rng.standard_normal((16, 4))))
    anchors = uniform(rng, 4, 3)
    crosstalk = 0.02 * rng.standard_normal((16, 16))
    crosstalk = (crosstalk + crosstalk.T) / np.sqrt(2)
    np.fill_diagonal(crosstalk, 0)
    return Network(couplings=couplings, anchors=anchors, crosstalk=crosstalk)


def detuned(seed: int) -> Network:
    """Return the circle's network: crosstalk of both signs, frequencies below all drives."""
    rng = np.random.default_rng(seed)
    drive = uniform(rng, 64, 2) * rng.uniform(1.5, 3.0, (64, 1))
    crosstalk = 0.01 * rng.standard_normal((64, 64))
    np.fill_diagonal(crosstalk, 0)
    turning = rng.uniform(-0.5, 0.5, 64)[:, np.newaxis, np.newaxis]
    return Network(drive, crosstalk=crosstalk, frequency=turning * np.array([[0, -1], [1, 0]]))


def pose(name: str, network: Network, options: argparse.Namespace) -> Problem:
    rest = resting_point(network)
    cap = certify_weighted_cap(network, centre=rest)
    if rest is None or isinstance(cap, str):
        raise SystemExit(f"{name}: {cap}")
    starts = uniform(np.random.default_rng(options.seed), (options.trials, network.n), network.d)
    return Problem(name, network, rest, cap, starts, options.horizon, options.distance)


def labels(problem: Problem, states: Floats) -> NDArray[np.bool_]:
    """Tell which states (trials, n, d) are within the distance of the resting point."""
    return np.linalg.norm(states - problem.rest, axis=-1).max(axis=-1) <= problem.distance


def best_of(runs: int, clock: Callable[[], float], call: Callable[[], Any]) -> tuple[float, Any]:
    """Return the shortest time of several runs, the least disturbed one, and the result."""
    times = []
    for _ in range(runs):
        begin = clock()
        result = call()
        times.append(clock() - begin)
    return min(times), result


def by_scipy(problem: Problem, x: Floats, duration: float) -> Floats:
    network, shape = problem.network, x.shape[1:]
    drive, crosstalk, turning = network.drive, network.crosstalk, network.frequency

    def velocity(_: float, state: Floats) -> Floats:
        y = state.reshape(shape)
        force = drive + crosstalk @ y
        moved = force - np.sum(force * y, axis=-1, keepdims=True) * y
        if turning is not None:
            moved += np.einsum("nij,nj->ni", turning, y)
        return moved.ravel()

    span = (0.0, duration)
    return np.array(
        [solve_ivp(velocity, span, s.ravel(), rtol=1e-6, atol=1e-6).y[:, -1] for s in x]
    ).reshape(x.shape)


def by_diffrax(problem: Problem, duration: float) -> Callable[[Floats], tuple[Floats, Floats]]:
    """Return a compiled function of (batch, n, d) starts that gives states and steps."""
    import diffrax
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", True)
    drive, crosstalk = jnp.asarray(problem.network.drive), jnp.asarray(problem.network.crosstalk)
    turning = problem.network.frequency
    turning = None if turning is None else jnp.asarray(turning)

    def velocity(_: Any, y: Any, __: Any) -> Any:
        force = drive + crosstalk @ y
        moved = force - jnp.sum(force * y, axis=-1, keepdims=True) * y
        return moved if turning is None else moved + jnp.einsum("nij,nj->ni", turning, y)

    def solve(y: Any) -> Any:
        found = diffrax.diffeqsolve(
            diffrax.ODETerm(velocity),
            diffrax.Tsit5(),
            0.0,
            duration,
            None,
            y,
            stepsize_controller=diffrax.PIDController(rtol=1e-6, atol=1e-6),
            saveat=diffrax.SaveAt(t1=True),
            max_steps=100_000,
        )
        return found.ys[0], found.stats["num_steps"]

    compiled = jax.jit(jax.vmap(solve))

    def run(x: Floats) -> tuple[Floats, Floats]:
        states, steps = compiled(x)
        return np.asarray(states.block_until_ready()), np.asarray(steps)

    return run


def peers(problem: Problem, options: argparse.Namespace) -> Iterable[Row]:
    few = problem.starts[: options.scipy_trials]
    exact, halfway = (reference(problem, t, len(few)) for t in (problem.horizon, MIDWAY))

    def errors(run: Callable[[Floats, float], Floats]) -> tuple[float, float]:
        ends = run(few, problem.horizon), run(few, MIDWAY)
        return tuple(
            float(np.abs(e - r).max()) for e, r in zip(ends, (exact, halfway), strict=True)
        )

    seconds, states = best_of(1, options.clock, lambda: by_scipy(problem, few, problem.horizon))
    found = errors(partial(by_scipy, problem))
    yield Row(
        "SciPy solve_ivp RK45", seconds / len(few), len(few), None, labels(problem, states), *found
    )

    if util.find_spec("diffrax") is None:
        print("  diffrax is not installed: left out")
    else:
        run, midway = by_diffrax(problem, problem.horizon), by_diffrax(problem, MIDWAY)
        found = errors(lambda x, t: (run if t == problem.horizon else midway)(x)[0])
        timed = []
        for size in options.batches:
            x = problem.starts[:size]
            run(x)  # compiles for this size
            seconds, ended = best_of(options.runs, options.clock, lambda x=x: run(x))
            timed.append((seconds / len(x), len(x), *ended))
        print(
            "  diffrax: " + ", ".join(f"{1e6 * s:.0f} us in batches of {b}" for s, b, *_ in timed)
        )
        seconds, size, states, steps = min(timed, key=lambda entry: entry[0])
        yield Row(
            f"diffrax Tsit5, batches of {size}",
            seconds,
            size,
            float(np.mean(steps)),
            labels(problem, states),
            *found,
        )

    field, some = partial(vector_field, problem.network), problem.starts[: options.pair_trials]
    seconds, run = best_of(
        1, options.clock, lambda: dormand_prince(field, some, problem.horizon, tolerance=1e-6)
    )
    found = errors(lambda x, t: dormand_prince(field, x, t, tolerance=1e-6).x)
    yield Row(
        "lohe dormand_prince",
        seconds / len(some),
        len(some),
        float(np.mean(run.steps)),
        labels(problem, run.x),
        *found,
    )


def reference(problem: Problem, duration: float, count: int) -> Floats:
    field = partial(vector_field, problem.network)
    return dormand_prince(field, problem.starts[:count], duration, tolerance=1e-11).x


def exponential(problem: Problem, options: argparse.Namespace) -> Iterable[Row]:
    x = np.ascontiguousarray(np.moveaxis(problem.starts, 0, -1))
    few = np.ascontiguousarray(x[..., : options.scipy_trials])
    exact, halfway = (reference(problem, t, few.shape[-1]) for t in (problem.horizon, MIDWAY))
    cap = problem.cap

    def in_time(states: Floats, elapsed: Floats, _: Any) -> NDArray[np.bool_]:
        left = cap.time_upper(cap.sigma(states), problem.distance)
        return np.asarray(elapsed + left <= problem.horizon)

    engines = ["numpy"]
    if problem.network.has_frequency:
        print("  numba: the compiled steps take no natural frequencies")
    elif util.find_spec("numba") is None:
        print("  numba is not installed: left out")
    else:
        engines.append("numba")
    ways: tuple[tuple[str, Stop | None], ...] = (("to the horizon", None), ("certified", in_time))
    for engine in engines:
        for tolerance in options.tolerances:
            run = partial(follow, problem.network, tolerance=tolerance, engine=engine)
            run(few, problem.horizon)  # compiles, where there is something to compile
            error, midway = (
                float(np.abs(np.moveaxis(run(few, t).x, -1, 0) - r).max())
                for t, r in ((problem.horizon, exact), (MIDWAY, halfway))
            )
            for way, stop in ways:
                seconds, journey = best_of(
                    options.runs, options.clock, lambda s=stop, r=run: r(x, problem.horizon, stop=s)
                )
                stopped = journey.ended == STOPPED
                settled = labels(problem, np.moveaxis(journey.x, -1, 0)) | stopped
                settled[journey.ended == FAILED] = False
                yield Row(
                    f"follow, {engine}, {tolerance:g}, {way}",
                    seconds / x.shape[-1],
                    x.shape[-1],
                    float(journey.steps.mean()),
                    settled,
                    error,
                    midway,
                    float(stopped.mean()),
                )


def limits(problem: Problem, clock: Callable[[], float]) -> dict[str, float]:
    """Measure what one thread of this machine can do at most, with NumPy."""
    n, d = problem.network.drive.shape
    rng = np.random.default_rng(0)

    def rate(amount: float, call: Callable[[], object], repeats: int) -> float:
        def several() -> None:
            for _ in range(repeats):
                call()

        several()
        return amount * repeats / best_of(5, clock, several)[0]

    large, out = rng.standard_normal((512, 512)), np.empty((512, 512))
    small, columns = rng.standard_normal((n, n)), rng.standard_normal((n, 640 * d))
    moved, short = np.empty_like(columns), rng.standard_normal(2**13)
    far, near = rng.standard_normal((2, 2**24)), rng.standard_normal((2, 2**14))
    ends = np.empty_like(far[0]), np.empty_like(near[0]), np.empty_like(short)
    return {
        "flops_large_product": rate(2 * 512**3, lambda: np.matmul(large, large, out=out), 4),
        "flops_this_product": rate(
            2 * n * n * 640 * d, lambda: np.matmul(small, columns, out=moved), 50
        ),
        "bytes_in_memory": rate(24 * 2**24, lambda: np.add(*far, out=ends[0]), 1),
        "bytes_in_cache": rate(24 * 2**14, lambda: np.add(*near, out=ends[1]), 200),
        "exponentials": rate(2**13, lambda: np.exp(short, out=ends[2]), 100),
    }


def work(problem: Problem, compiled: bool) -> tuple[float, float]:
    """Count the operations and the bytes moved of one step of one trial, without frequencies.

    A flow takes 7d operations for its sums and about 45 for its scalars, of which the exponential
    is 30. NumPy reads or writes 10 arrays of coordinates and 38 of scalars in a flow, and 64 of
    coordinates for stages, products and error; compiled steps stay in cache but for two states
    and two forces, read and written once.
    """
    n, d = problem.network.drive.shape
    flops = 4 * 2 * n * n * d + 5 * n * (7 * d + 45) + 26 * n * d
    arrays = 4.0 if compiled else 5 * (10 + 38 / d) + 64
    return float(flops), 8 * n * d * arrays


def explain(problem: Problem, rows: list[Row], found: dict[str, float]) -> list[dict[str, Any]]:
    """Set what `follow` does in a second beside the machine's limits."""
    report = []
    for row in rows:
        if not row.method.startswith("follow") or problem.network.has_frequency:
            continue
        compiled = "numba" in row.method
        flops, moved = (row.steps * amount / row.seconds for amount in work(problem, compiled))
        ceiling = found["bytes_in_memory" if compiled else "bytes_in_cache"]
        report.append(
            {
                "method": row.method,
                "flops": flops,
                "of_large_product": flops / found["flops_large_product"],
                "bytes": moved,
                "of_copies": moved / ceiling,
            }
        )
        print(
            f"  {row.method:42s} {flops / 1e9:5.1f} Gflop/s ({report[-1]['of_large_product']:4.0%} "
            f"of the product's), {moved / 1e9:5.1f} GB/s ({report[-1]['of_copies']:4.0%} of "
            f"{'memory' if compiled else 'cache'})"
        )
    return report


def compare(problem: Problem, options: argparse.Namespace) -> dict[str, Any]:
    n, d = problem.network.drive.shape
    print(
        f"{problem.name}: n = {n}, d = {d}, cap holds {problem.cap.volume_lower:.1%} of all states"
    )
    rows = [*peers(problem, options), *exponential(problem, options)]
    truth = next(row for row in rows if row.method.startswith("follow")).converged
    scipy_, diffrax = (
        next((row.seconds for row in rows if row.method.startswith(name)), np.nan)
        for name in ("SciPy", "diffrax")
    )
    document = []
    for row in rows:
        differ = int(np.count_nonzero(row.converged != truth[: row.trials]))
        entry = asdict(row) | {
            "converged": float(row.converged.mean()),
            "labels_that_differ": differ,
            "times_solve_ivp": scipy_ / row.seconds,
            "times_diffrax": None if np.isnan(diffrax) else diffrax / row.seconds,
        }
        document.append(entry)
        print(
            f"  {row.method:42s} {1e6 * row.seconds:10.2f} us  {scipy_ / row.seconds:8,.1f} x SciPy"
            f"  {diffrax / row.seconds:7,.1f} x diffrax  {row.steps or np.nan:6.1f} steps  error "
            f"{row.error:.0e} (midway {row.error_midway:.0e})  {differ} labels differ"
        )
    found = limits(problem, options.clock)
    print(
        "  machine: product {flops_large_product:.3g} flop/s (of these shapes "
        "{flops_this_product:.3g}), copies {bytes_in_cache:.3g} B/s in cache, {bytes_in_memory:.3g}"
        " in memory, {exponentials:.3g} exp/s".format(**found)
    )
    return {
        "name": problem.name,
        "n": n,
        "d": d,
        "network_sha256": problem.network.digest,
        "cap_volume": problem.cap.volume_lower,
        "rows": document,
        "limits": found,
        "bounds": explain(problem, rows, found),
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--trials", type=int, default=16384)
    parser.add_argument("--scipy-trials", type=int, default=48)
    parser.add_argument("--pair-trials", type=int, default=512, help="by dormand_prince")
    parser.add_argument("--batches", type=int, nargs="*", default=[16, 64, 256, 1024])
    parser.add_argument("--tolerances", type=float, nargs="*", default=[1e-6, 1e-5, 1e-4])
    parser.add_argument("--horizon", type=float, default=20.0)
    parser.add_argument("--distance", type=float, default=1e-4)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seed", type=int, default=2)
    parser.add_argument("--quick", action="store_true", help="few trials, one run")
    parser.add_argument("--cpu", action="store_true", help="CPU time, on a machine in other use")
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args()
    options.clock = time.process_time if options.cpu else time.perf_counter
    if options.quick:
        options.trials, options.scipy_trials, options.pair_trials = 2048, 8, 64
        options.batches, options.runs = [64], 1

    with threadpool_limits(1):
        problems = [
            pose("sphere", anchored(options.seed), options),
            pose("detuned circle", detuned(options.seed), options),
        ]
        compared = [compare(problem, options) for problem in problems]
    settings = {
        key: value for key, value in vars(options).items() if key not in ("clock", "output")
    }
    document = {"settings": settings, "networks": compared}
    document |= {"versions": versions(), "machine": machine()}
    write_text(options.output, json.dumps(document, indent=2, allow_nan=False) + "\n")
    return int(any(row["labels_that_differ"] for entry in compared for row in entry["rows"]))


if __name__ == "__main__":
    sys.exit(main())
