"""Files that are damaged on purpose: every reader refuses them in one line, or reads them.

    python benchmarks/fuzz.py --count 10000

Small valid files of every format are mutated: bytes flipped, cut, doubled, zeroed and inserted; in
JSON, values replaced, dropped and nested; in ``.npz``, the arrays' own bytes and headers changed
and packed again with right check sums; in SQLite, cells overwritten. A reader may succeed or raise
an `InputError` of one line. Anything else is a failure: another exception, more than 10 s, more
than 2 GB. Results go to benchmarks/results/fuzz.json.
"""

from __future__ import annotations

import argparse
import copy
import io
import json
import os
import resource
import signal
import sqlite3
import tempfile
import time
import wave
import zipfile
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from lohe.attention.checkpoint import Checkpoint
from lohe.attention.depth import Depth
from lohe.attention.head import Head
from lohe.attention.results import machine, versions
from lohe.attention.studies.results import StudyResults
from lohe.attention.tasks.audio import read_wav
from lohe.attention.tasks.sva import SubjectVerbAgreement
from lohe.attention.tasks.sva_training import train_sva
from lohe.dynamics.errors import InputError
from lohe.dynamics.files import write_text
from lohe.dynamics.network import Network
from lohe.dynamics.tokens import Tokens
from lohe.dynamics.trajectories import Trajectories
from lohe.proofs_numeric.basins import campaign
from lohe.proofs_numeric.certificate import Certificate
from lohe.proofs_numeric.verify import verify
from lohe.reports.document import render
from lohe.reports.hardware_files import load_hardware
from lohe.reports.ledger import Record
from lohe.reports.machine_checked import load_formal
from lohe.reports.subjects import collect
from lohe.reports.tolerance_files import load_tolerance

RESULT = Path(__file__).parent / "results" / "fuzz.json"
SECONDS, BYTES = 10, 2 << 30
ODD = (None, True, -1, 0, 1e308, 2**70, "", "\x00", "nan", [], {}, [[]])

Rng = np.random.Generator


@dataclass(frozen=True)
class Format:
    """A format: a valid file, and what reads it.

    Parameters
    ----------
    path
        The valid file.
    read
        Called with a path; it goes as far as the commands that take such a file.
    """

    path: Path
    read: Callable[[Path], object]


def mutate(body: bytes, suffix: str, rng: Rng) -> bytes:
    """Return a damaged copy of a file."""
    kinds: dict[str, Callable[[bytes, Rng], bytes]] = {
        ".json": of_json, ".npz": of_npz, ".sqlite": of_sqlite
    }  # fmt: skip
    if suffix in kinds and rng.random() < 0.7:
        return kinds[suffix](body, rng)
    return of_bytes(body, rng)


def of_bytes(body: bytes, rng: Rng) -> bytes:
    """Flip, cut, double, zero or insert."""
    data = bytearray(body)
    for _ in range(int(rng.integers(1, 6))):
        at = int(rng.integers(len(data))) if data else 0
        span = int(rng.integers(1, 64))
        match rng.integers(5):
            case 0 if data:
                data[at] ^= int(rng.integers(1, 256))
            case 1:
                del data[at:]
            case 2:
                data[at:at] = data[at : at + span]
            case 3:
                data[at : at + span] = bytes(len(data[at : at + span]))
            case _:
                data[at:at] = rng.bytes(span)
    return bytes(data)


def of_json(body: bytes, rng: Rng) -> bytes:
    """Replace, drop or nest a value somewhere."""
    document = json.loads(body)
    for _ in range(int(rng.integers(1, 4))):
        holders = [*_holders(document)]
        if not holders:
            break
        holder = holders[int(rng.integers(len(holders)))]
        keys = [*holder] if isinstance(holder, dict) else [*range(len(holder))]
        key: Any = keys[int(rng.integers(len(keys)))]
        match rng.integers(4):
            case 0:
                del holder[key]
            case 1:
                holder[key] = [holder[key]]
            case _:
                holder[key] = copy.deepcopy(ODD[int(rng.integers(len(ODD)))])
    text = json.dumps(document)
    if rng.random() < 0.02:
        text = "[" * 200_000 + text
    return text.encode()


def _holders(part: Any) -> Iterator[Any]:
    if isinstance(part, dict | list) and part:
        yield part
        for value in part.values() if isinstance(part, dict) else part:
            yield from _holders(value)


