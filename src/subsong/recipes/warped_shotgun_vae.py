"""``warped-shotgun-vae``: renditions of a motif, aligned in time -> windows -> latent trajectories."""

from __future__ import annotations

import atexit
import functools
import tempfile
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field

from subsong.core.config import ConfigBase, ImportedPart
from subsong.core.errors import SubsongError
from subsong.datasets.motifs.building import build_motifs
from subsong.datasets.motifs.reading import MotifReading
from subsong.datasets.motifs.store import Motifs, load_motifs
from subsong.datasets.store_writing import WritingOptions
from subsong.datasets.syllables.reading import SegmentReading
from subsong.datasets.types import Splits
from subsong.datasets.windows.axes import check_window_length
from subsong.datasets.windows.drawing import find_stretches
from subsong.datasets.windows.reading import WindowReading
from subsong.datasets.windows.splitting import WindowCounts, build_window_splits
from subsong.models.syllable_vae import SyllableVaeConfig
from subsong.recipes.base import RunConfig
from subsong.recipes.window_vae import WindowVaeRecipe
from subsong.synthesis.song import SongOptions, make_bird, write_songs

_MADE_UP = SongOptions(num_birds=1, motif_fidelity=1.0, shift_spread_s=0.005, directed_share=0.5)


class MotifDataConfig(ConfigBase):
    """Which windows of which motif; which renditions are held out is said when they are prepared."""

    kind: Literal["motifs"] = "motifs"
    path: Path | None = Field(
        None, description="Store made by 'subsong prepare motifs'; null: made-up motifs, which need no data."
    )
    window_s: float = Field(0.08, gt=0, description="Length of a window, in seconds of the template.")
    num_time_bins: int | None = Field(None, ge=2, description="Columns of a window; null: as the store says.")
    num_windows: int = Field(2048, ge=1, description="Windows drawn for each epoch, anew each time.")
    num_held_out: int = Field(1024, ge=1, description="Windows of validation, and of test: drawn once.")


class WarpedShotgunConfig(RunConfig):
    """A run of ``warped-shotgun-vae``."""

    recipe: Literal["warped-shotgun-vae"] = Field("warped-shotgun-vae", description="Which family this is.")
    data: MotifDataConfig = Field(MotifDataConfig(), description="Which windows.")
    model: Annotated[SyllableVaeConfig | ImportedPart, Field(discriminator="kind")] = Field(
        SyllableVaeConfig(), description="The network."
    )


class WarpedShotgunVaeRecipe(WindowVaeRecipe):
    """A VAE of windows of a motif, in the time of its template."""

    name = "warped-shotgun-vae"
    summary = "renditions of a motif, aligned in time -> windows -> latent trajectories"
    config_class = WarpedShotgunConfig

    def tiny_overrides(self, folder: Path) -> dict[str, Any]:
        """Return a run on windows of made-up motifs, prepared in `folder`, by a small network."""
        options = _MADE_UP.model_copy(
            update={"num_days": 1, "num_songs": 5, "num_motifs": (1, 2), "reverberation_s": 0.0}
        )
        reading = _write_made_up(folder / "songs", options, num_freq_bins=16, num_time_bins=16)
        build_motifs(folder / "songs", folder / "motifs", reading, options=WritingOptions(overwrite=True))
        return {"data.path": str(folder / "motifs"), **self.tiny_network(), "data.num_windows": 64}

    def build_data(self, config: WarpedShotgunConfig) -> Splits:
        """Open the store, and draw windows from the renditions of each split."""
        data = config.data
        motifs = _open(data.path)
        check_window_length(data.window_s, motifs.frames.frame_s)
        axis = motifs.build_times(data.window_s, data.num_time_bins or motifs.reading.spectrogram.num_time_bins)
        stretches = find_stretches(axis)
        if len(stretches.region_M) == 0:
            raise SubsongError(
                f"no rendition holds a window of {data.window_s:g} s: set data.window_s lower, or prepare with a "
                "larger margin_s"
            )
        counts = WindowCounts(data.num_windows, data.num_held_out)
        fractions = motifs.reading.fractions
        if "validation" not in fractions:
            raise SubsongError(
                "no renditions are held out for validation: prepare the motifs again with validation above 0"
            )
        return build_window_splits(motifs.frames, axis, stretches, counts, "split", fractions, config.seed)

    def read_reading(self, config: WarpedShotgunConfig) -> WindowReading:
        """Return how other recordings are read: as the motifs were, but for what makes a rendition."""
        reading = _open(config.data.path).reading
        common = {name: getattr(reading, name) for name in SegmentReading.model_fields}
        return WindowReading.model_validate({**common, "stored_as": reading.stored_as})


def _open(path: Path | None) -> Motifs:
    return _make_up() if path is None else load_motifs(path)


@functools.cache
def _make_up() -> Motifs:
    """Return motifs of one made-up bird; their store is removed when the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="subsong-motifs-")
    atexit.register(folder.cleanup)
    root = Path(folder.name)
    return load_motifs(build_motifs(root / "songs", root / "motifs", _write_made_up(root / "songs", _MADE_UP)).path)


def _write_made_up(folder: Path, options: SongOptions, **spectrogram: Any) -> MotifReading:
    """Write songs of one bird to a folder, and return how its motif is read."""
    write_songs(folder, options, seed=1)
    bird = make_bird(1, 1, options)
    motif = [bird.types[index].label for index in bird.motif]
    return MotifReading.model_validate({"motif": motif, "spectrogram": {"frequency_axis": "mel", **spectrogram}})


RECIPE = WarpedShotgunVaeRecipe()
