"""A perching or flying bird of 14 joints, seen from the side.

It is drawn as it faces the right of the picture, and mirrored for half of the poses.
"""

from __future__ import annotations

import numpy as np

from subsong.sources.keypoints.skeletons import build_skeleton
from subsong.synthesis.figures.body import AngleDraw, Body, Part, Pose, step
from subsong.synthesis.figures.wardrobe import dress_bird

_SKELETON = build_skeleton(
    (
        *("beak", "head", "chest", "belly", "rump", "tail", "rwrist", "rwing", "lwrist", "lwing"),
        *("rknee", "rfoot", "lknee", "lfoot"),
    ),
    [
        *(("beak", "head"), ("head", "chest"), ("chest", "belly"), ("belly", "rump"), ("rump", "tail")),
        *(("chest", "rwrist"), ("rwrist", "rwing"), ("chest", "lwrist"), ("lwrist", "lwing")),
        *(("belly", "rknee"), ("rknee", "rfoot"), ("belly", "lknee"), ("lknee", "lfoot")),
    ],
)
_BEAK, _HEAD, _CHEST, _BELLY, _RUMP, _TAIL = range(6)
_RIGHT_WRIST, _LEFT_WRIST, _RIGHT_KNEE, _LEFT_KNEE = 6, 8, 10, 12
_EYE, _FACE, _RIGHT_TOES, _LEFT_TOES = 14, 15, 16, 17
_NUM_POINTS = 18
_SIDES = (("right", _RIGHT_WRIST, _RIGHT_KNEE, _RIGHT_TOES), ("left", _LEFT_WRIST, _LEFT_KNEE, _LEFT_TOES))
_NEAR_WING, _FAR_WING = 3.0, -3.0


def _list_parts() -> tuple[Part, ...]:
    parts = []
    for name, wrist, knee, toes in _SIDES:
        parts += [
            Part(f"{name} wing", (_CHEST, wrist), (0.045, 0.062), "wing", (3, 1.25)),
            Part(f"{name} feathers", (wrist, wrist + 1), (0.06, 0.012), "feathers", (5, 1.25)),
            Part(f"{name} thigh", (_BELLY, knee), (0.05, 0.02), "belly", (3, 1.0)),
            Part(f"{name} leg", (knee, knee + 1), (0.014, 0.012), "legs", follows_build=False),
            Part(f"{name} toes", (knee + 1, toes), (0.014, 0.008), "legs", follows_build=False),
        ]
    return (
        *parts,
        Part("tail", (_RUMP, _TAIL), (0.035, 0.05), "feathers", (4, 1.25)),
        Part("body", (_CHEST, _RUMP), (0.125, 0.062), "belly", (6, 2.5)),
        Part("neck", (_HEAD, _CHEST), (0.08, 0.1), "head"),
        Part("crown", (_HEAD, _HEAD), (0.085, 0.085), "head", follows_build=False),
        Part("beak", (_FACE, _BEAK), (0.038, 0.006), "legs", follows_build=False),
        Part("eye", (_EYE, _EYE), (0.019, 0.019), "eyes", follows_build=False),
    )


_PARTS = _list_parts()


def _draw_pose(rng: np.random.Generator, spread: float) -> Pose:
    draws = AngleDraw(rng, spread)
    points_J2 = np.zeros((_NUM_POINTS, 2))
    pitch = draws.draw_degrees(-12, 48)
    # Straight down is 0: the tail points to the left and, where the bird sits upright, downwards.
    backwards = -np.pi / 2 + pitch
    points_J2[_CHEST] = step(0.15, backwards + np.pi)
    points_J2[_RUMP] = step(0.15, backwards)
    points_J2[_BELLY] = step(0.03, pitch)
    points_J2[_TAIL] = points_J2[_RUMP] + step(draws.draw(0.2, 0.26), backwards - draws.draw_degrees(-25, 35))
    _place_head(points_J2, pitch, draws)
    raised = draws.draw_degrees(-12, 150)
    for _, wrist, knee, toes in _SIDES:
        _place_wing(points_J2, wrist, (backwards, raised), draws)
        _place_leg(points_J2, (knee, toes), pitch, draws)
    faces_left = spread > 0 and rng.random() < 0.5
    if faces_left:
        points_J2[:, 0] *= -1
    return Pose(points_J2, _order_parts("left" if faces_left else "right"))


def _place_head(points_J2: np.ndarray, pitch: float, draws: AngleDraw) -> None:
    points_J2[_HEAD] = points_J2[_CHEST] + step(0.145, np.pi * 0.78 + 0.3 * pitch + draws.draw_degrees(-28, 28))
    gaze = np.pi / 2 + draws.draw_degrees(-30, 35)
    points_J2[_FACE] = points_J2[_HEAD] + step(0.065, gaze)
    points_J2[_BEAK] = points_J2[_HEAD] + step(0.155, gaze)
    points_J2[_EYE] = points_J2[_HEAD] + step(0.038, gaze + np.pi / 5)


def _place_wing(points_J2: np.ndarray, wrist: int, angles: tuple[float, float], draws: AngleDraw) -> None:
    """Place a wing between folded along the back and raised high; both wings do about the same."""
    backwards, raised = angles
    upper = backwards - raised + draws.draw_degrees(-14, 14)
    points_J2[wrist] = points_J2[_CHEST] + step(0.17 * draws.draw(0.9, 1), upper)
    outer = upper + 0.35 * raised + draws.draw_degrees(-25, 10)
    points_J2[wrist + 1] = points_J2[wrist] + step(0.22, outer)


def _place_leg(points_J2: np.ndarray, joints: tuple[int, int], pitch: float, draws: AngleDraw) -> None:
    knee, toes = joints
    points_J2[knee] = points_J2[_BELLY] + step(0.145, 0.3 * pitch + draws.draw_degrees(-38, 22))
    points_J2[knee + 1] = points_J2[knee] + step(0.13, draws.draw_degrees(-15, 40))
    points_J2[toes] = points_J2[knee + 1] + step(0.06, np.pi / 2 - np.radians(8))


def _order_parts(near: str) -> np.ndarray:
    """Return depths, given which side of the bird is towards us."""
    middle = {"tail": -0.5, "body": 0.0, "neck": 0.5, "crown": 0.6, "beak": 0.55, "eye": 0.9}
    for name, *_ in _SIDES:
        wing, leg = (_NEAR_WING, -1.0) if name == near else (_FAR_WING, -2.0)
        middle |= {f"{name} wing": wing + 0.1, f"{name} feathers": wing}
        middle |= {f"{name} thigh": leg, f"{name} leg": leg - 0.1, f"{name} toes": leg - 0.2}
    return np.array([middle[part.name] for part in _PARTS])


BIRD = Body(_SKELETON, _PARTS, 1.05, _draw_pose, dress_bird)
