"""Settings that cannot be, and presets."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from subsong.core.errors import SubsongError
from subsong.sources.spectrograms import PRESETS, SpectrogramConfig, SpectrogramMaker, check_sample_rate, get_preset

RATES_HZ = {
    "mouse": 250_000,
    "finch": 32_000,
    "deer-mouse": 250_000,
    "gerbil": 125_000,
    "ava-mouse": 250_000,
    "ava-finch": 32_000,
}


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"low_hz": 10_000.0, "high_hz": 400.0}, "low_hz must be below high_hz, found 10000.0 and 400.0"),
        ({"log_low": 6.0, "log_high": 2.0}, "log_low must be below log_high"),
        ({"low_percentile": 90.0, "high_percentile": 80.0}, "low_percentile must be below high_percentile"),
        ({"hop_size": 1024}, "hop_size 1024 is larger than window_size 512"),
        ({"max_duration_s": 0.0}, "greater than 0"),
        ({"nperseg": 512}, "Extra inputs are not permitted"),
    ],
)
def test_impossible_settings_are_refused(settings: dict, message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        SpectrogramConfig(**settings)


def test_frequencies_the_recording_cannot_hold_are_refused_with_the_highest_possible() -> None:
    with pytest.raises(SubsongError, match=r"high_hz is 110000, but .* 32000 samples .* set high_hz to 16000 or less"):
        SpectrogramMaker(get_preset("ava-mouse"), 32_000)


def test_images_need_a_range_of_magnitudes() -> None:
    with pytest.raises(SubsongError, match="set both, or let fit_range choose"):
        SpectrogramMaker(SpectrogramConfig(log_low=2.0), 32_000)


@pytest.mark.parametrize("name", PRESETS)
def test_presets_are_valid_at_their_sample_rates(name: str) -> None:
    config = get_preset(name)
    assert SpectrogramConfig.model_validate(config.model_dump()) == config
    check_sample_rate(config, RATES_HZ[name])


def test_an_unknown_preset_names_the_nearest() -> None:
    with pytest.raises(SubsongError, match="did you mean 'finch'"):
        get_preset("fnch")


def test_every_field_is_described() -> None:
    assert [name for name, field in SpectrogramConfig.model_fields.items() if not field.description] == []
