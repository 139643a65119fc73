"""What a configuration class allows at a place: the branches of a union, its kinds, and both in plain words."""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from pathlib import PurePath
from typing import Annotated, Any, Literal, Union

from pydantic import BaseModel
from pydantic.fields import FieldInfo

Shape = Literal["mapping", "list", "scalar"]
_WORDS = {bool: "true or false", int: "a whole number", float: "a number", str: "text", type(None): "null"}
_BOUNDS = {"ge": "of at least", "gt": "above", "le": "of at most", "lt": "below"}


def field_annotation(field: FieldInfo) -> Any:
    """Return the annotation of a field together with its bounds."""
    return Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation


def unwrap(annotation: Any) -> tuple[Any, list[Any]]:
    """Return the bare type of an annotation, and what is annotated to it."""
    if typing.get_origin(annotation) is not Annotated:
        return annotation, []
    inner, *metadata = typing.get_args(annotation)
    notes = [note for item in metadata for note in (item.metadata if isinstance(item, FieldInfo) else [item])]
    return inner, notes


def union_branches(annotation: Any) -> list[Any]:
    """Return the members of a union, also of unions inside it; an annotation that is none is its only branch."""
    inner, _ = unwrap(annotation)
    if typing.get_origin(inner) not in (Union, types.UnionType):
        return [annotation]
    return [branch for member in typing.get_args(inner) for branch in union_branches(member)]


def solid_branches(annotation: Any) -> list[Any]:
    """Return the branches other than None."""
    return [branch for branch in union_branches(annotation) if branch is not type(None)]


def as_model(branch: Any) -> type[BaseModel] | None:
    """Return the configuration class that a branch is, None where it is something else."""
    inner, _ = unwrap(branch)
    return inner if isinstance(inner, type) and issubclass(inner, BaseModel) else None


def model_kinds(branch: Any) -> list[str]:
    """Return the values of ``kind`` by which a branch is told apart."""
    model = as_model(branch)
    field = model.model_fields.get("kind") if model else None
    inner = unwrap(field.annotation)[0] if field else None
    return [str(kind) for kind in typing.get_args(inner)] if typing.get_origin(inner) is Literal else []


def known_kinds(annotation: Any) -> list[str]:
    """Return every ``kind`` that may stand here, in the order of the union."""
    return [kind for branch in solid_branches(annotation) for kind in model_kinds(branch)]


def container_item(branch: Any, key: str | int) -> Any:
    """Return the annotation of an item of a dict, list or tuple; None where it is not known."""
    inner, _ = unwrap(branch)
    arguments = typing.get_args(inner)
    shape = shape_of_branch(branch)
    if not arguments or shape == "scalar":
        return None
    if shape == "mapping":
        return arguments[-1]
    if typing.get_origin(inner) is tuple and Ellipsis not in arguments:
        return arguments[key] if isinstance(key, int) and key < len(arguments) else None
    return arguments[0]


def shape_of_branch(branch: Any) -> Shape:
    """Return what a branch is written as in YAML."""
    inner, _ = unwrap(branch)
    bare = typing.get_origin(inner) or inner
    if not isinstance(bare, type) or issubclass(bare, str):
        return "scalar"
    if issubclass(bare, BaseModel | Mapping):
        return "mapping"
    return "list" if issubclass(bare, Sequence | AbstractSet) else "scalar"


def shape_of_value(value: Any) -> Shape:
    """Return what a value was written as."""
    return "mapping" if isinstance(value, dict) else "list" if isinstance(value, list) else "scalar"


def describe(annotation: Any) -> str:
    """Return what may stand here, in plain words.

    Examples
    --------
    >>> from pydantic import Field
    >>> describe(Annotated[int, Field(ge=1)] | None)
    'a whole number of at least 1, or null'
    """
    branches = union_branches(annotation)
    if len(branches) == 1:
        return _describe_branch(branches[0])
    words = [_describe_branch(branch) for branch in branches if branch is not type(None) and not model_kinds(branch)]
    kinds = known_kinds(annotation)
    words += [f"a mapping with kind {join_words(kinds)}"] if kinds else []
    words += ["null"] if type(None) in branches else []
    return ", or ".join(dict.fromkeys(words))


def join_words(words: Sequence[str], last: str = "or") -> str:
    """Return ``a, b or c``."""
    return f" {last} ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)


def _describe_branch(branch: Any) -> str:
    inner, notes = unwrap(branch)
    if typing.get_origin(inner) is Literal:
        return _describe_choices(typing.get_args(inner))
    if isinstance(inner, type) and issubclass(inner, enum.Enum):
        return _describe_choices([member.value for member in inner])
    if isinstance(inner, type) and issubclass(inner, PurePath):
        return "a path"
    if shape_of_branch(branch) == "mapping":
        kinds = model_kinds(branch)
        return f"a mapping with kind {join_words(kinds)}" if kinds else "a mapping"
    if shape_of_branch(branch) == "list":
        return _describe_list(inner)
    bounds = [(words, _find_note(notes, name)) for name, words in _BOUNDS.items()]
    limits = join_words([f"{words} {limit}" for words, limit in bounds if limit is not None], "and")
    return f"{_WORDS.get(inner, 'a value')} {limits}".strip()


def _describe_choices(choices: Sequence[Any]) -> str:
    return ("" if len(choices) == 1 else "one of ") + ", ".join(show_value(choice) for choice in choices)


def _describe_list(inner: Any) -> str:
    arguments = typing.get_args(inner)
    if typing.get_origin(inner) is tuple and Ellipsis not in arguments:
        return f"a list of {len(arguments)} items"
    return f"a list, each item {describe(arguments[0])}" if arguments else "a list"


def _find_note(notes: Sequence[Any], name: str) -> Any:
    return next((value for note in notes if (value := getattr(note, name, None)) is not None), None)


def show_value(value: Any) -> str:
    """Return a value as it would be written, long ones cut."""
    if isinstance(value, dict):
        return "a mapping" if value else "an empty mapping"
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:50]}…"
