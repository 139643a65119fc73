"""A trained segmenter in use: recordings -> annotations, in bounded memory and at any sample rate."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import torch
from pydantic import ValidationError

from subsong.core.errors import SubsongError
from subsong.datasets.song.rates import count_samples, read_at_rate
from subsong.inference.annotating.decoding import DecodedAnnotations, decode_stream, join_decoded
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.streaming import DEFAULT_BLOCK, stream_probabilities
from subsong.models.portable import ModelClass, ModelDescription
from subsong.models.segmenter import Segmenter
from subsong.sources.annotations.table import build_annotations
from subsong.sources.audio import open_audio, read_audio_info
from subsong.sources.spectrograms import FrameMaker, RecordingFrames, SpectrogramConfig


class TrainedSegmenter:
    """A segmenter with its weights, read from a model folder.

    Parameters
    ----------
    module
        In evaluation mode.
    description
        What the folder says of it.
    device
        Where to compute.

    Attributes
    ----------
    classes
        What it tells, in the order of its outputs.
    spectrogram
        How its frames are made.
    sample_rate_hz
        Of the sound it was trained on; recordings of other rates are resampled.
    decoding
        How its probabilities become annotations.
    """

    def __init__(self, module: Segmenter, description: ModelDescription, device: torch.device) -> None:
        self.module, self.description, self.device = module.to(device).eval(), description, device
        preprocessing = description.preprocessing
        self.classes = tuple(ModelClass(**entry) for entry in preprocessing["classes"])
        self.sample_rate_hz = int(preprocessing["sample_rate_hz"])
        try:
            self.spectrogram = SpectrogramConfig.model_validate(preprocessing["spectrogram"])
            self.decoding = DecodingOptions.model_validate(preprocessing["decoding"])
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"]))
            raise SubsongError(
                f"the model has a setting this version of subsong does not know ({place}): use the version it was "
                "trained with, or train it again"
            ) from error
        self._maker = FrameMaker(self.spectrogram, self.sample_rate_hz, device)

    def annotate(
        self,
        path: str | Path,
        name: str | None = None,
        decoding: DecodingOptions | None = None,
        block: int = DEFAULT_BLOCK,
    ) -> pl.DataFrame:
        """Return the annotations of a recording, every channel by itself, as a table of annotations.

        Parameters
        ----------
        path
            A recording of any format and rate.
        name
            What the table calls it; None: its file name.
        decoding
            In place of the model's own.
        block
            Frames computed at a time; changes nothing.

        Raises
        ------
        SubsongError
            When the recording cannot be read, or its rate is too low for the model's frequencies.
        """
        path = Path(path)
        num_channels = read_audio_info(path).num_channels
        tables = []
        for channel in range(num_channels):
            found = self._annotate_channel(path, channel, decoding or self.decoding, block)
            tables.append(self._build_table(found, name or path.name, channel if num_channels > 1 else None))
        return pl.concat(tables)

    def _annotate_channel(self, path: Path, channel: int, decoding: DecodingOptions, block: int) -> DecodedAnnotations:
        with open_audio(path, channel) as reader:
            num_samples = count_samples(reader.info, self.sample_rate_hz)
            frames = RecordingFrames(
                self._maker, num_samples, lambda first, stop: read_at_rate(reader, self.sample_rate_hz, first, stop)
            )
            runs = stream_probabilities(self.module, frames, block=block)
            return join_decoded(decode_stream(runs, self.module.layout, frames.grid, decoding))

    def _build_table(self, found: DecodedAnnotations, name: str, channel: int | None) -> pl.DataFrame:
        return build_annotations(
            recording=[name] * len(found),
            channel=[channel] * len(found),
            onset_s=found.onset_s_N,
            offset_s=found.offset_s_N,
            label=[self.classes[number].name for number in found.class_N.tolist()],
            score=found.score_N,
            annotator=["subsong"] * len(found),
        )
