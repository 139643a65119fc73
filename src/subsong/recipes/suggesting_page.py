"""The page of suggested stretches: the best of them with their proposals, to see what there is to correct."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import polars as pl
import torch

from subsong.inference.annotating.streaming import FramePredictions, round_predictions
from subsong.inference.segmenter import TrainedSegmenter
from subsong.inference.suggesting.choosing import Suggestion
from subsong.inference.suggesting.measuring import DOUBTFUL_SCORE, Stretch
from subsong.recipes.suggesting_files import find_proposals
from subsong.reports.content import KeyFigure, ReportContent, ReportFigure
from subsong.reports.page import write_report
from subsong.reports.style import figure_to_svg
from subsong.reports.suggestions import Proposal, SuggestedStretch, plot_suggestion
from subsong.sources.audio import open_audio
from subsong.sources.audio.rates import count_samples, read_at_rate
from subsong.sources.spectrograms import SpectrogramConfig, compute_log_spectrogram

_NUM_FIGURES, _WINDOW_S, _HIGHEST_SHARE = 12, 0.008, 0.48
_CAPTION = (
    "Above: spectrogram with proposals, blue, and those the model doubts, orange. Below: the probability that anything "
    "sounds, and the threshold."
)


def write_suggestions_page(
    path: Path, model: TrainedSegmenter, paths: Mapping[str, Path], chosen: Sequence[Suggestion], found: pl.DataFrame
) -> None:
    """Write the page.

    Parameters
    ----------
    path
        Of the page.
    model
        What made the proposals.
    paths
        The recordings by name.
    chosen
        The suggestions, the best first.
    found
        All annotations found.
    """
    figures = []
    for rank, one in enumerate(chosen[:_NUM_FIGURES], start=1):
        drawn = _read_stretch(model, paths[one.stretch.recording], one.stretch, find_proposals(found, one.stretch))
        where = f"{rank}. {one.stretch.recording}, {one.stretch.start_s:.2f} to {one.stretch.stop_s:.2f} s"
        figure = figure_to_svg(plot_suggestion(drawn))
        caption = f"{one.reason[:1].upper()}{one.reason[1:]}. {_CAPTION}"
        figures.append(ReportFigure(f"stretch-{rank}", where, caption, figure, "Stretches"))
    content = ReportContent(
        title="Stretches worth correcting",
        subtitle=f"{len(chosen)} stretches of {len({one.stretch.recording for one in chosen})} recordings",
        key_figures=(
            KeyFigure("stretches", len(chosen)),
            KeyFigure("seconds", round(sum(one.stretch.duration_s for one in chosen), 1)),
            KeyFigure("proposals", sum(one.stretch.num_proposals for one in chosen)),
            KeyFigure(
                "expected wrong",
                round(sum(one.stretch.num_wrong for one in chosen), 1),
                explanation="by the model's own probabilities",
            ),
        ),
        figures=tuple(figures),
    )
    write_report(path, content)


def _read_stretch(model: TrainedSegmenter, path: Path, stretch: Stretch, proposals: pl.DataFrame) -> SuggestedStretch:
    rate = model.sample_rate_hz
    with open_audio(path, stretch.channel) as reader:

        def read(first: int, stop: int) -> np.ndarray:
            return read_at_rate(reader, rate, first, stop)

        num_samples = count_samples(reader.info, rate)
        first, stop = round(stretch.start_s * rate), min(round(stretch.stop_s * rate), num_samples)
        samples_T = read(first, stop)
        frames = model.open_frames(num_samples, read)
        hop = frames.grid.hop_size
        first_frame, stop_frame = first // hop, min(stop // hop + 1, frames.grid.num_frames)
        reach = model.module.receptive_frames
        low, high = max(0, first_frame - reach.left), min(frames.grid.num_frames, stop_frame + reach.right)
        grey_KF = frames.read(low, high)
    with torch.inference_mode():
        output = model.module(grey_KF.T.unsqueeze(0).to(model.device))
        predictions = round_predictions(output, first_frame, slice(first_frame - low, stop_frame - low))
    half = max(2, round(0.5 * _WINDOW_S * rate))
    high_hz = _HIGHEST_SHARE * rate
    config = SpectrogramConfig(window_size=2 * half, hop_size=half, low_hz=0.0, high_hz=high_hz)
    return SuggestedStretch(
        compute_log_spectrogram(samples_T, rate, config).values_BK,
        high_hz,
        stretch.start_s,
        stretch.stop_s,
        _find_sound(predictions, model),
        (first_frame + np.arange(len(predictions))) * hop / rate,
        model.decoding.low_threshold if model.module.layout.segments else model.decoding.event_threshold,
        _list_proposals(proposals),
    )


def _find_sound(predictions: FramePredictions, model: TrainedSegmenter) -> np.ndarray:
    """Return the probability of the segments together, where they exclude each other, or of the likeliest class."""
    layout, probabilities_KC = model.module.layout, predictions.probabilities_KC
    likeliest_K: np.ndarray = probabilities_KC.max(axis=1)
    if layout.overlap or not layout.segments:
        return likeliest_K
    sound_K: np.ndarray = np.maximum(likeliest_K, probabilities_KC[:, list(layout.segments)].sum(axis=1))
    return sound_K


def _list_proposals(proposals: pl.DataFrame) -> list[Proposal]:
    rows = proposals.select("onset_s", "offset_s", "label", "score").rows()
    return [Proposal(onset_s, offset_s, label, score < DOUBTFUL_SCORE) for onset_s, offset_s, label, score in rows]
