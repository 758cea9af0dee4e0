"""``lohe certify``: prove or refute what a network of oscillators does."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lohe.commands.common import Json, emit, progress_bar
from lohe.commands.instances import read_instance, stem

__all__ = ["certify"]


def certify(
    instance: Annotated[Path, typer.Argument(help="A *.network.npz or *.head.npz file.")],
    *,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", help="Certificate; by default beside the input."),
    ] = None,
    claims: Annotated[
        str, typer.Option(help="Names separated by commas, or all that apply.")
    ] = "all",
    mismatch: Annotated[
        float, typer.Option(help="Largest relative error of a coupling on a device.")
    ] = 0.0,
    epsilon: Annotated[float, typer.Option(help="Distance that counts as settled.")] = 1e-2,
    delta: Annotated[
        float, typer.Option(help="Probability that a uniform start takes longer.")
    ] = 1e-3,
    step: Annotated[
        float | None, typer.Option(help="A step of projected Euler to certify.")
    ] = None,
    as_json: Json = False,
) -> int:
    """Certify a network, or a head on the tokens that are stored with it.

    Exit code 0: every claim asked for is proved; 1: one is refuted; 3: one is undecided.
    The claim all_inputs is about every possible input, so it is often refuted for a head that
    is fine on its real ones; leave it out of --claims if only those matter. A head's network is
    written beside the certificate, which is about exactly those numbers.

    Example: `lohe certify layer0.head.npz --mismatch 0.05 -o layer0.certificate.json`
    """
    from lohe.commands import verdicts
    from lohe.proofs_numeric.certify import certify as certify_network

    path = output or instance.with_name(f"{stem(instance)}.certificate.json")
    network = read_instance(instance)
    network_path = instance
    if instance.name.endswith(".head.npz"):
        network_path = path.with_name(f"{stem(path)}.network.npz")
    with progress_bar("certify"):
        certificate = certify_network(
            network,
            "all" if claims == "all" else [name.strip() for name in claims.split(",")],
            mismatch=mismatch,
            epsilon=epsilon,
            delta=delta,
            step=step,
        )
    if network_path != instance:
        network.save(network_path)
    certificate.save(path)
    title = f"{network.n} oscillators in dimension {network.d}, {network_path}"
    text = [*verdicts.lines(certificate, title), f"written: {path}"]
    if network_path != instance:
        text.append(f"written: {network_path}")
    text.append(f"check it: lohe verify {path} {network_path}")
    found = verdicts.result(certificate, certificate=path, network=network_path)
    emit(found, text, as_json=as_json)
    return certificate.exit_code
