"""How large a model is said to be."""

from __future__ import annotations

from torch import nn

import subsong
from subsong.models.summary import count_parameters, format_model_summary
from subsong.models.vae import VaeConfig


def test_frozen_parameters_are_counted_apart():
    model = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 1))
    model[0].requires_grad_(False)
    assert count_parameters(model) == (11, 3)


def test_the_summary_names_totals_and_size_between_rules_80_wide():
    lines = format_model_summary(VaeConfig().build((1, 28, 28))).splitlines()
    rule = "=" * 80
    assert lines[0] == lines[-1] == lines[-5] == rule
    assert lines[1] == "Vae("
    assert lines[-4:-1] == [
        "Total parameters: 652,824",
        "Trainable parameters: 652,824",
        f"Model size: {652_824 * 4 / 2**20:.2f} MB",
    ]


def test_the_summary_is_printed(capsys):
    model = nn.Linear(3, 2)
    subsong.print_model_summary(model)
    assert capsys.readouterr().out == format_model_summary(model) + "\n"


def test_helpers_have_the_names_of_the_guides():
    assert subsong.count_parameters(nn.Linear(3, 2)).total == 8
    assert subsong.get_device(prefer_cuda=False).type in ("cpu", "mps")
    subsong.set_seed(3)
    first = nn.Linear(3, 2).weight
    subsong.set_seed(3)
    assert nn.Linear(3, 2).weight.equal(first)
