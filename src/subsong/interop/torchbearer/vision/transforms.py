"""torchvision's transforms of the guides: pictures to tensors.

Legend: C = channels, H = height, W = width.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch import Tensor


class Compose:
    """Several transforms, one after the other."""

    def __init__(self, transforms: Sequence[Callable[[Any], Any]]) -> None:
        self.transforms = transforms

    def __call__(self, picture: Any) -> Any:
        """Return the picture after all of them."""
        for transform in self.transforms:
            picture = transform(picture)
        return picture


def takes_arrays(transform: Any) -> bool:
    """Return whether a transform begins with `ToTensor`, which an array serves as well as a picture of PIL."""
    first = transform.transforms[0] if isinstance(transform, Compose) and transform.transforms else transform
    return isinstance(first, ToTensor)


class ToTensor:
    """A picture (PIL, or an array (H, W) or (H, W, C)) as float32, shape (C, H, W); bytes become values in [0, 1]."""

    def __call__(self, picture: Image.Image | np.ndarray) -> Tensor:
        """Return the tensor."""
        # A copy of PIL's memory, which torch must not write to; an array is only read, for its numbers are converted.
        array = picture if isinstance(picture, np.ndarray) else np.array(picture)
        tensor = torch.from_numpy(array)
        tensor_CHW = tensor[None] if tensor.ndim == 2 else tensor.permute(2, 0, 1).contiguous()
        is_bytes = tensor.dtype == torch.uint8
        return tensor_CHW.to(torch.float32).div_(255) if is_bytes else tensor_CHW.to(torch.float32, copy=True)


class Normalize:
    """A tensor (C, H, W) minus a mean, divided by a standard deviation, one of each a channel."""

    def __init__(self, mean: Sequence[float], std: Sequence[float]) -> None:
        self.mean_C11 = torch.tensor(mean, dtype=torch.float32)[:, None, None]
        self.std_C11 = torch.tensor(std, dtype=torch.float32)[:, None, None]

    def __call__(self, picture_CHW: Tensor) -> Tensor:
        """Return the normalised tensor."""
        return (picture_CHW - self.mean_C11) / self.std_C11
