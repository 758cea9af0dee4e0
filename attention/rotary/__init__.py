"""The baseline of phase models: a pre-norm transformer with rotary positions and SwiGLU."""
