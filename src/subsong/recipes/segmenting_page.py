"""The page of a segmentation: a few stretches of sound with what was found in them, for the user to judge."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import yaml

from subsong.core.seeds import numpy_generator
from subsong.recipes.segmenters import FileSegments, Segmenter
from subsong.recipes.segmenting_options import Segmenting
from subsong.reports.content import KeyFigure, ReportContent, ReportFigure
from subsong.reports.page import write_report
from subsong.reports.segmentation import (
    SegmentedExcerpt,
    describe_durations,
    find_segments_within,
    plot_segmented_excerpt,
)
from subsong.reports.style import figure_to_svg
from subsong.sources.audio import read_audio, read_audio_info
from subsong.sources.segmentation.presets import get_preset
from subsong.sources.spectrograms import SpectrogramConfig, compute_log_spectrogram

_ALT = "Spectrogram of a stretch of sound with its segments, above the trace of loudness and its thresholds"
_EXPLANATION = (
    "Above: spectrogram; below: the trace and its thresholds. Blue: segments; orange: those that touch an end of the "
    "recording. Every third stretch is drawn anywhere, so that what was missed has a chance to show."
)


def write_segmentation_page(
    path: Path, root: Path, table: pl.DataFrame, preset: str, config: Segmenting, segment_file: Segmenter
) -> None:
    """Write the page.

    Parameters
    ----------
    path
        Of the page.
    root
        Folder of the recordings.
    table
        The recordings; see `SegmentedFolder`.
    preset, config
        How they were segmented.
    segment_file
        Segments them again, so that the excerpts show the trace too.
    """
    usable = table.filter(pl.col("status") != "left out")["recording"].to_list()
    excerpts = [
        _draw_excerpt(root, usable, number, config, segment_file)
        for number in range(config.num_excerpts * bool(usable))
    ]
    figures = [
        ReportFigure(f"excerpt-{number}", excerpt.name, _EXPLANATION, _render(excerpt), "Excerpts", _ALT)
        for number, excerpt in enumerate(excerpts)
    ]
    durations_s = np.concatenate([np.empty(0), *(np.diff(excerpt.segments).ravel() for excerpt in excerpts)])
    settings = {"preset": preset, **config.model_dump(mode="json")}
    content = ReportContent(
        title=f"Segments of {root.name or 'recordings'}",
        subtitle=_describe_method(preset, config),
        summary=(f"In the excerpts below: {describe_durations(durations_s.tolist())}",),
        key_figures=_describe_numbers(table),
        figures=tuple(figures),
        warnings=tuple(table["problem"].drop_nulls()),
        config_yaml=yaml.safe_dump(settings, sort_keys=False),
    )
    write_report(path, content)


def _describe_method(preset: str, config: Segmenting) -> str:
    if config.exemplars is not None:
        return f"by likeness to {config.exemplars.name}"
    return f"by amplitude, preset {preset}: {get_preset(preset).source}"


def _describe_numbers(table: pl.DataFrame) -> tuple[KeyFigure, ...]:
    num_kept = table.filter(pl.col("status") == "kept").height
    before = f"; {num_kept} recordings were segmented before" if num_kept else ""
    num = {name: int(table[name].sum()) for name in ("num_segments", "num_at_edge", "num_dropped")}
    return (
        KeyFigure("recordings", table.height, explanation=f"{table['problem'].count()} could not be used"),
        KeyFigure("segments", num["num_segments"], explanation=f"found now{before}"),
        KeyFigure("at an end", num["num_at_edge"], explanation="begin before a recording or end after it"),
        KeyFigure("dropped", num["num_dropped"], explanation="shorter or longer than the settings allow"),
    )


def _draw_excerpt(
    root: Path, names: list[str], number: int, config: Segmenting, segment_file: Segmenter
) -> SegmentedExcerpt:
    """Return a stretch of one recording, drawn by the seed: around a segment, every third one anywhere."""
    rng = numpy_generator(config.seed, "excerpt", number)
    name = names[int(rng.integers(len(names)))]
    info = read_audio_info(root / name, config.sample_rate_hz)
    found = segment_file(root / name)
    middle_s = rng.uniform(0, info.duration_s)
    if number % 3 < 2 and len(found.segments):
        middle_s = float(found.segments[int(rng.integers(len(found.segments)))].mean())
    start_s = max(0.0, min(middle_s - config.excerpt_s / 2, info.duration_s - config.excerpt_s))
    return _cut_excerpt(root, name, start_s, min(start_s + config.excerpt_s, info.duration_s), found, config)


def _cut_excerpt(
    root: Path, name: str, start_s: float, stop_s: float, found: FileSegments, config: Segmenting
) -> SegmentedExcerpt:
    settings = config.amplitude if config.exemplars is None else config.template
    audio = read_audio(root / name, config.channel, start_s, stop_s, config.sample_rate_hz)
    spectrogram = compute_log_spectrogram(
        audio.samples,
        audio.sample_rate_hz,
        SpectrogramConfig(
            window_size=settings.window_size,
            hop_size=settings.hop_size,
            low_hz=settings.low_hz,
            high_hz=min(settings.high_hz, audio.sample_rate_hz / 2),
        ),
    )
    is_shown_K = (found.trace_times >= start_s) & (found.trace_times <= stop_s)
    is_shown_N = find_segments_within(found.segments, start_s, stop_s)
    return SegmentedExcerpt(
        f"{name}, {start_s:.2f} to {stop_s:.2f} s",
        spectrogram.values_BK,
        start_s,
        stop_s,
        (settings.low_hz, settings.high_hz),
        found.trace[is_shown_K],
        found.trace_times[is_shown_K],
        found.trace_name,
        found.thresholds,
        found.segments[is_shown_N],
        found.at_edge[is_shown_N],
    )


def _render(excerpt: SegmentedExcerpt) -> str:
    return figure_to_svg(plot_segmented_excerpt(excerpt))
