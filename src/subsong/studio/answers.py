"""Requests to checked values, and values to answers: what the routes of every part are written with.

A handler is a plain function of the request, which Starlette runs in a thread of its own; these functions are for use
in such threads.
"""

from __future__ import annotations

import json
import math
import types
import typing
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from subsong.core.config import ConfigBase
from subsong.core.config_files import validate_config
from subsong.core.errors import SubsongError
from subsong.core.raw_config import RawConfig
from subsong.studio.errors import RequestError

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

Model = TypeVar("Model", bound=ConfigBase)


class Upload(NamedTuple):
    """A file that came with a request: the name it had on the user's disk, without folders, and its bytes."""

    name: str
    content: bytes


def answer_json(value: Any, status: int = 200) -> Response:
    """Return a value as JSON.

    Parameters
    ----------
    value
        Anything made of dicts, sequences, NamedTuples, configurations, paths, texts and numbers, NumPy's among them.
        Numbers that JSON does not have (NaN, infinity) become null.
    status
        Of HTTP.
    """
    from starlette.responses import Response

    text = json.dumps(_to_plain(value), ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return Response(text.encode("utf-8", "surrogatepass"), status, media_type="application/json")


def answer_error(error: Exception) -> Response:
    """Return the one sentence of an error, with the status that goes with it."""
    status = error.status if isinstance(error, RequestError) else 400
    return answer_json({"error": str(error)}, status)


def read_query(request: Request, model: type[Model]) -> Model:
    """Return what stands behind the question mark of an address, checked.

    Parameters
    ----------
    request
        A key without a value counts as not given; a key that is given twice is one where the model has a tuple.
    model
        Its fields are the keys.

    Raises
    ------
    SubsongError
        One sentence a problem, with the key, what was found and what was expected.
    """
    given = request.query_params
    several = {name for name, field in model.model_fields.items() if _is_sequence(field.annotation)}
    values = {name: given.getlist(name) if name in several else given[name] for name in given if given[name] != ""}
    return _check(model, values, "the address")


def read_body(request: Request, model: type[Model]) -> Model:
    """Return the JSON that came with a request, checked.

    Raises
    ------
    SubsongError
        When it is not JSON, or not of this model: one sentence a problem, with the key.
    """
    return _check(model, parse_json(_read_bytes(request)), "the request")


def parse_json(content: bytes) -> dict[str, Any]:
    """Return the object that JSON text holds; no text is an empty one.

    Raises
    ------
    SubsongError
        When it is not JSON, or another value than an object.
    """
    try:
        value = json.loads(content, parse_constant=_refuse_constant) if content.strip() else {}
    except (json.JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        reason = f"line {error.lineno}: {error.msg}" if isinstance(error, json.JSONDecodeError) else "not readable"
        raise SubsongError(f"the request is not valid JSON ({reason})") from error
    if not isinstance(value, dict):
        raise SubsongError(f"the request should be a JSON object with keys, found {type(value).__name__}")
    return value


def read_upload(request: Request, key: str = "file") -> Upload:
    """Return the file that came with a form.

    Raises
    ------
    SubsongError
        When the request is no form, or has no file under this key.
    """
    import anyio.from_thread
    from starlette.exceptions import HTTPException

    try:
        return anyio.from_thread.run(_read_form, request, key)
    except HTTPException as error:
        raise SubsongError(f"the upload cannot be read: {error.detail}") from error


async def _read_form(request: Request, key: str) -> Upload:
    from starlette.datastructures import UploadFile

    async with request.form() as form:
        file = form.get(key)
        if not isinstance(file, UploadFile):
            raise SubsongError(f"the request has no file {key!r}: expected a form with one")
        name = (file.filename or key).replace("\\", "/").rpartition("/")[2]
        return Upload(name, await file.read())


def _read_bytes(request: Request) -> bytes:
    import anyio.from_thread

    return anyio.from_thread.run(request.body)


def _check(model: type[Model], values: Mapping[str, Any], origin: str) -> Model:
    try:
        return validate_config(model, RawConfig.from_mapping(values, origin))
    except SubsongError as error:
        # What is called a configuration in files has no name of its own here.
        raise SubsongError(str(error).replace(f"{origin}: the configuration ", f"{origin} ")) from error


def _refuse_constant(text: str) -> None:
    raise SubsongError(f"the request holds {text}, which is no number JSON has: leave the value out, or say null")


def _is_sequence(annotation: Any) -> bool:
    """Tell whether a field takes several values: a tuple, or a tuple or nothing."""
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        return any(_is_sequence(branch) for branch in typing.get_args(annotation))
    return typing.get_origin(annotation) in (tuple, list)


def _to_plain(value: Any) -> Any:
    """Return a value made of what JSON has."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _to_plain(one) for key, one in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_asdict"):
        return {key: _to_plain(one) for key, one in value._asdict().items()}
    return _to_plain_rarer(value)


def _to_plain_rarer(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return [_to_plain(one) for one in value]
    if isinstance(value, ConfigBase):
        return value.model_dump(mode="json")
    if isinstance(value, Path):
        return value.as_posix()
    if hasattr(value, "tolist"):  # NumPy's numbers and arrays
        return _to_plain(value.tolist())
    raise TypeError(f"{type(value).__name__} has no form in JSON")
