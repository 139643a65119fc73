"""How unsure a model is of each stretch of a recording, and how new the stretch is to it.

Legend: K = frames, C = classes, S = segment classes, M = stretches, B = bands, E = numbers a stretch is compared by.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np

from subsong.inference.annotating.decoding import DecodedAnnotations, group_segments, join_decoded
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.spans import find_spans
from subsong.inference.annotating.stream_decoding import decode_stream
from subsong.inference.annotating.streaming import FramePredictions, stream_probabilities
from subsong.inference.familiarity.bands import NUM_BANDS, compute_bands
from subsong.inference.familiarity.training_sound import TrainingSound, measure_distances
from subsong.inference.segmenter import HeardChannel, TrainedSegmenter
from subsong.models.segmenter import ClassLayout
from subsong.sources.audio import open_audio
from subsong.sources.audio.rates import count_samples, read_at_rate

DOUBTFUL_SCORE = 0.8
_FAINT = 0.15
_TINY = 1e-9


class Stretch(NamedTuple):
    """A stretch of a recording and what a model makes of it.

    Attributes
    ----------
    recording, channel
        Where it lies; the channel is None where there is only one.
    start_s, stop_s
        Seconds in the recording.
    num_proposals, num_doubtful, num_faint
        Annotations in it; those with a score below `DOUBTFUL_SCORE`; sounds that stayed below the threshold.
    num_wrong
        Expected number of wrong annotations: of those found, 1 less their scores, and the probability of the faint.
    entropy
        Mean of the entropy of classes over its frames, in nats.
    novelty
        How far its sound lies from that of training, in units of how far training recordings lie from each other.
    embedding_E
        Its mean spectrum, how that varies, and its mean probabilities: alike stretches lie near each other.
    """

    recording: str
    channel: int | None
    start_s: float
    stop_s: float
    num_proposals: int
    num_doubtful: int
    num_faint: int
    num_wrong: float
    entropy: float
    novelty: float
    embedding_E: np.ndarray

    @property
    def duration_s(self) -> float:
        """Its length."""
        return self.stop_s - self.start_s


class MeasuredChannel(NamedTuple):
    """The stretches of a channel, which cover it, and what was found in it."""

    stretches: list[Stretch]
    found: DecodedAnnotations


class _Sums:
    """Sums over the frames of each stretch, taken while predictions pass by."""

    def __init__(self, edges_s: np.ndarray, hop_s: float, layout: ClassLayout, options: DecodingOptions) -> None:
        self._edges_s, self._hop_s, self._layout, self._options = edges_s, hop_s, layout, options
        num, num_classes = len(edges_s) - 1, len(layout.segments) + len(layout.events)
        self.frames_M, self.entropy_M = np.zeros(num), np.zeros(num)
        self.faint_M, self.wrong_M = np.zeros(num), np.zeros(num)
        self.probabilities_MC = np.zeros((num, num_classes))

    def watch(self, runs: Iterable[FramePredictions]) -> Iterator[FramePredictions]:
        """Yield the runs as they are."""
        for run in runs:
            place_K = self.find((run.first_frame + np.arange(len(run))) * self._hop_s)
            np.add.at(self.frames_M, place_K, 1.0)
            np.add.at(self.entropy_M, place_K, measure_entropy(run.probabilities_KC, self._layout))
            np.add.at(self.probabilities_MC, place_K, run.probabilities_KC)
            for columns in group_segments(self._layout):
                self._add_faint(run.probabilities_KC[:, columns].sum(axis=1), place_K, self._options.high_threshold)
            for column in self._layout.events:
                self._add_faint(run.probabilities_KC[:, column], place_K, self._options.event_threshold)
            yield run

    def find(self, times_s: np.ndarray) -> np.ndarray:
        """Return the stretch that each time lies in."""
        place = np.searchsorted(self._edges_s, times_s, side="right") - 1
        return np.asarray(place.clip(0, len(self._edges_s) - 2))

    def _add_faint(self, sound_K: np.ndarray, place_K: np.ndarray, threshold: float) -> None:
        """Count sounds that are likely to some extent and yet below the threshold."""
        spans = find_spans(sound_K, _FAINT, _FAINT)
        for start, stop in zip(spans.start_N.tolist(), spans.stop_N.tolist(), strict=True):
            highest = float(sound_K[start:stop].max())
            if highest < threshold:
                self.faint_M[place_K[start]] += 1.0
                self.wrong_M[place_K[start]] += highest


def measure_entropy(probabilities_KC: np.ndarray, layout: ClassLayout) -> np.ndarray:
    """Return how unsure each frame is, in nats, shape (K,): of classes that exclude each other, and of each other."""
    probabilities_KC = probabilities_KC.astype(np.float64)
    alone = list(layout.events) + (list(layout.segments) if layout.overlap else [])
    parts_K = [_entropy(np.stack([column_K, 1.0 - column_K], axis=1)) for column_K in probabilities_KC[:, alone].T]
    if layout.segments and not layout.overlap:
        shares_KS = probabilities_KC[:, list(layout.segments)]
        nothing_K1 = (1.0 - shares_KS.sum(axis=1, keepdims=True)).clip(min=0.0)
        parts_K.append(_entropy(np.concatenate([nothing_K1, shares_KS], axis=1)))
    return np.asarray(sum(parts_K))


def _entropy(shares_KC: np.ndarray) -> np.ndarray:
    entropy_K: np.ndarray = -(shares_KC * np.log(np.maximum(shares_KC, _TINY))).sum(axis=1)
    return entropy_K


def measure_channel(
    model: TrainedSegmenter, path: Path, name: str, heard: HeardChannel, stretch_s: float
) -> MeasuredChannel:
    """Return what a model makes of one channel of a recording, stretch by stretch.

    Parameters
    ----------
    model
        The model.
    path, name
        The recording, and what it is called.
    heard
        Which channel.
    stretch_s
        Length of a stretch; the last one is between half and one and a half times as long.

    Raises
    ------
    SubsongError
        When the recording cannot be read.
    """
    rate = model.sample_rate_hz
    with open_audio(path, heard.channel) as reader:

        def read(first: int, stop: int) -> np.ndarray:
            return read_at_rate(reader, rate, first, stop)

        num_samples = count_samples(reader.info, rate)
        edges_s = _cut_evenly(num_samples / rate, stretch_s)
        frames = model.open_frames(num_samples, read)
        sums = _Sums(edges_s, frames.grid.hop_s, model.module.layout, model.decoding)
        runs = sums.watch(stream_probabilities(model.module, frames))
        found = join_decoded(decode_stream(runs, model.module.layout, frames.grid, model.decoding))
        edges = np.round(edges_s * rate).astype(int).tolist()
        sounds = [_describe_sound(read(start, stop), rate, model.sound) for start, stop in itertools.pairwise(edges)]
    return MeasuredChannel(_build(sums, found, sounds, edges_s, (name, heard.number)), found)


def _cut_evenly(duration_s: float, stretch_s: float) -> np.ndarray:
    num = max(1, int(duration_s / stretch_s + 0.5))
    return np.append(np.arange(num) * stretch_s, duration_s)


def _describe_sound(samples_T: np.ndarray, rate: int, sound: TrainingSound | None) -> tuple[float, np.ndarray]:
    """Return how new a stretch is, and its mean levels by band with their spread, shape (2 B,)."""
    level_KB = compute_bands(samples_T, rate).sounding_KB
    if len(level_KB) == 0:
        return 0.0, np.zeros(2 * NUM_BANDS)
    summary = np.concatenate([level_KB.mean(axis=0), level_KB.std(axis=0)])
    if sound is None:
        return 1.0, summary
    return float(measure_distances(level_KB, sound.prototype_db_MB).mean()) / sound.distance_db, summary


def _build(
    sums: _Sums,
    found: DecodedAnnotations,
    sounds: list[tuple[float, np.ndarray]],
    edges_s: np.ndarray,
    where: tuple[str, int | None],
) -> list[Stretch]:
    place_N = sums.find(0.5 * (found.onset_s_N + found.offset_s_N))
    num = len(sounds)
    proposals_M = np.bincount(place_N, minlength=num)
    doubtful_M = np.bincount(place_N[found.score_N < DOUBTFUL_SCORE], minlength=num)
    wrong_M = sums.wrong_M + np.bincount(place_N, 1.0 - found.score_N, minlength=num)
    frames_M = np.maximum(sums.frames_M, 1.0)
    return [
        Stretch(
            *where,
            float(edges_s[row]),
            float(edges_s[row + 1]),
            int(proposals_M[row]),
            int(doubtful_M[row]),
            int(sums.faint_M[row]),
            float(wrong_M[row]),
            float(sums.entropy_M[row] / frames_M[row]),
            novelty,
            np.concatenate([summary, np.sqrt(sums.probabilities_MC[row] / frames_M[row])]),
        )
        for row, (novelty, summary) in enumerate(sounds)
    ]
