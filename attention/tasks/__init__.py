"""The papers' small benchmarks and the data they need."""
