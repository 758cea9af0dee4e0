"""An array of oscillators on a grid that hear their neighbours: certified, sampled and reported.

    python examples/array_with_crosstalk.py

Twenty-five oscillators on a 5 x 5 grid, each with a drive of its own, hear their neighbours with
random signs. How strong may this crosstalk be before one resting point is no longer proved? Leaves
array.report.html in the current folder.
"""

import networkx as nx
import numpy as np

import lohe

rng = np.random.default_rng(0)
grid = nx.to_numpy_array(nx.grid_2d_graph(5, 5))
drive = rng.normal(size=(25, 3))
drive *= (1 + rng.random((25, 1))) / np.linalg.norm(drive, axis=1, keepdims=True)  # norms 1 to 2
signs = np.triu(rng.choice([-1.0, 1.0], grid.shape), 1)
signs += signs.T

for strength in (0.05, 0.1, 0.2, 0.4):
    network = lohe.Network(drive, crosstalk=strength * signs * grid)
    claims = lohe.certify(
        network, ["unique_stable", "almost_global", "local_cap"], nodes=1000
    ).claims
    verdicts = ", ".join(f"{name} {claim.verdict}" for name, claim in claims.items())
    print(f"strength {strength:4}: {verdicts}")

network = lohe.Network(drive, crosstalk=0.1 * signs * grid)
certificate = lohe.certify(network, crosstalk=0.01)  # and 0.01 more than stored, in any pattern
basin = lohe.estimate_basin(network, 20_000, seed=0, horizon=20.0)
print(f"{basin.fraction:.4f} of {basin.trials} starts settle, 99 % bounds "
      f"[{basin.lower:.4f}, {basin.upper:.4f}]")  # fmt: skip
lohe.render_report("array.report.html", [certificate], [basin], networks=[network])
