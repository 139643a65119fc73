"""Painting a figure: what lies in front hides what is behind."""

from __future__ import annotations

import numpy as np

from subsong.core.seeds import numpy_generator
from subsong.synthesis.figures.appearance import draw_appearance
from subsong.synthesis.figures.person import PERSON
from subsong.synthesis.figures.render import PlacedPoses, render_figure
from subsong.synthesis.figures.wardrobe import Wear


def test_what_lies_in_front_hides_what_is_behind():
    appearance = draw_appearance(PERSON, numpy_generator(0, "appearance"), False)
    names = [part.name for part in PERSON.parts]
    forearm, torso = names.index("right forearm"), names.index("torso")
    wear_M = list(appearance.wear_M)
    wear_M[forearm], wear_M[torso] = Wear((255, 0, 0), (255, 0, 0)), Wear((0, 0, 255), (0, 0, 255))
    pose = PERSON.draw_pose(numpy_generator(0, "pose"), 0.0)
    points_J2 = 100 * pose.points_J2 + (50, 60)
    points_J2[4], points_J2[5] = (46.0, 48.0), (54.0, 48.0)  # elbow and wrist, across the chest
    depth_NM = np.stack([pose.depth_M, pose.depth_M])
    depth_NM[:, [names.index("right upper arm"), names.index("right hand")]] = -8.0
    depth_NM[:, forearm] = [9.0, -9.0]
    poses = PlacedPoses(np.stack([points_J2, points_J2]), depth_NM, 100.0)
    before, behind = render_figure(PERSON.parts, appearance._replace(wear_M=tuple(wear_M)), poses, (100, 100))
    assert tuple(before[:, 48, 50]) == (255, 0, 0)
    assert tuple(behind[:, 48, 50]) == (0, 0, 255)
