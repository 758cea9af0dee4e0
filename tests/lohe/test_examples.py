"""The examples run as printed, in a folder of their own."""

import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "examples").glob("*.py"))
SAYS = {
    "array_with_crosstalk": ("strength 0.05: unique_stable proved", "strength  0.4: unique_stable"),
    "mismatch_and_devices": ("proved by T1", "couplings off by 90.00 %"),
    "train_and_certify": ("unique_stable  proved", "all_inputs     refuted"),
}


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_an_example_runs_and_says_what_it_promises(example, tmp_path):
    done = subprocess.run(
        [sys.executable, str(example)], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    for text in SAYS[example.stem]:
        assert text in done.stdout
