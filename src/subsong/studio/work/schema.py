"""A configuration class as a tree that a form can be made of: what may stand where, in words, with what stands there.

Only pydantic and plain values: no recipe is known here.
"""

from __future__ import annotations

import enum
import json
import typing
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any, Literal

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from subsong.core.config_fields import (
    as_model,
    container_item,
    describe,
    field_annotation,
    model_kinds,
    shape_of_branch,
    solid_branches,
    union_branches,
    unwrap,
)
from subsong.core.raw_config import KeyPath, join_path, to_plain
from subsong.core.yaml_files import dump_yaml

Node = dict[str, Any]

_NUMBERS = {int: "integer", float: "number"}
_UNITS = {"s": "s", "ms": "ms", "hz": "Hz", "db": "dB", "nats": "nats"}
_MINIMUM, _MAXIMUM = ("ge", "gt"), ("le", "lt")


class TreeMaker:
    """Makes the tree of a configuration class.

    Parameters
    ----------
    common
        Paths of keys that most people look at; the others are found under all settings.
    hidden
        Paths of keys that a form has its own place for, such as where the data are.
    """

    def __init__(self, common: Iterable[KeyPath] = (), hidden: Iterable[KeyPath] = ()) -> None:
        self._common = frozenset(path[:length] for path in common for length in range(1, len(path) + 1))
        self._hidden = frozenset(hidden)

    def make(self, model: type[BaseModel], values: Mapping[str, Any], path: KeyPath = ()) -> list[Node]:
        """Return a node for each field of a class.

        Parameters
        ----------
        model
            The class.
        values
            Plain values that stand there before anybody types; fields left out stand at their defaults.
        path
            Of the part, from the top.
        """
        return [
            self._make_field(field, values.get(name, _default(field)), (*path, name))
            for name, field in model.model_fields.items()
            if (*path, name) not in self._hidden and not (name == "kind" and model_kinds(model))
        ]

    def _make_field(self, field: FieldInfo, value: Any, path: KeyPath) -> Node:
        node = self._make_node(field_annotation(field), value, path)
        return {**node, "description": " ".join((field.description or "").split()), "required": field.is_required()}

    def _make_node(self, annotation: Any, value: Any, path: KeyPath) -> Node:
        head: Node = {
            "key": str(path[-1]),
            "path": join_path(path),
            "title": make_title(str(path[-1])),
            "common": path in self._common,
            "nullable": type(None) in union_branches(annotation),
            "allowed": describe(annotation),
        }
        parts = [branch for branch in solid_branches(annotation) if as_model(branch)]
        if parts and len(parts) == len(solid_branches(annotation)):
            return {**head, **self._make_part(parts, value, path)}
        table = _find_table(annotation)
        if table is not None and isinstance(value, dict) and value:
            children = [self._make_entry(table, child, (*path, key)) for key, child in value.items()]
            return {**head, "type": "group", "is_null": False, "children": children}
        return {**head, **describe_value(annotation), "default": write_value(value)}

    def _make_entry(self, table: Any, value: Any, path: KeyPath) -> Node:
        """Return an entry of a table of parts, which keeps its name and its kind."""
        annotation = container_item(table, path[-1])
        kind = value.get("kind") if isinstance(value, dict) else None
        branches = solid_branches(annotation)
        own = next((branch for branch in branches if kind in model_kinds(branch)), annotation)
        return {**self._make_node(own, value, path), "title": str(path[-1])}

    def _make_part(self, parts: list[Any], value: Any, path: KeyPath) -> Node:
        """Return what a form shows of a class, or of several that are told apart by their kind."""
        values = value if isinstance(value, dict) else {}
        kinds = {kind: branch for branch in parts for kind in model_kinds(branch)}
        if len(parts) == 1:
            return {
                "type": "group",
                "is_null": value is None,
                "children": self.make(_model_of(parts[0]), values, path),
            }
        chosen = values.get("kind")
        variants = {
            kind: self.make(_model_of(branch), values, path) for kind, branch in kinds.items() if kind == chosen
        }
        for kind, branch in kinds.items():
            if kind != chosen:
                # Whoever chooses another kind wants to see what that has.
                nodes = self.make(_model_of(branch), {}, path)
                variants[kind] = [{**node, "common": path in self._common} for node in nodes]
        return {"type": "variants", "default": chosen, "variants": {kind: variants[kind] for kind in kinds}}


