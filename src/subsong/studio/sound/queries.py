"""What may be asked of the sound of a project."""

from __future__ import annotations

from pydantic import Field

from subsong.core.config import ConfigBase
from subsong.studio.sound.colours import Scale

_MOST_HZ = 1e7
_MOST_S = 1e7


class InfoQuery(ConfigBase):
    """What a recording says of itself."""

    recording: str = Field(description="Name of the recording.")


class ChannelQuery(InfoQuery):
    """Something of one channel."""

    channel: int = Field(0, ge=0, description="Channel, from 0.")
    v: str = Field("", description="Version of the recording; where it is the present one, the answer never changes.")


class BandQuery(ChannelQuery):
    """Something with rows of frequencies."""

    low_hz: float = Field(0.0, ge=0, le=_MOST_HZ, description="Lower edge.")
    high_hz: float | None = Field(None, gt=0, le=_MOST_HZ, description="Upper edge; none: half the sample rate.")
    height: int = Field(256, ge=1, le=1024, description="Rows.")


class WaveformQuery(ChannelQuery):
    """A tile of the waveform."""

    level: int = Field(ge=-12, le=24, description="Of the zoom: a column is 0.5 ms times 2 to this.")
    index: int = Field(ge=0, le=2**40, description="Of the tile, from 0.")


class TileQuery(WaveformQuery, BandQuery):
    """A tile of the spectrogram."""

    window_ms: float = Field(0.0, ge=0, le=1000, description="Length of the window; 0: chosen from rate and band.")


class ClipQuery(BandQuery):
    """A small picture of one sound."""

    onset_s: float = Field(ge=0, le=_MOST_S, description="Where the sound begins.")
    offset_s: float = Field(ge=0, le=_MOST_S, description="Where it ends; as its onset, for an event.")
    margin_s: float = Field(0.02, ge=0, le=60, description="What is shown before and after it.")
    width: int = Field(160, ge=1, le=2048, description="Pixels.")
    height: int = Field(96, ge=1, le=1024, description="Pixels.")
    colours: Scale = Field("magma", description="Scale of the colours.")
    floor_db: float | None = Field(None, ge=-300, le=300, description="What gets the first colour; none: as found.")
    ceiling_db: float | None = Field(None, ge=-300, le=300, description="What gets the last; none: as found.")


class AudioQuery(ChannelQuery):
    """A stretch of sound to be heard."""

    start_s: float = Field(0.0, ge=0, le=_MOST_S, description="Where it begins.")
    stop_s: float = Field(_MOST_S, ge=0, le=_MOST_S, description="Where it ends; beyond the end: there.")
    speed: float = Field(1.0, ge=0.01, le=10, description="0.1: ten times slower, and ten times lower.")
    shift_hz: float = Field(0.0, ge=0, le=_MOST_HZ, description="How far frequencies are moved down, at equal speed.")