def of_npz(body: bytes, rng: Rng) -> bytes:
    """Damage a member, its own header perhaps, and pack the archive again."""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    name = [*members][int(rng.integers(len(members)))]
    match rng.integers(5):
        case 0:
            del members[name]
        case 1:
            members[name] = of_bytes(members[name], rng)
        case 2:
            shapes = (b"(999999999999,)", b"(-1,)", b"(0,)", b"()", b"(3, 99999999)")
            shape = shapes[int(rng.integers(len(shapes)))]
            members[name] = _npy(members[name], b"'shape': ", b"}", b"'shape': " + shape + b", }")
        case 3:
            kinds = (b"'|O'", b"'<U9999999'", b"'<c16'", b"'<i8'", b"'>f8'", b"[('a', '<f8')]")
            kind = kinds[int(rng.integers(len(kinds)))]
            members[name] = _npy(members[name], b"'descr': ", b", 'fortran", b"'descr': " + kind)
        case _:
            other = [*members][int(rng.integers(len(members)))]
            members[name] = members[other]
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for member, data in members.items():
            archive.writestr(member, data)
    return stream.getvalue()


def _npy(body: bytes, start: bytes, end: bytes, new: bytes) -> bytes:
    """Rewrite a part of an array's header, and keep its length right."""
    length = int.from_bytes(body[8:10], "little")
    header = body[10 : 10 + length]
    at = header.find(start)
    if at < 0:
        return body[: len(body) // 2]
    stop = header.find(end, at) + (1 if end == b"}" else 0)
    changed = header[:at] + new + header[stop:]
    changed = changed.rstrip() + b"\n"
    return body[:8] + len(changed).to_bytes(2, "little") + changed + body[10 + length :]


def of_sqlite(body: bytes, rng: Rng) -> bytes:
    """Overwrite, empty or delete cells of the tables."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.sqlite"
        path.write_bytes(body)
        with closing(sqlite3.connect(path)) as database, suppress(sqlite3.Error):
            select = "SELECT name FROM sqlite_master WHERE type = 'table'"
            tables = [row[0] for row in database.execute(select)]
            table = tables[int(rng.integers(len(tables)))]
            columns = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
            column = columns[int(rng.integers(len(columns)))]
            match rng.integers(4):
                case 0:
                    database.execute(f"DROP TABLE {table}")
                case 1:
                    database.execute(f"DELETE FROM {table} WHERE rowid % 2 = 1")
                case _:
                    new = (None, -1, 2.5, "x", "{}", "[1e999]", rng.bytes(9), 2**62, "")
                    value = new[int(rng.integers(len(new)))]
                    database.execute(f"UPDATE {table} SET {column} = ?", (value,))
            database.commit()
        return path.read_bytes()


def make_formats(folder: Path) -> dict[str, Format]:
    """Write a small valid file of every format."""
    from lohe.__main__ import main

    rng = np.random.default_rng(0)
    anchors = rng.normal(size=(4, 3))
    anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
    crosstalk = 0.01 * rng.normal(size=(5, 5))
    np.fill_diagonal(crosstalk, 0)
    couplings = np.abs(rng.normal(size=(5, 4))) + 0.5
    network = Network(couplings=couplings, anchors=anchors, crosstalk=crosstalk)
    network.save(folder / "a.network.npz")
    q, k = rng.normal(size=(2, 2, 4, 3))
    Head(q, k, anchors, causal=True, name="h").save(folder / "a.head.npz")

    def run(*words: object, out: Path | None = None) -> None:
        with io.StringIO() as told, redirect_stdout(told):
            code = main([str(word) for word in words])
            if out is not None:
                out.write_text(told.getvalue(), encoding="utf-8")
        if code not in {0, 1, 3}:
            raise RuntimeError(f"lohe {words} ended with {code}")

    plain = folder / "plain.network.npz"
    Network(couplings=couplings, anchors=anchors).save(plain)
    run("certify", folder / "a.network.npz", "-o", folder / "a.certificate.json")
    run("basin", folder / "a.network.npz", "--trials", 200, "-o", folder / "a.basin.sqlite")
    run("simulate", plain, "--trials", 2, "-o", folder / "a.trajectories.npz")
    train_sva(folder, epochs=1, task=SubjectVerbAgreement(sizes=(128, 64, 64)), width=8, hidden=8)
    run("simulate", folder / "sva-fixed_query-seed0.model.npz", "-o", folder / "a.depth.npz")
    tolerance = folder / "a.tolerance.json"
    run("tolerance", plain, "--mismatch", 1, "--json", out=tolerance)
    with wave.open(str(folder / "a.wav"), "wb") as sound:
        sound.setparams((1, 2, 8000, 0, "NONE", ""))
        sound.writeframes(rng.integers(-999, 999, 800).astype("<i2").tobytes())
    here = Path(__file__).parent
    results = here / "results"
    return {
        "network": Format(folder / "a.network.npz", lambda p: Network.load(p).digest),
        "head": Format(folder / "a.head.npz", lambda p: Head.load(p).network()),
        "tokens": Format(next(folder.glob("*.tokens.npz")), Tokens.load),
        "trajectories": Format(folder / "a.trajectories.npz", Trajectories.load),
        "depth": Format(folder / "a.depth.npz", Depth.load),
        "model": Format(folder / "sva-fixed_query-seed0.model.npz", Checkpoint.load),
        "training": Format(
            folder / "sva-fixed_query-seed0.training.json",
            lambda p: render(collect(training=[p])),
        ),
        "certificate": Format(
            folder / "a.certificate.json", lambda p: verify(Certificate.load(p), network)
        ),
        "basin": Format(folder / "a.basin.sqlite", campaign.load),
        "tolerance": Format(tolerance, load_tolerance),
        "hardware": Format(results / "sva-train.hardware.json", load_hardware),
        "audit": Format(here.parent / "reports" / "ledger" / "recorded.audit.json", Record.load),
        "formal": Format(here.parent / "docs" / "formal" / "assumptions.json", load_formal),
        "study": Format(results / "bench_fsdd.json", StudyResults.load),
        "wav": Format(folder / "a.wav", lambda p: read_wav(p, 8000)),
    }


def attack(name: str, format_: Format, count: int, rng: Rng, folder: Path) -> dict[str, Any]:
    """Read so many damaged copies of a file, and say what came of them."""
    body = format_.path.read_bytes()
    format_.read(format_.path)
    path = folder / f"broken-{format_.path.name}"
    refused = read = 0
    failures: list[str] = []
    slowest = 0.0
    for number in range(count):
        path.write_bytes(mutate(body, format_.path.suffix, rng))
        started = time.perf_counter()
        try:
            with limited():
                format_.read(path)
            read += 1
        except InputError as error:
            refused += 1
            if "\n" in str(error):
                failures.append(f"{number}: more than one line: {error}")
        except BaseException as error:  # whatever comes is what is looked for
            if isinstance(error, KeyboardInterrupt):
                raise
            failures.append(f"{number}: {type(error).__name__}: {error}"[:300])
            (folder / f"failure-{name}-{number}{format_.path.suffix}").write_bytes(
                path.read_bytes()
            )
        slowest = max(slowest, time.perf_counter() - started)
    return {"refused": refused, "read": read, "slowest_s": round(slowest, 3), "failures": failures}


@contextmanager
def limited() -> Iterator[None]:
    """Bound time and further memory while a file is read."""

    def late(*_: object) -> None:
        raise TimeoutError(f"more than {SECONDS} s")

    soft, hard = resource.getrlimit(resource.RLIMIT_AS)
    used = int(Path("/proc/self/statm").read_text().split()[0]) * resource.getpagesize()
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    resource.setrlimit(resource.RLIMIT_AS, (used + BYTES, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (soft, hard))
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def main() -> int:
    """Attack every format."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--count", type=int, default=10_000, help="damaged files in all")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="one format")
    parser.add_argument("--keep", type=Path, help="folder for files that made a reader fail")
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    options = parser.parse_args()
    found = {}
    with tempfile.TemporaryDirectory() as name:
        folder = options.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        formats = make_formats(Path(name))
        if options.only:
            formats = {options.only: formats[options.only]}
        each = -(-options.count // len(formats))
        for index, (kind, format_) in enumerate(formats.items()):
            rng = np.random.default_rng([options.seed, index])
            found[kind] = attack(kind, format_, each, rng, folder)
            told = {key: value for key, value in found[kind].items() if key != "failures"}
            print(f"{kind:13} {told} {len(found[kind]['failures'])} failures", flush=True)
            for line in found[kind]["failures"][:5]:
                print("   ", line)
    document = {
        "seed": options.seed,
        "formats": found,
        "versions": versions(),
        "machine": machine(),
    }
    write_text(options.output, json.dumps(document, indent=1) + "\n")
    return int(any(one["failures"] for one in found.values()))


if __name__ == "__main__":
    raise SystemExit(main())
