"""Who gets through to the studio, and who does not; and that it stays alive."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from subsong.studio import security
from subsong.studio.answers import _read_bytes, answer_error
from subsong.studio.errors import RequestError, TooLargeError
from subsong.studio.security import Guard, Rules, check_host, split_host

OWN = {"X-Subsong": "1"}
TOKEN = "a-token-of-the-test"


def make_client(rules: Rules = Rules()) -> TestClient:  # noqa: B008
    def read(request: Request) -> PlainTextResponse:
        return PlainTextResponse("read")

    def change(request: Request) -> PlainTextResponse:
        return PlainTextResponse(str(len(_read_bytes(request))))

    def fail(request: Request) -> PlainTextResponse:
        raise ZeroDivisionError("a fault of ours")

    app = Starlette(
        routes=[Route("/", read), Route("/change", change, methods=["POST"]), Route("/fail", fail)],
        middleware=[Middleware(Guard, rules=rules)],
        exception_handlers={TooLargeError: lambda request, error: answer_error(error)},
    )
    return TestClient(app, base_url="http://127.0.0.1:8765", follow_redirects=False)


def test_a_page_of_the_studio_reads_and_changes() -> None:
    client = make_client()
    assert client.get("/").text == "read"
    headers = {**OWN, "Origin": "http://127.0.0.1:8765", "Sec-Fetch-Site": "same-origin"}
    assert client.post("/change", content=b"abc", headers=headers).text == "3"


@pytest.mark.parametrize("host", ["evil.example", "evil.example:8765", "127.0.0.1.evil.example", "", "[::2]:80"])
def test_a_name_that_was_made_to_point_here_is_refused(host: str) -> None:
    answer = make_client().get("/", headers={"Host": host})
    assert answer.status_code == 403
    assert "is not called" in answer.json()["error"]


@pytest.mark.parametrize("host", ["localhost:8765", "LOCALHOST", "[::1]:8765", "127.0.0.1"])
def test_this_machine_by_any_of_its_names_gets_through(host: str) -> None:
    assert make_client().get("/", headers={"Host": host}).status_code == 200


def test_a_bound_name_gets_through_and_no_other() -> None:
    client = make_client(Rules("lab-pc"))
    assert client.get("/", headers={"Host": "lab-pc:8765"}).status_code == 200
    assert client.get("/", headers={"Host": "other-pc:8765"}).status_code == 403


def test_a_server_on_all_addresses_is_called_by_address_but_not_by_a_foreign_name() -> None:
    check_host({"host": "192.168.1.7:8765"}, "0.0.0.0")
    with pytest.raises(RequestError, match=r"not called 'evil\.example'"):
        check_host({"host": "evil.example"}, "0.0.0.0")


@pytest.mark.parametrize(("host", "name"), [("[::1]:80", "::1"), ("A.b:80", "a.b"), ("a", "a"), ("", "")])
def test_a_host_is_parted_from_its_port(host: str, name: str) -> None:
    assert split_host(host) == name


@pytest.mark.parametrize("origin", ["http://evil.example", "null", "http://127.0.0.1:9999", "http://localhost:8765"])
def test_another_page_is_refused_whatever_header_it_brings(origin: str) -> None:
    client = make_client()
    assert client.post("/change", headers={**OWN, "Origin": origin}).status_code == 403
    assert client.get("/", headers={"Origin": origin}).status_code == 403


def test_another_page_cannot_embed_what_is_here_but_may_link_to_it() -> None:
    client = make_client()
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "no-cors"}).status_code == 403
    assert client.get("/", headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate"}).status_code == 200


def test_a_change_without_the_header_of_the_studio_is_refused() -> None:
    answer = make_client().post("/change", content=b"abc")
    assert answer.status_code == 403
    assert answer.json()["error"] == "a request that changes something needs the header X-Subsong: 1"


def test_no_answer_invites_other_pages() -> None:
    answer = make_client().options("/change", headers={"Origin": "http://127.0.0.1:8765"})
    assert answer.status_code == 403
    assert not [name for name in answer.headers if name.startswith("access-control")]


@pytest.mark.parametrize(
    "shown",
    [{}, {"Cookie": "subsong_token=wrong"}, {"Authorization": "Bearer wrong"}, {"Authorization": TOKEN},
     {"Cookie": "subsong_token=\xe4"}, {"Cookie": "subsong_token="}],
)  # fmt: skip
def test_without_the_right_token_nothing_is_told(shown: dict[str, str]) -> None:
    raw = {name: value.encode("latin-1") for name, value in shown.items()}
    answer = make_client(Rules(token=TOKEN)).get("/", headers=raw)
    assert answer.status_code == 403
    assert "token" in answer.json()["error"]


@pytest.mark.parametrize("shown", [{"Cookie": f"other=1; subsong_token={TOKEN}"}, {"Authorization": f"Bearer {TOKEN}"}])
def test_with_the_token_one_gets_through(shown: dict[str, str]) -> None:
    assert make_client(Rules(token=TOKEN)).get("/", headers=shown).status_code == 200


def test_the_address_with_the_token_is_left_for_one_without_and_a_cookie_no_script_reads() -> None:
    client = make_client(Rules(token=TOKEN))
    answer = client.get(f"/?token={TOKEN}")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert client.get("/").text == "read"


def test_a_wrong_token_in_the_address_sets_no_cookie() -> None:
    answer = make_client(Rules(token=TOKEN)).get("/?token=wrong")
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


def test_a_studio_for_looking_only_changes_nothing() -> None:
    client = make_client(Rules(read_only=True))
    assert client.get("/").status_code == 200
    assert client.post("/change", headers=OWN).status_code == 403


def test_an_upload_that_says_it_is_too_large_is_not_even_read() -> None:
    headers = {**OWN, "Content-Length": str(security.MAX_BODY_BYTES + 1)}
    answer = make_client().post("/change", content=b"", headers=headers)
    assert answer.status_code == 413
    assert answer.json()["error"] == "the request is larger than 64 MB: send it in parts"


def test_an_upload_that_does_not_say_how_large_it_is_ends_where_it_becomes_too_large(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(security, "MAX_BODY_BYTES", 1000)

    def bring() -> Iterator[bytes]:
        yield from [b"x" * 400] * 3

    client = make_client()
    assert client.post("/change", content=bring(), headers=OWN).status_code == 413
    assert client.post("/change", content=b"x" * 1000, headers=OWN).text == "1000"


def test_a_fault_of_ours_is_one_sentence_and_a_traceback_in_the_log(caplog: pytest.LogCaptureFixture) -> None:
    client = make_client()
    with caplog.at_level(logging.ERROR, "subsong"):
        answer = client.get("/fail")
    assert answer.status_code == 500
    assert "ZeroDivisionError: a fault of ours" in answer.json()["error"]
    assert "a fault of ours" in str(caplog.records[0].exc_info)
    assert client.get("/").status_code == 200


@pytest.mark.parametrize("path", ["/", "/fail", "/nothing"])
def test_every_answer_says_what_a_browser_may_do_with_it(path: str) -> None:
    headers = make_client().get(path).headers
    assert "default-src 'self'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-resource-policy"] == "same-origin"


def test_tokens_are_compared_in_constant_time(monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[Callable[..., bool]] = []
    monkeypatch.setattr(security.hmac, "compare_digest", lambda one, other: bool(compared.append(one)) or one == other)
    make_client(Rules(token=TOKEN)).get("/", headers={"Authorization": "Bearer wrong"})
    assert compared == [b"wrong"]
