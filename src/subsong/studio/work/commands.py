"""What the pages do, as one would type it: the arguments of ``subsong``, and the line that is shown and copied."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path

Settings = Mapping[str, str]
"""Key -> value as it was typed, of the keys that were changed: ``{"training.num_epochs": "20"}``."""


def write_command(arguments: Sequence[str]) -> str:
    """Return the command line of some arguments, to be pasted into a shell."""
    return shlex.join(["subsong", *arguments])


def write_overrides(settings: Settings) -> list[str]:
    """Return settings as ``--set`` takes them."""
    return [f"{key}={value}" for key, value in settings.items()]


def build_train_arguments(
    recipe: str, data: Path | None, settings: Settings, name: str | None, root: Path, start_from: Path | None
) -> list[str]:
    """Return the arguments of ``subsong train``; see `subsong.recipes.run.train`."""
    return [
        *("train", recipe),
        *([] if data is None else ["--data", str(data)]),
        *_write_settings(settings),
        *([] if start_from is None else ["--from", str(start_from)]),
        *([] if name is None else ["--name", name]),
        *("--root", str(root)),
    ]


def build_prepare_arguments(
    kind: str, source: Path, out: Path, settings: Settings, preset: str | None = None, within: Path | None = None
) -> list[str]:
    """Return the arguments of ``subsong prepare song``, ``syllables``, ``windows`` or ``motifs``."""
    return [
        *("prepare", kind, str(source), "--out", str(out)),
        *([] if preset is None else ["--preset", preset]),
        *_write_settings(settings),
        *([] if within is None else ["--within", str(within)]),
    ]


def build_predict_arguments(model: Path, sources: Sequence[Path], out: Path, settings: Settings) -> list[str]:
    """Return the arguments of ``subsong predict`` for recordings: one file of annotations each, in our format."""
    return [
        *("predict", str(model), *map(str, sources)),
        *("--out", f"{out}/", "--format", "csv", "--existing", "overwrite"),
        *_write_settings(settings),
    ]


def _write_settings(settings: Settings) -> list[str]:
    return [part for override in write_overrides(settings) for part in ("--set", override)]
