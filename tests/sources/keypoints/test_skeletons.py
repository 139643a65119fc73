"""Layouts of people, sides told from names, and joints joined to their nearest."""

from __future__ import annotations

import csv

import numpy as np
import pytest
from scipy.sparse.csgraph import minimum_spanning_tree

from subsong.sources.keypoints.skeletons import OPENPOSE_18, PEOPLE_15, guess_sides, join_nearest


@pytest.mark.parametrize("layout", [PEOPLE_15, OPENPOSE_18], ids=lambda layout: layout.layout)
def test_the_layouts_of_people_are_mirror_images_of_themselves(layout):
    swapped = {"l": "r", "r": "l"}
    mirror = [
        layout.names.index(swapped[name[0]] + name[1:]) if side != "centre" else layout.names.index(name)
        for name, side in zip(layout.names, layout.sides, strict=True)
    ]
    edges = {frozenset(edge) for edge in layout.edges}
    assert {frozenset(mirror[joint] for joint in edge) for edge in layout.edges} == edges
    assert {mirror[joint] for joint in layout.body} == set(layout.body)


def test_the_lines_of_the_18_joints_are_those_of_the_reference():
    red = {(2, 3), (3, 4), (2, 8), (8, 9), (9, 10)}
    green = {(16, 14), (14, 0), (0, 15), (15, 17), (0, 1)}
    blue = {(5, 6), (6, 7), (5, 11), (11, 12), (12, 13)}
    assert set(OPENPOSE_18.edges) == red | green | blue
    assert OPENPOSE_18.body == (1, 2, 8, 11, 5)


@pytest.mark.parametrize(
    ("names", "sides"),
    [
        (["left_ear", "right_ear", "nose"], ["left", "right", "centre"]),
        (["leftear", "rightear", "tailbase"], ["left", "right", "centre"]),
        (["eyeL", "eyeR", "head"], ["left", "right", "centre"]),
        (["forelegL2", "midlegR4"], ["left", "right"]),
        (["l_hip", "R-knee", "Ear.L"], ["left", "right", "left"]),
        (["lankle", "rankle", "rear", "lear"], ["left", "right", "right", "left"]),
        (["leg", "root", "rump"], ["centre", "centre", "centre"]),
        (["LeftHip", "RIGHT_HIP"], ["left", "right"]),
    ],
)
def test_sides_are_told_from_names(names, sides):
    assert list(guess_sides(names)) == sides


def test_the_sides_of_a_real_fly_are_told_from_its_names(real_data):
    with open(real_data / "pose_fly_deepposekit" / "skeleton.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    sides = dict(zip([row["name"] for row in rows], guess_sides([row["name"] for row in rows]), strict=True))
    assert all((sides[row["name"]] != "centre") == bool(row["swap"]) for row in rows)


def test_joining_the_nearest_is_scipys_minimum_spanning_tree():
    points = np.random.default_rng(0).uniform(0, 100, (9, 2))
    distances = np.linalg.norm(points[:, None] - points, axis=2)
    tree = minimum_spanning_tree(distances).toarray()
    expected = {frozenset((int(a), int(b))) for a, b in np.argwhere(tree)}
    assert {frozenset(edge) for edge in join_nearest(points[None])} == expected


def test_joints_never_seen_together_are_not_joined():
    keypoints = np.full((2, 4, 2), np.nan)
    keypoints[0, :2] = [[0, 0], [1, 0]]
    keypoints[1, 2:] = [[5, 5], [5, 6]]
    assert {frozenset(edge) for edge in join_nearest(keypoints)} == {frozenset((0, 1)), frozenset((2, 3))}
