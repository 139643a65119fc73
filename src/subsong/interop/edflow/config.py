"""edflow's configuration: YAML files merged from left to right, settings by path over them, references resolved.

``-b A.yaml B.yaml --losses/color_L1/weight 2 --batch_size=4``. Files are merged deeply, lists are replaced, values are
read as YAML, and a text that is exactly ``{path/to/key}`` stands for the value of that key.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.overrides import Override, apply_overrides
from subsong.core.raw_config import KeyPath, RawConfig, get_child, join_path, key_paths, merge_configs, split_path
from subsong.core.yaml_files import load_yaml, parse_yaml

_REFERENCE = re.compile(r"\{([^{}\s:,]+)\}")


def read_edflow_config(
    bases: Sequence[str | Path], overrides: Sequence[str] = (), stored: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Return the configuration of a run as plain values.

    Parameters
    ----------
    bases
        YAML files, merged deeply from left to right.
    overrides
        ``["--losses/color_L1/weight", "2", "--batch_size=4"]``, as on the command line.
    stored
        Values that lie below all files.

    Raises
    ------
    SubsongError
        When a file or an override cannot be read, a path is set twice, or a reference leads nowhere.
    """
    below = [] if stored is None else [RawConfig.from_mapping(stored, "the stored configuration")]
    merged = merge_configs([*below, *(load_yaml(path) for path in bases)])
    return resolve_references(apply_overrides(merged, parse_overrides(overrides)))


def parse_overrides(words: Sequence[str]) -> list[Override]:
    """Read ``--path/to/key VALUE`` and ``--path/to/key=VALUE``.

    Raises
    ------
    SubsongError
        When a flag has no value, a word belongs to no flag, or a path is set twice.
    """
    overrides: list[Override] = []
    for path, text in _pair_words(words):
        override = _parse_override(path, text)
        if any(override.path == other.path for other in overrides):
            raise SubsongError(f"--{path} is given twice: keep one of them")
        overrides.append(override)
    return overrides


def _pair_words(words: Sequence[str]) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = []
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        path, equals, text = word.removeprefix("--").partition("=")
        if not word.startswith("--") or not path:
            raise SubsongError(f"{word!r} belongs to no flag: settings read --path/to/key VALUE, files follow -b")
        if not equals:
            if not waiting or waiting[0].startswith("--"):
                raise SubsongError(f"{word} has no value: write {word} VALUE, such as {word} true")
            text = waiting.pop(0)
        pairs.append((path, text))
    return pairs


def _parse_override(path: str, text: str) -> Override:
    label = f"--{path} {text}"
    parts = split_path(path)
    if not all(parts):
        raise SubsongError(f"{label}: the path {path!r} has an empty part; expected one like losses/color_L1/weight")
    # As YAML, {a/b} would be a mapping.
    is_text = _REFERENCE.fullmatch(text) or not text.strip()
    return Override(label, parts, text if is_text else parse_yaml(text, label))


def resolve_references(config: RawConfig) -> dict[str, Any]:
    """Return the values with every ``{path/to/key}`` replaced by what stands there.

    Raises
    ------
    SubsongError
        When a reference leads nowhere or to itself; names the key and where it was written.
    """
    return {key: _resolve(config, value, (key,), ()) for key, value in config.values.items()}


def _resolve(config: RawConfig, value: Any, path: KeyPath, chain: tuple[str, ...]) -> Any:
    if isinstance(value, dict):
        return {key: _resolve(config, child, (*path, key), chain) for key, child in value.items()}
    if isinstance(value, list):
        return [_resolve(config, child, (*path, number), chain) for number, child in enumerate(value)]
    found = _REFERENCE.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    if found[1] in chain:
        raise SubsongError(f"{_place(config, path)}: {value} leads back to itself: give one of them a value")
    target, target_path = _follow(config, found[1], path)
    return _resolve(config, target, target_path, (*chain, found[1]))


def _follow(config: RawConfig, reference: str, path: KeyPath) -> tuple[Any, KeyPath]:
    node: Any = config.values
    place: list[str | int] = []
    for part in reference.split("/"):
        key: str | int = int(part) if isinstance(node, list) and part.isdecimal() else part
        if not _has(node, key):
            known = ["/".join(map(str, known)) for known in key_paths(config.values) if known]
            hint = did_you_mean(reference, known)
            raise SubsongError(f"{_place(config, path)}: {{{reference}}} names no key of the configuration; {hint}")
        node = get_child(node, key)
        place.append(key)
    return node, tuple(place)


def _has(node: Any, key: str | int) -> bool:
    if isinstance(node, Mapping):
        return key in node
    return isinstance(node, list) and isinstance(key, int) and key < len(node)


def _place(config: RawConfig, path: KeyPath) -> str:
    return f"{config.origin(path)}, key {join_path(path)}"
