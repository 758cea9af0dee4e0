"""Studies: which models are trained on which task with which seeds, to settle which question."""
