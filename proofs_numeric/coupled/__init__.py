"""Networks with crosstalk: contraction, attraction and certified caps (T6)."""
