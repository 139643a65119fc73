"""Settings for some animals: AVA's published ones, and ours that start from them.

Ours leave `log_low` and `log_high` to be chosen from the recordings. Window and hop are in samples, so they go with the
sample rates named in the comments.
"""

from __future__ import annotations

from subsong.core.errors import SubsongError, did_you_mean
from subsong.sources.spectrograms.config import SpectrogramConfig

_MOUSE = SpectrogramConfig(window_size=1024, hop_size=512, low_hz=30_000.0, high_hz=110_000.0, max_duration_s=0.2)
_FINCH = SpectrogramConfig(
    window_size=512, hop_size=256, low_hz=400.0, high_hz=10_000.0, frequency_axis="mel", max_duration_s=0.2
)

PRESETS: dict[str, SpectrogramConfig] = {
    # 250 kHz.
    "mouse": _MOUSE,
    # 32 kHz.
    "finch": _FINCH,
    # 250 kHz; band and range of durations of Jourjine et al. (2023).
    "deer-mouse": _MOUSE.model_copy(update={"low_hz": 20_000.0, "high_hz": 125_000.0, "max_duration_s": 1.0}),
    # 125 kHz; Peterson et al. (2023).
    "gerbil": _MOUSE.model_copy(
        update={"window_size": 512, "hop_size": 256, "low_hz": 500.0, "high_hz": 62_500.0, "max_duration_s": 0.3}
    ),
    # 250 kHz; syllables of AVA's documentation.
    "ava-mouse": _MOUSE.model_copy(update={"stretch": "ava", "edges": "silence", "log_low": 2.0, "log_high": 6.0}),
    # 32 kHz; AVA's zebra finch settings.
    "ava-finch": _FINCH.model_copy(update={"stretch": "none", "edges": "silence", "log_low": 2.0, "log_high": 6.5}),
}

# How long windows of finch song are in AVA's paper (Goffinet et al. 2021, figure 6); those of mice last 0.2 s, as their
# preset has it.
_FINCH_WINDOW_S = 0.12


def get_preset(name: str) -> SpectrogramConfig:
    """Return the settings of a preset.

    Raises
    ------
    SubsongError
        When there is none of this name.
    """
    if name not in PRESETS:
        raise SubsongError(f"there is no spectrogram preset {name!r}: {did_you_mean(name, PRESETS)}")
    return PRESETS[name]


def get_window_preset(name: str) -> SpectrogramConfig:
    """Return the settings of a preset for windows of song, whose `max_duration_s` is how long a window is.

    Raises
    ------
    SubsongError
        When there is none of this name.
    """
    preset = get_preset(name)
    return preset.model_copy(update={"max_duration_s": _FINCH_WINDOW_S}) if name.endswith("finch") else preset
