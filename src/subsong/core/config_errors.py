"""What is wrong with a configuration, one plain sentence a problem: where it was written, what was expected."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any, NamedTuple

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from subsong.core.config_fields import describe, known_kinds, show_value, solid_branches, unwrap
from subsong.core.config_places import Place, locate
from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.raw_config import RawConfig, get_child, join_path

_MAX_SHOWN = 5
# Errors for which the description of what may stand there says all; the others keep pydantic's own reason.
_OWN_REASON = ("value_error", "assertion_error", "too_", "string_", "path_not", "path_exists", "bytes_", "union_error")
_DESCRIBED = ("string_type", "string_sub_type")


class _Problem(NamedTuple):
    place: Place
    detail: ErrorDetails

    @property
    def is_type_error(self) -> bool:
        return self.detail["type"].endswith(("_type", "_parsing", "_from_float"))


def explain_errors(model_class: type[BaseModel], raw: RawConfig, error: ValidationError) -> SubsongError:
    """Return the error to raise for what pydantic found.

    Parameters
    ----------
    model_class
        The class that refused the values.
    raw
        The values, with their origins.
    error
        What pydantic raised.
    """
    details = error.errors(include_url=False)
    problems = _select([_Problem(locate(model_class, raw.values, detail["loc"]), detail) for detail in details])
    hidden = _meant_by_misspelt(problems)
    sentences = [_sentence(raw, problem) for problem in problems if problem.place.path not in hidden]
    shown = list(dict.fromkeys(sentences))
    more = len(shown) - _MAX_SHOWN
    return SubsongError("\n".join(shown[:_MAX_SHOWN] + ([f"and {more} more"] if more > 0 else [])))


def _select(problems: Sequence[_Problem]) -> list[_Problem]:
    """Keep one problem a place: of a branch that was meant, and a wrong value rather than a wrong type."""
    meant = [problem for problem in problems if problem.place.is_meant]
    chosen: dict[object, _Problem] = {}
    for problem in sorted(meant or problems, key=lambda one: one.is_type_error):
        chosen.setdefault(problem.place.path, problem)
    return [problem for problem in problems if chosen.get(problem.place.path) is problem]


def _sentence(raw: RawConfig, problem: _Problem) -> str:
    place, kind = problem.place, problem.detail["type"]
    if kind == "extra_forbidden":
        return _unknown_key(raw, place)
    if problem.detail["loc"][-1:] == ("[key]",):
        return f"{raw.origin(place.path)}: the key of {join_path(place.path)} {_plain_message(problem)}"
    if place.wrong_kind or kind.startswith("union_tag"):
        return _wrong_kind(raw, place)
    if kind == "missing":
        return _missing_key(raw, place)
    if kind.startswith(_OWN_REASON) and kind not in _DESCRIBED:
        return _own_reason(raw, problem)
    return _wrong_value(raw, place)


def _unknown_key(raw: RawConfig, place: Place) -> str:
    inside = f" in {join_path(place.path[:-1])}" if len(place.path) > 1 else ""
    fields = place.container.model_fields if place.container else ()
    key = place.path[-1]
    return f"{raw.origin(place.path)}: unknown key {key!r}{inside}; {did_you_mean(str(key), fields)}"


def _missing_key(raw: RawConfig, place: Place) -> str:
    parent = join_path(place.path[:-1]) or "the configuration"
    what = "an item" if isinstance(place.path[-1], int) else "the key"
    return f"{raw.origin(place.path[:-1])}: {parent} needs {what} {str(place.path[-1])!r}, {describe(place.annotation)}"


def _wrong_kind(raw: RawConfig, place: Place) -> str:
    kinds = known_kinds(place.annotation)
    name = join_path(place.path)
    if not isinstance(place.value, dict):
        return _wrong_value(raw, place)
    if "kind" not in place.value:
        return f"{raw.origin(place.path)}: {name} needs a 'kind'; {_known(kinds)}{_nearest_name(raw, place, kinds)}"
    kind = place.value["kind"]
    hint = did_you_mean(str(kind), kinds)
    known = f" ({_known(kinds)})" if hint.startswith("did") else ""
    return f"{raw.origin((*place.path, 'kind'))}: {name} has no kind {show_value(kind)}; {hint}{known}"


def _known(kinds: Sequence[str]) -> str:
    return f"known are {', '.join(kinds)}"


def _nearest_name(raw: RawConfig, place: Place, kinds: Sequence[str]) -> str:
    """Return a hint at an entry, or a kind, of nearly that name: somebody misspelt the name of a part.

    Kinds count only inside a dict, whose parts may be called by them; a field is called as its class says.
    """
    parent: Any = raw.values
    for key in place.path[:-1]:
        parent = get_child(parent, key)
    names = [str(key) for key in parent if key != place.path[-1]] if isinstance(parent, dict) else []
    names += kinds if place.container is None else []
    nearest = difflib.get_close_matches(str(place.path[-1]), names, n=1, cutoff=0.5)
    return f"; or did you mean {nearest[0]!r}?" if nearest else ""


def _wrong_value(raw: RawConfig, place: Place) -> str:
    expected = describe(place.annotation)
    hint = ""
    if "text" in expected and isinstance(place.value, int | float):
        hint = "; put it in quotes"
    if isinstance(place.value, str) and (choices := _choices(place.annotation)):
        nearest = difflib.get_close_matches(place.value, choices, n=1)
        hint = f"; did you mean {nearest[0]!r}?" if nearest else ""
    name = join_path(place.path) or "the configuration"
    return f"{raw.origin(place.path)}: {name} is {show_value(place.value)}, expected {expected}{hint}"


def _choices(annotation: Any) -> list[str]:
    arguments = [
        choice for branch in solid_branches(annotation) for choice in getattr(unwrap(branch)[0], "__args__", ())
    ]
    return [choice for choice in arguments if isinstance(choice, str)]


def _own_reason(raw: RawConfig, problem: _Problem) -> str:
    """Return what a validator said, or pydantic where its reason is more than the type: a pattern, a length."""
    cause = problem.detail.get("ctx", {}).get("error")
    reason = str(cause) if cause is not None else _plain_message(problem)
    path = problem.place.path
    name = f"{join_path(path)}: " if path else ""
    found = "" if cause is not None else f" (found {show_value(problem.place.value)})"
    return f"{raw.origin(path)}: {name}{reason[:1].lower() + reason[1:]}{found}"


def _plain_message(problem: _Problem) -> str:
    """Return pydantic's reason without its own words for things."""
    message = problem.detail["msg"].removeprefix("Input ")
    for jargon, plain in {
        " after validation": "",
        "Tuple ": "",
        "List ": "",
        "Dictionary ": "",
        "String ": "",
    }.items():
        message = message.replace(jargon, plain)
    return message


def _meant_by_misspelt(problems: Sequence[_Problem]) -> set[object]:
    """Return the paths of missing keys that an unknown key beside them was meant to be."""
    hidden: set[object] = set()
    for place, detail in problems:
        if detail["type"] == "extra_forbidden" and place.container is not None:
            nearest = difflib.get_close_matches(str(place.path[-1]), sorted(place.container.model_fields), n=1)
            hidden |= {(*place.path[:-1], name) for name in nearest}
    return hidden & {place.path for place, detail in problems if detail["type"] == "missing"}
