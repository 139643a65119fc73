"""Stretches are chosen for what is to be gained, one of many alike."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from subsong.inference.suggesting.choosing import choose_stretches, measure_gain
from subsong.inference.suggesting.measuring import Stretch, measure_entropy
from subsong.models.segmenter import ClassLayout

RNG = np.random.default_rng(1)


def make_stretch(number: int, **values: Any) -> Stretch:
    known = {
        "recording": f"{number}.wav", "channel": None, "start_s": 0.0, "stop_s": 5.0, "num_proposals": 10,
        "num_doubtful": 0, "num_faint": 0, "num_wrong": 1.0, "entropy": 0.1, "novelty": 1.0,
        "embedding_E": RNG.standard_normal(20),
    }  # fmt: skip
    return Stretch(**{**known, **values})


def test_the_most_doubtful_come_first_and_say_why() -> None:
    stretches = [make_stretch(number) for number in range(20)]
    stretches[7] = make_stretch(7, num_wrong=6.0, num_doubtful=5)
    stretches[3] = make_stretch(3, num_wrong=4.0, novelty=2.0, num_faint=1)
    chosen = choose_stretches(stretches, total_s=10.0)
    assert [one.stretch.recording for one in chosen] == ["3.wav", "7.wav"]
    assert chosen[0].reason == "1 sound below the threshold; sound 2.0 times as far from training as usual"
    assert chosen[1].reason == "5 of 10 proposals below 0.8"


def test_of_stretches_that_are_alike_one_is_chosen() -> None:
    same = RNG.standard_normal(20)
    doubtful = [make_stretch(number, num_wrong=3.0, embedding_E=same) for number in range(10)]
    others = [make_stretch(number, num_wrong=2.0) for number in range(10, 20)]
    chosen = choose_stretches([*doubtful, *others], total_s=30.0)
    assert sum(one.stretch.num_wrong == 3.0 for one in chosen) == 1


def test_as_much_is_chosen_as_was_asked_for_and_no_more_than_there_is() -> None:
    stretches = [make_stretch(number) for number in range(6)]
    assert len(choose_stretches(stretches, total_s=11.0)) == 3
    assert len(choose_stretches(stretches, total_s=1000.0)) == 6
    assert choose_stretches([], total_s=10.0) == []


def test_the_gain_of_average_stretches_is_one() -> None:
    np.testing.assert_allclose(measure_gain([make_stretch(number) for number in range(3)]), 1.0)


@pytest.mark.parametrize(
    ("overlap", "expected"), [(False, np.log(3)), (True, -2 * (np.log(1 / 3) + 2 * np.log(2 / 3)) / 3)]
)
def test_entropy_is_that_of_what_may_sound_at_once(overlap: bool, expected: float) -> None:
    probabilities_KC = np.array([[1 / 3, 1 / 3], [0.0, 0.0]])
    entropy_K = measure_entropy(probabilities_KC, ClassLayout((0, 1), (), overlap))
    expected_K = [expected, 0.0]
    np.testing.assert_allclose(entropy_K, expected_K, atol=1e-7)
