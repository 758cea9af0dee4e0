"""Certificates: what is claimed of a network, bound to it by digest, as a file for others."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from lohe.dynamics.errors import InputError
from lohe.dynamics.files import write_text
from lohe.proofs_numeric.claims import Claim, Verdict
from lohe.proofs_numeric.codec import (
    decode,
    decode_claim,
    encode_claim,
    encode_float,
    exact_keys,
)
from lohe.proofs_numeric.fields import CLAIMS, PARAMETERS, VERSION

__all__ = ["Certificate", "parse", "version_of"]

FORMAT = "lohe.certificate"
_EXIT_CODES = {Verdict.PROVED: 0, Verdict.REFUTED: 1, Verdict.UNDECIDED: 3}
_LARGEST_FILE = 256 * 2**20


@dataclass(frozen=True)
class Certificate:
    """Claims about one network, with everything that a checker needs beside the network.

    Parameters
    ----------
    network_sha256
        Digest of the certified instance (`lohe.Network.digest`).
    n, d
        Number of oscillators and dimension of their space.
    claims
        Claims by name; a claim that does not apply is absent.
    parameters
        ``mismatch``, ``crosstalk``, ``frequency``, ``anchors``, ``epsilon``, ``delta`` (floats)
        and ``step`` (a float or None) that the claims refer to.
    tool
        Name and versions of the program that made it; the checker gives it no meaning.
    """

    network_sha256: str
    n: int
    d: int
    claims: Mapping[str, Claim]
    parameters: Mapping[str, float | None]
    tool: Mapping[str, str]

    @property
    def verdict(self) -> Verdict:
        """The verdict of all claims together: refuted beats undecided beats proved."""
        return overall(claim.verdict for claim in self.claims.values())

    @property
    def exit_code(self) -> int:
        """0 if every claim is proved, 1 if one is refuted, 3 if one is undecided."""
        return _EXIT_CODES[self.verdict]

    def document(self) -> dict[str, Any]:
        """Return the certificate as JSON data, with the digest of its canonical body."""
        body = {
            "format": FORMAT,
            "version": VERSION,
            "network": {"sha256": self.network_sha256, "n": self.n, "d": self.d},
            "parameters": {
                key: None if value is None else encode_float(value)
                for key, value in self.parameters.items()
            },
            "claims": {name: encode_claim(name, claim) for name, claim in self.claims.items()},
            "tool": dict(self.tool),
        }
        return {**body, "digest": _digest(body)}

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a ``.certificate.json`` file, atomically; equal certificates give equal bytes.

        Raises
        ------
        InputError
            If the path cannot be written.
        """
        write_text(path, json.dumps(self.document(), indent=1, sort_keys=True) + "\n")

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> Certificate:
        """Read a certificate strictly.

        Raises
        ------
        InputError
            If the file is missing, too large, not JSON, has unknown, missing or repeated keys or
            values of a wrong type, or was altered after it was written.
        """
        try:
            if Path(path).stat().st_size > _LARGEST_FILE:
                raise InputError(f"{path} is larger than {_LARGEST_FILE >> 20} MB")
            text = Path(path).read_text(encoding="utf-8")
        except FileNotFoundError as error:
            raise InputError(f"no such file: {path}") from error
        except UnicodeDecodeError as error:
            raise InputError(f"{path} is not a certificate (not UTF-8 text)") from error
        except OSError as error:
            raise InputError(f"cannot read {path}: {error.strerror or error}") from error
        try:
            return cls.from_document(parse(text))
        except InputError as error:
            raise InputError(f"{path}: {error}") from error

    @classmethod
    def from_document(cls, document: Any) -> Certificate:
        """Read JSON data as strictly as `load`."""
        top = {"format", "version", "network", "parameters", "claims", "tool", "digest"}
        exact_keys(document, top, "the document")
        version = document["version"]
        if document["format"] != FORMAT or type(version) is not int or version > VERSION:
            raise InputError(f"not a {FORMAT} file of version {VERSION}")
        if version != VERSION:
            raise InputError("the certificate was written by an earlier release; certify again")
        network, parameters = document["network"], document["parameters"]
        exact_keys(network, {"sha256", "n", "d"}, "network")
        exact_keys(parameters, set(PARAMETERS), "parameters")
        for place, sha in (("network.sha256", network["sha256"]), ("digest", document["digest"])):
            if not (isinstance(sha, str) and re.fullmatch("[0-9a-f]{64}", sha)):
                raise InputError(f"certificate: {place} is not a SHA-256; certify again")
        claims, tool = document["claims"], document["tool"]
        if not isinstance(claims, dict) or not claims or not set(claims) <= set(CLAIMS):
            raise InputError(f"certificate: claims must be some of {', '.join(CLAIMS)}")
        if not isinstance(tool, dict) or not all(isinstance(v, str) for v in tool.values()):
            raise InputError("certificate: tool must map names to texts; certify again")
        certificate = cls(
            network["sha256"],
            decode("int", network["n"], "network.n"),
            decode("int", network["d"], "network.d"),
            {name: decode_claim(name, claims[name]) for name in CLAIMS if name in claims},
            {
                key: None if value is None and key == "step" else decode("float", value, key)
                for key, value in parameters.items()
            },
            tool,
        )
        if certificate.n < 1 or certificate.d < 2:
            raise InputError("certificate: n or d is too small; certify again")
        body = {key: value for key, value in document.items() if key != "digest"}
        if document["digest"] != _digest(body):
            raise InputError("the certificate was altered after it was written (digest differs)")
        return certificate


def overall(verdicts: Iterable[Verdict]) -> Verdict:
    """Return refuted if any is, else undecided if any is, else proved."""
    found = set(verdicts)
    for verdict in (Verdict.REFUTED, Verdict.UNDECIDED):
        if verdict in found:
            return verdict
    return Verdict.PROVED


def parse(text: str) -> Any:
    """Parse JSON, refusing repeated keys, NaN, infinities and hostile nesting.

    Raises
    ------
    InputError
        With one line that says what is wrong.
    """
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        raise InputError(f"not valid JSON (line {error.lineno}: {error.msg})") from error
    except RecursionError as error:
        raise InputError("not a certificate: nested too deeply") from error
    except ValueError as error:
        if isinstance(error, InputError):
            raise
        raise InputError("not a certificate: a number is too long") from error


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise InputError("not a certificate: a key is repeated")
    return found


def _no_constant(name: str) -> Any:
    raise InputError(f"not a certificate: {name} is not a number")


def _digest(body: Mapping[str, Any]) -> str:
    return hashlib.sha256(
        json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()
    ).hexdigest()


def version_of(package: str) -> str:
    """Return the version of an installed package.

    Returns
    -------
    str
        ``"unknown"`` for a source folder that was never installed.
    """
    try:
        return version(package)
    except PackageNotFoundError:
        return "unknown"
