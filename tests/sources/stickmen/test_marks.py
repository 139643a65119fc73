"""What is painted, in which colour: the lists of the reference, joint by joint."""

from __future__ import annotations

from subsong.sources.keypoints.skeletons import OPENPOSE_18, PEOPLE_15
from subsong.sources.stickmen.marks import choose_pen, list_marks

RED, GREEN, BLUE = (255, 0, 0), (0, 255, 0), (0, 0, 255)


def list_shapes(marks, num_points, colour):
    """Return the joints of shapes with so many points, in one colour; the order of the two ends does not count."""
    return {frozenset(mark.points) for mark in marks if len(mark.points) == num_points and mark.colour == colour}


def joints(*numbers):
    return frozenset((number,) for number in numbers)


def test_port_has_the_lines_of_the_reference():
    marks = list_marks(OPENPOSE_18, "port")
    right = {joints(2, 3), joints(3, 4), joints(2, 8), joints(8, 9), joints(9, 10)}
    head = {joints(16, 14), joints(14, 0), joints(0, 15), joints(15, 17), joints(0, 1)}
    left = {joints(5, 6), joints(6, 7), joints(5, 11), joints(11, 12), joints(12, 13)}
    assert [list_shapes(marks, 2, colour) for colour in (RED, GREEN, BLUE)] == [right, head, left]


def test_port_has_a_disc_at_the_end_of_every_line_and_the_body_below_all():
    marks = list_marks(OPENPOSE_18, "port")
    assert marks[0].points == ((1,), (2,), (8,), (11,), (5,))
    assert marks[0].colour == GREEN
    numbers = ((2, 3, 4, 8, 9, 10), (0, 1, 14, 15, 16, 17), (5, 6, 7, 11, 12, 13))
    discs = [{joints(number) for number in side} for side in numbers]
    assert [list_shapes(marks, 1, colour) for colour in (RED, GREEN, BLUE)] == discs


def test_original_has_the_lines_of_the_reference():
    marks = list_marks(PEOPLE_15, "original")
    right = {joints(0, 1), joints(1, 2), joints(2, 3), joints(3, 4), joints(4, 5), joints(14, 6)}
    left = {joints(7, 8), joints(8, 9), joints(9, 10), joints(10, 11), joints(11, 12), joints(14, 13)}
    assert list_shapes(marks, 2, (255, None, None)) == right
    assert list_shapes(marks, 2, (None, 255, None)) == left
    assert list_shapes(marks, 2, (127, 127, None)) == {frozenset([(3, 10), (14,)])}
    assert list_shapes(marks, 4, (None, None, 255)) == {joints(9, 10, 3, 2)}
    assert list_shapes(marks, 1, RED) == set()


def test_original_paints_the_eyes_over_the_neck():
    points = [mark.points for mark in list_marks(PEOPLE_15, "original")]
    assert points.index(((3, 10), (14,))) < points.index(((6,), (14,)))


def test_pens_are_those_of_the_reference_at_its_sizes():
    assert choose_pen((256, 256), "port") == (4, 3)
    assert [choose_pen((side, side), "original").line_width for side in (128, 256, 64, 32)] == [3, 6, 1, 1]
    assert choose_pen((128, 512), "port") == choose_pen((128, 128), "port") == (2, 1.5)