def make_title(key: str) -> str:
    """Return a key as people say it.

    Examples
    --------
    >>> make_title("num_epochs"), make_title("min_duration_s")
    ('Number of epochs', 'Min duration (s)')
    """
    words = key.replace("-", "_").split("_")
    unit = f" ({_UNITS[words.pop()]})" if len(words) > 1 and words[-1] in _UNITS else ""
    if words[0] == "num" and len(words) > 1:
        words[0] = "number of"
    said = " ".join(words)
    return said[:1].upper() + said[1:] + unit


def describe_value(annotation: Any) -> Node:
    """Return ``type`` of a value that is written in one field, its ``choices``, ``minimum`` and ``maximum``.

    A value of which several things may stand, a list or a table is written as YAML: ``type`` is then ``yaml``.
    """
    branches = solid_branches(annotation)
    choices = [choice for branch in branches for choice in _list_choices(branch)]
    limits = {"minimum": _find_limit(branches, _MINIMUM), "maximum": _find_limit(branches, _MAXIMUM)}
    plain = [branch for branch in branches if not _list_choices(branch)]
    if choices and not plain:
        return {"type": "choice", "choices": [write_value(choice) for choice in choices], **limits}
    kind = _name_type(plain[0]) if len(plain) == 1 and not choices else "yaml"
    return {"type": kind, "choices": [write_value(choice) for choice in choices], **limits}


def write_value(value: Any) -> str:
    """Return a plain value as one may write it behind ``--set KEY=``; lists and tables as JSON, which YAML reads.

    Examples
    --------
    >>> write_value(None), write_value(0.1), write_value(["a", 2]), write_value("1")
    ('null', '0.1', '["a", 2]', "'1'")
    """
    if isinstance(value, str):
        text = dump_yaml([value]).removeprefix("- ").strip()
        return text if "\n" not in text else json.dumps(value, ensure_ascii=False)
    return json.dumps(value, ensure_ascii=False)


def _find_table(annotation: Any) -> Any:
    """Return the branch that is a table of parts by name, None where there is none."""
    for branch in solid_branches(annotation):
        item = container_item(branch, "")
        if shape_of_branch(branch) == "mapping" and item is not None and any(map(as_model, solid_branches(item))):
            return branch
    return None


def _list_choices(branch: Any) -> list[Any]:
    inner, _ = unwrap(branch)
    if typing.get_origin(inner) is Literal:
        return list(typing.get_args(inner))
    if isinstance(inner, type) and issubclass(inner, enum.Enum):
        return [member.value for member in inner]
    return []


def _name_type(branch: Any) -> str:
    inner, _ = unwrap(branch)
    if inner is bool:
        return "boolean"
    if inner in _NUMBERS:
        return _NUMBERS[inner]
    if isinstance(inner, type) and issubclass(inner, PurePath):
        return "path"
    return "text" if inner is str else "yaml"


def _find_limit(branches: list[Any], names: tuple[str, ...]) -> float | None:
    notes = [note for branch in branches for note in unwrap(branch)[1]]
    found = [getattr(note, name, None) for note in notes for name in names]
    return next((limit for limit in found if limit is not None), None)


def _model_of(branch: Any) -> type[BaseModel]:
    model = as_model(branch)
    assert model is not None
    return model


def _default(field: FieldInfo) -> Any:
    return None if field.is_required() else to_plain(to_jsonable_python(field.get_default(call_default_factory=True)))
