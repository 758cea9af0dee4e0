"""Fixed-query oscillator attention in PyTorch; needs the extra ``torch``.

The values and the gradients are those of `lohe.fixed_query_attention_vjp`: its hand-written
adjoint enters autograd. Tensors on the CPU share their memory with the NumPy kernels; on other
devices the same code runs on the tensors themselves, through the array API.
"""

from __future__ import annotations

try:
    import torch as _torch  # noqa: F401
except ImportError as error:
    raise ImportError("lohe.torch needs PyTorch: pip install 'lohe[torch]'") from error

from lohe.torch.functional import fixed_query_attention
from lohe.torch.layer import FixedQueryAttention
from lohe.torch.transformer import transformer_on

__all__ = ["FixedQueryAttention", "fixed_query_attention", "transformer_on"]
