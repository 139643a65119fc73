"""What may be written in one field of a form: its type, choices and limits, and plain values as text."""

from __future__ import annotations

import datetime
import enum
import json
import typing
from collections.abc import Mapping, Sequence
from pathlib import PurePath
from typing import Any, Literal

from subsong.core.config_fields import as_model, container_item, model_kinds, shape_of_branch, solid_branches, unwrap
from subsong.core.raw_config import to_plain
from subsong.core.yaml_files import dump_yaml

_TYPES = {bool: "boolean", int: "integer", float: "number", str: "text", datetime.date: "text"}
_MINIMUM, _MAXIMUM = ("ge", "gt"), ("le", "lt")


def describe_value(annotation: Any) -> dict[str, Any]:
    """Return ``type`` of a value that is written in one field, its ``choices``, ``minimum`` and ``maximum``.

    What the schema leaves free is written as YAML: ``type`` is then ``yaml``.
    """
    branches = solid_branches(annotation)
    choices = [write_value(choice) for branch in branches for choice in list_choices(branch)]
    limits = {"minimum": _find_limit(branches, _MINIMUM), "maximum": _find_limit(branches, _MAXIMUM)}
    plain = [branch for branch in branches if not list_choices(branch)]
    if choices and {name_type(branch) for branch in plain} <= {"boolean"}:
        return {"type": "choice", "choices": [*(["true", "false"] if plain else []), *choices], **limits}
    types = {name_type(branch) for branch in plain}
    return {"type": types.pop() if len(types) == 1 and not choices else "yaml", "choices": choices, **limits}


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


def list_choices(branch: Any) -> list[Any]:
    """Return the values of a branch that lists them, none where it does not."""
    inner, _ = unwrap(branch)
    if typing.get_origin(inner) is Literal:
        return list(typing.get_args(inner))
    if isinstance(inner, type) and issubclass(inner, enum.Enum):
        return [member.value for member in inner]
    return []


def name_type(branch: Any) -> str:
    """Return what a form shows a branch as that lists no choices: a type of number, text, list, table, or ``yaml``."""
    inner, _ = unwrap(branch)
    if inner in _TYPES:
        return _TYPES[inner]
    if isinstance(inner, type) and issubclass(inner, PurePath):
        return "path"
    shape, item = shape_of_branch(branch), container_item(branch, 0)
    if shape == "scalar" or item in (None, Any):
        return "yaml"
    if shape == "mapping":
        return "parts" if any(map(as_model, solid_branches(item))) else "table"
    return "list"


def fits(branch: Any, value: Any) -> bool:
    """Tell whether a plain value that passed the checks is of this branch of a union."""
    choices = list_choices(branch)
    if choices or as_model(branch):
        kinds = model_kinds(branch)
        return value in choices or (isinstance(value, Mapping) and (not kinds or value.get("kind") in kinds))
    shown = {bool: "boolean", int: "integer", float: "number", str: "text", list: "list", dict: "table"}[type(value)]
    alike = {"integer": {"integer", "number"}, "text": {"text", "path"}, "table": {"table", "parts"}}
    return name_type(branch) in alike.get(shown, {shown})


def make_plain(value: Any) -> Any:
    """Return a default as a configuration file has it."""
    from pydantic_core import to_jsonable_python

    return to_plain(to_jsonable_python(value))


def _find_limit(branches: Sequence[Any], names: tuple[str, ...]) -> float | None:
    notes = [note for branch in branches for note in unwrap(branch)[1]]
    found = [getattr(note, name, None) for note in notes for name in names]
    return next((limit for limit in found if limit is not None), None)
