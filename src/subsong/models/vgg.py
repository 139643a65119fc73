"""VGG19 (Simonyan & Zisserman 2014) as a fixed measure of pictures: the layers up to relu5_2, with five taps.

Its weights are not part of this package: they come from a file the user names.

Legend: B = examples, C, H, W = channels, height and width.
"""

from __future__ import annotations

import pickle
import zipfile
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from subsong.core.errors import SubsongError

TAPS = {3: "relu1_2", 8: "relu2_2", 13: "relu3_2", 22: "relu4_2", 31: "relu5_2"}
"""Position in torchvision's ``features`` -> name of the layer."""

_BLOCKS = ((64, 64), (128, 128), (256, 256, 256, 256), (512, 512, 512, 512), (512, 512))
_MEAN, _DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


class Vgg19Features(nn.Module):
    """The feature maps of VGG19 after relu1_2, relu2_2, relu3_2, relu4_2 and relu5_2.

    The layers are called as torchvision's are (``features.0.weight``). Weights are frozen; gradients flow through all
    layers to the picture.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        num_channels = 3
        for block in _BLOCKS:
            layers += [nn.MaxPool2d(2)] if layers else []
            for width in block:
                layers += [nn.Conv2d(num_channels, width, 3, padding=1), nn.ReLU()]
                num_channels = width
        self.features = nn.Sequential(*layers)
        self.register_buffer("mean", torch.tensor(_MEAN)[:, None, None], persistent=False)
        self.register_buffer("deviation", torch.tensor(_DEVIATION)[:, None, None], persistent=False)
        self.requires_grad_(False)

    def forward(self, pictures_BCHW: Tensor) -> tuple[Tensor, ...]:
        """Return the taps of pictures with values in [-1, 1].

        Parameters
        ----------
        pictures_BCHW
            Three channels, red, green, blue, or one, which is shown to all three. Values beyond [-1, 1] are not cut
            off, for a clamp lets no gradient through.

        Returns
        -------
        :
            Shape (B, 64, H, W), (B, 128, H/2, W/2), (B, 256, H/4, W/4), (B, 512, H/8, W/8), (B, 512, H/16, W/16);
            fewer where the picture is too small to be halved so often: below 16 pixels relu5_2 is left out.

        Raises
        ------
        SubsongError
            When a picture has another number of channels.
        """
        if pictures_BCHW.shape[1] not in (1, 3):
            raise SubsongError(
                f"VGG19 sees pictures of 3 channels or 1, but these have {pictures_BCHW.shape[1]}: leave its weights "
                "out, and a substitute is used that sees any number"
            )
        maps = ((pictures_BCHW + 1.0) / 2.0 - self.mean) / self.deviation
        taps: list[Tensor] = []
        for position, layer in enumerate(self.features):
            if isinstance(layer, nn.MaxPool2d) and min(maps.shape[2:]) < 2:
                break
            maps = layer(maps)
            if position in TAPS:
                taps.append(maps)
        return tuple(taps)


def load_vgg19(path: str | Path) -> Vgg19Features:
    """Return VGG19 with the weights of a file: torchvision's state dict (.pth), or the same keys as .safetensors.

    What lies beyond relu5_2 and the classifier are not read.

    Raises
    ------
    SubsongError
        When the file cannot be read, or holds the weights of another network; names the first key that differs.
    """
    found = _read_weights(Path(path))
    network = Vgg19Features()
    wanted = network.state_dict()
    for name, value in wanted.items():
        if not isinstance(found.get(name), Tensor):
            raise SubsongError(f"{path} holds no VGG19: it has no weights {name!r}; {_ADVICE}")
        if found[name].shape != value.shape:
            raise SubsongError(
                f"{path} holds no VGG19: {name!r} has shape {tuple(found[name].shape)}, expected {tuple(value.shape)}; "
                f"{_ADVICE}"
            )
    network.load_state_dict({name: found[name] for name in wanted})
    return network


_ADVICE = "name torchvision's vgg19 (without batch norm), or leave the weights out for a substitute"


def _read_weights(path: Path) -> dict[str, Any]:
    if not path.is_file():
        raise SubsongError(f"{path} is no file: give the path of VGG19's weights (.pth or .safetensors)")
    try:
        found = load_file(path) if path.suffix == ".safetensors" else _load_pth(path)
    except (OSError, EOFError, RuntimeError, ValueError, SafetensorError, pickle.UnpicklingError) as error:
        raise SubsongError(
            f"{path} cannot be read as weights (a state dict, .pth or .safetensors): {str(error).splitlines()[0]}"
        ) from error
    if not isinstance(found, dict):
        raise SubsongError(f"{path} holds a {type(found).__name__}, expected a state dict: weights by name")
    return found


def _load_pth(path: Path) -> Any:
    return torch.load(path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path))
