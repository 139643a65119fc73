"""A trained segmenter in use: recordings -> annotations, in bounded memory and at any sample rate."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import torch
from pydantic import ValidationError

from subsong.core.errors import SubsongError
from subsong.core.words import count_noun
from subsong.inference.annotating.decoding import DecodedAnnotations, join_decoded
from subsong.inference.annotating.options import DecodingOptions
from subsong.inference.annotating.stream_decoding import decode_stream
from subsong.inference.annotating.streaming import stream_probabilities
from subsong.inference.familiarity.checking import SoundNeeds, check_recording
from subsong.inference.familiarity.training_sound import TrainingSound
from subsong.inference.trained import TrainedModel
from subsong.models.portable import ModelDescription
from subsong.models.segmenter import FrameNetwork
from subsong.sources.annotations.table import build_annotations
from subsong.sources.audio import Channel, OpenedChannel, open_audio, read_audio_info
from subsong.sources.audio.rates import count_samples, read_at_rate
from subsong.sources.spectrograms import (
    FrameSource,
    build_frame_opener,
    count_channels,
    find_highest_hz,
    read_frame_settings,
)


class HeardChannel(NamedTuple):
    """A channel that is listened to by itself.

    Attributes
    ----------
    channel
        As `open_audio` takes it: a number, or the mean of all.
    number
        What tables of annotations call it; None where the recording has one, or all were mixed.
    """

    channel: Channel
    number: int | None


class TrainedSegmenter(TrainedModel[FrameNetwork]):
    """A segmenter with its weights, read from a model folder; see `TrainedModel`.

    Attributes
    ----------
    classes
        What it tells, in the order of its outputs.
    frames
        What it is shown of sound: how frames are made.
    sample_rate_hz
        Of the sound it was trained on; recordings of other rates are resampled.
    decoding
        How its probabilities become annotations.
    num_channels
        Channels of a recording that it looks at together; 1: each by itself.
    sound
        What its training recordings sound like; None: the model does not say.
    """

    def __init__(self, module: FrameNetwork, description: ModelDescription, device: torch.device) -> None:
        super().__init__(module, description, device)
        preprocessing = description.preprocessing
        self.classes = description.classes
        self.sample_rate_hz = int(preprocessing["sample_rate_hz"])
        try:
            self.frames = read_frame_settings(preprocessing)
            self.decoding = DecodingOptions.model_validate(preprocessing["decoding"])
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"]))
            raise SubsongError(
                f"the model has a setting this version of subsong does not know ({place}): use the version it was "
                "trained with, or train it again"
            ) from error
        self.num_channels = count_channels(self.frames)
        values = preprocessing.get("sound")
        self.sound = None if values is None else TrainingSound.from_values(values)
        self._open = build_frame_opener(self.frames, self.sample_rate_hz, device)

    def annotate(
        self,
        path: str | Path,
        name: str | None = None,
        decoding: DecodingOptions | None = None,
        channel: Channel = None,
    ) -> pl.DataFrame:
        """Return the annotations of a recording as a table of annotations.

        Every channel is annotated by itself, or all at once where the model looks at them together; ``channel`` is
        then null.

        Parameters
        ----------
        path
            A recording of any format and rate.
        name
            What the table calls it; None: its file name.
        decoding
            In place of the model's own.
        channel
            The one channel that is annotated, from 0; ``"mean"``: the mean of all; None: all, each by itself.

        Raises
        ------
        SubsongError
            When the recording cannot be read, has no such channel or not as many as the model looks at together, or
            its rate is too low for the model's frequencies.
        """
        path = Path(path)
        if self.num_channels > 1:
            self._check_channels(path, read_audio_info(path).num_channels, channel)
            found = self._annotate_channel(path, "all", decoding or self.decoding)
            return self._build_table(found, name or path.name, None)
        tables = []
        for heard in list_channels(path, channel):
            found = self._annotate_channel(path, heard.channel, decoding or self.decoding)
            tables.append(self._build_table(found, name or path.name, heard.number))
        return pl.concat(tables)

    def open_frames(self, num_samples: int, read_samples: Callable[[int, int], np.ndarray]) -> FrameSource:
        """Return the frames of sound at the model's rate, as the network takes them.

        Parameters
        ----------
        num_samples
            How much sound there is.
        read_samples
            ``(first, stop)`` -> those samples in units of full scale.
        """
        return self._open(num_samples, read_samples)

    def check(self, path: str | Path, name: str | None = None) -> pl.DataFrame:
        """Return what is unusual about a recording for this model, as a table with `WARNING_SCHEMA`; it may be empty.

        Parameters
        ----------
        path
            A recording of any format and rate.
        name
            What the table calls it; None: its file name.

        Raises
        ------
        SubsongError
            When the recording cannot be read.
        """
        path = Path(path)
        needs = SoundNeeds(self.sample_rate_hz, find_highest_hz(self.frames, self.sample_rate_hz), self.sound)
        return check_recording(path, name or path.name, needs)

    def require_one_channel(self, task: str) -> None:
        """Check that the model looks at each channel by itself.

        Parameters
        ----------
        task
            What is done to one channel, as the sentence of the error begins.

        Raises
        ------
        SubsongError
            When it looks at several together.
        """
        if self.num_channels > 1:
            raise SubsongError(
                f"{task} takes one channel, but this model looks at {self.num_channels} together: annotate recordings "
                "with 'subsong predict', or train a model with data.channels=each"
            )

    def _check_channels(self, path: Path, num_channels: int, channel: Channel) -> None:
        if channel is not None:
            raise SubsongError(
                f"the model looks at {self.num_channels} channels together: leave out the choice of channel {channel}"
            )
        if num_channels != self.num_channels:
            raise SubsongError(
                f"{path} has {count_noun(num_channels, 'channel')}, but the model looks at {self.num_channels} "
                "together: give a recording of as many"
            )

    def _annotate_channel(self, path: Path, channel: OpenedChannel, decoding: DecodingOptions) -> DecodedAnnotations:
        with open_audio(path, channel) as reader:
            num_samples = count_samples(reader.info, self.sample_rate_hz)
            frames = self.open_frames(
                num_samples, lambda first, stop: read_at_rate(reader, self.sample_rate_hz, first, stop)
            )
            runs = stream_probabilities(self.module, frames)
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


def list_channels(path: Path, channel: Channel) -> list[HeardChannel]:
    """Return the channels of a recording that are listened to, each by itself.

    Parameters
    ----------
    path
        The recording.
    channel
        A number, from 0; ``"mean"``: the mean of all; None: all.

    Raises
    ------
    SubsongError
        When the recording cannot be read, or has no such channel.
    """
    num_channels = read_audio_info(path).num_channels
    if channel == "mean":
        return [HeardChannel(channel, None)]
    if channel is not None and not 0 <= channel < num_channels:
        raise SubsongError(f"{path} has no channel {channel}: expected 0 to {num_channels - 1}")
    numbers = range(num_channels) if channel is None else [channel]
    return [HeardChannel(number, number if num_channels > 1 else None) for number in numbers]
