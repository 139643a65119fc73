"""What is unusual about a recording for a model: a sentence for each, none where it sounds like those of training.

Legend: K = frames, B = bands.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from subsong.inference.familiarity.bands import FRAME_S, NUM_BANDS, BandFrames, sample_bands
from subsong.inference.familiarity.training_sound import TrainingSound, measure_distances, measure_level
from subsong.sources.audio import AudioInfo, AudioReader, open_audio, read_audio_info
from subsong.sources.audio.rates import count_samples, read_at_rate

WARNING_SCHEMA: dict[str, type[pl.DataType]] = {
    "recording": pl.String,
    "channel": pl.Int64,
    "kind": pl.String,
    "warning": pl.String,
}
"""``kind`` is one of rate, silent, clipped, quiet, loud, spectrum; ``warning`` says it in words."""

_MIN_JUDGED_S = 1.0
_MORE_CLIPPED, _MORE_SILENT = 1e-3, 0.1
# Near half its sample rate a resampled recording is filtered away.
_HELD_SHARE = 0.9


class Unfamiliar(NamedTuple):
    """Something unusual: its kind, as in `WARNING_SCHEMA`, and a sentence about "it"."""

    kind: str
    text: str


class SoundNeeds(NamedTuple):
    """What a model expects of sound.

    Attributes
    ----------
    sample_rate_hz
        Of its training sound.
    high_hz
        Highest frequency it looks at.
    sound
        What its training sounded like; None: nothing is known of it.
    """

    sample_rate_hz: int
    high_hz: float
    sound: TrainingSound | None


def check_recording(path: Path, name: str, needs: SoundNeeds) -> pl.DataFrame:
    """Return what is unusual about a recording, channel by channel, as a table with `WARNING_SCHEMA`.

    Notes
    -----
    At most 20 s of it are looked at, in stretches drawn from all of it; the same ones each time.

    Raises
    ------
    SubsongError
        When the recording cannot be read.
    """
    num_channels, rows = read_audio_info(path).num_channels, []
    for channel in range(num_channels):
        with open_audio(path, channel) as reader:
            frames = _sample_reader(reader, needs.sample_rate_hz)
            found = [*_check_rate(reader.info, needs), *_check_sound(frames, reader.info, needs)]
        rows += [(name, channel if num_channels > 1 else None, *one) for one in found]
    return pl.DataFrame(rows, schema=WARNING_SCHEMA, orient="row")


def _sample_reader(reader: AudioReader, sample_rate_hz: int) -> BandFrames:
    def read(first: int, stop: int) -> np.ndarray:
        return read_at_rate(reader, sample_rate_hz, first, stop)

    return sample_bands(read, count_samples(reader.info, sample_rate_hz), sample_rate_hz)


def _check_rate(info: AudioInfo, needs: SoundNeeds) -> list[Unfamiliar]:
    if info.sample_rate_hz >= 2 * needs.high_hz:
        return []
    text = (
        f"it has {info.sample_rate_hz:,} samples a second and so nothing above {info.sample_rate_hz / 2:,.0f} Hz, but "
        f"the model listens up to {needs.high_hz:,.0f} Hz: expect misses"
    )
    return [Unfamiliar("rate", text)]


def _check_sound(frames: BandFrames, info: AudioInfo, needs: SoundNeeds) -> list[Unfamiliar]:
    sound, num_frames = needs.sound, len(frames.is_silent_K)
    if num_frames and frames.is_silent_K.all():
        return [Unfamiliar("silent", "it is digital silence, every sample looked at is the same")]
    if sound is None or num_frames == 0:
        return []
    num_bands = NUM_BANDS
    if info.sample_rate_hz != needs.sample_rate_hz:
        share = min(1.0, info.sample_rate_hz / needs.sample_rate_hz)
        num_bands = max(1, int(_HELD_SHARE * share * NUM_BANDS))
    found = _check_samples(frames, sound)
    if len(frames.sounding_KB) * FRAME_S >= _MIN_JUDGED_S:
        found += _check_levels(frames, sound, num_bands)
    return found


def _check_samples(frames: BandFrames, sound: TrainingSound) -> list[Unfamiliar]:
    found = []
    share_silent, share_clipped = float(frames.is_silent_K.mean()), float(frames.share_clipped_K.mean())
    if share_silent > sound.share_silent + _MORE_SILENT:
        found.append(Unfamiliar("silent", f"{share_silent:.0%} of it is digital silence: parts may be missing"))
    if share_clipped > 2.0 * sound.share_clipped + _MORE_CLIPPED:
        text = f"{share_clipped:.1%} of its samples are clipped, in training at most {sound.share_clipped:.1%}"
        found.append(Unfamiliar("clipped", f"{text}: it was recorded too loud"))
    return found


def _check_levels(frames: BandFrames, sound: TrainingSound, num_bands: int) -> list[Unfamiliar]:
    found, level_KB = [], frames.sounding_KB
    level_db, range_db = measure_level(level_KB), f"{sound.low_db:.0f} to {sound.high_db:.0f} dB"
    if level_db < sound.low_db:
        text = f"its loudest parts are at {level_db:.0f} dB, expected {range_db}: no song, or recorded too quiet"
        found.append(Unfamiliar("quiet", text))
    if level_db > sound.high_db:
        text = f"its loudest parts are at {level_db:.0f} dB, expected {range_db}: other noise, or recorded too loud"
        found.append(Unfamiliar("loud", text))
    # Sound of the right kind that is only too loud or too quiet should not be called strange as well.
    is_usual = sound.low_db <= level_db <= sound.high_db
    gain_db = 0.0 if is_usual else 0.5 * (sound.low_db + sound.high_db) - level_db
    distance_db = min(_measure_mean(level_KB + shift, sound, num_bands) for shift in {0.0, gain_db})
    if distance_db > sound.limit_db:
        text = (
            f"its spectrum lies {distance_db / sound.distance_db:.1f} times as far from the training recordings as "
            "they lie from each other: what is found there means little without a check"
        )
        found.append(Unfamiliar("spectrum", text))
    return found


def _measure_mean(level_KB: np.ndarray, sound: TrainingSound, num_bands: int) -> float:
    return float(measure_distances(level_KB[:, :num_bands], sound.prototype_db_MB[:, :num_bands]).mean())
