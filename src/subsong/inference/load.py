"""A trained model from its folder: each kind of data has a class that knows what can be done with its models."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeVar

import torch

from subsong.core.devices import get_device, prepare_process
from subsong.core.errors import SubsongError
from subsong.inference.checklists import TrainedChecklistVae
from subsong.inference.model import TrainedVae
from subsong.inference.onnx.segmenter import OnnxSegmenter
from subsong.inference.onnx.session import SUFFIX as ONNX_SUFFIX
from subsong.inference.poses import TrainedVunet
from subsong.inference.segmenter import TrainedSegmenter
from subsong.inference.sound import TrainedSoundVae
from subsong.inference.syllables import TrainedSyllableVae
from subsong.inference.trained import Encoder, TrainedModel
from subsong.inference.windows import TrainedWindowVae
from subsong.models.checklist_vae import ChecklistVae
from subsong.models.portable import find_model_folder, read_model
from subsong.models.segmenter import FrameNetwork
from subsong.models.syllable_vae import SyllableVae
from subsong.models.vae import Vae
from subsong.models.vunet.network import Vunet

Trained = TypeVar("Trained", bound=TrainedModel[Any])


def load_model(
    path: str | Path, device: str = "auto", trust: bool = False
) -> TrainedVae | TrainedSegmenter | TrainedVunet:
    """Return the trained model of a model folder, or of the run it lies in.

    Parameters
    ----------
    path
        A folder ``model/``, a run folder that holds one, or the file that 'subsong export' wrote of a segmenter.
    device
        ``auto``, ``cpu``, ``cuda`` or ``mps``.
    trust
        Whether a user's own model class may be imported, which executes its file.

    Raises
    ------
    SubsongError
        When there is no model, or a damaged one, or one that needs `trust`.
    """
    prepare_process()
    if Path(path).suffix.lower() == ONNX_SUFFIX:
        return OnnxSegmenter(path)
    module, description = read_model(find_model_folder(path), trust)
    if isinstance(module, FrameNetwork):
        return TrainedSegmenter(module, description, _choose_device(device))
    if isinstance(module, Vunet):
        return TrainedVunet(module, description, _choose_device(device))
    if not isinstance(module, Vae):
        kind: Any = type(module).__name__
        raise SubsongError(f"{path} holds a {kind}, which is no model of ours: load it with subsong.models.read_model")
    if isinstance(module, ChecklistVae):
        return TrainedChecklistVae(module, description, _choose_device(device))
    if isinstance(module, SyllableVae) and "reading" in description.preprocessing:
        of_syllables = description.preprocessing["kind"] == "syllables"
        of_sound = TrainedSyllableVae if of_syllables else TrainedWindowVae
        return of_sound(module, description, _choose_device(device))
    return TrainedVae(module, description, _choose_device(device))


def load_encoder(path: str | Path, device: str = "auto", trust: bool = False) -> Encoder:
    """Return the trained model at `path`, which can `embed`, as `load_model` does.

    Raises
    ------
    SubsongError
        When it is a model without a latent code.
    """
    model = load_model(path, device, trust)
    if isinstance(model, TrainedSegmenter):
        raise SubsongError(f"{path} is a model of {model.description.recipe}, which has no latent code")
    return model


def load_vae(path: str | Path, device: str = "auto", trust: bool = False) -> TrainedVae:
    """Return the trained VAE at `path`, as `load_model` does.

    Raises
    ------
    SubsongError
        When it is a model without a latent code, or one that decodes more than a code.
    """
    model = load_model(path, device, trust)
    what = "which takes a pose as well" if isinstance(model, TrainedVunet) else "which has no latent code"
    return _expect(TrainedVae, model, path, f", {what}: expected a VAE")


def load_vunet(path: str | Path, device: str = "auto", trust: bool = False) -> TrainedVunet:
    """Return the trained VUNet at `path`, as `load_model` does; an error when it is another kind of model."""
    return _expect(TrainedVunet, load_model(path, device, trust), path, ": expected one of poses (pose-vunet)")


def load_segmenter(path: str | Path, device: str = "auto", trust: bool = False) -> TrainedSegmenter:
    """Return the trained segmenter at `path`, as `load_model` does; an error when it is another kind of model."""
    said = ", which annotates nothing: expected a song-segmenter"
    return _expect(TrainedSegmenter, load_model(path, device, trust), path, said)


def load_sound_model(path: str | Path, device: str = "auto", trust: bool = False) -> TrainedSoundVae:
    """Return the trained VAE of sound at `path`, as `load_vae` does; an error when it is one of something else."""
    said = ": expected one of syllables or windows"
    model = load_vae(path, device, trust)
    return _expect(TrainedSoundVae, model, path, said)  # type: ignore[type-abstract]  # only asked what it is


def load_window_model(path: str | Path, device: str = "auto", trust: bool = False) -> TrainedWindowVae:
    """Return the trained VAE of windows at `path`, as `load_vae` does; an error when it is one of something else."""
    said = ", which has no windows to slide along song: expected a shotgun-vae or a warped-shotgun-vae"
    return _expect(TrainedWindowVae, load_vae(path, device, trust), path, said)


def load_checklist_model(path: str | Path, device: str = "auto", trust: bool = False) -> TrainedChecklistVae:
    """Return the trained VAE of checklists at `path`, as `load_vae` does; an error when it is one of something else."""
    said = ": expected one of checklists (checklist-vae)"
    return _expect(TrainedChecklistVae, load_vae(path, device, trust), path, said)


def _expect(kind: type[Trained], model: TrainedModel[Any], path: str | Path, said: str) -> Trained:
    """Return a model of this kind, or say of which family it is and what was expected."""
    if not isinstance(model, kind):
        raise SubsongError(f"{path} is a model of {model.description.recipe}{said}")
    return model


def _choose_device(name: str) -> torch.device:
    if name == "auto":
        return get_device()
    try:
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError) as error:
        raise SubsongError(f"this machine offers no device {name!r}: use auto or cpu") from error
