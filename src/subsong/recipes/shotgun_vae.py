"""``shotgun-vae``: long recordings -> windows drawn from anywhere in song -> latent map, without syllables."""

from __future__ import annotations

import atexit
import functools
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from subsong.core.config import ConfigBase, ImportedPart
from subsong.core.errors import SubsongError
from subsong.datasets.store_writing import WritingOptions
from subsong.datasets.types import Splits
from subsong.datasets.windows.axes import PlainTimes, check_window_length
from subsong.datasets.windows.building import build_windows
from subsong.datasets.windows.drawing import find_stretches, keep_loud
from subsong.datasets.windows.frames import RegionFrames, load_frames, read_window_reading
from subsong.datasets.windows.reading import WindowReading
from subsong.datasets.windows.splitting import WindowCounts, build_window_splits
from subsong.models.syllable_vae import SyllableVaeConfig
from subsong.recipes.base import RunConfig
from subsong.recipes.window_vae import WindowVaeRecipe
from subsong.synthesis.song import SongOptions, write_songs


class WindowDataConfig(ConfigBase):
    """Which windows, and how they are divided."""

    kind: Literal["windows"] = "windows"
    path: Path | None = Field(
        None, description="Store made by 'subsong prepare windows'; null: made-up song, which needs no data."
    )
    window_s: float | None = Field(
        None, gt=0, description="Length of a window; null: spectrogram.max_duration_s of the store."
    )
    num_time_bins: int | None = Field(None, ge=2, description="Columns of a window; null: as the store says.")
    num_windows: int = Field(2048, ge=1, description="Windows drawn for each epoch, anew each time.")
    num_held_out: int = Field(1024, ge=1, description="Windows of validation, and of test: drawn once.")
    min_peak: float | None = Field(
        None, gt=0, le=1, description="Grey value that something in a window must reach, or it is never drawn: silence."
    )
    split_by: str = Field(
        "auto",
        description="What stays together: recording, region, or a column such as individual, session; time: regions "
        "are cut; auto: recording, region or time, the first of which there are enough.",
    )
    validation: float = Field(0.1, gt=0, lt=1, description="Share of the sound that every epoch is judged by.")
    test: float = Field(0.1, ge=0, lt=1, description="Share for the final evaluation; 0: validation is scored.")

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        if self.validation + self.test >= 1:
            raise ValueError(
                f"validation {self.validation:g} and test {self.test:g} leave nothing to train on: lower them"
            )
        return self


class ShotgunConfig(RunConfig):
    """A run of ``shotgun-vae``."""

    recipe: Literal["shotgun-vae"] = Field("shotgun-vae", description="Which family this is.")
    data: WindowDataConfig = Field(WindowDataConfig(), description="Which windows.")
    model: Annotated[SyllableVaeConfig | ImportedPart, Field(discriminator="kind")] = Field(
        SyllableVaeConfig(), description="The network."
    )


class ShotgunVaeRecipe(WindowVaeRecipe):
    """A VAE of windows drawn from anywhere in song."""

    name = "shotgun-vae"
    summary = "recordings -> windows drawn from anywhere in song -> latent map, without syllables"
    config_class = ShotgunConfig

    def tiny_overrides(self, folder: Path) -> dict[str, Any]:
        """Return a run on windows of made-up songs, prepared in `folder`, by a small network."""
        options = SongOptions(num_birds=1, num_days=1, num_songs=4, num_motifs=(1, 1), reverberation_s=0.0)
        write_songs(folder / "songs", options, seed=1)
        reading = _read_made_up(num_freq_bins=16, num_time_bins=16)
        build_windows(folder / "songs", folder / "windows", reading, options=WritingOptions(overwrite=True))
        return {"data.path": str(folder / "windows"), **self.tiny_network(), "data.num_windows": 64}

    def build_data(self, config: ShotgunConfig) -> Splits:
        """Open the store, divide its regions, and draw the windows that are held out."""
        data = config.data
        frames, reading = _open(data.path)
        window_s = data.window_s or reading.spectrogram.max_duration_s
        check_window_length(window_s, frames.frame_s)
        axis = PlainTimes(frames.regions, window_s, data.num_time_bins or reading.spectrogram.num_time_bins)
        stretches = find_stretches(axis)
        if len(stretches.region_M) == 0:
            raise SubsongError(_explain_too_short(frames, window_s))
        if data.min_peak is not None:
            stretches = keep_loud(stretches, frames, window_s, data.min_peak)
            if len(stretches.region_M) == 0:
                raise SubsongError(
                    f"no window is as loud as data.min_peak = {data.min_peak:g}, a grey value between 0 and 1: lower it"
                )
        fractions = {"train": 1 - data.validation - data.test, "validation": data.validation, "test": data.test}
        used = {name: share for name, share in fractions.items() if share}
        counts = WindowCounts(data.num_windows, data.num_held_out)
        return build_window_splits(frames, axis, stretches, counts, data.split_by, used, config.seed)

    def read_reading(self, config: ShotgunConfig) -> WindowReading:
        """Return how the frames of a run were read."""
        return _open(config.data.path)[1]


def _open(path: Path | None) -> tuple[RegionFrames, WindowReading]:
    return _make_up() if path is None else (load_frames(path), read_window_reading(path))


@functools.cache
def _make_up() -> tuple[RegionFrames, WindowReading]:
    """Return made-up song and how it was read; its store is removed when the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="subsong-windows-")
    atexit.register(folder.cleanup)
    write_songs(Path(folder.name) / "songs", SongOptions(), seed=0)
    prepared = build_windows(Path(folder.name) / "songs", Path(folder.name) / "windows", _read_made_up())
    return load_frames(prepared.path), prepared.reading


def _read_made_up(**settings: Any) -> WindowReading:
    """Return how song is read whose syllables are annotated: regions are phrases."""
    spectrogram = {"max_duration_s": 0.12, "frequency_axis": "mel", **settings}
    return WindowReading.model_validate({"spectrogram": spectrogram, "merge_gap_s": 0.2})


def _explain_too_short(frames: RegionFrames, window_s: float) -> str:
    longest_s = float((frames.regions["offset_s"] - frames.regions["onset_s"]).max())  # type: ignore[arg-type]
    return (
        f"no region holds a window of {window_s:g} s: the longest of {len(frames)} lasts {longest_s:.3g} s; set "
        "data.window_s lower, or prepare longer regions"
    )


RECIPE = ShotgunVaeRecipe()
