"""Published experiments on the dynamics of attention, repeated beside exact predictions."""
