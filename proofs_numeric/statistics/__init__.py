"""Bounds on probabilities from counts, at a fixed number of trials and at any time."""
