"""Attention layers with hand-written adjoints, a small transformer, training and tasks."""
