"""How far off may the couplings of a head be? What is proved beside devices drawn at random.

    python examples/mismatch_and_devices.py

`lohe.tolerance` gives the largest box of couplings in which every oscillator is proved to keep one
stable resting point. How far that point moves is another question: it is counted here, on devices
at the corners of boxes of three sizes.
"""

import numpy as np

import lohe

rng = np.random.default_rng(1)
q, k = rng.normal(size=(2, 4, 10, 8))
anchors = rng.normal(size=(10, 2))
anchors /= np.linalg.norm(anchors, axis=1, keepdims=True)
network = lohe.network_from_head(q, k, anchors, causal=True)

found = lohe.tolerance(network, mismatch=1.0)
box = found.head
print(f"proved by {found.theorem}: couplings may be off by {100 * box:.2f} %, all oscillators")
print(f"half of the oscillators bear {100 * np.median(found.per_oscillator):.1f} %")

rest = network.drive / np.linalg.norm(network.drive, axis=1, keepdims=True)
for size in (box / 10, box, 0.9):
    worst = 0.0
    for _ in range(2000):
        error = rng.choice([-1.0, 1.0], network.couplings.shape) * size
        drive = (network.couplings * (1 + error)) @ anchors
        moved = drive / np.linalg.norm(drive, axis=1, keepdims=True)
        worst = max(worst, np.degrees(np.arccos(np.clip((moved * rest).sum(1), -1, 1))).max())
    print(f"couplings off by {100 * size:5.2f} %: resting points move by up to {worst:.1f}°")
