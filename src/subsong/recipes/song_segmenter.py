"""``song-segmenter``: annotated recordings -> network -> who sang what, when."""

from __future__ import annotations

import atexit
import functools
import logging
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
import polars as pl
from pydantic import Field
from torch import nn

from subsong.core.config import ConfigBase, ImportedPart
from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.datasets.song.building import build_song
from subsong.datasets.song.chunks import ChunkPlan
from subsong.datasets.song.dataset import ChunkDataset, ChunkMaker, DrawnChunks
from subsong.datasets.song.store import SongStore, load_song
from subsong.datasets.types import Splits
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.model import TrainedVae
from subsong.inference.segmenter import TrainedSegmenter
from subsong.models.build import build_model
from subsong.models.portable import ModelClass, ModelDescription
from subsong.models.segmenter import SegmenterConfig
from subsong.recipes.base import PredictOptions, Recipe, RunConfig
from subsong.sources.audio import find_audio
from subsong.sources.spectrograms import SpectrogramConfig, fit_range
from subsong.synthesis.song import SongOptions, write_songs

log = logging.getLogger(__name__)

_DEFAULTS = PredictOptions()
_ULTRASOUND_RATE_HZ = 150_000
_FITTED_S, _NUM_FITTED = 0.2, 40


class SongDataConfig(ConfigBase):
    """Which annotated song, and how it is shown to the network."""

    kind: Literal["song"] = "song"
    path: Path | None = Field(None, description="Store made by 'subsong prepare song'; null: made-up song.")
    chunk_s: float = Field(1.5, gt=0, description="Length of the stretches of song that the network is trained on.")
    num_chunks: int = Field(512, ge=1, description="Chunks drawn for each epoch, anew each time.")
    uniform_share: float = Field(
        0.25, ge=0, le=1, description="Share of chunks from anywhere; the others show each class equally often."
    )
    spectrogram: SpectrogramConfig | None = Field(
        None, description="What a frame is; null: chosen for the sample rate. Its images' times are not used."
    )


class SegmenterRunConfig(RunConfig):
    """A run of ``song-segmenter``."""

    recipe: Literal["song-segmenter"] = Field("song-segmenter", description="Which family this is.")
    data: SongDataConfig = Field(SongDataConfig(), description="Which song.")
    model: Annotated[SegmenterConfig | ImportedPart, Field(discriminator="kind")] = Field(
        SegmenterConfig(), description="The network."
    )
    decoding: DecodingOptions = Field(
        DecodingOptions(), description="How probabilities become annotations, until 'subsong tune' chooses better."
    )


