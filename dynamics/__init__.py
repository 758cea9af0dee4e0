"""Sphere geometry, oscillator networks, vector fields, exact flows and integrators."""
