"""The truth of parts of a split: cut to them, each annotation once."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from subsong.datasets.song.store import Intervals
from subsong.inference.annotating.split_parts import SplitPart, read_true_spans

PART = SplitPart("a.wav, 1 to 3 s", "a.wav", None, 0, 0, 400, 100, 300, 1.0, 2.0)


def build_store(onset_s: list[float], offset_s: list[float], class_number: list[int]) -> Any:
    intervals = Intervals(np.array(onset_s), np.array(offset_s), np.array(class_number))
    return SimpleNamespace(
        path="store",
        classes=(("a", "segment"), ("b", "event")),
        find_intervals=lambda recording, start, stop: intervals,
    )


def test_an_annotation_on_which_two_people_agree_counts_once() -> None:
    store = build_store([1.5, 2.0, 2.0, 2.0], [1.8, 2.0, 2.0, 2.2], [0, 1, 1, 0])
    truth = read_true_spans(store, [PART], ["a", "b"])
    assert truth.onset_s_N.tolist() == [0.5, 1.0, 1.0]
    assert truth.class_N.tolist() == [0, 1, 0]


def test_annotations_are_cut_to_the_part_and_others_than_the_model_s_are_left_out() -> None:
    store = build_store([0.5, 2.0], [1.25, 2.0], [0, 1])
    truth = read_true_spans(store, [PART], ["a"])
    assert (truth.onset_s_N.tolist(), truth.offset_s_N.tolist()) == ([0.0], [0.25])
