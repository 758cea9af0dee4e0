"""Do the tests notice if the checker or the statistics are changed? Mutants of their source.

    python benchmarks/mutants.py --count 120

A mutant differs in one place: a comparison turned or made strict, a sum for a difference, a product
for a quotient, `and` for `or`, a condition negated, a number one off. The tests of the file then
run on it. What survives is printed with its line: either a test is missing, or the change is none
(an equivalent mutant). Results go to benchmarks/results/mutants.json.
"""

from __future__ import annotations

import argparse
import ast
import copy
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from lohe.attention.results import machine, versions
from lohe.dynamics.files import write_text

ROOT = Path(__file__).resolve().parents[1]
RESULT = ROOT / "benchmarks" / "results" / "mutants.json"
SECONDS = 300
CHECKS = sorted(map(str, (ROOT / "tests" / "proofs_numeric").glob("test_checker*.py")))
TARGETS = {
    "proofs_numeric/statistics": [str(ROOT / "tests" / "proofs_numeric" / "statistics")],
    "proofs_numeric/checker.py": CHECKS,
    "proofs_numeric/checker_agreement.py": CHECKS,
    "proofs_numeric/checker_exact.py": CHECKS,
    "proofs_numeric/checker_weights.py": CHECKS,
}
TURNED = {
    ast.Lt: ast.LtE, ast.LtE: ast.Lt, ast.Gt: ast.GtE, ast.GtE: ast.Gt, ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq, ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult,
    ast.And: ast.Or, ast.Or: ast.And,
}  # fmt: skip


def places(tree: ast.Module) -> Iterator[tuple[ast.AST, str]]:
    """Yield each node that can be changed, and how."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and type(node.ops[0]) in TURNED:
            yield node, "compare"
        elif isinstance(node, ast.BinOp) and type(node.op) in TURNED:
            yield node, "operate"
        elif isinstance(node, ast.BoolOp):
            yield node, "join"
        elif isinstance(node, ast.If | ast.While | ast.IfExp):
            yield node, "negate"
        elif isinstance(node, ast.Constant) and type(node.value) in {int, float}:
            yield node, "number"


def mutants(path: Path) -> Iterator[tuple[int, str, str]]:
    """Yield the line, the kind and the source of every mutant of a file."""
    whole = ast.parse(path.read_text(encoding="utf-8"))
    count = sum(1 for _ in places(whole))
    for number in range(count):
        tree = copy.deepcopy(whole)
        node, kind = [*places(tree)][number]
        _change(node, kind)
        yield getattr(node, "lineno", 0), kind, ast.unparse(ast.fix_missing_locations(tree))


def _change(node: ast.AST, kind: str) -> None:
    match kind:
        case "compare":
            node.ops[0] = TURNED[type(node.ops[0])]()
        case "operate" | "join":
            node.op = TURNED[type(node.op)]()
        case "negate":
            node.test = ast.UnaryOp(ast.Not(), node.test)
        case _:
            node.value = node.value + 1


def survives(file: str, source: str, tests: list[str], place: Path) -> bool:
    """Say whether all tests pass on a copy of the rooms with the file changed."""
    with tempfile.TemporaryDirectory(dir=place) as name:
        folder = Path(name)
        package = folder / "lohe"
        shutil.copytree(ROOT / ".types" / "lohe", package, symlinks=False)
        (package / file).write_text(source, encoding="utf-8")
        # The copy must win over the installed package, and over the folder of the same name.
        lines = (
            "import sys",
            "sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in str(f)]",
            f"sys.path[:] = [{str(folder)!r}, *sys.path, {str(ROOT)!r}]",
        )
        (folder / "sitecustomize.py").write_text("\n".join(lines) + "\n")
        environment = os.environ | {"PYTHONPATH": str(folder), "OPENBLAS_NUM_THREADS": "1"}
        words = [sys.executable, "-P", "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider"]
        # These start the installed program in a process of its own, which knows no mutant.
        words += ["-k", "not runs_alone and not imports_nothing"]
        try:
            done = subprocess.run(
                [*words, *tests], cwd=ROOT, env=environment, capture_output=True, check=False,
                timeout=SECONDS,
            )  # fmt: skip
        except subprocess.TimeoutExpired:  # a loop without end is noticed
            return False
        return done.returncode == 0


def main() -> None:
    """Draw mutants of the targets and run their tests."""
    parser = argparse.ArgumentParser(description="Do tests notice changes of the source?")
    parser.add_argument("--count", type=int, default=120, help="mutants in all, drawn at random")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", help="one target")
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("-o", "--output", type=Path, default=RESULT)
    options = parser.parse_args()
    every = []
    for target, tests in TARGETS.items():
        if options.only and options.only not in target:
            continue
        path = ROOT / target
        files = sorted(path.glob("*.py")) if path.is_dir() else [path]
        for file in files:
            name = str(file.relative_to(ROOT))
            every += [(name, *mutant, tests) for mutant in mutants(file)]
    random.Random(options.seed).shuffle(every)
    chosen = every[: options.count]
    survivors = []
    with tempfile.TemporaryDirectory() as place, ThreadPoolExecutor(options.workers) as pool:
        whole = survives(
            chosen[0][0], (ROOT / chosen[0][0]).read_text(), chosen[0][4][:1], Path(place)
        )
        if not whole:
            raise RuntimeError("the tests fail on the source as it is")
        jobs = [pool.submit(survives, m[0], m[3], m[4], Path(place)) for m in chosen]
        for number, ((file, line, kind, _, _), job) in enumerate(zip(chosen, jobs, strict=True), 1):
            if job.result():
                text = (ROOT / file).read_text().splitlines()[line - 1].strip()
                survivors.append({"file": file, "line": line, "kind": kind, "text": text})
                print(f"{number}/{len(chosen)} survives: {file}:{line} {kind}: {text}", flush=True)
    found = {"seed": options.seed, "possible": len(every), "tried": len(chosen)}
    found |= {"noticed": len(chosen) - len(survivors), "survivors": survivors}
    print({name: value for name, value in found.items() if name != "survivors"})
    document = found | {"versions": versions(), "machine": machine()}
    write_text(options.output, json.dumps(document, indent=1) + "\n")


if __name__ == "__main__":
    main()
