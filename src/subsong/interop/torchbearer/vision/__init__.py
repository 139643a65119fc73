"""What guide 001 imports from torchvision, which has no builds to rely on: MNIST, transforms, save_image."""

from __future__ import annotations

from subsong.interop.torchbearer.vision import datasets, transforms, utils

__all__ = ["datasets", "transforms", "utils"]
