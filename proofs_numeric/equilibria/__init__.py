"""Equilibria enclosed one by one, or all of them (T8)."""
