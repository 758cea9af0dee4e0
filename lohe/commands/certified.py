"""Certify one file and write its certificate: the work behind `lohe certify`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from lohe.commands.common import Progress
from lohe.commands.instances import kind, read_instance, stem
from lohe.dynamics.errors import InputError

if TYPE_CHECKING:
    from lohe.dynamics.network import Network
    from lohe.proofs_numeric.certificate import Certificate

__all__ = ["Certified", "Wanted", "certify_file"]

_INPUTS = "input_box"


@dataclass(frozen=True)
class Wanted:
    """What to certify.

    Parameters
    ----------
    claims
        Names, or None for all that apply.
    devices
        ``mismatch``, ``crosstalk``, ``frequency``, ``anchors``, ``epsilon`` and ``delta``.
    of_networks
        What only networks take: ``step`` and ``nodes``.
    input_radius
        What only tokens take.
    attractors
        A campaign's file, whose attractors are to be proved.
    """

    claims: Sequence[str] | None
    devices: Mapping[str, Any]
    of_networks: Mapping[str, Any]
    input_radius: float
    attractors: Path | None = None

    def claims_of(self, path: Path) -> list[str]:
        """Return the claims to make of a file; an empty list if there are none."""
        if kind(path) == "tokens":
            return [_INPUTS] if self.claims is None or _INPUTS in self.claims else []
        return ["all"] if self.claims is None else [c for c in self.claims if c != _INPUTS]

    def files(self, paths: Sequence[Path]) -> list[Path]:
        """Return the files that have something to certify.

        Raises
        ------
        InputError
            If none has.
        """
        found = [path for path in paths if self.claims_of(path)]
        if not found:
            raise InputError(
                "claim 'input_box' needs a .tokens.npz file"
                if self.claims == [_INPUTS]
                else "a .tokens.npz file has the claim input_box and no other"
            )
        return found


@dataclass(frozen=True)
class Certified:
    """A certificate that was written, and where it and its instance are.

    Parameters
    ----------
    source
        The file that was named.
    instance
        The file that the certificate is about: for a head, the network made of it.
    path
        The certificate's file.
    certificate
    """

    source: Path
    instance: Path
    path: Path
    certificate: Certificate

    @property
    def paths(self) -> dict[str, Path]:
        """The files by what they hold."""
        return {"certificate": self.path, kind(self.instance): self.instance}

    @property
    def title(self) -> str:
        """What the certificate is about, in words."""
        found = self.certificate
        return f"{found.n} oscillators in dimension {found.d}, {self.instance}"


def certify_file(
    source: Path, path: Path, wanted: Wanted, progress: Progress | None = None
) -> Certified:
    """Certify a file, and write the certificate, and for a head its network beside that.

    Raises
    ------
    InputError
        As reading, certifying and writing do.
    """
    if kind(source) == "tokens":
        from lohe.dynamics.tokens import Tokens
        from lohe.proofs_numeric.input_box import certify_inputs

        tokens = Tokens.load(source)
        certificate = certify_inputs(tokens, wanted.input_radius, **wanted.devices)
        certificate.save(path)
        return Certified(source, source, path, certificate)
    from lohe.proofs_numeric.certify import certify

    network, instance = read_instance(source), source
    names = wanted.claims_of(source)
    certificate = certify(
        network,
        "all" if names == ["all"] else names,
        **wanted.devices,
        **wanted.of_networks,
        states=None if wanted.attractors is None else _states(wanted.attractors, network),
        progress=progress,
    )
    if source.name.endswith(".head.npz"):
        instance = path.with_name(f"{stem(path)}.network.npz")
        network.save(instance)
    certificate.save(path)
    return Certified(source, instance, path, certificate)


def _states(path: Path, network: Network) -> NDArray[np.float64]:
    """Return the points at which a campaign of the network came to rest."""
    from lohe.proofs_numeric.basins import campaign

    found = campaign.attractors(path, network).attractors
    return np.array([each.point for each in found]).reshape(-1, network.n, network.d)
