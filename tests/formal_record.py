"""Compile the Coq development, check it with coqchk, and write ``docs/formal/assumptions.json``.

Called by ``formal.sh``; needs coqc, coqchk, Coquelicot and nothing beyond Python itself.
"""

import hashlib
import json
import platform
import re
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FORMAL = ROOT / "docs" / "formal"
RECORD = FORMAL / "assumptions.json"

# What the proofs may assume: the axioms by which Coq's standard library builds the classical
# real numbers, and nothing else.
ALLOWED = {
    "Coq.Logic.Classical_Prop.classic": "excluded middle: P or not P",
    "Coq.Logic.FunctionalExtensionality.functional_extensionality_dep": (
        "functions with equal values are equal"
    ),
    "Coq.Reals.ClassicalDedekindReals.sig_forall_dec": (
        "a decidable property of the natural numbers holds for all of them or fails for one"
    ),
    "Coq.Reals.ClassicalDedekindReals.sig_not_dec": (
        "for every P it can be told whether not P or not not P holds"
    ),
}

# Words that would leave a proof open or a check switched off.
FORBIDDEN = re.compile(
    r"\b(?:Admitted|admit|give_up|Axiom|Axioms|Parameter|Parameters|Conjecture|Declare\s+Module"
    r"|bypass_check|Unset\s+\w+\s+Checking|Unset\s+Universe\s+Checking|Guard\s+Checking)\b"
)

_THEOREM = re.compile(r"\(\*\*\s*((?:(?!\*\)).)*?)\s*\*\)\s*Theorem\s+(\w+)", re.DOTALL)


def sources() -> list[Path]:
    """List the development's files, each after those that it needs."""
    lines = (FORMAL / "_CoqProject").read_text(encoding="utf-8").split()
    return [FORMAL / line for line in lines if line.endswith(".v")]


def theorems(path: Path) -> list[dict[str, str]]:
    """List the theorems of a file whose comment names one of ours, ``T1, …`` to ``T8``."""
    found = []
    for comment, name in _THEOREM.findall(path.read_text(encoding="utf-8")):
        words = " ".join(comment.split())
        if label := re.match(r"(T\d[a-z]?)[,:] ?(.*)", words):
            entry = {"theorem": label[1], "name": name, "file": path.name, "words": label[2]}
            found.append(entry)
    return found


def forbidden(text: str) -> list[str]:
    """List the words in a Coq source that may not stand there, comments aside."""
    # Coq's comments nest; take away the innermost ones until none is left.
    count = 1
    while count:
        text, count = re.subn(r"\(\*(?:(?!\(\*|\*\)).)*\*\)", " ", text, flags=re.DOTALL)
    return FORBIDDEN.findall(text)


def checked_axioms(summary: str) -> list[str]:
    """Read the context summary of ``coqchk -o`` and return the axioms in it.

    Exits with a message if an axiom is not allowed or anything else was taken on trust.
    """
    entries = re.findall(r"^\* ([^:\n]*):(.*?)(?=^\* |\Z)", summary, re.DOTALL | re.MULTILINE)
    found = {title: body.split() for title, body in entries}
    axioms = found.pop("Axioms", None)
    if found.pop("Theory", None) != ["Set", "is", "predicative"] or axioms is None:
        sys.exit("formal: coqchk printed no context summary that this script knows")
    if len(found) != 3 or any(body != ["<none>"] for body in found.values()):
        sys.exit(f"formal: coqchk found checks that were switched off:\n{summary}")
    axioms = [] if axioms == ["<none>"] else axioms
    if unknown := sorted(set(axioms) - set(ALLOWED)):
        sys.exit(f"formal: the proofs assume what they may not: {', '.join(unknown)}")
    return sorted(axioms)


def theorem_axioms(printed: str) -> list[str]:
    """Read the answer of ``Print Assumptions`` and return the full names of the axioms in it."""
    if printed.strip() == "Closed under the global context":
        return []
    head, _, body = printed.partition("\n")
    names = re.findall(r"^(\S+)", body, re.MULTILINE)
    full = [next((a for a in ALLOWED if a.endswith(f".{name}")), "") for name in names]
    if head != "Axioms:" or not all(full):
        sys.exit(f"formal: a theorem assumes what it may not:\n{printed}")
    return sorted(full)