class SongSegmenterRecipe(Recipe):
    """A network that annotates song."""

    name = "song-segmenter"
    summary = "annotated recordings -> network -> who sang what, when"
    config_class = SegmenterRunConfig

    def tiny_overrides(self, folder: Path) -> dict[str, Any]:
        """Return a run on some made-up songs, prepared in `folder`, by a small network."""
        options = SongOptions(num_birds=1, num_days=1, num_songs=6, num_motifs=(1, 1), reverberation_s=0.0)
        write_songs(folder / "songs", options, seed=1)
        build_song(folder / "songs", folder / "song", overwrite=True)
        frontend = {"kind": "frequency", "channels": [4, 8], "strides": [4, 2], "feature_dim": 16}
        return {
            "data.path": str(folder / "song"),
            "data.chunk_s": 0.5,
            "data.num_chunks": 64,
            "model.frontend": frontend,
            "model.tcn": {"channels": 16, "dilations": [1, 2, 4], "num_stacks": 1},
            "training.batch_size": 8,
        }

    def build_data(self, config: SegmenterRunConfig) -> Splits:
        """Open the store, and draw and tile chunks of its splits."""
        data, store = config.data, _open(config.data.path)
        spectrogram = _choose_spectrogram(data.spectrogram, store)
        num_frames = max(2, int(data.chunk_s * store.sample_rate_hz) // spectrogram.hop_size)
        maker = ChunkMaker(store, spectrogram, num_frames)
        # A chunk is a whole number of hops, so that tiles share no frame and leave none out.
        chunk_s = num_frames * spectrogram.hop_size / store.sample_rate_hz
        plans = {name: ChunkPlan(store, name, chunk_s) for name in ("train", "validation", "test") if _has(store, name)}
        train = DrawnChunks(maker, plans["train"], data.num_chunks, data.uniform_share, config.seed)
        held_out = {name: ChunkDataset(maker, plan.tile()) for name, plan in plans.items() if name != "train"}
        return Splits(train, held_out["validation"], held_out.get("test"))

    def build_model(self, config: SegmenterRunConfig, data: Splits) -> nn.Module:
        """Build the network for frames of this size and these classes."""
        maker = _maker_of(data)
        return build_model(config.model, (maker.spectrogram.num_freq_bins,), maker.store.classes)

    def describe_model(self, config: SegmenterRunConfig, data: Splits) -> ModelDescription:
        """Return how frames are made and what the network tells, so that other recordings can be annotated alike."""
        maker = _maker_of(data)
        classes = [ModelClass(*one)._asdict() for one in maker.store.classes]
        preprocessing = {
            "kind": "song",
            "item_shape": [maker.spectrogram.num_freq_bins],
            "value_range": ChunkDataset.value_range,
            "sample_rate_hz": maker.store.sample_rate_hz,
            "spectrogram": maker.spectrogram.model_dump(mode="json"),
            "classes": classes,
            "decoding": config.decoding.model_dump(mode="json"),
        }
        labels = [one["name"] for one in classes]
        return ModelDescription(self.name, config.model.model_dump(mode="json"), preprocessing, labels)

    def predict(
        self, model: TrainedVae | TrainedSegmenter, data: Path | Sequence[str], options: PredictOptions
    ) -> pl.DataFrame:
        """Return the annotations that a model finds in recordings: a file, or a folder at any depth.

        A recording of a folder that cannot be read is named and left out.
        """
        assert isinstance(model, TrainedSegmenter)
        if not isinstance(data, Path):
            raise SubsongError("a song-segmenter annotates recordings: give a file or a folder")
        if options._replace(batch_size=_DEFAULTS.batch_size) != _DEFAULTS:
            raise SubsongError("--species, --given, --top, --include-shown and --missed are for lists: leave them out")
        if not data.is_dir():
            return model.annotate(data)
        tables, problems = [], []
        for path in find_audio(data):
            try:
                tables.append(model.annotate(path, path.relative_to(data).as_posix()))
            except SubsongError as error:
                log.warning("left out: %s", error)
                problems.append(error)
        if not tables:
            raise problems[0]
        return pl.concat(tables)


def _maker_of(data: Splits) -> ChunkMaker:
    assert isinstance(data.train, ChunkDataset)
    return data.train.maker


def _has(store: SongStore, split: str) -> bool:
    return bool((store.parts["split"] == split).any())


def _open(path: Path | None) -> SongStore:
    return _make_up() if path is None else load_song(path)


@functools.cache
def _make_up() -> SongStore:
    """Return made-up song; its store is removed when the process ends."""
    folder = tempfile.TemporaryDirectory(prefix="subsong-song-")
    atexit.register(folder.cleanup)
    write_songs(Path(folder.name) / "songs", SongOptions(num_birds=1), seed=0)
    return load_song(build_song(Path(folder.name) / "songs", Path(folder.name) / "song").path)


def _choose_spectrogram(spectrogram: SpectrogramConfig | None, store: SongStore) -> SpectrogramConfig:
    """Return the settings of frames, with a grey range that spans sound and background of the training split."""
    chosen = spectrogram or choose_frames(store.sample_rate_hz)
    # The mean of a recording is known only at its end, and predictions are made from its beginning on.
    chosen = SpectrogramConfig.model_validate({**chosen.model_dump(), "remove_mean": False})
    return fit_range(_sample_sound(store), chosen, store.sample_rate_hz)


def choose_frames(sample_rate_hz: int) -> SpectrogramConfig:
    """Return frames that go with a sample rate: of 12 ms every 6 ms, or of 4 ms every 2 ms for ultrasound."""
    is_ultrasound = sample_rate_hz >= _ULTRASOUND_RATE_HZ
    window_s, low_hz, high_hz = (0.004, 20_000.0, 110_000.0) if is_ultrasound else (0.012, 500.0, 10_000.0)
    hop_size = max(2, round(window_s / 2 * sample_rate_hz))
    high_hz = min(high_hz, 0.48 * sample_rate_hz)
    return SpectrogramConfig(
        window_size=2 * hop_size,
        hop_size=hop_size,
        low_hz=min(low_hz, 0.1 * high_hz) if not is_ultrasound else low_hz,
        high_hz=high_hz,
        num_freq_bins=64,
        max_duration_s=_FITTED_S,
        stretch="none",
        low_percentile=5.0,
    )


def _sample_sound(store: SongStore) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield stretches of training sound, with short segments that cover them."""
    parts = store.parts.filter(pl.col("split") == "train")
    drawn = np.sort(numpy_generator(0, "grey range").permutation(parts.height)[:_NUM_FITTED])
    for recording, first, stop in parts[drawn].select("recording", "first_sample", "stop_sample").rows():
        samples = store.read(recording, first, min(stop, first + 60 * store.sample_rate_hz))
        onset_s = np.arange(0.0, len(samples) / store.sample_rate_hz - _FITTED_S, _FITTED_S)
        yield samples, np.stack([onset_s, onset_s + _FITTED_S], axis=1)


RECIPE = SongSegmenterRecipe()
