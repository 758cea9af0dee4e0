"""A newcomer's path, timed: install, demo, certify one's own weights, verify, report.

    python benchmarks/newcomer.py

A wheel is built and installed into a new environment, in a new folder; then the demo runs, and the
tutorial's blocks, as they are printed (docs/tutorial.md). Results go to
benchmarks/results/newcomer.json. Installing downloads the dependencies, or takes them from pip's
cache: that time says more about the connection than about lohe.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

from lohe.attention.results import machine, versions
from lohe.dynamics.files import write_text

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "newcomer.json"
BLOCK = re.compile(r"^```(python|sh)\n(.*?)^```", re.DOTALL | re.MULTILINE)


def timed(seconds: dict[str, float], name: str, words: list[str], folder: Path) -> None:
    """Run a command and keep how long it took; a refuted claim (1) is a result."""
    started = time.perf_counter()
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode not in {0, 1}:
        raise RuntimeError(f"{name} ended with {done.returncode}:\n{done.stderr}")
    seconds[name] = round(time.perf_counter() - started, 1)
    print(f"{seconds[name]:7.1f} s  {name}", flush=True)


def tutorial(bin_folder: Path) -> list[tuple[str, list[str]]]:
    """Return the steps of the tutorial: its Python up to each command, and the commands."""
    page = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")
    steps, python = [], ""
    for kind, code in BLOCK.findall(page):
        if kind == "python":
            python += code
        elif not code.startswith("pip"):
            certified = "certify one's own weights, sample, report"
            steps.append((certified, [str(bin_folder / "python"), "-c", python]))
            steps.append(("verify", [str(bin_folder / code.split()[0]), *code.split()[1:]]))
            python = ""
    return steps


def main() -> None:
    """Walk the path."""
    parser = argparse.ArgumentParser(description="A newcomer's path, timed.")
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    options = parser.parse_args()
    seconds: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        build = [sys.executable, "-m", "build", "--wheel", "--outdir", str(folder), str(ROOT)]
        for left in ("lib", "bdist*"):  # of an earlier build, whose files may be gone by now
            for path in (ROOT / "build").glob(left):
                shutil.rmtree(path)
        subprocess.run(build, check=True, capture_output=True)
        (wheel,) = folder.glob("*.whl")
        venv.create(folder / "env", with_pip=True)
        bin_folder = folder / "env" / "bin"
        install = [str(bin_folder / "python"), "-m", "pip", "install", "--quiet", str(wheel)]
        timed(seconds, "install", install, folder)
        timed(seconds, "demo", [str(bin_folder / "lohe"), "demo", "--output", "demo"], folder)
        for step, words in tutorial(bin_folder):
            timed(seconds, step, words, folder)
        audit = [str(bin_folder / "lohe"), "audit", "--quick", "--report", "audit.report.html"]
        timed(seconds, "audit --quick", audit, folder)
    document = {"seconds": seconds, "versions": versions(), "machine": machine()}
    write_text(options.output, json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
