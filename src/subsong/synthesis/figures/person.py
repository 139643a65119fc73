"""A person of 15 joints, facing us or turned a little.

Angles are those of a limb against straight down, positive away from the body.
"""

from __future__ import annotations

import numpy as np

from subsong.sources.keypoints.skeletons import PEOPLE_15
from subsong.synthesis.figures.body import AngleDraw, Body, Part, Pose, step
from subsong.synthesis.figures.wardrobe import dress_person

_TORSO, _NECK, _NOSE_ABOVE_NECK = 0.27, 0.06, 0.085
_SHOULDERS, _HIPS, _EYES = 0.095, 0.055, 0.028
_UPPER_ARM, _FOREARM, _HAND = 0.155, 0.135, 0.03
_THIGH, _SHANK, _FOOT = 0.215, 0.21, 0.055

_ANKLE, _KNEE, _HIP, _SHOULDER, _ELBOW, _WRIST, _EYE = range(7)
"""Joints of the right side; those of the left come seven later."""
_LEFT, _NOSE = 7, 14
_NECK_POINT, _CROWN, _CHIN, _HAIR = 15, 16, 17, 18
_HAND_POINT, _TOES = 19, 20
"""Points of the right side that are no joints; those of the left come two later."""
_NUM_POINTS = 23
_BEHIND, _LEGS, _TRUNK, _HEAD, _FRONT = -4.0, -2.0, 0.0, 1.0, 4.0


def _list_parts() -> tuple[Part, ...]:
    parts = []
    for name, joint, extra in (("right", 0, 0), ("left", _LEFT, 2)):
        parts += [
            Part(f"{name} thigh", (_HIP + joint, _KNEE + joint), (0.058, 0.046), "trousers", (5, 1.25)),
            Part(f"{name} shank", (_KNEE + joint, _ANKLE + joint), (0.046, 0.03), "lower leg", (5, 1.0)),
            Part(f"{name} foot", (_ANKLE + joint, _TOES + extra), (0.03, 0.024), "shoes"),
            Part(f"{name} upper arm", (_SHOULDER + joint, _ELBOW + joint), (0.045, 0.037), "shirt", (4, 1.25)),
            Part(f"{name} forearm", (_ELBOW + joint, _WRIST + joint), (0.036, 0.026), "lower arm", (4, 1.0)),
            Part(f"{name} hand", (_WRIST + joint, _HAND_POINT + extra), (0.027, 0.023), "skin"),
            Part(f"{name} eye", (_EYE + joint, _EYE + joint), (0.0145, 0.0145), "eyes", follows_build=False),
        ]
    trunk = (_SHOULDER, _SHOULDER + _LEFT, _HIP + _LEFT, _HIP)
    return (
        *parts,
        Part("neck", (_NECK_POINT, _CHIN), (0.034, 0.034), "skin"),
        Part("torso", trunk, (0.042, 0.042), "shirt", (6, 3.0)),
        Part("hips", (_HIP, _HIP + _LEFT), (0.058, 0.058), "trousers", (2.5, 1.25)),
        Part("hair", (_HAIR, _HAIR), (0.084, 0.084), "hair", follows_build=False),
        Part("head", (_CROWN, _CHIN), (0.066, 0.056), "skin", follows_build=False),
        Part("nose", (_NOSE, _NOSE), (0.012, 0.012), "nose", follows_build=False),
    )


_PARTS = _list_parts()


def _draw_pose(rng: np.random.Generator, spread: float) -> Pose:
    draws = AngleDraw(rng, spread)
    points_J2 = np.zeros((_NUM_POINTS, 2))
    lean, turn = draws.draw_degrees(-14, 14), draws.draw(-1, 1)
    _place_trunk(points_J2, lean, turn, draws)
    depths = {"neck": _TRUNK - 0.5, "torso": _TRUNK, "hips": _TRUNK - 0.2}
    depths |= {"hair": _HEAD, "head": _HEAD + 0.1, "nose": _HEAD + 0.3}
    for name, side, joint, extra in (("right", -1, 0, 0), ("left", 1, _LEFT, 2)):
        _place_leg(points_J2, side, joint, extra, draws)
        _place_arm(points_J2, (side, lean), joint, extra, draws)
        # Who turns to the left of the picture has the right side, which is there, further back.
        near = -side * turn
        is_in_front = draws.draw(-1, 1) + 0.6 * near > -0.25
        depths |= _order_side(name, near, is_in_front)
    return Pose(points_J2, np.array([depths[part.name] for part in _PARTS]))


