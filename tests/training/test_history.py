"""Metrics on disk: appended line by line, cut back, read."""

from __future__ import annotations

import pytest

from subsong.core.errors import SubsongError
from subsong.training.history import JsonLines, flatten, read_history, read_records

STEP = {"event": "step", "step": 0, "train": {"loss": 2.0}}
EPOCH = {"event": "epoch", "epoch": 0, "step": 3, "train": {"loss": 1.0}, "validation": {"loss": 1.5, "kl": 0.5}}


@pytest.fixture
def path(tmp_path):
    lines = JsonLines(tmp_path / "metrics.jsonl")
    lines.append(STEP)
    lines.append(EPOCH)
    return tmp_path / "metrics.jsonl"


def test_a_cut_drops_what_was_written_later(tmp_path):
    lines = JsonLines(tmp_path / "metrics.jsonl")
    lines.append(STEP)
    length = lines.sync()
    before = lines.path.read_bytes()
    lines.append(EPOCH)
    lines.cut(length)
    assert lines.path.read_bytes() == before
    lines.cut(10 * length)
    assert lines.path.read_bytes() == before
    lines.cut(0)
    assert lines.sync() == 0


def test_without_a_path_nothing_is_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lines = JsonLines(None)
    lines.append(STEP)
    lines.cut(0)
    assert lines.sync() == 0
    assert not list(tmp_path.iterdir())


def test_a_missing_file_is_cut_and_synced_in_peace(tmp_path):
    lines = JsonLines(tmp_path / "metrics.jsonl")
    lines.cut(0)
    assert lines.sync() == 0


def test_history_is_two_flat_tables(path):
    history = read_history(path)
    assert history.epochs.to_dicts() == [
        {"epoch": 0, "step": 3, "train_loss": 1.0, "validation_loss": 1.5, "validation_kl": 0.5}
    ]
    assert history.steps.to_dicts() == [{"step": 0, "train_loss": 2.0}]


@pytest.mark.parametrize("end", ['{"event": "step", "st', '{"event": "step", "step": 1}'])
def test_an_unfinished_last_line_is_passed_over(path, end):
    with open(path, "a") as file:
        file.write(end)
    assert [len(records) for records in read_records(path).values()] == [1, 1]


def test_columns_may_appear_later(path):
    JsonLines(path).append({**EPOCH, "epoch": 1, "warning": "collapse"})
    assert read_history(path).epochs["warning"].to_list() == [None, "collapse"]


@pytest.mark.parametrize("line", ["not json", "[1]", '{"no": "event"}', '{"event": "lunch"}'])
def test_a_damaged_line_within_is_named(path, line):
    path.write_text(f"{line}\n{path.read_text()}")
    with pytest.raises(SubsongError, match="line 1"):
        read_history(path)


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(SubsongError, match="the run has not started"):
        read_history(tmp_path / "metrics.jsonl")


def test_flat_names_are_joined():
    assert flatten({"a": {"b": {"c": 1}, "d": 2}, "e": 3}) == {"a_b_c": 1, "a_d": 2, "e": 3}
