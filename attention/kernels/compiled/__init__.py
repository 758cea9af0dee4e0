"""Loops compiled by Numba, the extra ``fast``; all else works without this folder."""
