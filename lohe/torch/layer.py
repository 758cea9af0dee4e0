"""The attention layer, with the parameters of the published one."""

from __future__ import annotations

import math
import os
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from lohe.attention.anchors_layer import ANCHOR_KINDS, check_two_sided
from lohe.attention.checkpoint import Checkpoint
from lohe.attention.dense_couplings import check_coupling
from lohe.attention.heads import head_weights
from lohe.dynamics.errors import InputError
from lohe.torch.heads import oscillator_heads

__all__ = ["FixedQueryAttention"]


class FixedQueryAttention(nn.Module):
    """Multi-head fixed-query oscillator attention (Pasqualetti & Guo, arXiv 2606.12059).

    The state dictionary has the names and layouts of the authors' layer: ``W_q.weight``,
    ``W_k.weight`` and ``W_v.weight`` (heads * d_head, d_model), ``W_o.weight`` and ``W_o.bias``,
    ``anchors`` (heads, max_len, d_osc). A fresh layer draws them as theirs does.

    Parameters
    ----------
    d_model, n_heads : int
        Width of a token, and heads.
    d_osc : int
        Dimension d of an oscillator, 2 or more; the sphere has dimension d - 1.
    max_len : int
        Longest sequence: each head has one anchor per key position.
    d_head, d_qk : int, optional
        Width of a head's values, d_model / n_heads if not given, and of its queries and keys,
        d_head if not given.
    coupling, p, causal, mask_readout
        See `lohe.fixed_query_attention`.
    anchor_kind : {"unit", "free", "half_space", "content"}
        ``unit`` renormalises the anchors whenever they are used, so that the theorems hold;
        ``free`` uses them as they are, as the authors' layer does. ``half_space`` has raw
        parameters (heads, max_len, d_osc - 1), ``content`` matrices (heads, d_osc, d_model); see
        `lohe.attention.anchors_layer.ANCHOR_KINDS`.
    anchor_margin : float
        Of ``half_space``.
    two_sided : bool
        Give every key a second anchor, of the parameter ``opposed``; see
        `lohe.attention.coherent.coherent_attention_vjp`.
    learned_exponent : bool
        Give every head an exponent of its own, exp of the parameter ``log_exponent``; `p` is
        where they start.
    device, dtype
        Of the parameters.

    Raises
    ------
    InputError
        For sizes that are not positive or do not divide, unknown names, and second anchors that
        are free.

    Examples
    --------
    >>> layer = FixedQueryAttention(d_model=8, n_heads=2, d_osc=3, max_len=16, causal=True)
    >>> layer(torch.zeros(4, 10, 8)).shape
    torch.Size([4, 10, 8])
    """

    def __init__(
        self,
        d_model: int,
        n_heads: int,
        d_osc: int,
        max_len: int,
        *,
        d_head: int | None = None,
        d_qk: int | None = None,
        coupling: str = "softplus",
        p: float = 1,
        causal: bool = False,
        anchor_kind: str = "unit",
        anchor_margin: float = 0.1,
        mask_readout: bool = True,
        two_sided: bool = False,
        learned_exponent: bool = False,
        device: Any = None,
        dtype: Any = None,
    ) -> None:
        super().__init__()
        if d_head is None:
            if n_heads < 1 or d_model % n_heads:
                raise InputError(f"d_model {d_model} does not divide into {n_heads} heads")
            d_head = d_model // n_heads
        d_qk = d_head if d_qk is None else d_qk
        sizes = {"d_model": d_model, "n_heads": n_heads, "max_len": max_len}
        for name, size in (sizes | {"d_head": d_head, "d_qk": d_qk}).items():
            if size < 1:
                raise InputError(f"{name} is {size}; it must be at least 1")
        if d_osc < 2:
            raise InputError(f"d_osc is {d_osc}; an oscillator needs 2 coordinates or more")
        if not (math.isfinite(p) and p > 0):
            raise InputError(f"p is {p}; the readout exponent must be positive and finite")
        if anchor_kind not in ANCHOR_KINDS:
            raise InputError(f"anchor_kind is {anchor_kind!r}; choose {' or '.join(ANCHOR_KINDS)}")
        check_two_sided(two_sided, anchor_kind)
        check_coupling(coupling)
        self.n_heads = n_heads
        self.options: dict[str, Any] = {
            "coupling": coupling,
            "p": p,
            "causal": causal,
            "mask_readout": mask_readout,
            "anchor_kind": anchor_kind,
            "anchor_margin": anchor_margin,
        }
        where = {"device": device, "dtype": dtype}
        self.W_q = nn.Linear(d_model, n_heads * d_qk, bias=False, **where)
        self.W_k = nn.Linear(d_model, n_heads * d_qk, bias=False, **where)
        self.W_v = nn.Linear(d_model, n_heads * d_head, bias=False, **where)
        self.W_o = nn.Linear(n_heads * d_head, d_model, **where)
        shape = {"half_space": (max_len, d_osc - 1), "content": (d_osc, d_model)}

        def draw_anchors() -> nn.Parameter:
            raw = torch.randn(n_heads, *shape.get(anchor_kind, (max_len, d_osc)), **where)
            if anchor_kind in {"unit", "free"}:
                raw = functional.normalize(raw, dim=-1)
            return nn.Parameter(raw)

        self.anchors = draw_anchors()
        self.opposed = draw_anchors() if two_sided else None
        start = torch.full((n_heads,), float(p), **where).log() if learned_exponent else None
        self.log_exponent = None if start is None else nn.Parameter(start)

    @classmethod
    def from_checkpoint(
        cls, path: str | os.PathLike[str], *, layer: int = 0
    ) -> FixedQueryAttention:
        """Copy one layer's attention from a ``.model.npz`` file that `lohe train` wrote.

        Parameters
        ----------
        path
            The file.
        layer
            Which of the model's layers, from 0.

        Returns
        -------
        FixedQueryAttention
            With the model's options and parameters, in the model's precision.

        Raises
        ------
        InputError
            If the file is damaged, has no such layer, or its attention is softmax.
        """
        model = Checkpoint.load(path).model
        config, of = model.config, model.parameters
        if config.mechanism != "fixed_query":
            raise InputError(f"{path} holds {config.mechanism} attention, without oscillators")
        if not 0 <= layer < config.layers:
            raise InputError(f"{path} has {config.layers} layers; there is no layer {layer}")
        found = cls(
            config.width,
            config.heads,
            config.d_osc,
            config.context,
            d_qk=config.d_qk,
            coupling=config.coupling,
            p=config.readout_exponent,
            causal=config.causal,
            anchor_kind=config.anchor_kind,
            anchor_margin=config.anchor_margin,
            mask_readout=config.mask_readout,
            two_sided=config.two_sided,
            learned_exponent=config.learned_exponent,
            dtype=torch.from_numpy(of.vector).dtype,
        )
        prefix = f"layer{layer}.attention."
        projections = head_weights(of[prefix + "weight_qkv"], config.heads)
        names = "W_q.weight", "W_k.weight", "W_v.weight"
        arrays = {
            name: weight.reshape(-1, config.width)
            for name, weight in zip(names, projections, strict=True)
        }
        arrays["W_o.weight"] = of[prefix + "weight_out"]
        arrays["W_o.bias"] = of[prefix + "bias_out"]
        arrays |= {
            name: of[prefix + name]
            for name in ("anchors", "opposed", "log_exponent")
            if prefix + name in of
        }
        found.load_state_dict({name: torch.from_numpy(a) for name, a in arrays.items()})
        return found

    def forward(
        self, x: Tensor, key_padding_mask: Tensor | None = None, need_weights: bool = False
    ) -> Any:
        """Project to queries, keys and values, attend per head, project back.

        Parameters
        ----------
        x : (..., T, d_model) tensor
            Tokens, T <= max_len.
        key_padding_mask : (..., T) bool tensor, optional
            True at padding, as in `torch.nn.MultiheadAttention` and in the authors' layer.
        need_weights : bool
            Also return the attention weights. They carry no gradient.

        Returns
        -------
        out : (..., T, d_model) tensor
        weights : (..., n_heads, T, T) tensor
            Only with ``need_weights``.

        Raises
        ------
        InputError
            If the sequence is too long, or as `fixed_query_attention`.
        """
        mask = None
        if key_padding_mask is not None:
            if key_padding_mask.dtype != torch.bool:
                raise InputError("key_padding_mask must be a boolean tensor: True at padding")
            mask = ~key_padding_mask[..., None, :]
        weights = {
            name: parameter
            for name in ("anchors", "opposed", "log_exponent")
            if (parameter := getattr(self, name)) is not None
        }
        q, k, v = (self._split(project(x)) for project in (self.W_q, self.W_k, self.W_v))
        out, *rows = oscillator_heads(
            weights, x, q, k, v, key_mask=mask, need_weights=need_weights, **self.options
        )
        y = self.W_o(out.transpose(-2, -3).flatten(-2))
        return (y, *rows) if need_weights else y

    def extra_repr(self) -> str:
        """Return the options, for the layer's representation."""
        options = {"n_heads": self.n_heads, **self.options}
        return ", ".join(f"{name}={value!r}" for name, value in options.items())

    def _split(self, x: Tensor) -> Tensor:
        """View (..., T, heads * width) as (..., heads, T, width)."""
        return x.unflatten(-1, (self.n_heads, -1)).transpose(-2, -3)
