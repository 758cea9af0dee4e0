"""``lohe bench certificates``: what is proved of the heads that a study has trained."""

from __future__ import annotations

import hashlib
from functools import partial
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.bench_common import Experiment, Output
from lohe.commands.common import Json, single_blas_thread

if TYPE_CHECKING:
    from lohe.attention.head import Head
    from lohe.attention.studies.study import Case

__all__ = ["certificates"]

_EPSILON, _DELTA = 1e-2, 1e-3
_DIGITS = 12  # of a digest: enough to tell two models apart


def certificates(
    study: Annotated[str, typer.Argument(help="Name of the study, such as sharpening.")],
    *,
    arms: Annotated[str, typer.Option(help="Only the arms of such names, as in '*-p8*'.")] = "*",
    seed: Annotated[int, typer.Option(min=0, help="Of the runs.")] = 0,
    sequences: Annotated[
        int, typer.Option(min=1, help="Test sequences that the heads are certified on.")
    ] = 8,
    weight_error: Annotated[
        float, typer.Option(help="Change of a token's weights, in all, that is allowed.")
    ] = 0.1,
    work: Annotated[
        Path | None,
        typer.Option(help="Folder of the runs' checkpoints. By default runs/bench/STUDY."),
    ] = None,
    output: Output = None,
    as_json: Json = False,
) -> None:
    """Certify the heads of a study's oscillators: settling, mismatch, every input.

    Takes the finished runs of one seed in the work folder, lets them read test sequences, and
    proves of each oscillator how soon, and under what relative errors of the couplings, its
    attention weights are within the error allowed.

    Example: `lohe bench certificates sharpening --arms '*-p8*' -o bench_certificates.json`
    """
    single_blas_thread()
    from lohe.attention.studies.catalogue import STUDIES
    from lohe.dynamics.errors import InputError

    if study not in STUDIES:
        raise InputError(f"no study is called {study!r}; choose {', '.join(STUDIES)}")
    folder = work or Path("runs") / "bench" / STUDIES[study].folder
    cases = {
        case.arm.name: case
        for case in STUDIES[study].only(arms, seed + 1).cases()
        if case.seed == seed and case.arm.model.get("mechanism") != "softmax"
    }
    finished = {
        name: partial(_certify, case, folder, STUDIES[study].metric, sequences, weight_error)
        for name, case in cases.items()
        if (folder / f"{case.name}.training.json").exists()
    }
    if not finished:
        raise InputError(f"{folder} holds no finished run of these; make them: lohe bench {study}")
    config = {
        "study": study,
        "seed": seed,
        "sequences": sequences,
        "weight_error": weight_error,
        "epsilon": _EPSILON,
        "delta": _DELTA,
    }
    sources = {name: _digest(cases[name], folder) for name in finished}
    Experiment("certificates", output, config, sources).run(finished, as_json=as_json)


def _digest(case: Case, folder: Path) -> str:
    """Return a digest of a run's model, by which results of a model trained before are known."""
    from lohe.dynamics.errors import InputError

    path = folder / f"{case.name}.model.npz"
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()[:_DIGITS]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error


def _certify(
    case: Case, folder: Path, metric: str, sequences: int, weight_error: float
) -> dict[str, Any]:
    from lohe.attention.export import export_heads
    from lohe.attention.studies.run_case import load_run
    from lohe.dynamics.errors import InputError

    found = load_run(case, folder)
    if found is None:
        raise InputError(f"{folder / case.name} is not finished; make it by the study's command")
    model, run, setting = found
    heads = export_heads(model, islice(setting.task.batches("test", 1), sequences))
    proved = [_of_head(head, weight_error) for head in heads]
    return {
        "score": run.metrics[metric],
        "heads": len(heads),
        "oscillators": sum(part["oscillators"] for part in proved),
        **{claim: _count(proved, claim) for claim in ("unique_stable", "all_inputs")},
        **_spread("settling", [part.get("settling") for part in proved], (1.0,)),
        **_spread("time", [part.get("times") for part in proved], (0.5, 0.99)),
        **_spread("tolerance", [part.get("tolerances") for part in proved], (0.5, 0.01)),
    }


def _of_head(head: Head, weight_error: float) -> dict[str, Any]:
    from lohe.proofs_numeric.certify import certify
    from lohe.proofs_numeric.claims import Verdict
    from lohe.proofs_numeric.readout_bounds import bound_readout
    from lohe.proofs_numeric.weights import bears_weights

    network = head.network()
    claims = certify(network, epsilon=_EPSILON, delta=_DELTA).claims
    found: dict[str, Any] = {"oscillators": network.n}
    for name in ("unique_stable", "all_inputs"):
        found[name] = str(claims[name].verdict) if name in claims else "absent"
    if claims["settling"].verdict == Verdict.PROVED:
        found["settling"] = claims["settling"].values["time_upper"]
    if bears_weights(network):
        bounds = bound_readout(network, weight_error, delta=_DELTA)
        found |= {"tolerances": bounds.tolerances, "times": bounds.times}
    return found


def _count(proved: list[dict[str, Any]], claim: str) -> dict[str, int]:
    """Count the heads by verdict."""
    verdicts = [part[claim] for part in proved]
    return {verdict: verdicts.count(verdict) for verdict in sorted({*verdicts})}


def _spread(name: str, parts: list[Any], shares: tuple[float, ...]) -> dict[str, float | None]:
    """Return quantiles over all oscillators, None where one is not proved for all the heads."""
    import numpy as np

    found: dict[str, float | None] = {}
    for share in shares:
        key = f"{name}_{share:g}"
        found[key] = None
        if all(part is not None for part in parts):
            value = float(np.quantile(np.concatenate([np.ravel(p) for p in parts]), share))
            found[key] = float(f"{value:.4g}") if np.isfinite(value) else None
    return found
