"""Verify a certificate with the independent checker."""

from __future__ import annotations

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.tokens import Tokens
from lohe.proofs_numeric.certificate import Certificate, version_of
from lohe.proofs_numeric.checker import RejectedError, check
from lohe.proofs_numeric.claims import Claim, Verdict

__all__ = ["verify"]


def verify(certificate: Certificate, network: Network | Tokens) -> Certificate:
    """Return the independent checker's own verdicts on a certificate.

    Parameters
    ----------
    certificate
        Made by `certify`, or read from a file.
    network
        The instance that it speaks of; tokens for a claim about all inputs near them.

    Returns
    -------
    Certificate
        With the checker's verdicts and reasons. Values and witness are kept where every one of
        them was confirmed, and dropped from a claim that the checker leaves undecided.

    Raises
    ------
    InputError
        If the certificate is for another network.

    Examples
    --------
    >>> from lohe.proofs_numeric.certify import certify
    >>> network = Network([[3.0, 4.0]])
    >>> verify(certify(network), network).verdict.value
    'proved'
    """
    try:
        result = check(certificate.document(), network.arrays())
    except RejectedError as error:
        raise InputError(f"the checker rejects the certificate: {error}") from error
    claims = {}
    for name, found in result["claims"].items():
        stated, verdict = certificate.claims[name], Verdict(found["verdict"])
        confirmed = verdict is not Verdict.UNDECIDED
        claims[name] = Claim(
            verdict,
            found["reason"],
            stated.values if confirmed else {},
            stated.witness if confirmed else {},
        )
    return Certificate(
        certificate.network_sha256,
        certificate.n,
        certificate.d,
        claims,
        certificate.parameters,
        {"name": "lohe checker", "version": version_of("lohe")},
    )
