"""A video of a song and of the way its windows take over the map that a model of windows makes.

Legend: N = windows of the recording, M = points of the map, T = times, F = rows of the spectrogram.
"""

from __future__ import annotations

import logging
import math
from pathlib import Path
from typing import Literal, NamedTuple

import numpy as np
import polars as pl
from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError, did_you_mean
from subsong.core.progress import Progress
from subsong.core.seeds import numpy_generator
from subsong.datasets.windows.axes import PlainTimes
from subsong.datasets.windows.dataset import FixedWindows, describe_windows
from subsong.datasets.windows.drawing import Windows, find_stretches, tile_windows
from subsong.datasets.windows.frames import RegionFrames
from subsong.inference.load import load_window_model
from subsong.inference.projection import Projection, fit_projection, load_projection
from subsong.inference.windows import TrainedWindowVae, read_frames
from subsong.reports.song_video.encoding import check_av
from subsong.reports.song_video.options import SongVideoOptions
from subsong.reports.song_video.parts import LatentPath, MapPoints, PictureSource, Song
from subsong.reports.song_video.timing import Timing, choose_timing
from subsong.reports.song_video.video import SongVideo, check_part, check_video_path, write_song_video
from subsong.sources.audio import AudioInfo, AudioReader, open_audio, read_audio_info
from subsong.sources.spectrograms import compute_image_frequencies

log = logging.getLogger(__name__)

_LONG_S = 300.0
_MAX_STEP_S = 0.007
"""From one window to the next, so that the tail is a curve also where frames lie further apart."""
_PART_WINDOWS = 1000
_MAX_POINTS = 5000
_OVERLAP = 4
"""Windows of a background that share a moment."""
_WHOLE = {"regions": "recordings", "annotations": None, "leave_out": None, "labels": None}
"""What makes a whole recording one region, whatever the model was trained on."""
_NAMES = {"umap": "UMAP", "pca": "principal components", "tsne": "t-SNE"}


class VideoMap(ConfigBase):
    """What the point moves over: a map that was drawn before, or one of windows of other recordings, or of its own."""

    onto: Path | None = Field(
        None, description="A layout that 'subsong map' wrote, MAP.projection; its table MAP.csv gives the colours."
    )
    background: Path | None = Field(
        None, description="A dataset of windows, or recordings, to lay out a map of; null: the recording itself."
    )
    kind: Literal["umap", "pca"] = Field("umap", description="How that map is laid out.")
    colour_by: str | None = Field(None, description="Column that colours the points; null: the label, if there is one.")
    seed: int = Field(0, ge=0, description="Of the layout, and of the choice of points when there are many.")


class _Background(NamedTuple):
    """A map and its points."""

    projection: Projection
    table: pl.DataFrame | None
    name: str


def make_song_video(
    model_path: str | Path,
    recording: str | Path,
    out: str | Path = "song.mp4",
    video_map: VideoMap | None = None,
    start_s: float = 0.0,
    stop_s: float | None = None,
    options: SongVideoOptions | None = None,
    tell: Progress | None = None,
) -> SongVideo:
    """Write a video of a recording: its spectrogram, its window's place on the latent map, its sound.

    The window is centred on the moment that is heard. No annotations are needed: windows lie anywhere in the recording.

    Parameters
    ----------
    model_path
        A trained ``shotgun-vae`` or ``warped-shotgun-vae``; song is shown to either as it was sung.
    recording
        A recording, of which the model's channel is used.
    out
        The video, ending in ``.mp4``.
    video_map
        What the point moves over.
    start_s, stop_s
        Which part of the recording; None: up to its end.
    options
        Pace, sound and size.
    tell
        Told how far the work is.

    Raises
    ------
    SubsongError
        When there is no such recording, it is shorter than a window, the part is empty, the model is of something
        else, or the map was laid out by another model.
    """
    recording, video_map, options = Path(recording).expanduser(), video_map or VideoMap(), options or SongVideoOptions()
    tell = tell or _say_nothing
    out = check_video_path(out)
    check_av()
    if video_map.onto is not None and video_map.background is not None:
        raise SubsongError("a map drawn before (onto) and data to lay out a map of (background): give one of them")
    info = _read_info(recording)
    start_s, stop_s = check_part(start_s, stop_s, info.duration_s)
    timing = choose_timing(start_s, stop_s, info.sample_rate_hz, options)
    if timing.play_s > _LONG_S:
        log.warning("the video will last %.0f minutes: choose a part with start and stop", timing.play_s / 60)
    model = load_window_model(model_path)
    _check_duration(recording, info, model)
    frames = read_frames(recording, model.reading.model_copy(update=_WHOLE))
    axis = PlainTimes(frames.regions, model.window_s, model.num_time_bins)
    background = _find_background(model, video_map, frames, recording, tell)
    windows = _centre_windows(axis, timing)
    latents_NL = _embed(model, FixedWindows(frames, axis, windows), "windows embedded", tell)
    path = LatentPath(windows.start_N, model.window_s, background.projection.transform(latents_NL))
    if not options.title:
        options = options.model_copy(update={"title": recording.name})
    with open_audio(recording, model.reading.channel) as reader:
        song = _build_song(reader, frames, model)
        points = _describe_points(background, video_map.colour_by)
        return write_song_video(
            out, song, path, points, start_s, stop_s, options, lambda done, total: tell("frames drawn", done, total)
        )


def _say_nothing(what: str, done: int, total: int) -> None:
    pass


def _read_info(recording: Path) -> AudioInfo:
    if not recording.is_file():
        found = "a folder" if recording.is_dir() else "not there"
        raise SubsongError(f"{recording} is {found}: expected a recording")
    return read_audio_info(recording)


