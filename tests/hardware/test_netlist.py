"""Netlists: what stands in them, and that ngspice settles where the array does."""

import json
import re
import shutil
import subprocess

import numpy as np
import pytest

from lohe.dynamics.errors import InputError
from lohe.dynamics.network import Network
from lohe.hardware.array import DeviceArray
from lohe.hardware.netlist import network_as_json, spice_netlist, write_netlist
from lohe.hardware.phase_model import reduce_substrate
from lohe.hardware.substrates import JosephsonJunction, LCOscillator

DEVICE = LCOscillator()
DRIVE = np.array([1.0 * np.exp(0.4j), 0.7 * np.exp(-2j)])
CROSSTALK = np.array([[0.0, 0.2], [-0.3, 0.0]])


def array(strength=0.02):
    scale = reduce_substrate(DEVICE).scale(strength)
    return DeviceArray(DEVICE, DRIVE, scale, CROSSTALK, steps=64)


def test_every_part_of_the_array_is_in_the_netlist():
    text = spice_netlist(array(), np.zeros(2), 3)
    assert len(re.findall(r"^X\d+ ", text, re.MULTILINE)) == 2
    assert len(re.findall(r"^B\d+ 0 n\d+ I=", text, re.MULTILINE)) == 2
    gains = dict(re.findall(r"^G(\d_\d) 0 n\d n\d 0 (\S+)$", text, re.MULTILINE))
    amplitude = DEVICE.limit_cycle().amplitude
    assert float(gains["0_1"]) == pytest.approx(array().scale / amplitude * 0.2)
    assert float(gains["1_0"]) == pytest.approx(-array().scale / amplitude * 0.3)
    assert text.endswith(".end\n")


@pytest.mark.skipif(not shutil.which("ngspice"), reason="ngspice is not installed")
def test_ngspice_settles_where_the_array_does(tmp_path):
    """Within 0.2 % of a cycle, from half a radian off, crosstalk and all."""
    devices, periods = array(), 120
    start = reduce_substrate(DEVICE).resting_phases(DRIVE) + 0.5
    write_netlist(tmp_path / "array.cir", devices, start, periods)
    ran = subprocess.run(
        ["ngspice", "-b", tmp_path / "array.cir"], capture_output=True, text=True, check=False
    )
    rows = re.findall(r"^\d+\s+(\S+)\s+(\S+)\s*$", ran.stdout, re.MULTILINE)
    samples = np.array(rows, dtype=float)
    assert len(samples) == 200 * periods + 1
    last = samples[-201:-1]  # whole steps from the start of the last period on
    assert len(last) == 200
    turns = np.exp(-2j * np.pi * np.arange(200) / 200)
    measured = np.angle(turns @ last)
    expected = devices.run(start, periods - 1)
    apart = np.angle(np.exp(1j * (measured - expected))) / (2 * np.pi)
    assert np.abs(apart).max() < 2e-3


def test_json_holds_what_an_array_has_to_be_set_to():
    couplings, anchors = np.array([[1.0, 0.5]]), np.array([[1.0, 0.0], [0.0, 1.0]])
    one = json.loads(network_as_json(Network(couplings=couplings, anchors=anchors)))
    assert one["couplings"] == couplings.tolist()
    assert one["drive"] == [[1.0, 0.5]]
    two = json.loads(network_as_json(Network(np.eye(2), crosstalk=CROSSTALK)))
    assert sorted(two["crosstalk"]) == [[0, 1, 0.2], [1, 0, -0.3]]
    assert two["sha256"] == Network(np.eye(2), crosstalk=CROSSTALK).digest


def test_bad_input():
    with pytest.raises(InputError, match="of electrical oscillators"):
        spice_netlist(DeviceArray(JosephsonJunction(), DRIVE, 1e-6), np.zeros(2), 3)
    with pytest.raises(InputError, match="at least 1"):
        spice_netlist(array(), np.zeros(2), 0)
