"""AVA's ``ava.preprocessing``: spectrograms of syllables."""

from __future__ import annotations

from subsong.interop.ava.preprocessing.preprocess import get_syll_specs, process_sylls
from subsong.interop.ava.preprocessing.utils import get_spec

__all__ = ["get_spec", "get_syll_specs", "process_sylls"]
