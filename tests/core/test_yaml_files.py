"""YAML in and out: types, lines, refusals, round trip."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsong.core.errors import SubsongError
from subsong.core.yaml_files import dump_yaml, load_yaml, parse_yaml

SCALARS = st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text()
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4), max_leaves=12
)


@pytest.fixture
def write(tmp_path):
    def write_file(content):
        path = tmp_path / "run.yaml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write_file


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("1E5", 1e5),
        ("-.5", -0.5),
        ("1.", 1.0),
        ("-3", -3),
        (".inf", math.inf),
        ("-.INF", -math.inf),
        ("true", True),
        ("False", False),
        ("on", "on"),
        ("off", "off"),
        ("yes", "yes"),
        ("no", "no"),
        ("null", None),
        ("~", None),
        ("", None),
        ("007", "007"),
        ("1_000", "1_000"),
        ("1:30", "1:30"),
        ("2024-05-01", "2024-05-01"),
        ("1.2.3", "1.2.3"),
        ("[1, 2e-1]", [1, 0.2]),
        ("{a: 1}", {"a": 1}),
        ("'1'", "1"),
        ("!!str 1", "1"),
        ("<<", "<<"),
    ],
)
def test_a_scalar_is_read_as_yaml_1_2_has_it(text, value):
    read = parse_yaml(text, "--set")
    assert read == value
    assert type(read) is type(value)


def test_not_a_number_is_read():
    assert math.isnan(parse_yaml(".nan", "--set"))


def test_every_key_and_list_item_knows_its_line(write):
    path = write("a: 1\nb:\n  c: 2\n  d:\n  - 5\n  - e: 6\n")
    raw = load_yaml(path)
    assert raw.values == {"a": 1, "b": {"c": 2, "d": [5, {"e": 6}]}}
    lines = {key: int(where.rsplit(" ", 1)[1]) for key, where in raw.origins.items() if key}
    assert lines == {("a",): 1, ("b",): 2, ("b", "c"): 3, ("b", "d"): 4, ("b", "d", 0): 5, ("b", "d", 1): 6} | {
        ("b", "d", 1, "e"): 6
    }
    assert raw.origin() == str(path)


def test_a_preset_is_called_by_its_label(write):
    assert load_yaml(write("a: 1\nb: 2\n"), label="preset digits-vae").origin("b") == "preset digits-vae, line 2"


def test_a_byte_order_mark_is_passed_over(write):
    assert load_yaml(write(b"\xef\xbb\xbfa: 1\n")).values == {"a": 1}


def test_an_alias_stands_for_its_value(write):
    assert load_yaml(write("a: &x [1, 2]\nb: *x\n")).values == {"a": [1, 2], "b": [1, 2]}


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "run.yaml is empty: expected keys"),
        ("# only a comment\n", "run.yaml is empty"),
        ("- 1\n- 2\n", "run.yaml line 1: expected lines 'key: value', found a list"),
        ("text", "run.yaml line 1: expected lines 'key: value', found a single value"),
        ("a: 1\nb: [1,\nc: 2\n", "run.yaml line 2: not valid YAML (a bracket that is not closed)"),
        ("a: 1\nb: c: d\n", "run.yaml line 2: not valid YAML (an unexpected colon"),
        ("a:\n\tb: 1\n", "run.yaml line 2: not valid YAML (a tab; indent with spaces)"),
        ("a: *.wav\n", "run.yaml line 1: not valid YAML (a text that begins with * needs quotes)"),
        ("a: *x\n", "run.yaml line 1: not valid YAML (a text that begins with * needs quotes)"),
        ("a: 1\n---\nb: 2\n", "run.yaml line 2: not valid YAML"),
        (b"a: 1\nb: \xff\xfe\n", "run.yaml line 2: not UTF-8 text"),
        (b"a: 1\n\nb: \x00\n", "run.yaml line 3: a control character"),
        ("a: 1\nb: 2\na: 3\n", "run.yaml line 1: the key 'a' is there and again in line 3"),
        ("x:\n  a: 1\n  b: 2\n  a: 3\n", "run.yaml line 2: the key 'a' is there and again in line 4"),
        ("a: 1\nb: !!python/object/apply:os.system ['true']\n", "run.yaml line 2: the tag !!python/object/apply"),
        ("a: !!python/name:os.system\n", "run.yaml line 1: the tag !!python/name"),
        ("a: !mine {b: 1}\n", "run.yaml line 1: the tag !mine is not allowed"),
        ("a: !!int x\n", "run.yaml line 1: the tag !!int is not allowed here"),
        ("null: 1\n", "run.yaml line 1: a key should be text"),
        ("true: 1\n", "run.yaml line 1: a key should be text"),
        ("? [a]\n: 1\n", "run.yaml line 1: a key should be text"),
        ("a: &x [*x]\n", "run.yaml"),
        ("a: " + "9" * 5000, "run.yaml line 1: a number of 5000 digits"),
        ("a: " + "[" * 1500, "run.yaml: nested too deeply"),
    ],
)
def test_a_bad_file_is_refused_in_one_sentence_with_its_line(write, content, sentence):
    with pytest.raises(SubsongError) as caught:
        load_yaml(write(content))
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


def test_aliases_that_stand_for_billions_are_refused(write):
    levels = "".join(f"l{i}: &l{i} [{', '.join([f'*l{i - 1}'] * 9)}]\n" for i in range(1, 12))
    with pytest.raises(SubsongError, match="more than 100000 values"):
        load_yaml(write("l0: &l0 [1]\n" + levels))


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(SubsongError, match=r"configuration file .*none.yaml does not exist"):
        load_yaml(tmp_path / "none.yaml")


def test_a_folder_in_place_of_a_file_is_named(tmp_path):
    with pytest.raises(SubsongError, match="is a folder: expected a YAML file"):
        load_yaml(tmp_path)


@given(VALUES)
def test_what_is_dumped_loads_equal(value):
    assert parse_yaml(dump_yaml(value), "--set") == value


@given(st.floats(allow_nan=False))
def test_floats_come_back_bit_for_bit(number):
    read = parse_yaml(dump_yaml({"a": number}), "--set")["a"]
    assert isinstance(read, float)
    assert math.copysign(1, read) == math.copysign(1, number)
    assert read == number


def test_the_dump_keeps_the_order_and_writes_one_key_a_line(tmp_path):
    shared = [1]
    text = dump_yaml({"b": shared, "a": shared, "path": tmp_path, "rate": 1e-3, "word": "on"})
    assert text == f"b:\n- 1\na:\n- 1\npath: {tmp_path}\nrate: 0.001\nword: on\n"
