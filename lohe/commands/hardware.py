"""``lohe hardware``: behavioural models of the devices that attention may run on."""

from __future__ import annotations

import typer

from lohe.commands.hardware_cost import cost
from lohe.commands.hardware_export import export
from lohe.commands.hardware_gradients import gradients
from lohe.commands.hardware_robustness import robustness
from lohe.commands.hardware_substrates import substrates
from lohe.commands.hardware_train import train

__all__ = ["hardware"]

hardware = typer.Typer(
    help="Ask what attention is like on oscillator hardware: substrates, costs, faults, training."
    "\n\n"
    "Example: `lohe hardware substrates --check`"
)
for _command in (substrates, cost, robustness, gradients, train, export):
    hardware.command(_command.__name__)(_command)
