"""What kind of song is made up, how much of it, and how hard it is."""

from __future__ import annotations

from typing import Literal

from pydantic import Field, model_validator

from subsong.core.config import ConfigBase

_RATES_HZ = {"finch": 32_000, "mouse": 250_000}


class SongOptions(ConfigBase):
    """A colony: its birds, how they sing, and how they are recorded."""

    species: Literal["finch", "mouse"] = Field(
        "finch", description="finch: stacks, sweeps, tones, trills and noises; mouse: ultrasonic sweeps, 30 to 110 kHz."
    )
    sample_rate_hz: int | None = Field(
        None, ge=8000, description="Samples a second; null: 32000 for finches, 250000 for mice."
    )
    num_birds: int = Field(2, ge=1, description="Individuals, each with a repertoire of its own.")
    num_days: int = Field(2, ge=1, description="Days on which each is recorded.")
    num_songs: int = Field(10, ge=1, description="Recordings a bird and day.")

    num_types: int = Field(
        7, ge=3, le=20, description="Types of syllables a bird has, the introductory note among them."
    )
    motif_length: int = Field(5, ge=2, description="Syllables of the motif, each of another type.")
    num_motifs: tuple[int, int] = Field((2, 4), description="Fewest and most motifs of a song.")
    motif_fidelity: float = Field(
        0.85, ge=0, le=1, description="Share of motifs that are whole; the others follow the bird's transition matrix."
    )

    warp: Literal["none", "shift", "linear", "piecewise"] = Field(
        "piecewise", description="How renditions of a motif differ in time; each kind holds those before it."
    )
    shift_spread_s: float = Field(0.0, ge=0, le=0.1, description="Standard deviation of a rendition's shift.")
    tempo_spread: float = Field(0.03, ge=0, le=0.3, description="Standard deviation of the logarithm of the tempo.")
    num_warp_knots: int = Field(3, ge=1, description="Places inside a motif where a piecewise warp changes its tempo.")
    directed_share: float = Field(0.0, ge=0, le=1, description="Share of songs to a female: half as variable.")
    variability: float = Field(
        1.0, ge=0, description="Factor on how much pitch and loudness of a type differ between renditions."
    )
    day_drift: float = Field(0.01, ge=0, description="Standard deviation of the change of log pitch from day to day.")

    snr_db: float | None = Field(
        30.0, description="Power of the syllables over that of the background noise, in dB; null: no noise."
    )
    reverberation_s: float = Field(0.06, ge=0, description="Time in which an echo falls by 60 dB; 0: none.")
    reverberation_db: float = Field(-18.0, le=0, description="Power of the echo relative to the song.")
    margin_s: float = Field(0.3, ge=0, description="Background before the first and after the last syllable.")

    @model_validator(mode="after")
    def _fits(self) -> SongOptions:
        if self.motif_length >= self.num_types:
            raise ValueError(
                f"motif_length {self.motif_length} should be below num_types {self.num_types}: one type introduces"
            )
        if not 1 <= self.num_motifs[0] <= self.num_motifs[1]:
            raise ValueError(f"num_motifs {self.num_motifs} should go from 1 or more upwards")
        if self.species == "mouse" and self.rate_hz < 230_000:
            raise ValueError(f"sample_rate_hz {self.rate_hz} holds no sound of 110 kHz: 230000 at least for mice")
        return self

    @property
    def rate_hz(self) -> int:
        """Samples a second."""
        return self.sample_rate_hz or _RATES_HZ[self.species]
