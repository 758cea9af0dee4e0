"""Let the tests of this folder import their helpers, and processes that benchmarks measure."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
# Behind all others: a benchmark may have the name of a helper of the tests.
sys.path.append(str(Path(__file__).resolve().parents[3] / "benchmarks"))
