"""Folders of results: what may be written where."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from subsong.core.errors import SubsongError


def check_result_folder(out: Path, mark: str, what: str, sources: Sequence[Path], overwrite: bool) -> None:
    """Check that writing the folder `out` takes away nothing but earlier results of the same kind.

    Parameters
    ----------
    out
        Where results are to go.
    mark
        A file that only a folder of such results has.
    what
        What they are called, such as ``an exploration``.
    sources
        What they are made from, none of which may lie in `out`.
    overwrite
        Whether earlier ones may be replaced.

    Raises
    ------
    SubsongError
        When something else lies there, or earlier results and `overwrite` is False.
    """
    for path in sources:
        if path.resolve().is_relative_to(out.resolve()):
            raise SubsongError(f"{path} would be replaced by the folder {out}: name another with --out")
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not (out / mark).is_file():
        raise SubsongError(f"{out} holds something else than {what}: choose a new or empty folder")
    if not overwrite:
        raise SubsongError(f"{out} holds {what}: choose another --out, or --overwrite")
