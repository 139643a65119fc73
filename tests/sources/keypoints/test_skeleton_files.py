"""Skeletons in CSV, YAML and JSON."""

from __future__ import annotations

import json

import pytest

from subsong.core.errors import SubsongError
from subsong.sources.keypoints.skeleton_files import read_skeleton

VALUES = {"joints": ["nose", "earL", "tail"], "edges": [["nose", "earL"], ["nose", "tail"]], "body": ["nose", "tail"]}


def test_a_csv_joins_each_joint_to_its_parent(tmp_path):
    (tmp_path / "s.csv").write_text("name,parent,swap\nnose,,\nearL,nose,earR\nearR,nose,earL\n")
    skeleton = read_skeleton(tmp_path / "s.csv")
    assert skeleton.names == ("nose", "earL", "earR")
    assert skeleton.edges == ((0, 1), (0, 2))
    assert skeleton.sides == ("centre", "left", "right")


def test_yaml_and_json_say_the_same(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps(VALUES))
    (tmp_path / "s.yaml").write_text(
        "joints: [nose, earL, tail]\nedges: [[nose, earL], [nose, tail]]\nbody: [nose, tail]\n"
    )
    skeleton = read_skeleton(tmp_path / "s.yaml")
    assert skeleton == read_skeleton(tmp_path / "s.json")
    assert skeleton.edges == ((0, 1), (0, 2))
    assert skeleton.body == (0, 2)


def test_sides_in_the_file_win_over_names(tmp_path):
    (tmp_path / "s.json").write_text(json.dumps(VALUES | {"sides": {"earL": "right"}}))
    assert read_skeleton(tmp_path / "s.json").sides == ("centre", "right", "centre")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"edges": [["nose", "tial"]]}, "joins 'tial', which is none of its joints: did you mean 'tail'"),
        ({"edges": [["nose"]]}, "expected edges as a list of pairs"),
        ({"sides": {"nose": "middle"}}, "side 'middle' of nose"),
        ({"joints": ["nose", "nose"]}, "names the joint 'nose' twice"),
        ({"bodies": []}, "unknown key 'bodies': did you mean 'body'"),
        ({"joints": "nose"}, "expected the key joints"),
    ],
)
def test_a_mistake_in_a_skeleton_is_one_sentence(tmp_path, change, message):
    (tmp_path / "s.json").write_text(json.dumps(VALUES | change))
    with pytest.raises(SubsongError, match=message):
        read_skeleton(tmp_path / "s.json")


def test_a_file_of_another_kind_is_refused(tmp_path):
    (tmp_path / "s.csv").write_text("a,b\n1,2\n")
    with pytest.raises(SubsongError, match="expected the columns name and parent"):
        read_skeleton(tmp_path / "s.csv")
    with pytest.raises(SubsongError, match=r"ends in \.csv, \.yaml or \.json"):
        read_skeleton(tmp_path / "s.txt")
