"""Certify a network and have the independent checker verify the certificate."""

from __future__ import annotations

from typing import Any

import lohe
from lohe.dynamics.network import Network

PROVED, REFUTED, UNDECIDED = lohe.Verdict.PROVED, lohe.Verdict.REFUTED, lohe.Verdict.UNDECIDED


def verdicts(network: Network, *claims: str, **options: Any) -> dict[str, lohe.Claim]:
    """Return the certified claims; the checker must come to the same verdict on each.

    Parameters
    ----------
    network
    claims
        All that apply, by default.
    options
        Passed to ``lohe.certify``.
    """
    certificate = lohe.certify(network, claims or "all", **options)
    verified = lohe.verify(certificate, network)
    for name, claim in certificate.claims.items():
        found = verified.claims[name]
        assert found.verdict == claim.verdict, f"{name}: {claim.reason}; checker: {found.reason}"
    return dict(certificate.claims)


def theorem(claim: lohe.Claim) -> str:
    """Return the theorem that a claim rests on."""
    return str(claim.witness["theorem"])
