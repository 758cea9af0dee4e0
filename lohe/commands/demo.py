"""``lohe demo``: the whole job on the embedded task, from training to the report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lohe.commands.common import Json, emit, progress_bar, single_blas_thread

if TYPE_CHECKING:
    from lohe.dynamics.network import Network
    from lohe.proofs_numeric.basins.estimate import BasinEstimate
    from lohe.proofs_numeric.certificate import Certificate

__all__ = ["demo"]

_SETTLED = 1e-2  # the distance that counts as settled, as in `lohe certify`


def demo(
    *,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder for all that is made.")
    ] = Path("demo"),
    seed: Annotated[int, typer.Option(min=0, help="Of the training and of the starts.")] = 0,
    epochs: Annotated[int, typer.Option(min=1, help="Passes over the training sentences.")] = 20,
    trials: Annotated[
        int, typer.Option(min=1, help="Uniform starts in the basin check.")
    ] = 100_000,
    as_json: Json = False,
) -> int:
    """Train a small model, certify it, verify that, sample its basins, and report it all.

    The task is subject-verb agreement, which needs no data. Interrupted, the same command goes
    on from what was saved. Exit code 0: the checker proved every claim about the validation
    sentences; whether it also holds for *every* input (all_inputs) is reported and not judged.

    Example: `lohe demo --output demo`
    """
    single_blas_thread()
    from lohe.attention.head import Head
    from lohe.attention.tasks.sva_training import train_sva
    from lohe.proofs_numeric.basins import campaign
    from lohe.proofs_numeric.basins.horizons import horizons_from_theory
    from lohe.proofs_numeric.certify import certify
    from lohe.proofs_numeric.verify import verify
    from lohe.reports.document import render_report

    with progress_bar("1/4 training") as progress:
        trained = train_sva(output, seed=seed, epochs=epochs, progress=progress)
    networks: list[Network] = []
    checked: list[Certificate] = []
    basins: list[BasinEstimate] = []
    made: dict[str, list[Path]] = {"network": [], "certificate": [], "basin": []}
    for path in trained.heads:
        stem = path.name.removesuffix(".head.npz")
        for kind, ending in (("network", "npz"), ("certificate", "json"), ("basin", "sqlite")):
            made[kind].append(output / f"{stem}.{kind}.{ending}")
        network = Head.load(path).network()
        with progress_bar("2/4 certifying"):
            certificate = certify(network)
            network.save(made["network"][-1])
            certificate.save(made["certificate"][-1])
            checked.append(verify(certificate, network))
        with progress_bar("3/4 basin starts") as progress:
            basins += campaign.run(
                made["basin"][-1],
                network,
                trials,
                seed=seed,
                horizons=horizons_from_theory(network, _SETTLED),
                tolerance=_SETTLED,
                progress=progress,
            )
        networks.append(network)
    with progress_bar("4/4 report"):
        page = render_report(
            output / "sva.report.html",
            made["certificate"],
            made["basin"],
            networks=made["network"],
            training=[trained.record],
            title="Subject-verb agreement, judged by oscillators",
        )
    code = _worst(checked)
    result = {
        "accuracy": dict(trained.run.metrics),
        "training_s": trained.run.wall_s,
        "oscillators": sum(network.n for network in networks),
        "checked": [_verdicts(certificate) for certificate in checked],
        "basin": [{"horizon": b.horizon, "fraction": b.fraction} for b in basins],
        "report": str(page.path),
    }
    lines = _lines(dict(trained.run.metrics), networks, checked, basins, page.path)
    emit(result, lines, as_json=as_json)
    return code


def _verdicts(certificate: Certificate) -> dict[str, str]:
    return {name: claim.verdict.value for name, claim in certificate.claims.items()}


def _worst(checked: list[Certificate]) -> int:
    """Return the gravest exit code: refuted (1) before undecided (3) before proved (0)."""
    codes = set()
    for certificate in checked:
        judged = {name: c for name, c in certificate.claims.items() if name != "all_inputs"}
        codes.add(replace(certificate, claims=judged).exit_code)
    return next(code for code in (1, 3, 0) if code in codes)


def _lines(
    accuracy: dict[str, Any],
    networks: list[Network],
    checked: list[Certificate],
    basins: list[BasinEstimate],
    page: Path,
) -> list[str]:
    lines = [
        f"trained    {accuracy['test_accuracy']:.2%} of the test sentences right, "
        f"{accuracy['test_hard_accuracy']:.2%} of those with a misleading second noun",
    ]
    for network, certificate in zip(networks, checked, strict=True):
        lines.append(
            f"certified  {network.n} oscillators on the validation sentences, d = {network.d}; "
            "verdicts of the independent checker:"
        )
        lines += [
            f"           {name:14} {claim.verdict.value:10} {claim.reason}"
            for name, claim in certificate.claims.items()
        ]
    lines += [
        f"sampled    {b.converged} of {b.trials} starts settled by time {b.horizon:.3g}, "
        f"{b.confidence:.0%} bounds [{b.lower:.4f}, {b.upper:.4f}], T2 says {b.predicted:.4f}"
        for b in basins
    ]
    return [*lines, f"report     {page}"]
