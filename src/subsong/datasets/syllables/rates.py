"""Whether the settings of the spectrogram go with the sample rates of the recordings."""

from __future__ import annotations

import logging
from collections.abc import Mapping

from subsong.core.errors import SubsongError
from subsong.sources.audio import AudioInfo
from subsong.sources.spectrograms import SpectrogramConfig

# Finches are shown up to 10 kHz: recordings at 96 kHz pass, those for ultrasound do not.
_SMALLEST_SHARE = 0.15
log = logging.getLogger(__name__)


def check_rates(recordings: Mapping[str, AudioInfo], spectrogram: SpectrogramConfig) -> None:
    """Refuse recordings that cannot hold the band that is shown; warn of those for which it is likely not meant.

    Raises
    ------
    SubsongError
        When half the sample rate of a recording lies below `high_hz`.
    """
    rates = {name: info.sample_rate_hz for name, info in recordings.items()}
    too_low = [name for name, rate in rates.items() if rate / 2 < spectrogram.high_hz]
    if too_low:
        raise SubsongError(_explain_too_low(rates, too_low, spectrogram.high_hz))
    name, rate = max(rates.items(), key=lambda entry: entry[1])
    if spectrogram.high_hz < _SMALLEST_SHARE * rate / 2:
        log.warning(
            "spectrograms end at %g Hz, but %s (%d samples a second) holds sound up to %g Hz: for ultrasound choose "
            "another --preset, such as mouse, or set spectrogram.high_hz",
            spectrogram.high_hz, name, rate, rate / 2,
        )  # fmt: skip
    if len(set(rates.values())) > 1:
        log.warning(
            "recordings have sample rates of %s Hz: windows have %d samples, so spectrograms of different rates do "
            "not compare; keep one rate with --set audit.sample_rate_hz=%d",
            ", ".join(str(rate) for rate in sorted(set(rates.values()))), spectrogram.window_size,
            max(rates.values(), key=list(rates.values()).count),
        )  # fmt: skip


def _explain_too_low(rates: Mapping[str, int], too_low: list[str], high_hz: float) -> str:
    lowest = min(too_low, key=lambda name: rates[name])
    fitting = [rate for name, rate in rates.items() if name not in set(too_low)]
    others = f", or leave them out with --set audit.sample_rate_hz={max(fitting, key=fitting.count)}" if fitting else ""
    return (
        f"spectrograms go up to {high_hz:g} Hz, but {len(too_low)} of {len(rates)} recordings hold nothing that high, "
        f"such as {lowest} ({rates[lowest]} samples a second: up to {rates[lowest] / 2:g} Hz); set "
        f"spectrogram.high_hz={rates[lowest] / 2:g} or lower{others}"
    )
