"""Files merged, overrides by path, references, and keys that nobody reads."""

from __future__ import annotations

import copy
from pathlib import Path

import pytest

from subsong.core.errors import SubsongError
from subsong.interop.edflow.config import read_edflow_config
from subsong.interop.edflow.reading import ReadConfig, describe_unread


def write(folder: Path, **files: str) -> list[Path]:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text)
    return [folder / f"{name}.yaml" for name in files]


def test_files_are_merged_deeply_and_lists_replaced(tmp_path: Path) -> None:
    bases = write(
        tmp_path,
        a="losses: {L1: {weight: 1}, KL: {weight: 2}}\nsizes: [1, 2]",
        b="losses: {L1: {weight: 3}}\nsizes: [4]",
    )
    expected = {"losses": {"L1": {"weight": 3}, "KL": {"weight": 2}}, "sizes": [4]}
    assert read_edflow_config(bases) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [("true", True), ("null", None), ("1e-4", 1e-4), ("[1, 2]", [1, 2]), ("-1", -1), ("word", "word"), ("", "")],
)
def test_values_are_read_as_yaml(tmp_path: Path, text: str, value: object) -> None:
    bases = write(tmp_path, a="x: {y: 0}")
    assert read_edflow_config(bases, ["--x/y", text])["x"]["y"] == value
    assert read_edflow_config(bases, [f"--x/y={text}"])["x"]["y"] == value


def test_a_path_makes_what_is_missing_and_counts_lists(tmp_path: Path) -> None:
    bases = write(tmp_path, a="layers: [{size: 1}, {size: 2}]")
    config = read_edflow_config(bases, ["--layers/1/size", "5", "--new/deep/key", "7"])
    assert config == {"layers": [{"size": 1}, {"size": 5}], "new": {"deep": {"key": 7}}}


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--lr"], "--lr has no value"),
        (["--lr", "--x", "1"], "--lr has no value"),
        (["--lr", "1", "--lr", "2"], "--lr is given twice"),
        (["--a/b", "1", "--a.b=2"], "--a.b is given twice"),
        (["lr", "1"], "'lr' belongs to no flag"),
        (["--a//b", "1"], "empty part"),
        (["--a", "[1"], "not valid YAML"),
    ],
)
def test_an_override_that_says_nothing_clear_is_refused(tmp_path: Path, words: list[str], sentence: str) -> None:
    with pytest.raises(SubsongError, match=sentence):
        read_edflow_config(write(tmp_path, a="x: 1"), words)


def test_references_are_resolved_through_one_another(tmp_path: Path) -> None:
    bases = write(tmp_path, a="a: {b: [1, 2]}\nc: '{a/b/1}'\nd: '{c}'\nempty: ''\nword: 'x{c}'")
    config = read_edflow_config(bases, ["--e", "{d}"])
    assert (config["c"], config["d"], config["e"], config["empty"], config["word"]) == (2, 2, 2, "", "x{c}")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [("a: 1\nb: '{aa}'", r"a.yaml line 2, key b: \{aa\} names no key"), ("a: '{b}'\nb: '{a}'", "leads back to itself")],
)
def test_a_reference_that_leads_nowhere_names_key_and_file(tmp_path: Path, text: str, sentence: str) -> None:
    with pytest.raises(SubsongError, match=sentence):
        read_edflow_config(write(tmp_path, a=text))


def read_all(config: ReadConfig, key: str) -> object:
    return {
        "index": lambda: config[key],
        "get": lambda: config.get(key),
        "items": lambda: dict(config.items())[key],
        "unpacked": lambda: (lambda **values: values[key])(**config),
        "copied": lambda: dict(config)[key],
    }


@pytest.mark.parametrize("way", ["index", "get", "items", "unpacked", "copied"])
def test_every_way_of_reading_is_noticed(way: str) -> None:
    config = ReadConfig({"lr": 1})
    assert describe_unread(config)
    assert read_all(config, "lr")[way]() == 1
    assert describe_unread(config) == []


def test_asking_for_names_alone_is_not_reading() -> None:
    config = ReadConfig({"losses": {"color_L1": {"weight": 1}, "colour_L1": {"weight": 2}}})
    assert "color_L1" in config["losses"].keys()  # noqa: SIM118  as scripts write
    assert config["losses"]["color_L1"]["weight"] == 1
    (sentence,) = describe_unread(config)
    assert sentence.startswith("nothing has read losses/colour_L1 of")


def test_a_whole_part_that_nobody_reads_is_told_once() -> None:
    config = ReadConfig({"old": {"a": 1, "b": {"c": 2}}, "layers": [{"size": 1, "siez": 2}]})
    assert config["layers"][0]["size"] == 1
    told = describe_unread(config)
    assert told[0] == "nothing has read old of the configuration"
    assert told[1] == "nothing has read layers/0/siez of the configuration; did you mean layers/0/size?"


def test_a_copy_is_plain() -> None:
    config = ReadConfig({"a": {"b": [1]}})
    assert type(copy.deepcopy(config)["a"]) is dict
    assert config.plain() == {"a": {"b": [1]}}
