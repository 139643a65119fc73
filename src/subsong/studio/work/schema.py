"""A configuration class as a tree that a form can be made of: what may stand where, in words, with what stands there.

Only pydantic and plain values: no recipe is known here. Nodes are

- values in one field (`schema_values`);
- ``group``: settings that belong together; ``variants``: one of several such parts, told apart by their kind;
- ``either``: what is a word, a number, a list or a part;
- ``list``: rows, of an ``item`` each; ``table``: rows with names; ``parts``: parts by name, which can be added to.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from subsong.core.config_fields import (
    as_model,
    container_item,
    describe,
    field_annotation,
    model_kinds,
    solid_branches,
    union_branches,
    unwrap,
)
from subsong.core.raw_config import KeyPath, join_path
from subsong.studio.work.schema_values import describe_value, fits, list_choices, make_plain, name_type, write_value

Node = dict[str, Any]

ROW = "*"
"""Stands in the path of what lies in a row, in place of its number or name."""

_UNITS = {"s": "s", "ms": "ms", "hz": "Hz", "db": "dB", "nats": "nats"}
_ROWS = ("list", "table", "parts")


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

    def make(
        self, model: type[BaseModel], values: Mapping[str, Any], path: KeyPath = (), has_kind: bool = False
    ) -> list[Node]:
        """Return a node for each field of a class.

        Parameters
        ----------
        model
            The class.
        values
            Plain values that stand there before anybody types; fields left out stand at their defaults.
        path
            Of the part, from the top.
        has_kind
            Whether its kind is a setting like the others; else it was chosen before.
        """
        return [
            self._make_field(field, values.get(name, _default(field)), (*path, name))
            for name, field in model.model_fields.items()
            if (*path, name) not in self._hidden and (has_kind or name != "kind" or not model_kinds(model))
        ]

    def _make_field(self, field: FieldInfo, value: Any, path: KeyPath) -> Node:
        node = self._make_node(field_annotation(field), value, path)
        return {
            **node,
            "description": " ".join((field.description or "").split()),
            "required": field.is_required(),
            "is_usual": value == _default(field),
        }

    def _make_node(self, annotation: Any, value: Any, path: KeyPath) -> Node:
        branches = solid_branches(annotation)
        head: Node = {
            "key": str(path[-1]),
            "path": join_path(path),
            "title": make_title(str(path[-1])),
            # All that is in a row is shown: whoever adds one wants to see what it has.
            "common": path in self._common or ROW in path,
            "nullable": type(None) in union_branches(annotation),
            "allowed": describe(annotation),
        }
        if branches and all(map(as_model, branches)):
            return {**head, **self._make_part(branches, value, path)}
        head["default"] = write_value(value)
        described = describe_value(annotation)
        if described["type"] in _ROWS and not head["nullable"]:
            return {**head, **self._make_rows(branches[0], value, path)}
        if described["type"] in _ROWS or _is_mixed(branches, described):
            return {**head, **self._make_either(annotation, value, path)}
        return {**head, **described}

    def _make_rows(self, branch: Any, value: Any, path: KeyPath) -> Node:
        kind, inner = name_type(branch), unwrap(branch)[0]
        if kind == "list":
            length = None if Ellipsis in inner.__args__ or inner.__origin__ is not tuple else len(inner.__args__)
            items = value if isinstance(value, list) else [None] * (length or 0)
            rows = [self._make_row(container_item(branch, at), one, (*path, ROW)) for at, one in enumerate(items)]
            return {"type": kind, "length": length, "items": rows, "item": self._make_new(branch, (*path, ROW))}
        there = value if isinstance(value, dict) else {}
        # Parts keep their names, so that each setting of one can be given by itself.
        paths = {name: (*path, name if kind == "parts" else ROW) for name in there}
        entries = [self._make_entry(branch, one, name, paths[name]) for name, one in there.items()]
        return {"type": kind, "children": entries, "item": self._make_new(branch, (*path, ROW))}

    def _make_new(self, branch: Any, path: KeyPath) -> Node:
        return self._make_row(container_item(branch, 0), None, path)

    def _make_row(self, annotation: Any, value: Any, path: KeyPath) -> Node:
        return {**self._make_node(annotation, value, path), "is_usual": False, "description": "", "required": True}

    def _make_entry(self, table: Any, value: Any, name: str, path: KeyPath) -> Node:
        """Return an entry of a table; a part keeps its kind."""
        annotation = container_item(table, name)
        kind = value.get("kind") if isinstance(value, dict) else None
        own = next((branch for branch in solid_branches(annotation) if kind in model_kinds(branch)), annotation)
        return {**self._make_row(own, value, path), "title": name}

    def _make_either(self, annotation: Any, value: Any, path: KeyPath) -> Node:
        """Return what a form shows of several things of which one is chosen."""
        options: list[Node] = [{"name": "null", "node": None}] if type(None) in union_branches(annotation) else []
        chosen = "null"
        for branch in solid_branches(annotation):
            is_here = value is not None and fits(branch, value)
            choices = [write_value(choice) for choice in list_choices(branch)]
            kinds = model_kinds(branch) or ["part"]
            if choices:
                options += [{"name": choice, "node": None} for choice in choices]
                name = write_value(value)
            else:
                name = kinds[0] if as_model(branch) else name_type(branch)
                options.append({"name": name, "node": self._make_option(branch, value if is_here else None, path)})
            chosen = name if is_here else chosen
        return {"type": "either", "chosen": chosen, "options": options}

    def _make_option(self, branch: Any, value: Any, path: KeyPath) -> Node:
        node = self._make_row(branch, value, path)
        # Whoever chooses a part wants to see what that has.
        children = [{**child, "common": True} for child in node.get("children", ())]
        return {**node, "children": children} if node["type"] == "group" else node

    def _make_part(self, parts: list[Any], value: Any, path: KeyPath) -> Node:
        """Return what a form shows of a class, or of several that are told apart by their kind."""
        values = value if isinstance(value, dict) else {}
        kinds = {kind: branch for branch in parts for kind in model_kinds(branch)}
        if len(parts) == 1:
            return {
                "type": "group",
                # Where a class has several kinds, which one is a setting like the others.
                "kind": next(iter(kinds)) if len(kinds) == 1 else None,
                "is_null": value is None,
                "children": self.make(_model_of(parts[0]), values, path, len(kinds) > 1),
            }
        chosen = values.get("kind")
        variants = {
            kind: self.make(_model_of(branch), values if kind == chosen else {}, path) for kind, branch in kinds.items()
        }
        for kind, nodes in variants.items():
            if kind != chosen:
                # Whoever chooses another kind wants to see what that has.
                variants[kind] = [{**node, "common": path in self._common or ROW in path} for node in nodes]
        said = {kind: _summarise(_model_of(branch)) for kind, branch in kinds.items()}
        return {"type": "variants", "default": chosen, "variants": variants, "summaries": said}


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


def _is_mixed(branches: list[Any], described: Mapping[str, Any]) -> bool:
    """Tell whether a union is of things that look different in a form, all of which are known."""
    return described["type"] == "yaml" and len(branches) > 1 and not any(_is_free(branch) for branch in branches)


def _is_free(branch: Any) -> bool:
    return not as_model(branch) and not list_choices(branch) and name_type(branch) == "yaml"


def _summarise(model: type[BaseModel]) -> str:
    """Return the first line on a class."""
    return (model.__doc__ or "").strip().split("\n")[0].replace("`", "")


def _model_of(branch: Any) -> type[BaseModel]:
    model = as_model(branch)
    assert model is not None
    return model


def _default(field: FieldInfo) -> Any:
    return None if field.is_required() else make_plain(field.get_default(call_default_factory=True))