def statement(printed: str) -> str:
    """Return the statement from the answer of ``Check``."""
    return textwrap.dedent(" " * 7 + printed.split(":", 1)[1].strip()).strip()


def run(*command: str, folder: Path) -> str:
    """Run a program of Coq and return what it says; exits with its complaint if it fails."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"formal: {' '.join(command)} failed:\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr  # coqchk prints its summary on stderr


def ask(folder: Path, listed: list[dict[str, str]]) -> list[dict[str, object]]:
    """Let Coq itself state each theorem and what it assumes."""
    modules = " ".join(path.stem for path in sources())
    lines = [
        "From Coq Require Import Reals.",
        "From Coquelicot Require Import Coquelicot.",
        f"From Lohe Require Import {modules}.",
        "Open Scope R_scope.",
        "Set Printing Width 70.",
    ]
    for entry in listed:
        name = f"{Path(entry['file']).stem}.{entry['name']}"
        lines += [
            f'Redirect "{name}.statement" Check @Lohe.{name}.',
            f'Redirect "{name}.axioms" Print Assumptions Lohe.{name}.',
        ]
    (folder / "Questions.v").write_text("\n".join(lines) + "\n", encoding="utf-8")
    run("coqc", "-q", "-w", "none", "-Q", ".", "Lohe", "Questions.v", folder=folder)
    answers: list[dict[str, object]] = []
    for entry in listed:
        name = f"{Path(entry['file']).stem}.{entry['name']}"
        said = (folder / f"{name}.statement.out").read_text(encoding="utf-8")
        assumed = (folder / f"{name}.axioms.out").read_text(encoding="utf-8")
        answers.append(entry | {"statement": statement(said), "axioms": theorem_axioms(assumed)})
    return answers


def system() -> str:
    """Name the system that the checks ran on."""
    try:
        name = platform.freedesktop_os_release()["PRETTY_NAME"]
    except (OSError, KeyError):
        name = platform.system()
    return f"{name}, {platform.machine()}"


def main() -> None:
    """Compile, check, ask, and write the record if anything but the seconds is new."""
    for path in sources():
        if words := forbidden(path.read_text(encoding="utf-8")):
            sys.exit(f"formal: {path.name} says {words[0]}; every proof must be complete")
    folder = ROOT / "build" / "formal"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    start = time.monotonic()
    for path in sources():
        shutil.copy(path, folder)
        warnings = ("-q", "-w", "-ambiguous-paths", "-Q", ".", "Lohe")
        run("coqc", *warnings, path.name, folder=folder)
    compiled = time.monotonic()
    modules = [f"Lohe.{path.stem}" for path in sources()]
    summary = run("coqchk", "-silent", "-o", "-Q", ".", "Lohe", *modules, folder=folder)
    checked = time.monotonic()
    listed = [entry for path in sources() for entry in theorems(path)]
    record = {
        "format": "lohe.formal",
        "version": 1,
        "coq": run("coqc", "--print-version", folder=folder).split()[0],
        "system": system(),
        "files": {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in sources()},
        "axioms": {name: ALLOWED[name] for name in checked_axioms(summary)},
        "theorems": ask(folder, listed),
        "seconds": {"coqc": round(compiled - start, 1), "coqchk": round(checked - compiled, 1)},
    }
    old = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.exists() else {}
    if {**old, "seconds": 0} != {**record, "seconds": 0}:
        text = json.dumps(record, indent=2, ensure_ascii=False)
        RECORD.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(
        f"formal: {len(listed)} theorems in {len(modules)} files compiled in "
        f"{compiled - start:.0f} s and checked by coqchk {record['coq']} in "
        f"{checked - compiled:.0f} s; they assume {len(record['axioms'])} axioms, all of the "
        "standard library's real numbers\n"
    )


if __name__ == "__main__":
    main()
