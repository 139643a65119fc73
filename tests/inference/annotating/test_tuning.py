"""The search for the decoding that scores best."""

from __future__ import annotations

import numpy as np
import pytest
from tests.inference.annotating.tiny import SHARED, build_grid, predict

from subsong.core.errors import SubsongError
from subsong.inference.annotating.decoding import DecodedAnnotations
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.tuning import PredictedRecording, tune_decoding
from subsong.models.segmenter import ClassLayout


def build_recordings() -> list[PredictedRecording]:
    """Return a recording with two true syllables the network is unsure of, and two clicks it is more sure of."""
    song = np.zeros((100, 3))
    song[10:20, 0] = song[40:50, 1] = 0.45
    song[30:32, 0] = song[70:72, 1] = 0.9
    song[85, 2] = 0.35
    return [PredictedRecording(predict(song), build_grid(100))]


def score_counts(decoded: list[DecodedAnnotations]) -> float:
    """Return 1 when two syllables of 10 frames and one event are found, less for each that lacks or is too many."""
    lengths = decoded[0].offset_s_N - decoded[0].onset_s_N
    num_true, num_events = int((lengths > 0.08).sum()), int((decoded[0].class_N == 2).sum())
    return 1.0 - abs(num_true - 2) - abs(num_events - 1) - 0.5 * abs(len(decoded[0]) - num_true - num_events)


def test_the_search_finds_thresholds_and_durations_that_score_best() -> None:
    tuned = tune_decoding(build_recordings(), SHARED, score_counts)
    assert (tuned.start_score, tuned.score) == (-3.0, 1.0)
    assert tuned.options.low_threshold < 0.45
    assert 0.02 < tuned.options.min_duration_s < 0.1
    assert tuned.options.event_threshold < 0.35
    assert tuned.num_tried < 300


def test_settings_that_change_nothing_stay_as_they_were() -> None:
    start = DecodingOptions(fill_gap_s=0.003)
    tuned = tune_decoding(build_recordings(), SHARED, lambda decoded: 0.0, start)
    assert tuned.options == start


def test_settings_of_kinds_that_are_not_there_are_not_searched() -> None:
    layout = ClassLayout((), (0, 1, 2), overlap=False)
    recordings = [
        one._replace(predictions=predict(one.predictions.probabilities_KC, layout)) for one in build_recordings()
    ]
    assert tune_decoding(recordings, layout, lambda decoded: 0.0).num_tried < 25


def test_tuning_needs_recordings() -> None:
    with pytest.raises(SubsongError, match="no recordings to tune"):
        tune_decoding([], SHARED, score_counts)
