"""Train a small model of agreement, certify its head, and ask what T4 says of other inputs.

    python examples/train_and_certify.py

Half a minute. The sentences are embedded; no data is needed.
"""

from itertools import islice

from lohe import certify, verify
from lohe.attention.export import export_heads
from lohe.attention.recipe import Recipe
from lohe.attention.tasks.sva import SubjectVerbAgreement, sva_config
from lohe.attention.training import train

task = SubjectVerbAgreement(sizes=(20_000, 500, 1000))
recipe = Recipe(epochs=8, batch_size=64, learning_rate=2e-3)
model, run = train(task, sva_config(task), recipe, seed=0)
print(f"{100 * run.metrics['test_accuracy']:.1f} % of the test sentences right")

(head,) = export_heads(model, [*islice(task.batches("test", 100), 1)])
network = head.network()
checked = verify(certify(network, mismatch=1e-3), network)  # by the independent checker
for name, claim in checked.claims.items():
    print(f"{name:14} {claim.verdict}: {claim.reason}")
