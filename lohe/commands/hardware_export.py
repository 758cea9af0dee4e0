"""``lohe hardware export``: a head's array as a netlist, or as plain JSON."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from lohe.commands.common import Json, emit
from lohe.commands.hardware_options import Parameters

__all__ = ["export"]


def export(
    instance: Annotated[Path, typer.Argument(help="A *.network.npz or *.head.npz file.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", help="A .cir file for SPICE, or a .json file.")
    ],
    *,
    first: Annotated[int, typer.Option(min=1, help="Of a netlist: only so many oscillators.")] = 16,
    strength: Annotated[
        float, typer.Option(help="Coupling rate of a unit drive, as a share of the frequency.")
    ] = 0.01,
    periods: Annotated[int, typer.Option(min=1, help="That the netlist simulates.")] = 200,
    parameters: Parameters = None,
    as_json: Json = False,
) -> int:
    """Write what an array has to be set to: LC oscillators for SPICE, or drives as plain JSON.

    Netlists are of oscillators on a circle (d = 2), in the dialect of ngspice; parameters are those
    of the electrical substrate. JSON holds any network, in units of its equation.

    Example: `lohe hardware export head.network.npz -o array.cir --first 4 --periods 100`

    Example: `lohe hardware export head.network.npz -o array.json`
    """
    import numpy as np
    from scipy import sparse

    from lohe.commands.hardware_options import make_substrate
    from lohe.commands.instances import read_instance
    from lohe.dynamics.errors import InputError
    from lohe.dynamics.files import write_text
    from lohe.hardware.array import DeviceArray
    from lohe.hardware.netlist import network_as_json, write_netlist
    from lohe.hardware.phase_model import reduce_substrate

    network = read_instance(instance)
    count = network.n
    if output.suffix == ".json":
        write_text(output, network_as_json(network) + "\n")
    elif output.suffix == ".cir":
        if network.d != 2 or network.frequency is not None:
            raise InputError(
                f"{instance} has dimension {network.d}"
                f"{' and frequencies' if network.frequency is not None else ''}; a netlist is of "
                "identical oscillators on a circle: write .json"
            )
        count = min(first, network.n)
        drive = network.drive[:count, 0] + 1j * network.drive[:count, 1]
        device = make_substrate("electrical", parameters or ())
        model = reduce_substrate(device)
        crosstalk = None
        if network.crosstalk is not None:
            crosstalk = sparse.csr_array(network.crosstalk)[:count, :count].toarray()
        array = DeviceArray(device, drive, model.scale(strength), crosstalk)
        write_netlist(output, array, np.zeros(count), periods)
    else:
        raise InputError(f"{output} ends in neither .cir nor .json; choose one of them")
    emit(
        {"path": str(output), "oscillators": count, "network_sha256": network.digest},
        [f"{count} of {network.n} oscillators in {output}"],
        as_json=as_json,
    )
    return 0
