"""Answers that a browser may keep, with a version, and without a body where it has it already; and provisional ones."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from subsong.studio.sound.wav import SampleSource, count_bytes, parse_range, stream_bytes

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request
    from starlette.responses import Response

# The address holds the version of the recording, so that it never means other bytes.
_KEEP = "private, max-age=31536000, immutable"
_ASK = "private, no-cache"


def answer_kept(request: Request, version: str, media_type: str, make: Callable[[], bytes]) -> Response:
    """Return bytes, made only when the browser does not have them.

    Parameters
    ----------
    request
        Its ``If-None-Match`` tells what the browser has; its ``v`` which version it means.
    version
        Of the recording at this moment.
    media_type
        Of the bytes.
    make
        Makes them.
    """
    from starlette.responses import Response

    headers = build_headers(request, version)
    if request.headers.get("if-none-match") == headers["ETag"]:
        return Response(status_code=304, headers=headers)
    return Response(make(), headers=headers, media_type=media_type)


def answer_provisional(content: bytes, media_type: str, share: float, wait_s: float | None) -> Response:
    """Return bytes that stand in for better ones.

    Parameters
    ----------
    content, media_type
        What is answered for now.
    share
        How much of the recording was looked through.
    wait_s
        After how long it is worth asking again; None: it will not become better.
    """
    from starlette.responses import Response

    headers = {"Cache-Control": "no-store", "X-Subsong-Looked-Through": f"{share:.3f}"}
    if wait_s is not None:
        headers["Retry-After"] = str(math.ceil(wait_s))
    return Response(content, headers=headers, media_type=media_type)


def answer_wav(request: Request, version: str, source: SampleSource) -> Response:
    """Return the part of a wav file that the browser asks for, computed while it is sent.

    Parameters
    ----------
    request
        Its ``Range`` tells which bytes; with an ``If-Range`` of another version, all.
    version
        Of the recording at this moment.
    source
        The sound.
    """
    from starlette.responses import Response, StreamingResponse

    headers = build_headers(request, version) | {"Accept-Ranges": "bytes"}
    num_bytes = count_bytes(source)
    is_same = request.headers.get("if-range", headers["ETag"]) == headers["ETag"]
    wanted = parse_range(request.headers.get("range") if is_same else None, num_bytes)
    if wanted is not None and not wanted:
        return Response(status_code=416, headers=headers | {"Content-Range": f"bytes */{num_bytes}"})
    if wanted is not None:
        headers["Content-Range"] = f"bytes {wanted.start}-{wanted.stop - 1}/{num_bytes}"
    status, wanted = (200, range(num_bytes)) if wanted is None else (206, wanted)
    headers["Content-Length"] = str(len(wanted))
    if request.method == "HEAD":
        return Response(status_code=status, headers=headers, media_type="audio/wav")
    return StreamingResponse(stream_bytes(source, wanted), status, headers, "audio/wav")


def build_headers(request: Request, version: str) -> dict[str, str]:
    """Return what tells a browser how long it may keep an answer."""
    is_present = request.query_params.get("v") == version
    return {"ETag": f'"{version}"', "Cache-Control": _KEEP if is_present else _ASK}
