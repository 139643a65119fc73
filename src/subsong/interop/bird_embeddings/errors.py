"""Errors under the names that scripts of bird-embeddings catch."""

from __future__ import annotations

from subsong.core.errors import SubsongError


class MissingFileError(SubsongError, FileNotFoundError):
    """A file that is not there; caught by ``except FileNotFoundError`` too."""
