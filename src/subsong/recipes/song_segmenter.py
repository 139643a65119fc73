"""``song-segmenter``: annotated recordings -> network -> who sang what, when."""

from __future__ import annotations

import atexit
import functools
import logging
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import polars as pl
from pydantic import Field, model_validator
from torch import nn

from subsong.core.config import ConfigBase, ImportedPart
from subsong.core.errors import SubsongError
from subsong.datasets.song.augmentations import AugmentationConfig
from subsong.datasets.song.augmenting import Augmenter
from subsong.datasets.song.building import build_song
from subsong.datasets.song.chunks import ChunkPlan
from subsong.datasets.song.dataset import ChunkDataset, ChunkMaker, DrawnChunks, TargetOptions
from subsong.datasets.song.places import ALL, DataFraction, find_places
from subsong.datasets.song.store import SongStore, load_song
from subsong.datasets.store_writing import WritingOptions
from subsong.datasets.types import Splits
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.split_parts import open_song
from subsong.inference.annotating.validation_search import DecodingSearch
from subsong.inference.familiarity.training_sound import fit_training_sound
from subsong.inference.results import Results
from subsong.inference.scoring import EvaluationOptions
from subsong.inference.segmenter import TrainedSegmenter
from subsong.models.build import build_model
from subsong.models.das_tcn import DasTcnConfig
from subsong.models.portable import ModelDescription
from subsong.models.segmenter import SegmenterConfig
from subsong.models.transfer import AlignedWeights, Weights
from subsong.recipes.annotating import annotate_in_memory
from subsong.recipes.base import PredictOptions, Recipe, RunConfig
from subsong.recipes.segmenter_frames import choose_settings
from subsong.recipes.segmenter_results import (
    build_segmenter_report,
    draw_epoch_example,
    evaluate_segmenter,
    find_validation_sound,
    finish_segmenter,
    get_store,
    write_segmenter_results,
)
from subsong.recipes.segmenter_start import adopt_frames, align_segmenter
from subsong.reports.content import ReportContent
from subsong.sources.spectrograms import FrameSettings, SpectrogramConfig, count_rows, describe_frames, find_value_range
from subsong.synthesis.song import SongOptions, write_songs
from subsong.training.callbacks.figures import Plot
from subsong.training.run_folder import RunFolder

log = logging.getLogger(__name__)

_DEFAULTS = PredictOptions()
_CHUNK_FRAMES, _CHUNK_SAMPLES = 256, 8192
_FEWEST_CHUNKS, _MOST_CHUNKS = 128, 512


class SongDataConfig(ConfigBase):
    """Which annotated song, and how it is shown to the network."""

    kind: Literal["song"] = "song"
    path: Path | None = Field(None, description="Store made by 'subsong prepare song'; null: made-up song.")
    channels: Literal["each", "joint"] = Field(
        "each",
        description="Channels of a recording: each by itself, or all together, for model.kind das-tcn, which then "
        "finds what sounds in any of them.",
    )
    chunk_s: float | None = Field(
        None,
        gt=0,
        description="Length of the stretches of song that the network is trained on; null: 256 frames, or 8,192 "
        "samples where it is shown samples.",
    )
    num_chunks: int | None = Field(
        None,
        ge=1,
        description="Chunks drawn for each epoch, anew each time; null: as many as hold the training sound, 128 to "
        "512.",
    )
    uniform_share: float = Field(
        0.25, ge=0, le=1, description="Share of chunks from anywhere; the others show each class equally often."
    )
    augmentation: tuple[AugmentationConfig, ...] = Field(
        (), description="What is done to chunks in training, in this order, so that other recordings are understood."
    )
    labels: tuple[str, ...] | None = Field(
        None, description="A network of these labels alone, the others are nothing; null: of all."
    )
    fraction: float | None = Field(
        None, gt=0, le=1, description="Share of training and validation sound that is used; null: all."
    )
    fraction_s: float | None = Field(
        None, gt=0, description="Seconds of training and of validation sound that are used; null: all."
    )
    fraction_seed: int = Field(0, description="Of where the fraction lies: one stretch through the recordings.")
    event_width_s: float | None = Field(
        None, gt=0, description="Standard deviation of an event's bump in the targets; null: as prepared."
    )
    gap_s: float | None = Field(None, ge=0, description="Least gap between segments in the targets; null: as prepared.")
    gaps: Literal["nothing", "ignored"] = Field(
        "nothing", description="Gaps that were made between segments: taught as nothing, or frames in them not counted."
    )
    spectrogram: SpectrogramConfig | None = Field(
        None, description="What a grey frame is; null: chosen for the sample rate. Its images' times are not used."
    )
    level: float | None = Field(
        None, gt=0, description="What a network of samples divides them by; null: the level of the training sound."
    )


