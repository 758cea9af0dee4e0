"""Symbolic derivations: energy, gradients, Jacobians and the theorems, checked by SymPy."""
