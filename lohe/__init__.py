"""lohe: formal-math verification and analysis of oscillator attention.

The public names below are imported when first used, so that ``import lohe`` stays light.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.4.0"

# One table, so that the lazy names and what they resolve to cannot drift apart.
_HOMES = {
    "BasinEstimate": "lohe.proofs_numeric.basins.estimate",
    "CachedDecoding": "lohe.attention.decoding",
    "Certificate": "lohe.proofs_numeric.certificate",
    "Claim": "lohe.proofs_numeric.claims",
    "Head": "lohe.attention.head",
    "InputError": "lohe.dynamics.errors",
    "LinearDecoding": "lohe.attention.decoding",
    "Network": "lohe.dynamics.network",
    "Tokens": "lohe.dynamics.tokens",
    "Tolerance": "lohe.proofs_numeric.tolerance",
    "Verdict": "lohe.proofs_numeric.claims",
    "certify": "lohe.proofs_numeric.certify",
    "certify_inputs": "lohe.proofs_numeric.input_box",
    "decode_step": "lohe.attention.decoding",
    "estimate_basin": "lohe.proofs_numeric.basins.estimate",
    "fixed_query_attention": "lohe.attention.fixed_query",
    "fixed_query_attention_vjp": "lohe.attention.fixed_query",
    "network_from_head": "lohe.attention.head_network",
    "render_report": "lohe.reports.document",
    "settle": "lohe.dynamics.settling",
    "softmax_attention": "lohe.attention.softmax",
    "softmax_attention_vjp": "lohe.attention.softmax",
    "start_decoding": "lohe.attention.decoding",
    "tolerance": "lohe.proofs_numeric.tolerance",
    "verify": "lohe.proofs_numeric.verify",
}

__all__ = ["__version__", *sorted(_HOMES)]  # noqa: PLE0604  # the keys are strings

if TYPE_CHECKING:
    from lohe.attention.decoding import CachedDecoding as CachedDecoding
    from lohe.attention.decoding import LinearDecoding as LinearDecoding
    from lohe.attention.decoding import decode_step as decode_step
    from lohe.attention.decoding import start_decoding as start_decoding
    from lohe.attention.fixed_query import fixed_query_attention as fixed_query_attention
    from lohe.attention.fixed_query import fixed_query_attention_vjp as fixed_query_attention_vjp
    from lohe.attention.head import Head as Head
    from lohe.attention.head_network import network_from_head as network_from_head
    from lohe.attention.softmax import softmax_attention as softmax_attention
    from lohe.attention.softmax import softmax_attention_vjp as softmax_attention_vjp
    from lohe.dynamics.errors import InputError as InputError
    from lohe.dynamics.network import Network as Network
    from lohe.dynamics.settling import settle as settle
    from lohe.dynamics.tokens import Tokens as Tokens
    from lohe.proofs_numeric.basins.estimate import BasinEstimate as BasinEstimate
    from lohe.proofs_numeric.basins.estimate import estimate_basin as estimate_basin
    from lohe.proofs_numeric.certificate import Certificate as Certificate
    from lohe.proofs_numeric.certify import certify as certify
    from lohe.proofs_numeric.claims import Claim as Claim
    from lohe.proofs_numeric.claims import Verdict as Verdict
    from lohe.proofs_numeric.input_box import certify_inputs as certify_inputs
    from lohe.proofs_numeric.tolerance import Tolerance as Tolerance
    from lohe.proofs_numeric.tolerance import tolerance as tolerance
    from lohe.proofs_numeric.verify import verify as verify
    from lohe.reports.document import render_report as render_report


def __getattr__(name: str) -> Any:
    if name in _HOMES:
        value = getattr(import_module(_HOMES[name]), name)
        globals()[name] = value
        return value
    raise AttributeError(f"module 'lohe' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted(__all__)