def _check_duration(recording: Path, info: AudioInfo, model: TrainedWindowVae) -> None:
    # The spectrogram reaches to half an STFT window from either end.
    needed_s = model.window_s + model.reading.spectrogram.window_size / info.sample_rate_hz
    if info.duration_s < needed_s:
        raise SubsongError(
            f"{recording} lasts {info.duration_s:.3f} s, which is shorter than the model's windows: expected at least "
            f"{needed_s:.3f} s"
        )


def _centre_windows(axis: PlainTimes, timing: Timing) -> Windows:
    """Return the windows centred on the moments of the frames, and evenly between them, that the recording holds."""
    steps = math.ceil(timing.frame_s / _MAX_STEP_S)
    moments_s = timing.start_s + np.arange(timing.num_frames * steps) * (timing.frame_s / steps)
    first_R, last_R = axis.bounds()
    start_N = moments_s - 0.5 * axis.window_s
    start_N = start_N[(start_N >= first_R[0]) & (start_N <= last_R[0])]
    if not len(start_N):
        # A short part at one end of the recording: the window nearest to it.
        start_N = (moments_s[:1] - 0.5 * axis.window_s).clip(first_R[0], last_R[0])
    return Windows(np.zeros(len(start_N), np.int64), start_N)


def _embed(model: TrainedWindowVae, dataset: FixedWindows, what: str, tell: Progress) -> np.ndarray:
    """Return the latents of windows, part by part, shape (N, L)."""
    latents, num_windows = [], len(dataset)
    for begin in range(0, num_windows, _PART_WINDOWS):
        part = Windows(*(values_N[begin : begin + _PART_WINDOWS] for values_N in dataset.windows))
        latents.append(model.embed(FixedWindows(dataset.frames, dataset.axis, part)))
        tell(what, min(begin + _PART_WINDOWS, num_windows), num_windows)
    return np.concatenate(latents)


def _find_background(
    model: TrainedWindowVae, video_map: VideoMap, frames: RegionFrames, recording: Path, tell: Progress
) -> _Background:
    if video_map.onto is not None:
        projection = load_projection(video_map.onto)
        if not len(projection.coordinates):
            raise SubsongError(f"{video_map.onto} keeps no points to draw; draw the map again with 'subsong map'")
        return _Background(projection, _read_table(video_map.onto, len(projection.coordinates)), video_map.onto.name)
    source = recording
    if video_map.background is not None:
        source = video_map.background.expanduser()
        frames = model.read_frames(source)
    axis = PlainTimes(frames.regions, model.window_s, model.num_time_bins)
    windows = _choose_points(axis, video_map.seed, source)
    latents_ML = _embed(model, FixedWindows(frames, axis, windows), "windows of the map embedded", tell)
    projection = fit_projection(latents_ML, video_map.kind, video_map.seed)
    return _Background(projection, describe_windows(frames, axis, windows), source.name)


def _choose_points(axis: PlainTimes, seed: int, source: Path) -> Windows:
    """Return overlapping windows of all regions, a random sample where there are many."""
    stretches = find_stretches(axis)
    if not len(stretches.region_M):
        raise SubsongError(f"{source}: no region is as long as the model's windows, {axis.window_s:g} s")
    windows = tile_windows(stretches, axis.window_s / _OVERLAP)
    num_windows = len(windows.start_N)
    if num_windows <= _MAX_POINTS:
        return windows
    chosen = np.sort(numpy_generator(seed, "song video points").permutation(num_windows)[:_MAX_POINTS])
    return Windows(*(values_N[chosen] for values_N in windows))


def _read_table(onto: Path, num_points: int) -> pl.DataFrame | None:
    """Return the table that 'subsong map' wrote beside a layout, None where it is gone or of another map."""
    path = onto.with_suffix(".csv")
    if not path.is_file():
        return None
    table = pl.read_csv(path, infer_schema_length=None)
    return table if table.height == num_points else None


def _describe_points(background: _Background, colour_by: str | None) -> MapPoints:
    """Return the points of the map, coloured by what is asked for, or by the label where there are several."""
    coordinates_M2, table = background.projection.coordinates, background.table
    caption = f"{_NAMES[background.projection.kind]} of {len(coordinates_M2):,} windows of {background.name}"
    known = [] if table is None else table.columns
    if colour_by is not None and colour_by not in known:
        raise SubsongError(f"the points of the map have no column {colour_by!r}; {did_you_mean(colour_by, known)}")
    column = colour_by or "label"
    if table is None or column not in known or (colour_by is None and not _tells_apart(table[column])):
        return MapPoints(coordinates_M2, caption=caption)
    return MapPoints(coordinates_M2, table[column].cast(pl.String).fill_null("").to_numpy(), column, caption)


def _tells_apart(labels: pl.Series) -> bool:
    """Whether most points have a label, and not all the same."""
    return labels.drop_nulls().n_unique() > 1 and 2 * labels.null_count() < len(labels)


def _build_song(reader: AudioReader, frames: RegionFrames, model: TrainedWindowVae) -> Song:
    frequencies_hz_F = compute_image_frequencies(model.reading.spectrogram)
    info = reader.info
    return Song(reader.read, info.num_samples, info.sample_rate_hz, _build_picture(frames), frequencies_hz_F)


def _build_picture(frames: RegionFrames) -> PictureSource:
    """Return the spectrogram of a whole recording by time, as the model sees it."""
    first_s, last_s = frames.compute_times(0)[[0, -1]]

    def picture(times_s_T: np.ndarray) -> np.ndarray:
        values_FT: np.ndarray = frames.fetch(np.zeros(1, np.int64), times_s_T.clip(first_s, last_s)[None])[0].numpy()
        return np.where((times_s_T >= first_s) & (times_s_T <= last_s), values_FT, np.float32(0.0))

    return picture
