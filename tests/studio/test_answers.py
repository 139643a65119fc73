"""Requests are checked, and values become JSON."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from pydantic import Field
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.testclient import TestClient

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.studio.answers import answer_error, answer_json, parse_json, read_body, read_query, read_upload


class Place(NamedTuple):
    name: str
    at_s: float


class Wish(ConfigBase):
    name: str = "x"
    number: int = Field(1, ge=1)
    several: tuple[str, ...] | None = None


def make_client() -> TestClient:
    def query(request: Request) -> Response:
        return answer_json(read_query(request, Wish))

    def body(request: Request) -> Response:
        return answer_json(read_body(request, Wish))

    def upload(request: Request) -> Response:
        file = read_upload(request)
        return answer_json({"name": file.name, "content": file.content.decode()})

    routes = [Route("/query", query)]
    routes += [Route("/body", body, methods=["POST"]), Route("/upload", upload, methods=["POST"])]
    return TestClient(
        Starlette(routes=routes, exception_handlers={SubsongError: lambda request, error: answer_error(error)})
    )


def test_numbers_that_json_does_not_have_become_null() -> None:
    value = {"a": float("nan"), "b": [np.float32(1.5), np.inf], "c": np.array([1, 2]), "d": Place("é", -np.inf)}
    assert json.loads(answer_json({**value, "e": Path("a/b")}).body) == {
        "a": None,
        "b": [1.5, None],
        "c": [1, 2],
        "d": {"name": "é", "at_s": None},
        "e": "a/b",
    }


def test_a_query_is_read_as_its_fields_are_typed() -> None:
    answer = make_client().get("/query?number=3&several=a&several=b&name=").json()
    assert answer == {"name": "x", "number": 3, "several": ["a", "b"]}


@pytest.mark.parametrize(
    ("query", "said"),
    [("number=0", "number"), ("number=many", "number is 'many'"), ("nmae=a", "did you mean 'name'?")],
)
def test_a_wrong_query_is_a_sentence_with_the_key(query: str, said: str) -> None:
    answer = make_client().get(f"/query?{query}")
    assert answer.status_code == 400
    assert said in answer.json()["error"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "not valid JSON (line 1"),
        (b"[1]", "should be a JSON object with keys, found list"),
        (b'{"number": NaN}', "NaN"),
        (b"\xff\xfe", "not valid JSON"),
        (b'{"number": "many"}', "number is 'many'"),
        (b'{"numbr": 3}', "unknown key 'numbr'; did you mean 'number'?"),
        (b"[" * 100_000, "not valid JSON"),
    ],
)
def test_a_wrong_body_is_a_sentence(content: bytes, said: str) -> None:
    answer = make_client().post("/body", content=content)
    assert answer.status_code == 400
    assert said in answer.json()["error"]


def test_no_body_is_an_empty_object() -> None:
    assert parse_json(b" ") == {}


def test_an_upload_loses_the_folders_of_its_name() -> None:
    answer = make_client().post("/upload", files={"file": ("..\\..\\x/../a.csv", b"abc")})
    assert answer.json() == {"name": "a.csv", "content": "abc"}


def test_a_request_without_a_file_says_so() -> None:
    client = make_client()
    assert "no file 'file'" in client.post("/upload", data={"file": "text"}).json()["error"]
    broken = client.post("/upload", content=b"abc", headers={"Content-Type": "multipart/form-data"})
    assert broken.status_code == 400
    assert "error" in broken.json()
