"""What a request can be refused for, and with which status; any other SubsongError is a bad request, 400."""

from __future__ import annotations

from subsong.core.errors import SubsongError


class RequestError(SubsongError):
    """A request that cannot be answered, in one sentence."""

    status = 400


class ForbiddenError(RequestError):
    """Somebody, or some page, that may not ask this."""

    status = 403


class NotFoundError(RequestError):
    """Something that is not there, or not there any more."""

    status = 404


class TooLargeError(RequestError):
    """More than the studio takes in one request."""

    status = 413


class ConflictError(RequestError):
    """Something that does not fit what is going on at this moment."""

    status = 409
