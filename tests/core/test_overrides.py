"""Overrides: paths, values, order, refusals."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from subsong.core.errors import SubsongError
from subsong.core.overrides import apply_overrides, parse_overrides
from subsong.core.raw_config import RawConfig
from subsong.core.yaml_files import dump_yaml

BASE = {
    "seed": 0,
    "losses": {"kl": {"kind": "kl", "weight": 1.0}},
    "optimizer": {"kind": "adam", "lr": 0.1},
    "callbacks": [{"kind": "stop", "patience": 3}, {"kind": "log"}],
    "labels": {"A.1": 1},
}
NAMES = st.text(st.characters(categories=["L", "Nd"]), min_size=1, max_size=5)


def override(overrides, base=BASE):
    return apply_overrides(RawConfig.from_mapping(base, "run.yaml line 1"), parse_overrides(overrides))


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("losses.kl.weight=2", lambda v: v["losses"]["kl"]["weight"] == 2),
        ("losses/kl/weight=2", lambda v: v["losses"]["kl"] == {"kind": "kl", "weight": 2}),
        (" losses . kl.weight = 1e-4 ", lambda v: v["losses"]["kl"]["weight"] == 1e-4),
        ("seed=null", lambda v: v["seed"] is None),
        ("seed=''", lambda v: v["seed"] == ""),
        ("data.path=/x=y/z", lambda v: v["data"]["path"] == "/x=y/z"),
        ("a.b.c=[1, 2]", lambda v: v["a"] == {"b": {"c": [1, 2]}}),
        ("losses.kl={weight: 3}", lambda v: v["losses"]["kl"] == {"kind": "kl", "weight": 3}),
        ("losses.kl.weight={kind: linear}", lambda v: v["losses"]["kl"]["weight"] == {"kind": "linear"}),
        ("losses.kl.weight.kind=linear", lambda v: v["losses"]["kl"]["weight"] == {"kind": "linear"}),
        ("callbacks.0.patience=5", lambda v: v["callbacks"] == [{"kind": "stop", "patience": 5}, {"kind": "log"}]),
        ("callbacks/1={every: 2}", lambda v: v["callbacks"][1] == {"kind": "log", "every": 2}),
        ("callbacks=[]", lambda v: v["callbacks"] == []),
        ("labels/A.1=2", lambda v: v["labels"] == {"A.1": 2}),
        ("labels.A.1=2", lambda v: v["labels"] == {"A.1": 1, "A": {"1": 2}}),
        ("optimizer.kind=sgd", lambda v: v["optimizer"] == {"kind": "sgd"}),
        ("word=on", lambda v: v["word"] == "on"),
    ],
)
def test_an_override_sets_its_key(text, read):
    assert read(override([text]).values)


@pytest.mark.parametrize(
    ("overrides", "weight"),
    [
        ({"losses.kl.weight": 2}, 2),
        ({"losses/kl/weight": 2}, 2),
        ({"losses": {"kl": {"weight": 2}}}, 2),
        ({"losses.kl": {"weight": (1, 2)}}, [1, 2]),
        ({"losses.kl.weight": "1e-4"}, "1e-4"),
        ("losses.kl.weight=2", 2),
    ],
)
def test_overrides_from_python_are_taken_as_they_are(overrides, weight):
    assert override(overrides).values["losses"]["kl"] == {"kind": "kl", "weight": weight}


@pytest.mark.parametrize("overrides", [None, [], {}])
def test_no_override_changes_nothing(overrides):
    assert override(overrides).values == BASE


def test_the_later_override_wins():
    assert override(["seed=1", "seed=2"]).values["seed"] == 2


@pytest.mark.parametrize(
    "overrides",
    [
        ["optimizer.kind=sgd", "optimizer.lr=1"],
        ["optimizer.lr=1", "optimizer.kind=sgd"],
        ["optimizer.lr=1", "optimizer.kind=rms", "optimizer.kind=sgd"],
    ],
)
def test_settings_of_a_part_survive_the_choice_of_its_kind_in_any_order(overrides):
    assert override(overrides).values["optimizer"] == {"kind": "sgd", "lr": 1}


def test_origins_name_the_override_and_leave_the_others():
    raw = override(["callbacks.0.patience=5", "new.part.x=1"])
    assert raw.origin("callbacks.0.patience") == "--set callbacks.0.patience=5"
    assert raw.origin("callbacks.1.kind") == raw.origin("callbacks.0") == "run.yaml line 1"
    assert raw.origin("new.part") == raw.origin("new.part.x") == "--set new.part.x=1"
    assert override({"a": {"b": 1}}).origin("a.b") == "overrides['a']"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("seed", "--set seed: expected 'key=value'"),
        ("", "expected 'key=value'"),
        ("=3", "has an empty part"),
        ("a..b=1", "--set a..b=1: the path 'a..b' has an empty part"),
        ("/a=1", "has an empty part"),
        ("seed=", "--set seed=: no value after '='"),
        ("seed=#5", "no value after '='"),
        ("data.files=*.wav", "a text that begins with * needs quotes"),
        ("a=[1, 2", "--set a=[1, 2: not valid YAML"),
        ("a={b: 1, b: 2}", "--set a={b: 1, b: 2}: the key 'b' is there twice"),
        ("callbacks.2.kind=log", "callbacks is a list without an item '2'; its items are 0 to 1"),
        ("callbacks.first=1", "without an item 'first'"),
    ],
)
def test_a_malformed_override_is_refused_in_one_sentence(text, sentence):
    with pytest.raises(SubsongError) as caught:
        override([text])
    assert sentence in str(caught.value)
    assert "\n" not in str(caught.value)


@given(st.lists(NAMES, min_size=1, max_size=4), st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False))
def test_dotted_and_slash_paths_mean_the_same(parts, value):
    text = dump_yaml([value]).removeprefix("- ").strip()
    dotted, slashed = (override([f"{sep.join(parts)}={text}"], {}).values for sep in "./")
    assert dotted == slashed == override({".".join(parts): value}, {}).values
