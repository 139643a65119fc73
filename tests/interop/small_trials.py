"""What tests of torchbearer's calls share: a line to fit, and pictures in files."""

import gzip
import struct

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from subsong.interop import torchbearer

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(50, 3, generator=GENERATOR)
Y = X @ torch.tensor([[1.0], [-2.0], [0.5]])


def build_trial(criterion=None, **options):
    torch.manual_seed(0)
    model = nn.Linear(3, 1)
    optimizer = options.pop("optimizer", None) or torch.optim.SGD(model.parameters(), lr=options.pop("lr", 0.01))
    options = {"metrics": ["loss"], "verbose": 0, **options}
    trial = torchbearer.Trial(model, optimizer, criterion or functional.mse_loss, **options)
    return trial.with_train_data(X, Y, batch_size=16).with_val_data(X, Y, batch_size=16)


def sum_of_squares(y_pred, y_true):
    return (y_pred - y_true).square().sum()


def weights(module):
    return torch.cat([parameter.detach().flatten() for parameter in module.parameters()])


def write_idx(path, array):
    header = bytes([0, 0, 8, array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    path.write_bytes(gzip.compress(header + array.tobytes()) if path.suffix == ".gz" else header + array.tobytes())


def write_mnist(folder, parts):
    folder.mkdir(parents=True)
    for name, (images, labels) in parts.items():
        write_idx(folder / f"{name}-images-idx3-ubyte.gz", images)
        write_idx(folder / f"{name}-labels-idx1-ubyte", labels)


def make_blobs(num, seed):
    generator = np.random.default_rng(seed)
    centre = generator.uniform(8, 20, (num, 2))[:, :, None, None]
    grid = np.stack(np.meshgrid(np.arange(28), np.arange(28), indexing="ij"))[None]
    bright = 255 * np.exp(-((grid - centre) ** 2).sum(axis=1) / 20)
    return bright.astype(np.uint8), generator.integers(0, 10, num).astype(np.uint8)
