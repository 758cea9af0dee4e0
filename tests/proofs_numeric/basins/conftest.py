"""Let the tests of this folder start the processes that the benchmarks measure."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[3] / "benchmarks"))
