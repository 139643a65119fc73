"""A configuration written out for a reader: YAML with a comment above every key, and the JSON schema."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import to_jsonable_python

from subsong.core.config_fields import (
    as_model,
    container_item,
    describe,
    field_annotation,
    known_kinds,
    model_kinds,
    shape_of_branch,
    shape_of_value,
    show_value,
    solid_branches,
)
from subsong.core.raw_config import to_plain
from subsong.core.yaml_files import dump_yaml

_COMMENT_WIDTH = 100
_DATA_KEYS = ("default", "examples", "const", "enum")


def render_commented(model_class: type[BaseModel], values: Mapping[str, Any]) -> str:
    """Return `values` as YAML in which every key has its description above it.

    Parameters
    ----------
    model_class
        The configuration class whose fields are described.
    values
        Plain values, as `subsong.core.yaml_files.load_yaml` gives them. Keys left out are written with their
        defaults, and those that have none as a comment. Loading the result gives the values back.
    """
    return "\n".join(_model_lines(model_class, to_plain(values))) + "\n"


def config_schema(model_class: type[BaseModel]) -> dict[str, Any]:
    """Return the JSON schema of a configuration class, for editors that complete and check YAML."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **model_class.model_json_schema()}
    cleaned: dict[str, Any] = _without_titles(schema)
    return cleaned


def _model_lines(model: type[BaseModel], values: dict[str, Any], kinds: Sequence[str] = ()) -> Iterator[str]:
    """Yield the lines of a configuration class; `kinds` are those that could stand in its place."""
    for name, field in model.model_fields.items():
        yield from _comment_lines(field, f"one of {', '.join(kinds)}" if name == "kind" and kinds else _allowed(field))
        if name not in values and field.is_required():
            yield f"# {name}: (required)"
            continue
        value = values[name] if name in values else _default(field)
        yield from _entry_lines(name, field_annotation(field), value)
    for name in values.keys() - model.model_fields.keys():
        yield from _entry_lines(name, None, values[name])


def _default(field: FieldInfo) -> Any:
    return to_plain(to_jsonable_python(field.get_default(call_default_factory=True)))


def _comment_lines(field: FieldInfo, allowed: str) -> Iterator[str]:
    """Yield the description, then what may stand there and the default where it is short."""
    if field.description:
        yield from (f"# {line}" for line in textwrap.wrap(" ".join(field.description.split()), _COMMENT_WIDTH))
    yield from (f"# {line}" for line in textwrap.wrap(f"({allowed})", _COMMENT_WIDTH))


def _allowed(field: FieldInfo) -> str:
    allowed = describe(field_annotation(field))
    if field.is_required():
        return f"{allowed}; required"
    default = _default(field)
    return allowed if shape_of_value(default) == "mapping" and default else f"{allowed}; default {show_value(default)}"


def _entry_lines(key: str | int, annotation: Any, value: Any) -> Iterator[str]:
    nested = list(_nested_lines(annotation, value)) if isinstance(value, dict | list) and value else []
    if not nested:
        yield from _plain_lines({key: value})
        return
    yield from dump_yaml({key: None}).removesuffix(" null\n").split("\n")
    yield from ("  " + line if line else line for line in nested)


def _nested_lines(annotation: Any, value: Any) -> Iterator[str]:
    """Yield the lines below a key whose value holds a configuration class; none where it holds plain values only."""
    branch = _branch_for(annotation, value)
    model = as_model(branch)
    if model is not None and isinstance(value, dict):
        yield from _model_lines(model, value, known_kinds(annotation))
    elif isinstance(value, dict) and _holds_models(branch):
        for key, child in value.items():
            yield from _entry_lines(key, container_item(branch, key), child)
    elif isinstance(value, list) and _holds_models(branch):
        for index, child in enumerate(value):
            yield from _item_lines(container_item(branch, index), child)


def _item_lines(annotation: Any, value: Any) -> Iterator[str]:
    nested = list(_nested_lines(annotation, value))
    yield from ["-", *("  " + line if line else line for line in nested)] if nested else _plain_lines([value])


def _plain_lines(value: Any) -> list[str]:
    # Not splitlines: that also cuts at U+2028 and its like, which may stand inside a text.
    return dump_yaml(value).removesuffix("\n").split("\n")


def _branch_for(annotation: Any, value: Any) -> Any:
    """Return the branch of a union that a value belongs to, None where none does."""
    fitting = [one for one in solid_branches(annotation) if shape_of_branch(one) == shape_of_value(value)]
    kind = value.get("kind") if isinstance(value, dict) else None
    return next((one for one in fitting if kind in model_kinds(one)), fitting[0] if fitting else None)


def _holds_models(branch: Any) -> bool:
    """Return whether a configuration class may stand somewhere inside a dict or list."""
    inside = solid_branches(container_item(branch, 0)) if branch is not None else []
    return any(as_model(one) or (shape_of_branch(one) != "scalar" and _holds_models(one)) for one in inside)


def _without_titles(schema: Any) -> Any:
    """Return the schema without the titles pydantic makes of names, which say nothing."""
    if isinstance(schema, list):
        return [_without_titles(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    kept = {key: value for key, value in schema.items() if key != "title" or not isinstance(value, str)}
    return {key: value if key in _DATA_KEYS else _without_titles(value) for key, value in kept.items()}
