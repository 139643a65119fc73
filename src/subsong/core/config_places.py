"""Where an error of pydantic lies: its location, which names branches of unions too, as a path of keys."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from pydantic import BaseModel

from subsong.core.config_fields import (
    Shape,
    as_model,
    container_item,
    field_annotation,
    known_kinds,
    model_kinds,
    shape_of_branch,
    shape_of_value,
    solid_branches,
    unwrap,
)
from subsong.core.raw_config import KeyPath, get_child


class Place(NamedTuple):
    """A place in a configuration.

    Parameters
    ----------
    path
        Keys from the top.
    annotation
        What may stand there; None where the key is unknown.
    value
        What was written there.
    container
        The class whose field it is; None inside a dict or list and at the top.
    is_meant
        False for an error about a branch of a union that the user did not mean: "not a number", of a mapping.
    wrong_kind
        True where the branch is told by ``kind`` and that is another word, or missing.
    """

    path: KeyPath
    annotation: Any
    value: Any
    container: type[BaseModel] | None = None
    is_meant: bool = True
    wrong_kind: bool = False


def locate(model_class: type[BaseModel], values: Any, location: tuple[str | int, ...]) -> Place:
    """Walk along a location of pydantic's, in the class and in the values at once."""
    place = Place((), model_class, values)
    branches = solid_branches(model_class)
    for element in location:
        if element == "[key]":
            break
        if len(branches) > 1:
            place, branches = _choose(place, branches, str(element))
            if place.wrong_kind:
                break
        else:
            place = _step(place, branches[0] if branches else None, element)
            branches = solid_branches(place.annotation)
    return place


def _step(place: Place, branch: Any, key: str | int) -> Place:
    model = as_model(branch)
    if model is None:
        annotation = container_item(branch, key)
    else:
        annotation = field_annotation(model.model_fields[key]) if key in model.model_fields else None
    return place._replace(
        path=(*place.path, key), annotation=annotation, value=get_child(place.value, key), container=model
    )


def _choose(place: Place, branches: list[Any], tag: str) -> tuple[Place, list[Any]]:
    """Follow a tag, which is the ``kind`` of a branch or a label with its type's name."""
    by_kind = [branch for branch in branches if tag in model_kinds(branch)]
    chosen = by_kind or [branch for branch in branches if _is_named(branch, tag)]
    shapes: set[Shape] = {shape_of_branch(branch) for branch in branches}
    shape = shape_of_value(place.value)
    chosen_shapes = {shape_of_branch(branch) for branch in chosen} or {"scalar"}
    if shape in shapes and shape not in chosen_shapes:
        return place._replace(is_meant=False), chosen
    return _check_kind(place, branches, chosen), chosen


def _check_kind(place: Place, branches: list[Any], chosen: list[Any]) -> Place:
    kind = place.value.get("kind") if isinstance(place.value, dict) else None
    if kind is None or not known_kinds(place.annotation):
        return place
    if not any(kind in model_kinds(branch) for branch in branches):
        return place._replace(wrong_kind=True)
    return place._replace(is_meant=place.is_meant and any(kind in model_kinds(branch) for branch in chosen))


def _is_named(branch: Any, tag: str) -> bool:
    inner, _ = unwrap(branch)
    name = getattr(inner, "__name__", str(inner))
    return re.search(rf"\b{re.escape(name)}\b", tag) is not None
