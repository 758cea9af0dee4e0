"""Enclosures, certificates, the independent checker, basin Monte Carlo, statistics."""
