"""Figures and documents rendered from certificates and basin runs."""
