"""What a segmenter is shown: grey frames or samples, whichever its network takes, scaled by the training sound.

Legend: P = parts of the training split, N = stretches of sound, S = samples.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from subsong.core.config import ConfigBase
from subsong.core.errors import SubsongError
from subsong.core.seeds import numpy_generator
from subsong.datasets.song.places import Places
from subsong.datasets.song.store import SongStore
from subsong.models.das_tcn import DasTcnConfig
from subsong.sources.spectrograms import FrameSettings, SampleFramesConfig, SpectrogramConfig, fit_range

_ULTRASOUND_RATE_HZ = 150_000
_FITTED_S, _NUM_FITTED = 0.2, 40
_LOUD_PERCENTILE, _QUIETEST = 95.0, 1e-6


def choose_settings(
    model: ConfigBase,
    spectrogram: SpectrogramConfig | None,
    store: SongStore,
    places: Places,
    level: float | None = None,
) -> FrameSettings:
    """Return what a network is shown, with the range or level of the training sound.

    Parameters
    ----------
    model
        Configuration of the network.
    spectrogram
        What a grey frame is; None: chosen for the sample rate.
    store, places
        The training sound.
    level
        What samples are divided by; None: the level of the training sound.

    Raises
    ------
    SubsongError
        When a spectrogram is asked for that the network does not look at.
    """
    if not isinstance(model, DasTcnConfig):
        return _choose_spectrogram(spectrogram, store, places)
    if spectrogram is not None:
        raise SubsongError("das-tcn looks at samples: leave out data.spectrogram, and see model.frontend")
    level = level or _find_level(store, places)
    return SampleFramesConfig(hop_size=model.frontend.hop_size, num_channels=store.num_channels, level=level)


def _choose_spectrogram(spectrogram: SpectrogramConfig | None, store: SongStore, places: Places) -> SpectrogramConfig:
    """Return the settings of grey frames, with a range that spans sound and background."""
    chosen = spectrogram or choose_frames(store.sample_rate_hz)
    # The mean of a recording is known only at its end, and predictions are made from its beginning on.
    chosen = SpectrogramConfig.model_validate({**chosen.model_dump(), "remove_mean": False})
    return fit_range(_sample_sound(store, places), chosen, store.sample_rate_hz)


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


def _sample_sound(store: SongStore, places: Places) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield stretches of training sound, with short segments that cover them."""
    parts_P3 = np.column_stack(places[:3])
    drawn = np.sort(numpy_generator(0, "grey range").permutation(len(parts_P3))[:_NUM_FITTED])
    for recording, first, stop in parts_P3[drawn].tolist():
        samples = store.read(recording, first, min(stop, first + 60 * store.sample_rate_hz))
        onset_s = np.arange(0.0, samples.shape[-1] / store.sample_rate_hz - _FITTED_S, _FITTED_S)
        yield samples, np.stack([onset_s, onset_s + _FITTED_S], axis=1)


def _find_level(store: SongStore, places: Places) -> float:
    """Return the root mean square that a twentieth of the stretches of sound exceeds, in full scales."""
    powers = []
    for samples, stretches_s in _sample_sound(store, places):
        ends_N2 = np.rint(stretches_s * store.sample_rate_hz).astype(np.int64)
        powers += [float(np.square(samples[..., start:stop], dtype=np.float64).mean()) for start, stop in ends_N2]
    return max(_QUIETEST, float(np.sqrt(np.percentile(powers, _LOUD_PERCENTILE)))) if powers else 1.0
