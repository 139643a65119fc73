"""Settings given one by one: ``--set losses.kl.weight=2`` and ``{"losses.kl.weight": 2}``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from subsong.core.errors import SubsongError
from subsong.core.raw_config import (
    KeyPath,
    RawConfig,
    carry_origins,
    find_key,
    get_child,
    join_path,
    key_paths,
    merge_values,
    split_path,
    to_plain,
)
from subsong.core.yaml_files import parse_yaml

Overrides = Sequence[str] | Mapping[str, Any]


class Override(NamedTuple):
    """One setting.

    Parameters
    ----------
    label
        What errors call it: ``--set losses.kl.weight=2``.
    path
        The parts of its key path, as written.
    value
        Plain value; a mapping is merged into what is there.
    """

    label: str
    path: tuple[str, ...]
    value: Any


def parse_overrides(overrides: Overrides | None) -> list[Override]:
    """Read overrides from the command line (``path=value``) or from Python (a mapping, also a nested one).

    Raises
    ------
    SubsongError
        When one has no ``=``, no value, an empty part in its path, or a value that is not YAML.
    """
    if isinstance(overrides, Mapping):
        parsed = [_from_item(path, value) for path, value in overrides.items()]
    else:
        parsed = [_from_text(text) for text in ([overrides] if isinstance(overrides, str) else overrides or ())]
    return _kinds_first(parsed)


def apply_overrides(config: RawConfig, overrides: Sequence[Override]) -> RawConfig:
    """Set each override in turn; levels that are missing are made, whole numbers index lists.

    Raises
    ------
    SubsongError
        When a list has no item of that number.
    """
    for override in overrides:
        config = _apply(config, override)
    return config


def _from_text(text: str) -> Override:
    label = f"--set {text}"
    path, equals, value = text.partition("=")
    if not equals:
        raise SubsongError(f"{label}: expected 'key=value', such as training.num_epochs=3")
    parsed = parse_yaml(value, label)
    if parsed is None and value.strip().lower() not in ("null", "~"):
        raise SubsongError(f"{label}: no value after '='; write null for nothing, '' for an empty text")
    return Override(label, _parts(path, label), parsed)


def _from_item(path: str, value: Any) -> Override:
    label = f"overrides[{path!r}]"
    return Override(label, _parts(path, label), to_plain(value))


def _parts(path: str, label: str) -> tuple[str, ...]:
    parts = split_path(path)
    if not all(parts):
        raise SubsongError(f"{label}: the path {path.strip()!r} has an empty part; expected one like losses.kl.weight")
    return parts


def _kinds_first(overrides: Sequence[Override]) -> list[Override]:
    """Move the choice of a part's ``kind`` before the settings of that part.

    Another kind replaces the part, so that ``optimizer.lr=1 optimizer.kind=sgd`` would otherwise lose the rate.
    """
    ordered: list[Override] = []
    for override in overrides:
        part = override.path[:-1]
        is_kind = override.path[-1] == "kind"
        inside = [i for i, other in enumerate(ordered) if is_kind and _is_inside(other.path, part)]
        ordered.insert(min(inside, default=len(ordered)), override)
    return ordered


def _is_inside(path: tuple[str, ...], part: tuple[str, ...]) -> bool:
    return len(path) > len(part) and path[: len(part)] == part and path != (*part, "kind")


def _apply(config: RawConfig, override: Override) -> RawConfig:
    path = _resolve_path(config.values, override)
    values = merge_values(config.values, _nest(config.values, path, override.value))
    before = config.origins
    changed = {path[:length]: override.label for length in range(1, len(path)) if path[:length] not in before}
    changed |= dict.fromkeys(key_paths(override.value, path), override.label)
    return carry_origins(config, values, changed)


def _resolve_path(values: dict[str, Any], override: Override) -> KeyPath:
    """Return the path with list indices as integers."""
    node: Any = values
    path: list[str | int] = []
    for part in override.path:
        path.append(_index(node, part, path, override.label) if isinstance(node, list) else find_key(node, part))
        node = get_child(node, path[-1])
    return tuple(path)


def _index(items: list[Any], part: str, path: list[str | int], label: str) -> int:
    if part.isdecimal() and int(part) < len(items):
        return int(part)
    known = f"0 to {len(items) - 1}" if items else "none, it is empty"
    raise SubsongError(f"{label}: {join_path(tuple(path))} is a list without an item {part!r}; its items are {known}")


def _nest(node: Any, path: KeyPath, value: Any) -> Any:
    """Return what, merged into `node`, sets `value` at `path`."""
    if not path:
        return value
    key, rest = path[0], path[1:]
    child = get_child(node, key)
    if isinstance(node, list):
        assert isinstance(key, int)
        return [*node[:key], merge_values(child, _nest(child, rest, value)), *node[key + 1 :]]
    return {key: _nest(child, rest, value)}
