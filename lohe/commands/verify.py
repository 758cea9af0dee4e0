"""``lohe verify``: check a certificate with the independent checker."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lohe.commands.common import Json, emit, progress_bar

__all__ = ["verify"]


def verify(
    certificate: Annotated[Path, typer.Argument(help="A *.certificate.json file.")],
    network: Annotated[Path, typer.Argument(help="The *.network.npz file that it is about.")],
    *,
    as_json: Json = False,
) -> int:
    """Check every number of a certificate against its network, exactly.

    Exit code 0: every claim is confirmed as proved; 1: one is confirmed as refuted; 3: one is
    open, or stated but not confirmed; 2: not a certificate of this network.

    Example: `lohe verify layer0.certificate.json layer0.network.npz`
    """
    from lohe.commands import verdicts
    from lohe.dynamics.network import Network
    from lohe.proofs_numeric.certificate import Certificate
    from lohe.proofs_numeric.verify import verify as verify_certificate

    stated = Certificate.load(certificate)
    with progress_bar("verify"):
        found = verify_certificate(stated, Network.load(network))
    title = f"checker's verdicts on {certificate}"
    text = verdicts.lines(found, title)
    unconfirmed = [n for n, c in found.claims.items() if c.verdict != stated.claims[n].verdict]
    if unconfirmed:
        text.append(f"stated but not confirmed: {', '.join(unconfirmed)}")
    result = verdicts.result(found, certificate=certificate, network=network)
    emit({**result, "unconfirmed": unconfirmed}, text, as_json=as_json)
    return found.exit_code
