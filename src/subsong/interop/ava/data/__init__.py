"""AVA's ``ava.data``: the container of recordings, spectrograms and latents."""

from __future__ import annotations

from subsong.interop.ava.data.data_container import DataContainer

__all__ = ["DataContainer"]
