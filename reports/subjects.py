"""Evidence gathered by network: which certificate, basin run and file belong together."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal

import numpy as np
from numpy.typing import NDArray

from lohe.attention.checkpoint import Checkpoint
from lohe.attention.head import Head
from lohe.attention.results import TrainingRun
from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.dynamics.tokens import Tokens
from lohe.proofs_numeric.basins import campaign
from lohe.proofs_numeric.basins.estimate import BasinEstimate
from lohe.proofs_numeric.certificate import Certificate
from lohe.reports.campaigns import Campaign, in_common, read_campaign
from lohe.reports.formatting import natural_key, printable
from lohe.reports.hardware_files import HardwareRecord, load_hardware
from lohe.reports.ledger import Record
from lohe.reports.sources import Source, source
from lohe.reports.tolerance_files import ToleranceRecord, load_tolerance

if TYPE_CHECKING:
    from lohe.proofs_numeric.claims import Claim

__all__ = ["Collection", "Kind", "Subject", "collect"]

PathLike = str | os.PathLike[str]

Kind = Literal["alone", "turning", "coupled", "inputs"]
"""Oscillators that settle alone (T1), turn as well (T5), or hear each other; or a box of inputs."""

_OF_TOKENS = ".tokens"  # X.tokens.npz has the certificate X.tokens.certificate.json
_OF_OSCILLATORS = frozenset({"T1", "T5"})


@dataclass(frozen=True, eq=False)
class Subject:
    """One network, or the inputs of one head, with everything that speaks of it.

    Parameters
    ----------
    key
        Unique within the report, for ids: ``head-1``, ``head-2``, …
    name
        For readers: the file's or the head's name.
    digest
        SHA-256 of the network or of the tokens.
    network, tokens, certificates, basins, tolerances
        What was given; network and tokens are None if only their results were.
    sources
        The files they came from.
    campaigns
        What more the files of the basin runs say.
    """

    key: str
    name: str
    digest: str
    network: Network | None
    tokens: Tokens | None
    certificates: tuple[Certificate, ...]
    basins: tuple[BasinEstimate, ...]
    tolerances: tuple[ToleranceRecord, ...]
    sources: tuple[Source, ...]
    campaigns: tuple[Campaign, ...] = ()

    @property
    def kind(self) -> Kind:
        """What moves the oscillators, as far as anything given tells."""
        if self.tokens is not None or self.claim("input_box") is not None:
            return "inputs"
        if any(record.of_inputs for record in self.tolerances):
            return "inputs"
        if self.network is not None:
            if self.network.decoupled:
                return "alone"
            return "coupled" if self.network.has_crosstalk else "turning"
        if self.claim("lock") is not None:
            return "turning"
        # A certificate of coupled oscillators has a cap, and no time for each to settle.
        capped = self.claim("local_cap") is not None and self.claim("settling") is None
        decided = self.claim("unique_stable")
        theorem = decided.witness.get("theorem", "T1") if decided is not None else "T1"
        return "coupled" if capped or theorem not in _OF_OSCILLATORS else "alone"

    @property
    def undriven(self) -> bool:
        """Whether oscillators are moved by each other alone, as those of frozen phase heads are."""
        network = self.network
        if network is None or network.n < 2 or not network.has_crosstalk:
            return False
        pulls = network.drive if network.couplings is None else network.couplings
        return not (network.has_frequency or np.any(pulls))

    @property
    def size(self) -> tuple[int, int] | None:
        """Number of oscillators and dimension, where anything given states them."""
        if self.network is not None:
            return self.network.n, self.network.d
        if self.tokens is not None:
            return self.tokens.n, self.tokens.d
        if self.certificates:
            return self.certificates[0].n, self.certificates[0].d
        if self.tolerances:
            return self.tolerances[0].n, self.tolerances[0].d
        return None

    def claim(self, name: str) -> Claim | None:
        """Return the claim of this name from the first certificate that makes it."""
        for certificate in self.certificates:
            if name in certificate.claims:
                return certificate.claims[name]
        return None

    def label(self, oscillator: int) -> str | None:
        """Return the full label of an oscillator, if that is known."""
        if self.tokens is not None and self.tokens.labels is not None:
            return printable(str(self.tokens.labels[self.tokens.kept][oscillator]))
        if self.network is None or self.network.labels is None:
            return None
        return printable(str(self.network.labels[oscillator]))

    @cached_property
    def drive_norms(self) -> NDArray[np.float64]:
        """‖h_i‖ of each oscillator, (n,), in ordinary floating point."""
        assert self.network is not None
        return np.asarray(np.linalg.norm(self.network.drive, axis=-1))

    @cached_property
    def coherence(self) -> NDArray[np.float64] | None:
        """ρ_i of each oscillator, (n,), in ordinary floating point; None without couplings."""
        assert self.network is not None
        if self.network.couplings is None or self.network.anchors is None:
            return None
        total = self.network.couplings @ np.linalg.norm(self.network.anchors, axis=-1)
        ratio = np.divide(self.drive_norms, total, out=np.zeros_like(total), where=total > 0)
        return np.asarray(ratio)


@dataclass(frozen=True)
class Collection:
    """All that a report shows.

    Parameters
    ----------
    subjects
        The networks, in the natural order of their names.
    training
        Training runs with their files, in the order of task, mechanism and seed.
    hardware
        Results of `lohe hardware`, in the order of their names.
    audit
        The record of an audit.
    """

    subjects: tuple[Subject, ...]
    training: tuple[tuple[TrainingRun, Source | None], ...]
    hardware: tuple[HardwareRecord, ...] = ()
    audit: Record | None = None


class _Draft:
    """What was found for one digest so far."""

    def __init__(self) -> None:
        self.network: Network | None = None
        self.tokens: Tokens | None = None
        self.tolerances: list[ToleranceRecord] = []
        self.names: dict[str, str] = {}
        self.certificates: list[Certificate] = []
        self.basins: list[BasinEstimate] = []
        self.runs: list[tuple[PathLike, Source, tuple[BasinEstimate, ...]]] = []
        self.sources: dict[str, Source] = {}

    def add(self, role: str, name: str | None, origin: Source | None) -> None:
        name = name or (origin.stem if origin else None)
        if name:
            self.names[role] = min(name, self.names.get(role, name))
        if origin:
            self.sources.setdefault(origin.name, origin)

    def name(self, digest: str) -> str:
        for role in ("head", "network", "tokens", "certificate", "basin", "tolerance"):
            name = self.names.get(role)
            if name:
                of_inputs = name.endswith(_OF_TOKENS) or role == "tokens"
                return f"inputs of {name.removesuffix(_OF_TOKENS)}" if of_inputs else name
        return f"{'network' if self.tokens is None else 'inputs'} {digest[:8]}"


def collect(
    certificates: Iterable[Certificate | PathLike] = (),
    basins: Iterable[BasinEstimate | PathLike] = (),
    networks: Iterable[Network | Head | Tokens | PathLike] = (),
    training: Iterable[TrainingRun | PathLike] = (),
    tolerances: Iterable[PathLike] = (),
    *,
    hardware: Iterable[PathLike] = (),
    audit: Record | PathLike | None = None,
) -> Collection:
    """Read what is given as paths and bring together what shares a network's digest.

    Raises
    ------
    InputError
        If there is nothing to report on, or a file cannot be used.
    """
    drafts: dict[str, _Draft] = {}
    for instance, name, origin in map(_instance, networks):
        draft = drafts.setdefault(instance.digest, _Draft())
        if isinstance(instance, Tokens):
            draft.add("tokens", name, origin)
            draft.tokens = draft.tokens or instance
        else:
            draft.add("head" if name else "network", name, origin)
            draft.network = draft.network or instance
    for item in certificates:
        origin = _origin(item)
        certificate = item if isinstance(item, Certificate) else Certificate.load(item)
        draft = drafts.setdefault(certificate.network_sha256, _Draft())
        draft.add("certificate", None, origin)
        if certificate not in draft.certificates:
            draft.certificates.append(certificate)
    for run in basins:
        origin = _origin(run)
        found = (run,) if isinstance(run, BasinEstimate) else campaign.load(run)
        for basin in found:
            draft = drafts.setdefault(basin.network_sha256, _Draft())
            draft.add("basin", None, origin)
            if basin not in draft.basins:
                draft.basins.append(basin)
        if not isinstance(run, BasinEstimate) and origin is not None:
            drafts[found[0].network_sha256].runs.append((run, origin, found))
    for path in tolerances:
        record = load_tolerance(path)
        draft = drafts.setdefault(record.digest, _Draft())
        draft.add("tolerance", None, source(path))
        draft.tolerances.append(record)
    records = _once(_training(item) for item in training)
    devices = sorted(map(load_hardware, hardware), key=lambda record: natural_key(record.name))
    if audit is not None and not isinstance(audit, Record):
        audit = Record.load(audit)
    if not (drafts or records or devices or audit):
        raise InputError("nothing to report on: give a certificate, basin run, network or training")
    training_runs = tuple(sorted(records, key=_training_order))
    return Collection(_subjects(drafts), training_runs, tuple(devices), audit)


def _subjects(drafts: Mapping[str, _Draft]) -> tuple[Subject, ...]:
    named = [(draft.name(digest), digest, draft) for digest, draft in drafts.items()]
    taken = [name for name, _, _ in named]
    named = [
        (name if taken.count(name) == 1 else f"{name} ({digest[:8]})", digest, draft)
        for name, digest, draft in named
    ]
    named.sort(key=lambda entry: (natural_key(entry[0]), entry[1]))
    return tuple(
        Subject(
            key=f"head-{place}",
            name=name,
            digest=digest,
            network=draft.network,
            tokens=draft.tokens,
            certificates=tuple(draft.certificates),
            basins=tuple(sorted(draft.basins, key=lambda b: (in_common(b), b.horizon, b.seed))),
            tolerances=tuple(sorted(draft.tolerances, key=lambda t: t.name)),
            sources=tuple(draft.sources[name] for name in sorted(draft.sources, key=natural_key)),
            campaigns=tuple(
                read_campaign(path, origin, found, draft.network)
                for path, origin, found in sorted(
                    draft.runs, key=lambda run: natural_key(run[1].name)
                )
            ),
        )
        for place, (name, digest, draft) in enumerate(named, start=1)
    )


def _instance(
    item: Network | Head | Tokens | PathLike,
) -> tuple[Network | Tokens, str | None, Source | None]:
    if isinstance(item, Network | Tokens):
        return item, None, None
    if isinstance(item, Head):
        return item.network(), item.name, None
    origin = source(item)
    if origin.role == "head":
        head = Head.load(item)
        return head.network(), head.name, origin
    if origin.role == "tokens":
        return Tokens.load(item), None, origin
    return Network.load(item), None, origin


def _origin(item: object) -> Source | None:
    return source(item) if isinstance(item, str | os.PathLike) else None


def _training(item: TrainingRun | PathLike) -> tuple[TrainingRun, Source | None]:
    if isinstance(item, TrainingRun):
        return item, None
    origin = source(item)
    if origin.role == "model":
        return _so_far(Checkpoint.load(item)), origin
    run = TrainingRun.load(item)
    tables = (run.metrics, run.config, *run.history)
    if not all(isinstance(table, Mapping) for table in tables):
        raise InputError(f"{item} does not hold a training run; train again")
    return run, origin


def _so_far(state: Checkpoint) -> TrainingRun:
    """Return what a model's file says of its training, which may not have ended."""
    known = state.identity()
    return TrainingRun(
        task=state.task,
        mechanism=state.model.config.mechanism,
        config={"model": known["model"], "recipe": known["recipe"], "task": known["task_config"]},
        seed=state.seed,
        metrics={},
        history=state.history,
        wall_s=round(state.wall_s, 3),
        versions={},
        machine={},
    )


def _once(
    records: Iterable[tuple[TrainingRun, Source | None]],
) -> list[tuple[TrainingRun, Source | None]]:
    """Drop a file given twice, and a model whose training results are given too."""
    found, seen = [], set()
    for run, origin in records:
        if origin is None or origin.sha256 not in seen:
            found.append((run, origin))
            seen |= set() if origin is None else {origin.sha256}
    results = [run for run, origin in found if origin is None or origin.role != "model"]
    known = {_identity(run) for run in results}
    return [
        (run, origin)
        for run, origin in found
        if origin is None or origin.role != "model" or _identity(run) not in known
    ]


def _identity(run: TrainingRun) -> str:
    return json.dumps([run.task, run.mechanism, run.config, run.seed], sort_keys=True, default=str)


def _training_order(entry: tuple[TrainingRun, Source | None]) -> tuple[object, ...]:
    run = entry[0]
    return str(run.task), str(run.mechanism), natural_key(str(run.seed))
