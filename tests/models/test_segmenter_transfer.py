"""Rows of a segmenter's head, for other classes."""

from __future__ import annotations

import torch

from subsong.models.segmenter import SegmenterConfig
from subsong.models.segmenter_transfer import align_head, name_rows
from subsong.models.transfer import take_rows, take_weights
from subsong.sources.song_class import SongClass

A, B, C, TAP = (
    SongClass("a", "segment"),
    SongClass("b", "segment"),
    SongClass("c", "segment"),
    SongClass("a", "event"),
)
PLAIN = {"frontend": {"kind": "plain"}, "tcn": {"channels": 4, "dilations": [1], "num_stacks": 1}}


def build(classes: list[SongClass], overlap: bool, seed: int):
    torch.manual_seed(seed)
    return SegmenterConfig.model_validate({**PLAIN, "overlap": overlap}).build(3, classes)


def test_rows_are_named_as_the_head_lays_them_out() -> None:
    for overlap in (False, True):
        for classes in ([A, B], [TAP], [A, TAP, B]):
            assert len(name_rows(classes, overlap)) == len(build(classes, overlap, 0).head.bias)
    shared = name_rows([A, B], False)
    assert [len(set(map(str, rows))) for rows in (shared, name_rows([A, B], True))] == [4, 6]


def test_a_known_row_is_taken_and_a_new_one_stays() -> None:
    own, theirs = torch.zeros(3, 2), torch.arange(4.0).reshape(2, 2)
    assert torch.equal(take_rows(own, theirs, "xyz", "zy"), torch.tensor([[0.0, 0.0], [2.0, 3.0], [0.0, 1.0]]))


def test_borders_of_overlapping_classes_go_with_their_class() -> None:
    trained, new = build([A, B], True, 0), build([C, B], True, 1)
    aligned = align_head(trained.state_dict(), new, ([A, B], True), [C, B])
    bias, own, theirs = aligned.weights["head.bias"], new.head.bias, trained.head.bias
    # Rows: the classes, the onsets, the offsets.
    assert torch.equal(bias[1::2], theirs[1::2])
    assert torch.equal(bias[::2], own[::2])
    assert aligned.fresh == ("head of segment 'c'", "head of onset 'c'", "head of offset 'c'")


def test_an_event_is_another_class_than_a_segment_of_its_name() -> None:
    trained, new = build([A], False, 0), build([TAP], False, 1)
    aligned = align_head(trained.state_dict(), new, ([A], False), [TAP])
    assert torch.equal(aligned.weights["head.weight"], new.head.weight)
    assert aligned.fresh == ("head of event 'a'",)


def test_a_head_of_other_features_begins_anew() -> None:
    torch.manual_seed(0)
    wide = SegmenterConfig.model_validate({**PLAIN, "tcn": {**PLAIN["tcn"], "channels": 6}}).build(3, [A])
    new = build([A], False, 1)
    before = new.head.weight.clone()
    taken = take_weights(new, align_head(wide.state_dict(), new, ([A], False), [A]).weights)
    assert "head.weight" in taken.fresh
    assert torch.equal(new.head.weight, before)