class SegmenterRunConfig(RunConfig):
    """A run of ``song-segmenter``."""

    recipe: Literal["song-segmenter"] = Field("song-segmenter", description="Which family this is.")
    data: SongDataConfig = Field(SongDataConfig(), description="Which song.")
    model: Annotated[SegmenterConfig | DasTcnConfig | ImportedPart, Field(discriminator="kind")] = Field(
        SegmenterConfig(), description="The network."
    )
    decoding: DecodingOptions = Field(
        DecodingOptions(), description="How probabilities become annotations, until a search chooses better."
    )
    decoding_search: DecodingSearch | None = Field(
        DecodingSearch(),
        description="Search of the decoding on validation sound when the run is over; null: it stays as it is here.",
    )
    results_at_end: bool = Field(
        True, description="Whether test sound is annotated and scored, into results/, when the run is over."
    )

    @model_validator(mode="after")
    def _one_way_to_change_chunks(self) -> Self:
        if self.training.corruption:
            raise ValueError(
                "training.corruption changes frames, but not the sound and labels behind them: leave it out, and see "
                "data.augmentation"
            )
        return self

    @model_validator(mode="after")
    def _joint_channels_are_samples(self) -> Self:
        if self.data.channels == "joint" and not isinstance(self.model, DasTcnConfig):
            raise ValueError(
                "data.channels is joint, which only a network of samples looks at: set model.kind to das-tcn, or leave "
                "data.channels out"
            )
        return self


