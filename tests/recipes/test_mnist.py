"""Quality on the real MNIST: ten epochs as in the guide."""

from __future__ import annotations

from pathlib import Path

import pytest

from subsong.recipes import run as recipes


@pytest.mark.slow
def test_ten_epochs_reach_the_published_bound(real_data: Path, tmp_path: Path) -> None:
    """Published: about 105-106 nats per test picture for this network."""
    overrides = {"training.figure_epochs": None, "evaluation.store": "none"}
    run = recipes.train("digits-vae", real_data / "mnist", overrides, root=tmp_path)
    assert run.history.epochs["validation_loss"][-1] <= 106.0
