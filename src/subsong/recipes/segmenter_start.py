"""Fine-tuning a segmenter: other song, other classes, the same frames."""

from __future__ import annotations

from typing import Any

from torch import nn

from subsong.core.errors import SubsongError
from subsong.models.portable import ModelDescription
from subsong.models.segmenter import FrameNetwork
from subsong.models.segmenter_transfer import align_head
from subsong.models.transfer import AlignedWeights, Weights
from subsong.sources.spectrograms import SampleFramesConfig, SpectrogramConfig, read_frame_settings


def adopt_frames(config: Any, start: ModelDescription) -> Any:
    """Return a run's configuration with what the model it starts from is shown.

    Its grey frames, or its level and whether channels are together.

    Raises
    ------
    SubsongError
        When the configuration asks for others.
    """
    theirs = read_frame_settings(start.preprocessing)
    if isinstance(theirs, SampleFramesConfig):
        if theirs.num_channels > 1:
            config = _update_data(config, "channels", "joint")
        return _update_data(config, "level", config.data.level or theirs.level)
    wanted = config.data.spectrogram
    name = None if wanted is None else _find_difference(wanted, theirs)
    if name is not None:
        raise SubsongError(
            f"data.spectrogram.{name} is {getattr(wanted, name)}, and {getattr(theirs, name)} in the model to start "
            "from: leave out data.spectrogram, which is then the model's"
        )
    return _update_data(config, "spectrogram", theirs)


def _update_data(config: Any, name: str, value: Any) -> Any:
    return config.model_copy(update={"data": config.data.model_copy(update={name: value})})


def _find_difference(wanted: SpectrogramConfig, theirs: SpectrogramConfig) -> str | None:
    """Return the first setting two kinds of frames differ in; a range left to be fitted is any."""
    # The recipe itself decides whether the mean is removed, and writes what it decided into the model.
    is_free = {"remove_mean", *(name for name in ("log_low", "log_high") if getattr(wanted, name) is None)}
    names = (name for name in SpectrogramConfig.model_fields if name not in is_free)
    return next((name for name in names if getattr(wanted, name) != getattr(theirs, name)), None)


def align_segmenter(
    weights: Weights, module: nn.Module, start: ModelDescription, ours: ModelDescription
) -> AlignedWeights:
    """Return a trained segmenter's weights for `module`, which tells the classes of other data.

    Raises
    ------
    SubsongError
        When the sound of the data is of another rate, or its frames are others.
    """
    rates = [one.preprocessing["sample_rate_hz"] for one in (start, ours)]
    if rates[0] != rates[1]:
        raise SubsongError(
            f"the model to start from was trained on sound of {rates[0]:,} Hz, the data of this run have "
            f"{rates[1]:,} Hz: prepare them with --set sample_rate_hz={rates[0]}"
        )
    theirs, own = (read_frame_settings(one.preprocessing) for one in (start, ours))
    if theirs != own:
        raise SubsongError(
            "the model to start from is shown other frames than this run: leave out data.spectrogram, data.level, "
            "data.channels and the settings of 'model', which are then the trained model's"
        )
    if not isinstance(module, FrameNetwork):
        return AlignedWeights(weights, ())
    overlap = bool(start.model.get("overlap", False))
    return align_head(weights, module, (start.classes, overlap), ours.classes)
