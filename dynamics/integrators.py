"""The integrators side by side; every one takes a field and starts, and stays on the sphere."""

from __future__ import annotations

from lohe.dynamics.dormand_prince import Integration, dormand_prince
from lohe.dynamics.euler import projected_euler
from lohe.dynamics.runge_kutta import runge_kutta

__all__ = ["Integration", "dormand_prince", "projected_euler", "runge_kutta"]
