"""The sums that attention is made of, without its T x T matrices, each beside its adjoint."""
