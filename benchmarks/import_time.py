"""Measure what ``import lohe`` costs beside ``import numpy``, each in a fresh process.

python benchmarks/import_time.py
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time

RUNS = 15


def seconds(statement: str) -> float:
    """Return the median wall time of a fresh interpreter that runs `statement`."""
    times = []
    for _ in range(RUNS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-c", statement], check=True)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    """Print the medians and the cost over NumPy's own."""
    bare, numpy, lohe = seconds("pass"), seconds("import numpy"), seconds("import numpy, lohe")
    used = seconds("import lohe; lohe.certify, lohe.fixed_query_attention, lohe.estimate_basin")
    print(f"median of {RUNS} fresh processes, Python {sys.version.split()[0]}")
    print(f"python -c pass       {bare:.3f} s")
    print(f"import numpy         {numpy:.3f} s")
    print(f"import numpy, lohe   {lohe:.3f} s   ({lohe - numpy:+.3f} s over NumPy's own)")
    print(f"first use of all     {used:.3f} s   (certify, attention and basins loaded)")


if __name__ == "__main__":
    main()
