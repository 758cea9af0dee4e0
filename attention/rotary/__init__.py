"""The baseline of phase models: a pre-norm transformer with rotary positions and SwiGLU."""

from lohe.attention.rotary.config import RotaryConfig
from lohe.attention.rotary.decoding import KeyValueCache, decode_rotary
from lohe.attention.rotary.initialise import initialise_rotary, rotary_shapes
from lohe.attention.rotary.matching import count_parameters, match_hidden
from lohe.attention.rotary.model import apply_rotary, logits_rotary

__all__ = [
    "KeyValueCache",
    "RotaryConfig",
    "apply_rotary",
    "count_parameters",
    "decode_rotary",
    "initialise_rotary",
    "logits_rotary",
    "match_hidden",
    "rotary_shapes",
]
