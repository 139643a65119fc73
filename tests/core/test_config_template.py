"""The commented YAML and the schema."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import Field

from subsong.core.config import ConfigBase, ImportedPart
from subsong.core.config_template import config_schema, render_commented
from subsong.core.yaml_files import parse_yaml


class Ramp(ConfigBase):
    """A weight that rises."""

    kind: Literal["ramp"] = Field("ramp", description="Rises along a line.")
    end: float = Field(description="Last value.")


class KL(ConfigBase):
    kind: Literal["kl"] = "kl"
    weight: float | Ramp = Field(1.0, description="Weight of the term, " + "a long story, " * 12 + "the end.")


class Training(ConfigBase):
    batch_size: int = Field(ge=1, description="Examples in a step.")
    title: str = Field("none", description="Shown above figures.")
    clip: float | None = Field(None, description="Largest norm of the gradient.")


Term = Annotated[KL | ImportedPart, Field(discriminator="kind")]


class Run(ConfigBase):
    training: Training = Field(description="How to train.")
    losses: dict[str, Term] = Field(default_factory=dict, description="Named terms.")
    more: list[Term] = Field(default_factory=list, description="Others.")
    spare: Training | None = Field(None, description="In case.")
    path: Path = Field(Path("data"), description="Where.")
    size: tuple[int, int] = Field((28, 28), description="Rows and columns.")
    groups: list[list[Term]] = Field(default_factory=list, description="Terms in groups.")
    notes: dict[str, Any] = Field(default_factory=dict, description="Anything.")


VALUES = {
    "training": {"batch_size": 128, "title": "a: b", "clip": None},
    "losses": {
        "kl": {"kind": "kl", "weight": {"kind": "ramp", "end": 2.0}},
        "own: one": {"kind": "import", "target": "/a.py:B", "arguments": {"x": [1, {"y": None}]}},
    },
    "more": [{"kind": "kl", "weight": 0.5}, {"kind": "import", "target": "a:b", "arguments": {}}],
    "spare": {"batch_size": 1, "title": "x", "clip": 1.0},
    "path": "data",
    "size": [28, 28],
    "groups": [[{"kind": "kl", "weight": 1.0}], []],
    "notes": {"a": [[1], []]},
}


def test_the_text_loads_back_to_the_same_values():
    text = render_commented(Run, VALUES)
    assert parse_yaml(text, "template") == VALUES
    assert list(parse_yaml(text, "template")) == list(VALUES)


def test_every_key_of_a_class_has_a_comment_above_it():
    lines = render_commented(Training, VALUES["training"]).splitlines()
    for i, line in enumerate(lines):
        assert line.startswith("#") or lines[i - 1].startswith("#"), line


def test_the_comment_holds_description_type_bounds_and_default():
    lines = render_commented(Training, VALUES["training"]).splitlines()
    assert lines[:6] == [
        "# Examples in a step.",
        "# (a whole number of at least 1; required)",
        "batch_size: 128",
        "# Shown above figures.",
        "# (text; default 'none')",
        "title: 'a: b'",
    ]


def test_a_part_told_by_kind_lists_the_other_kinds():
    assert "    # (one of kl, import)\n    kind: kl\n" in render_commented(Run, VALUES)


def test_no_comment_is_long():
    assert max(map(len, render_commented(Run, VALUES).splitlines())) < 120


def test_keys_left_out_get_their_defaults():
    assert parse_yaml(render_commented(Training, {"batch_size": 1}), "template") == {
        "batch_size": 1,
        "title": "none",
        "clip": None,
    }


def test_a_required_key_left_out_is_shown_as_a_comment():
    text = render_commented(Training, {"title": "x"})
    assert "# batch_size: (required)\n" in text
    assert "batch_size" not in parse_yaml(text, "template")


def test_keys_the_class_does_not_have_are_kept():
    assert parse_yaml(render_commented(Training, {"batch_size": 1, "x": {"y": [1]}}), "template")["x"] == {"y": [1]}


@settings(max_examples=50)
@given(st.text(), st.dictionaries(st.text(), st.text() | st.lists(st.text(), max_size=2), max_size=3))
def test_any_text_survives(title, notes):
    values = VALUES | {"spare": VALUES["spare"] | {"title": title}, "notes": notes, "losses": {title: {"kind": "kl"}}}
    read = parse_yaml(render_commented(Run, values), "template")
    assert read == values | {"losses": {title: {"kind": "kl", "weight": 1.0}}}


@pytest.mark.parametrize("value", ["a\nb", "a\n\n  b\n", "\u2028x\u0085", " lead", "#", "- a", "x" * 300, "wörd " * 60])
def test_awkward_texts_survive_below_several_levels(value):
    values = VALUES | {"notes": {"a": value}, "spare": VALUES["spare"] | {"title": value}}
    assert parse_yaml(render_commented(Run, values), "template") == values


def test_the_schema_forbids_unknown_keys_and_keeps_descriptions():
    schema = config_schema(Run)
    training = schema["$defs"]["Training"]
    assert schema["$schema"].startswith("https://json-schema.org")
    assert training["additionalProperties"] is False
    assert training["properties"]["batch_size"] == {
        "type": "integer",
        "minimum": 1,
        "description": "Examples in a step.",
    }


def test_the_schema_loses_titles_but_not_a_key_called_title():
    schema = config_schema(Run)
    assert "title" not in schema
    assert "title" in schema["$defs"]["Training"]["properties"]
