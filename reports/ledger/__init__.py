"""The ledger of claims: what the three papers say, one file each, and what an audit found.

A claim's file in ``claims/`` holds what people wrote: the claim as stated, our statement of it, how
it is checked, and which ruling each outcome of the check means. Figures and rulings are never
written there; they are findings, which `lohe audit` makes and keeps in a record.
"""

from lohe.reports.ledger.claim import PAPERS, Claim, Kind, Ruling, Topic, load_claims
from lohe.reports.ledger.record import Finding, Record, shipped_record

__all__ = [
    "PAPERS",
    "Claim",
    "Finding",
    "Kind",
    "Record",
    "Ruling",
    "Topic",
    "load_claims",
    "shipped_record",
]
