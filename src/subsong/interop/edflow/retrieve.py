"""Nested dicts and lists by path, as ``edflow.util`` has them: ``retrieve(config, "model/layers/0/size")``.

Steps of a path are divided by ``/``; a step into a list is a whole number.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np

from subsong.core.errors import SubsongError, did_you_mean


class KeyNotFoundError(SubsongError, LookupError):
    """A path leads nowhere."""


def retrieve(
    list_or_dict: Any,
    key: str,
    splitval: str = "/",
    default: Any = None,
    expand: bool = True,
    pass_success: bool = False,
) -> Any:
    """Return the value at a path.

    Parameters
    ----------
    list_or_dict
        Nested dicts and lists.
    key
        The path.
    splitval
        What divides its steps.
    default
        Returned where the path leads nowhere; None raises instead.
    expand
        Call whatever callable is met on the way or at the end, and put its result in its place: values that are dear
        to compute are functions until someone asks for them.
    pass_success
        Return the value and whether it was found.

    Raises
    ------
    KeyNotFoundError
        When the path leads nowhere and there is no default; names the step and the nearest key.
    """
    try:
        value, found = _follow(list_or_dict, key.split(splitval), expand), True
    except KeyNotFoundError:
        if default is None:
            raise
        value, found = default, False
    return (value, found) if pass_success else value


def _follow(node: Any, steps: list[str], expand: bool) -> Any:
    for number, step in enumerate(steps):
        parent, position = node, _position(node, step)
        try:
            if isinstance(parent, str):
                raise TypeError
            node = parent[position]
        except (KeyError, IndexError, TypeError) as error:
            raise _not_found(parent, steps, number) from error
        if expand and callable(node):
            node = parent[position] = node()
    return node


def _position(node: Any, step: str) -> Any:
    if isinstance(node, dict):
        return int(step) if step not in node and step.isdecimal() and int(step) in node else step
    return int(step) if step.lstrip("-").isdecimal() else step


def _not_found(node: Any, steps: list[str], number: int) -> KeyNotFoundError:
    where = f"under {'/'.join(steps[:number])!r}" if number else "at the top level"
    if isinstance(node, dict):
        found = did_you_mean(steps[number], map(str, node))
    elif isinstance(node, list | tuple):
        found = f"there is a list of {len(node)}"
    else:
        found = f"there is a {type(node).__name__}"
    return KeyNotFoundError(f"no key {steps[number]!r} {where}, asked for as {'/'.join(steps)!r}: {found}")


def set_value(list_or_dict: Any, key: str, val: Any, splitval: str = "/") -> None:
    """Set the value at a path; levels that are missing are made, and lists filled up with None."""
    steps = key.split(splitval)
    node = list_or_dict
    for step, following in itertools.pairwise(steps):
        node = _enter(node, step, [] if following.isdecimal() else {})
    _put(node, steps[-1], val)


def _enter(node: Any, step: str, empty: Any) -> Any:
    """Return the container at `step`; anything else that stands there is replaced by an empty one."""
    position = _position(node, step)
    is_there = position in node if isinstance(node, dict) else position < len(node)
    if not is_there or not isinstance(node[position], dict | list):
        _put(node, step, empty)
    return node[position]


def _put(node: Any, step: str, value: Any) -> None:
    position = _position(node, step)
    if isinstance(node, list):
        node.extend([None] * (position + 1 - len(node)))
    node[position] = value


def set_default(list_or_dict: Any, key: str, default: Any, splitval: str = "/") -> Any:
    """Return the value at a path, which is set to `default` where there is none."""
    if not contains_key(list_or_dict, key, splitval):
        set_value(list_or_dict, key, default, splitval)
    return _follow(list_or_dict, key.split(splitval), expand=True)


def contains_key(nested_thing: Any, key: str, splitval: str = "/", expand: bool = True) -> bool:
    """Return whether a path leads to a value."""
    try:
        _follow(nested_thing, key.split(splitval), expand)
    except KeyNotFoundError:
        return False
    return True


def walk(
    dict_or_list: Any,
    fn: Callable[..., Any],
    inplace: bool = False,
    pass_key: bool = False,
    prev_key: str = "",
    splitval: str = "/",
    walk_np_arrays: bool = False,
) -> Any:
    """Apply a function to every leaf.

    Parameters
    ----------
    dict_or_list
        Nested dicts, lists and tuples.
    fn
        ``fn(value)``, or ``fn(path, value)`` with `pass_key`.
    inplace
        Put results where the leaves were, instead of in a copy; tuples are copied all the same.
    prev_key, splitval
        What paths begin with, and what divides their steps.
    walk_np_arrays
        Step into NumPy arrays, too.
    """
    steps = (dict, list, tuple, np.ndarray) if walk_np_arrays else (dict, list, tuple)
    if not isinstance(dict_or_list, steps):
        return fn(prev_key, dict_or_list) if pass_key else fn(dict_or_list)
    prefix = f"{prev_key}{splitval}" if prev_key else ""
    done = [
        (key, walk(child, fn, inplace, pass_key, f"{prefix}{key}", splitval, walk_np_arrays))
        for key, child in _list_entries(dict_or_list)
    ]
    if inplace and not isinstance(dict_or_list, tuple):
        for key, value in done:
            dict_or_list[key] = value
        return dict_or_list
    return dict(done) if isinstance(dict_or_list, dict) else _rebuild(dict_or_list, [value for _, value in done])


def _list_entries(node: Any) -> list[tuple[Any, Any]]:
    return list(node.items() if isinstance(node, dict) else enumerate(node))


def _rebuild(like: Any, values: list[Any]) -> Any:
    if isinstance(like, np.ndarray):
        return np.array(values)
    if hasattr(like, "_fields"):
        return type(like)(*values)
    return tuple(values) if isinstance(like, tuple) else values
