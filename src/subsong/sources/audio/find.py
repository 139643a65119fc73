"""Finding the recordings in folders."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from subsong.core.errors import SubsongError
from subsong.sources.audio.formats import AUDIO_SUFFIXES


def find_audio(path_or_paths: str | Path | Sequence[str | Path]) -> list[Path]:
    """Return the recordings at one path or several, sorted, each once.

    Parameters
    ----------
    path_or_paths
        Files, which are taken whatever their suffix, and folders, in which files with a known suffix (upper or lower
        case) are looked for at any depth; hidden ones are passed over.

    Raises
    ------
    SubsongError
        When a path does not exist, or a folder holds no recordings.
    """
    paths = [path_or_paths] if isinstance(path_or_paths, str | Path) else path_or_paths
    found = {file for path in paths for file in _find_at(Path(path).expanduser())}
    return sorted(found, key=lambda file: file.as_posix())


def _find_at(path: Path) -> list[Path]:
    if path.is_file():
        return [path]
    if not path.is_dir():
        raise SubsongError(f"{path} does not exist: expected a recording or a folder of recordings")
    found = [
        file
        for file in path.rglob("*")
        if file.suffix.lower() in AUDIO_SUFFIXES and not _is_hidden(file.relative_to(path)) and file.is_file()
    ]
    if not found:
        raise SubsongError(f"{path} holds no recordings: expected files ending in {', '.join(AUDIO_SUFFIXES)}")
    return found


def _is_hidden(path: Path) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in path.parts)
