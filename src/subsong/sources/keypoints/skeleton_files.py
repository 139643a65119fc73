"""Skeletons in files: DeepPoseKit's CSV, and YAML or JSON with joints and edges."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, get_args

from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.files import read_json
from subsong.core.yaml_files import load_yaml
from subsong.sources.keypoints.skeletons import guess_sides
from subsong.sources.keypoints.types import Side, Skeleton
from subsong.sources.reading import read_errors

_NAME_COLUMNS = ("name", "names")
_KEYS = ("joints", "edges", "sides", "body")


def read_skeleton(path: str | Path) -> Skeleton:
    """Read how joints are joined.

    Parameters
    ----------
    path
        ``.csv`` with columns ``name`` (or ``names``) and ``parent`` (empty at a root), one row a joint, as DeepPoseKit
        has it. Or ``.yaml``, ``.yml`` or ``.json`` with ``joints``, a list of names; ``edges``, a list of pairs of
        names; and maybe ``sides`` (left, right or centre by joint) and ``body`` (names of the joints around the trunk).

    Returns
    -------
    Skeleton
        Sides that the file does not say are guessed from the names.

    Raises
    ------
    SubsongError
        When the file is missing or of another kind, or names a joint it does not list.
    """
    path = Path(path)
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return _read_csv(path)
    if suffix in (".yaml", ".yml"):
        return _from_mapping(path, load_yaml(path).values)
    if suffix == ".json":
        return _from_mapping(path, read_json(path))
    raise SubsongError(f"{path} is no skeleton: expected a file that ends in .csv, .yaml or .json")


def _read_csv(path: Path) -> Skeleton:
    with read_errors(path), open(path, newline="", encoding="utf-8-sig", errors="replace") as file:
        rows = list(csv.DictReader(file))
    column = next((name for name in _NAME_COLUMNS if rows and name in rows[0]), None)
    if column is None or "parent" not in rows[0]:
        raise SubsongError(
            f"{path}: expected the columns name and parent and a row a joint, as DeepPoseKit writes them"
        )
    names = tuple((row[column] or "").strip() for row in rows)
    pairs = [(str(row["parent"]).strip(), name) for row, name in zip(rows, names, strict=True) if row["parent"]]
    return _build(path, names, pairs, {}, ())


def _from_mapping(path: Path, values: Any) -> Skeleton:
    if not isinstance(values, Mapping) or not isinstance(values.get("joints"), list):
        raise SubsongError(f"{path}: expected the key joints, a list of names, and edges, a list of pairs of names")
    for key in values:
        if key not in _KEYS:
            raise SubsongError(f"{path}: unknown key {key!r}: {did_you_mean(str(key), _KEYS)}")
    pairs = values.get("edges") or []
    if not all(isinstance(pair, list) and len(pair) == 2 for pair in pairs):
        raise SubsongError(f"{path}: expected edges as a list of pairs of names, such as [[neck, head]]")
    names = tuple(str(name) for name in values["joints"])
    named_pairs = [(str(first), str(second)) for first, second in pairs]
    return _build(path, names, named_pairs, values.get("sides") or {}, values.get("body") or ())


def _build(path: Path, names: tuple[str, ...], pairs: Any, sides: Mapping[str, Any], body: Any) -> Skeleton:
    number = {name: index for index, name in enumerate(names)}
    if len(number) != len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise SubsongError(f"{path} names the joint {twice!r} twice: name each once")
    for name in (*(name for pair in pairs for name in pair), *sides, *body):
        if name not in number:
            raise SubsongError(f"{path} joins {name!r}, which is none of its joints: {did_you_mean(str(name), names)}")
    for name, side in sides.items():
        if side not in get_args(Side):
            raise SubsongError(f"{path}: side {side!r} of {name}: {did_you_mean(str(side), get_args(Side))}")
    guessed = dict(zip(names, guess_sides(names), strict=True))
    edges = tuple((number[first], number[second]) for first, second in pairs)
    return Skeleton(names, edges, tuple({**guessed, **sides}.values()), tuple(number[name] for name in body))
