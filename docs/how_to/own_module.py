"""A module, a loss term and data of one's own: how many songs a bird sings at which hour.

Run it: ``python own_module.py``.
"""

import torch
from torch import nn

import subsong


def count_songs(num_days=40, seed=0):
    """Make up counts: singing peaks at dawn and, lower, at dusk. Your own function would read your files."""
    generator = torch.Generator().manual_seed(seed)
    hour = torch.rand(num_days * 24, 1, generator=generator) * 24
    rate = 20 * torch.exp(-((hour - 6) ** 2) / 4) + 8 * torch.exp(-((hour - 20) ** 2) / 4) + 0.5
    count = torch.poisson(rate, generator=generator)
    last_days = num_days * 24 // 4
    return (hour[:-last_days], count[:-last_days]), (hour[-last_days:], count[-last_days:])


class SongRate(nn.Module):
    """From the hour, shape (B, 1), to the logarithm of the expected number of songs, shape (B, 1)."""

    def __init__(self, hidden=32):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(4, hidden), nn.ReLU(), nn.Linear(hidden, 1))

    def forward(self, hour):
        angle = hour * (2 * torch.pi / 24)
        clock = [angle.sin(), angle.cos(), (2 * angle).sin(), (2 * angle).cos()]
        return self.layers(torch.cat(clock, dim=1))


def poisson(output, batch):
    """Negative Poisson log-likelihood of each example, up to a constant, shape (B,)."""
    return (output.exp() - batch.target * output).sum(dim=1)


def restraint(output, batch):
    """Discourage extreme rates, shape (B,)."""
    return output.square().sum(dim=1)


def error(output, batch):
    """Songs by which the expectation is off, shape (B,)."""
    return (output.exp() - batch.target).abs().sum(dim=1)


if __name__ == "__main__":
    subsong.set_seed(0)
    model = SongRate()
    trial = subsong.Trial(
        model,
        torch.optim.Adam(model.parameters(), lr=0.01),
        terms={"poisson": poisson, "restraint": (restraint, 0.01)},
        metrics=[error],
    )
    train, validation = count_songs()
    trial.with_data(train, validation, batch_size=64)
    for epoch in trial.run(20):
        print(f"epoch {epoch['epoch'] + 1}: off by {epoch['val_error']:.2f} songs, loss {epoch['val_loss']:.3f}")
    dawn, noon = trial.predict(torch.tensor([[6.0], [13.0]])).exp()
    print(f"expected songs at 6: {dawn.item():.1f}, at 13: {noon.item():.1f}")
