"""Forms that were made before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from subsong.core.errors import SubsongError
from subsong.studio.calm import Calm
from subsong.studio.work import form_cache
from subsong.studio.work.bench import Bench
from subsong.studio.work.form_cache import FormCache, hash_program


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return what was made, which here is quick."""
    made: list[str] = []

    def describe(what: str, start: str | None = None) -> dict[str, Any]:
        made.append(what)
        if what.startswith("../"):
            raise SubsongError("there is nothing to set")
        return {"what": what, "tree": [start]}

    monkeypatch.setattr(form_cache, "describe_form", describe)
    return made


def test_a_form_is_made_once(tmp_path: Path, made: list[str]) -> None:
    first = FormCache(tmp_path, Bench()).describe("pose-vunet/port")
    assert FormCache(tmp_path, Bench()).describe("pose-vunet/port") == first
    assert made == ["pose-vunet/port"]


def test_a_form_that_begins_with_a_model_is_made_each_time(tmp_path: Path, made: list[str]) -> None:
    for _ in range(2):
        assert FormCache(tmp_path, Bench()).describe("predict", "model")["tree"] == ["model"]
    assert made == ["predict", "predict"]


def test_forms_of_another_version_are_neither_used_nor_kept(
    tmp_path: Path, made: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    FormCache(tmp_path, Bench()).describe("custom")
    monkeypatch.setattr(form_cache, "hash_program", lambda: "later")
    FormCache(tmp_path, Bench()).prepare(Calm())
    assert made.count("custom") == 2
    assert [path.name for path in (tmp_path / "forms").iterdir()] == ["later"]


def test_a_form_that_is_none_is_never_written(tmp_path: Path, made: list[str]) -> None:
    with pytest.raises(SubsongError, match="nothing to set"):
        FormCache(tmp_path, Bench()).describe("../escaped")
    assert list(tmp_path.rglob("*.json")) == []


def test_a_damaged_form_is_made_anew(tmp_path: Path, made: list[str]) -> None:
    FormCache(tmp_path, Bench()).describe("custom")
    (path,) = tmp_path.rglob("custom.json")
    path.write_text("{", encoding="utf-8")
    assert FormCache(tmp_path, Bench()).describe("custom")["what"] == "custom"
    assert path == tmp_path / "forms" / hash_program() / "custom.json"


def test_where_nothing_can_be_written_a_form_is_made_all_the_same(tmp_path: Path, made: list[str]) -> None:
    (tmp_path / "forms").write_text("in the way", encoding="utf-8")
    assert FormCache(tmp_path, Bench()).describe("custom")["what"] == "custom"
