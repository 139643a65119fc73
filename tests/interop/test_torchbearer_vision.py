"""Data sets and transforms under torchvision's names."""

import numpy as np
import pytest
import torch
from PIL import Image
from small_trials import make_blobs, write_mnist

from subsong import SubsongError
from subsong.interop.torchbearer.vision import datasets, transforms, utils


class TestVision:
    def test_mnist_is_read_where_torchvision_keeps_it(self, tmp_path):
        write_mnist(tmp_path / "MNIST" / "raw", {"train": make_blobs(4, 0), "t10k": make_blobs(2, 1)})
        train = datasets.MNIST(tmp_path, transform=transforms.ToTensor(), target_transform=str)
        picture, label = train[0]
        assert picture.shape == (1, 28, 28)
        assert picture.max() <= 1
        assert label == str(train.targets[0].item())
        assert isinstance(datasets.MNIST(tmp_path, train=False)[1][0], Image.Image)

    def test_missing_files_are_named(self, tmp_path):
        with pytest.raises(SubsongError, match="nothing is downloaded"):
            datasets.MNIST(tmp_path, download=True)

    def test_transforms_compose(self):
        both = transforms.Compose([transforms.ToTensor(), transforms.Normalize((0.5,), (0.25,))])
        assert torch.equal(both(np.full((2, 2), 255, np.uint8)), torch.full((1, 2, 2), 2.0))

    @pytest.mark.parametrize("shape", [(3, 1, 4, 5), (3, 4, 5), (4, 5)])
    def test_pictures_of_any_shape_are_saved(self, tmp_path, shape):
        utils.save_image(torch.rand(shape, generator=torch.Generator().manual_seed(0)), tmp_path / "a" / "p.png")
        assert (tmp_path / "a" / "p.png").is_file()

    def test_values_can_be_spread(self, tmp_path):
        pictures = [torch.tensor([[[-1.0, 3.0]]])]
        utils.save_image(pictures, tmp_path / "p.png", padding=0, normalize=True)
        assert np.asarray(Image.open(tmp_path / "p.png")).tolist() == [[0, 255]]
