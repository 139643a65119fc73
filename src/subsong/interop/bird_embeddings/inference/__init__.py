"""bird-embeddings' ``src.inference``: embeddings from a trained model, and their files."""

from __future__ import annotations

from subsong.interop.bird_embeddings.inference.extractor import EmbeddingExtractor, load_and_extract
from subsong.interop.bird_embeddings.inference.files import load_embeddings, save_embeddings

__all__ = ["EmbeddingExtractor", "load_and_extract", "load_embeddings", "save_embeddings"]
