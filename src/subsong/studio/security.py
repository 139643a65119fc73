"""Who may ask the studio for what: every request passes here first, every answer passes here last.

Any page of the web that is open in the same browser can send requests to this machine. A name that is made to point
here (DNS rebinding) is told by the Host header; another page's request by its Origin, by what the browser says of it,
and by the lack of a header that no page can send elsewhere without asking first, which nobody here would answer.
"""

from __future__ import annotations

import hmac
import ipaddress
import logging
import socket
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

from subsong.studio.answers import answer_error, answer_json
from subsong.studio.errors import ForbiddenError, RequestError, TooLargeError

if TYPE_CHECKING:
    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 64 * 2**20
TOKEN_COOKIE = "subsong_token"
OWN_HEADER = "x-subsong"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
_EVERYWHERE = ("0.0.0.0", "::", "")
_READING = ("GET", "HEAD")
_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; "
    "style-src 'self' 'unsafe-inline'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",
}
log = logging.getLogger(__name__)


class Rules(NamedTuple):
    """Who may ask.

    Attributes
    ----------
    host
        The name or address that is listened on.
    token
        What a browser must show; None: nothing.
    read_only
        Whether every change is refused.
    """

    host: str = "127.0.0.1"
    token: str | None = None
    read_only: bool = False


class Guard:
    """Lets a request through to `app`, or answers why not; what `app` throws is answered too, and logged.

    Parameters
    ----------
    app
        The server.
    rules
        Who may ask.
    """

    def __init__(self, app: ASGIApp, rules: Rules) -> None:
        self._app, self._rules = app, rules

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Take one request."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        if scope["type"] != "http":
            return  # there is nothing here that talks both ways
        answer = _Answer(send)
        try:
            refused = self._refuse(scope)
            if refused is None:
                await self._app(scope, _limit_body(receive), answer.send)
            else:
                await refused(scope, receive, answer.send)
        except Exception as error:  # noqa: BLE001  whatever went wrong, the server goes on
            await self._answer_fault(error, answer, scope, receive)

    def _refuse(self, scope: Scope) -> Response | None:
        """Return the answer to a request that does not get through, None for one that does."""
        headers = read_headers(scope)
        try:
            check_host(headers, self._rules.host)
            check_origin(headers)
            if (redirect := self._let_in(scope)) is not None:
                return redirect
            check_token(headers, self._rules.token)
            check_change(scope["method"], headers, self._rules.read_only)
            check_length(headers)
        except RequestError as error:
            return answer_error(error)
        return None

    def _let_in(self, scope: Scope) -> Response | None:
        """Return the answer to the address with the token: the same without it, and the token kept as a cookie."""
        from starlette.responses import RedirectResponse

        said = parse_qs(scope["query_string"].decode("latin-1")).get("token")
        if self._rules.token is None or not said or not _equal(said[0], self._rules.token):
            return None
        answer = RedirectResponse("/", status_code=303)
        answer.set_cookie(TOKEN_COOKIE, self._rules.token, httponly=True, samesite="strict", path="/")
        return answer

    async def _answer_fault(self, error: Exception, answer: _Answer, scope: Scope, receive: Receive) -> None:
        from starlette.requests import ClientDisconnect

        if isinstance(error, ClientDisconnect):
            return
        log.error("the studio failed at %s %s", scope["method"], scope["path"], exc_info=error)
        if not answer.begun:
            said = f"the studio failed at this ({type(error).__name__}: {error}); the terminal it runs in tells where"
            await answer_json({"error": said}, 500)(scope, receive, answer.send)


class _Answer:
    """Passes an answer on, with the headers that every answer has and does not set itself."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self.begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.begun = True
            set_names = {name.lower() for name, _ in message["headers"]}
            own = [(name.lower().encode(), value.encode()) for name, value in _HEADERS.items()]
            message["headers"] = [*message["headers"], *(pair for pair in own if pair[0] not in set_names)]
        await self._send(message)


def read_headers(scope: Mapping[str, Any]) -> dict[str, str]:
    """Return the headers of a request by lower-case name; one that is there twice is joined by a comma."""
    headers: dict[str, str] = {}
    for name, value in scope["headers"]:
        key, text = name.decode("latin-1").lower(), value.decode("latin-1")
        headers[key] = f"{headers[key]}, {text}" if key in headers else text
    return headers


def check_host(headers: Mapping[str, str], bound: str) -> None:
    """Raise ForbiddenError when a request calls this server by a name that is not its own."""
    name = split_host(headers.get("host", ""))
    known = name in LOOPBACK or name == bound.lower()
    # A name that leads here from elsewhere is never an address, which is what rebinding needs.
    if bound in _EVERYWHERE:
        known = known or _is_address(name) or name in (socket.gethostname().lower(), socket.getfqdn().lower())
    if not known:
        raise ForbiddenError(f"this studio is not called {name!r}: open the address that was printed at its start")


def split_host(host: str) -> str:
    """Return the name or address in a Host header, lower case, without its port and brackets."""
    host = host.strip().lower()
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0]


def check_origin(headers: Mapping[str, str]) -> None:
    """Raise ForbiddenError when another page sends the request."""
    origin = headers.get("origin")
    foreign = origin is not None and origin.partition("://")[2].lower() != headers.get("host", "").lower()
    # A link from another page may open the studio; nothing else of another page may come here.
    crossing = headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none")
    if foreign or (crossing and headers.get("sec-fetch-mode") != "navigate"):
        raise ForbiddenError("this request comes from another page: only the studio's own pages may ask this")


def check_token(headers: Mapping[str, str], token: str | None) -> None:
    """Raise ForbiddenError when a token is asked for and neither the cookie nor the Authorization header has it."""
    if token is None:
        return
    scheme, _, shown = headers.get("authorization", "").partition(" ")
    pairs = [part.strip().partition("=") for part in headers.get("cookie", "").replace(",", ";").split(";")]
    said = [value for name, _, value in pairs if name == TOKEN_COOKIE]
    said += [shown.strip()] if scheme.lower() == "bearer" else []
    if not any([_equal(one, token) for one in said]):
        raise ForbiddenError("this studio asks for its token: open the address that was printed at its start")


def check_change(method: str, headers: Mapping[str, str], read_only: bool) -> None:
    """Raise ForbiddenError when a request that changes something does not say that it is the studio's own."""
    if method in _READING:
        return
    if headers.get(OWN_HEADER) != "1":
        raise ForbiddenError("a request that changes something needs the header X-Subsong: 1")
    if read_only:
        raise ForbiddenError("this studio is only for looking: its project's folder cannot be written to")


def check_length(headers: Mapping[str, str]) -> None:
    """Raise TooLargeError when a request says it brings more than the studio takes."""
    said = headers.get("content-length", "0")
    if said.isascii() and said.isdigit() and int(said) > MAX_BODY_BYTES:
        raise _too_large()


def _limit_body(receive: Receive) -> Receive:
    """Return `receive`, which fails when more comes than the studio takes, whatever was said before."""
    num_bytes = 0

    async def receive_some() -> Message:
        nonlocal num_bytes
        message = await receive()
        num_bytes += len(message.get("body", b""))
        if num_bytes > MAX_BODY_BYTES:
            raise _too_large()
        return message

    return receive_some


def _too_large() -> TooLargeError:
    return TooLargeError(f"the request is larger than {MAX_BODY_BYTES // 2**20} MB: send it in parts")


def _equal(one: str, other: str) -> bool:
    """Compare in a time that does not tell how much agrees."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8"))


def _is_address(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True
