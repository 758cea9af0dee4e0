"""Freed memory is kept: large arrays that come and go stop faulting pages in."""

import subprocess
import sys

import pytest

SCRIPT = """
import resource
import numpy as np
from lohe.attention.memory import OF_TRAINING, keep_freed_memory

def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        arrays = [np.ones(size) for size in (100_000, 300_000, 400_000)]
        del arrays
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

took = keep_freed_memory(OF_TRAINING) and keep_freed_memory()  # which takes nothing back
faults()
print(int(took), faults())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's")
def test_arrays_that_come_and_go_fault_no_pages():
    """Without it each of the twenty rounds maps about 1,500 pages anew."""
    # A process of its own: the setting stays for as long as the process lives.
    run = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    took, faults = map(int, run.stdout.split())
    if not took:
        pytest.skip("another C library")
    assert faults < 200
