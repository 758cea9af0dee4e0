"""Behavioural models of oscillator hardware."""