class SongSegmenterRecipe(Recipe):
    """A network that annotates song."""

    name = "song-segmenter"
    summary = "annotated recordings -> network -> who sang what, when"
    config_class = SegmenterRunConfig

    def tiny_overrides(self, folder: Path) -> dict[str, Any]:
        """Return a run on some made-up songs, prepared in `folder`, by a small network."""
        options = SongOptions(num_birds=1, num_days=1, num_songs=6, num_motifs=(1, 1), reverberation_s=0.0)
        write_songs(folder / "songs", options, seed=1)
        build_song(folder / "songs", folder / "song", options=WritingOptions(overwrite=True))
        frontend = {"kind": "frequency", "channels": [4, 8], "strides": [4, 2], "feature_dim": 16}
        return {
            "data.path": str(folder / "song"),
            "data.chunk_s": 0.25,
            "data.num_chunks": 40,
            "model.frontend": frontend,
            "model.tcn": {"channels": 16, "dilations": [1, 2, 4], "num_stacks": 1},
            "training.batch_size": 8,
            "results_at_end": False,
        }

    def build_data(self, config: SegmenterRunConfig) -> Splits:
        """Open the store, and draw and tile chunks of its splits."""
        data, store = config.data, _open(config.data.path)
        if data.labels is not None:
            store = store.select_labels(data.labels)
        if data.channels == "joint":
            store = store.join_channels()
        fraction = DataFraction(data.fraction, data.fraction_s, data.fraction_seed)
        places = find_places(store, "train", fraction)
        frames = choose_settings(config.model, data.spectrogram, store, places, data.level)
        num_frames = _count_frames(data.chunk_s, frames, store)
        options = TargetOptions(data.event_width_s, data.gap_s, data.gaps == "nothing")
        maker = ChunkMaker(store, frames, num_frames, options)
        # A chunk is a whole number of hops, so that tiles share no frame and leave none out.
        chunk_s = num_frames * frames.hop_size / store.sample_rate_hz
        # What is measured in the end is measured on all of the test.
        fractions = {"train": fraction, "validation": fraction, "test": ALL}
        plans = {name: ChunkPlan(store, name, chunk_s, used) for name, used in fractions.items() if _has(store, name)}
        augmenter = Augmenter(data.augmentation, store, plans["train"], frames, config.seed)
        num_held = round(places.num_labelled / (chunk_s * store.sample_rate_hz))
        num_chunks = data.num_chunks or min(max(num_held, _FEWEST_CHUNKS), _MOST_CHUNKS)
        train = DrawnChunks(maker, plans["train"], num_chunks, data.uniform_share, config.seed, augmenter)
        held_out = {name: ChunkDataset(maker, plan.tile()) for name, plan in plans.items() if name != "train"}
        return Splits(train, held_out["validation"], held_out.get("test"))

    def build_model(self, config: SegmenterRunConfig, data: Splits) -> nn.Module:
        """Build the network for frames of this size and these classes."""
        maker = _maker_of(data)
        return build_model(config.model, (count_rows(maker.frames),), maker.store.classes)

    def describe_model(self, config: SegmenterRunConfig, data: Splits) -> ModelDescription:
        """Return how frames are made and what the network tells, so that other recordings can be annotated alike."""
        maker = _maker_of(data)
        classes = [one._asdict() for one in maker.store.classes]
        preprocessing = {
            "kind": "song",
            "item_shape": [count_rows(maker.frames)],
            "value_range": find_value_range(maker.frames),
            "sample_rate_hz": maker.store.sample_rate_hz,
            **describe_frames(maker.frames),
            "classes": classes,
            "decoding": config.decoding.model_dump(mode="json"),
        }
        # Other recordings are compared channel by channel.
        sound = fit_training_sound(maker.store) if maker.store.num_channels == 1 else None
        if sound is not None:
            preprocessing["sound"] = sound.to_values()
        labels = [one["name"] for one in classes]
        return ModelDescription(self.name, config.model.model_dump(mode="json"), preprocessing, labels)

    def adopt_preprocessing(self, config: SegmenterRunConfig, start: ModelDescription) -> SegmenterRunConfig:
        """Return the configuration with the frames of the model to start from."""
        adopted: SegmenterRunConfig = adopt_frames(config, start)
        return adopted

    def align_weights(
        self, weights: Weights, module: nn.Module, start: ModelDescription, ours: ModelDescription
    ) -> AlignedWeights:
        """Return the weights with the head's rows in the order of this data's classes."""
        return align_segmenter(weights, module, start, ours)

    def plots(self, config: SegmenterRunConfig, data: Splits) -> Sequence[Plot]:
        """Draw an example of validation sound with truth and probabilities, one file an epoch."""
        store, description = get_store(data), self.describe_model(config, data)
        return (functools.partial(draw_epoch_example, description, store, find_validation_sound(config, store)),)

    def finish(self, config: SegmenterRunConfig, data: Splits, run: RunFolder) -> None:
        """Choose the decoding on validation sound, and annotate and score test sound."""
        finish_segmenter(config, data, run)

    def evaluate(self, config: SegmenterRunConfig, data: Splits, run: RunFolder, trust: bool) -> Path | None:
        """Annotate and score the test sound, or that of the validation split where there is no other."""
        return evaluate_segmenter(config, data, run, trust)

    def read_data(self, path: Path, model: TrainedSegmenter) -> Any:
        """Open a store of annotated song."""
        return open_song(path, model)

    def evaluate_model(self, model: TrainedSegmenter, data: Any, folder: Path, options: EvaluationOptions) -> Results:
        """Annotate and score the test sound of another store, or what there is of it."""
        return write_segmenter_results(model, data, folder, model.description.recipe, options.seed)

    def report(self, config: SegmenterRunConfig, run: RunFolder, trust: bool) -> ReportContent:
        """Return curves, and scores and figures where the model was scored."""
        return build_segmenter_report(run)

    def predict(self, model: TrainedSegmenter, data: Path | Sequence[str], options: PredictOptions) -> pl.DataFrame:
        """Return the annotations that a model finds in recordings: a file, or a folder at any depth.

        A recording of a folder that cannot be read is named and left out.
        """
        if not isinstance(data, Path):
            raise SubsongError("a song-segmenter annotates recordings: give a file or a folder")
        if options._replace(batch_size=_DEFAULTS.batch_size) != _DEFAULTS:
            raise SubsongError("--species, --given, --top, --include-shown and --missed are for lists: leave them out")
        return annotate_in_memory(model, [data])[0]


def _maker_of(data: Splits) -> ChunkMaker:
    assert isinstance(data.train, ChunkDataset)
    return data.train.maker


def _count_frames(chunk_s: float | None, frames: FrameSettings, store: SongStore) -> int:
    """Return how many frames a chunk has, 2 at least."""
    if chunk_s is not None:
        return max(2, int(chunk_s * store.sample_rate_hz) // frames.hop_size)
    return _CHUNK_FRAMES if isinstance(frames, SpectrogramConfig) else max(2, _CHUNK_SAMPLES // frames.hop_size)


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


RECIPE = SongSegmenterRecipe()