def _place_trunk(points_J2: np.ndarray, lean: float, turn: float, draws: AngleDraw) -> None:
    """Place shoulders, hips and head; the middle of the hips is at (0, 0)."""
    up, across = step(1, np.pi + lean), step(1, np.pi / 2 + lean)
    neck, width = _TORSO * up, np.sqrt(1 - 0.6 * turn**2)
    for side, joint in ((-1, 0), (1, _LEFT)):
        points_J2[_SHOULDER + joint] = neck + side * width * _SHOULDERS * across
        points_J2[_HIP + joint] = side * width * _HIPS * across
    nod = lean + draws.draw_degrees(-18, 18)
    up, across = step(1, np.pi + nod), step(1, np.pi / 2 + nod)
    nose = neck + (_NECK + _NOSE_ABOVE_NECK - 0.02) * up + 0.032 * turn * across
    points_J2[_NOSE] = nose
    for side, joint in ((-1, 0), (1, _LEFT)):
        points_J2[_EYE + joint] = nose + 0.022 * up + (side * _EYES * (1 - 0.3 * abs(turn)) + 0.01 * turn) * across
    points_J2[_NECK_POINT] = neck
    points_J2[_CROWN], points_J2[_CHIN] = neck + (_NECK + 0.085) * up, neck + (_NECK + 0.05) * up
    points_J2[_HAIR] = neck + (_NECK + 0.092) * up - 0.012 * turn * across


def _place_leg(points_J2: np.ndarray, side: int, joint: int, extra: int, draws: AngleDraw) -> None:
    """Place a leg; its bones seem shorter where they come towards us."""
    hip = draws.draw_degrees(-8, 48)
    knee = hip - draws.draw_degrees(-6, 62)
    points_J2[_KNEE + joint] = points_J2[_HIP + joint] + step(_THIGH * draws.draw(0.82, 1), side * hip)
    points_J2[_ANKLE + joint] = points_J2[_KNEE + joint] + step(_SHANK * draws.draw(0.85, 1), side * knee)
    points_J2[_TOES + extra] = points_J2[_ANKLE + joint] + side * step(_FOOT, knee * side + np.radians(80)) * (1, side)


def _place_arm(points_J2: np.ndarray, trunk: tuple[int, float], joint: int, extra: int, draws: AngleDraw) -> None:
    side, lean = trunk
    shoulder = draws.draw_degrees(-12, 150)
    elbow = shoulder + draws.draw_degrees(-110, 95)
    points_J2[_ELBOW + joint] = points_J2[_SHOULDER + joint] + step(
        _UPPER_ARM * draws.draw(0.85, 1), side * shoulder + lean
    )
    forearm = step(_FOREARM * draws.draw(0.85, 1), side * elbow + lean)
    points_J2[_WRIST + joint] = points_J2[_ELBOW + joint] + forearm
    points_J2[_HAND_POINT + extra] = points_J2[_WRIST + joint] + forearm / np.linalg.norm(forearm) * _HAND


def _order_side(name: str, near: float, is_in_front: bool) -> dict[str, float]:
    """Return the depths of a side's limbs: arms before or behind the trunk, the nearer side in front."""
    arm = (_FRONT if is_in_front else _BEHIND) + 0.5 * near
    leg = _LEGS + 0.5 * near
    arms = {f"{name} upper arm": arm, f"{name} forearm": arm + 0.2, f"{name} hand": arm + 0.1}
    legs = {f"{name} thigh": leg, f"{name} shank": leg - 0.1, f"{name} foot": leg - 0.2}
    return arms | legs | {f"{name} eye": _HEAD + 0.2}


PERSON = Body(PEOPLE_15, _PARTS, 0.88, _draw_pose, dress_person)
