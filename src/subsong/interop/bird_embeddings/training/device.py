"""Which device a script of bird-embeddings trains on."""

from __future__ import annotations

from subsong.core import devices


def get_device(prefer_cuda: bool = True) -> str:
    """Return ``"cuda"``, ``"mps"`` or ``"cpu"``: the first of them there is; MPS before CUDA without `prefer_cuda`."""
    return devices.get_device(prefer_cuda).type
