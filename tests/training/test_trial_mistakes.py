"""What `Trial` says of mistakes: one sentence each."""

import math

import pytest
import torch
from torch import nn

from subsong import SubsongError, Trial
from subsong.training.state import State, StateKey

from .test_trial import X, Y, build_linear, build_trial, off_by, squared


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"gradient_cliping": None}, "gradient_clipping"),
        ({"batch_size": 3}, "with_data"),
        ({"early_stopping": None}, "callback"),
        ({"precision": "float17"}, "precision"),
    ],
)
def test_a_wrong_setting_is_said_in_one_sentence(settings, words):
    with pytest.raises(SubsongError, match=words):
        build_trial().with_settings(settings)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Trial(build_linear()), "needs a loss"),
        (lambda: Trial(build_linear(), terms={"loss": off_by}), "'loss'"),
        (lambda: Trial(build_linear(), terms={"off_by": off_by}, metrics=[off_by]), "rename"),
        (lambda: build_trial().run(1), "no 'train' data"),
        (lambda: build_trial().with_data((X, Y)).evaluate(), "no 'validation' data"),
        (lambda: Trial(build_linear(), criterion=lambda o, t: o).with_data((X, Y)).run(1), "one value per example"),
        (lambda: Trial(build_linear(), criterion=lambda o, t: 1).with_data((X, Y)).run(1), "returned"),
        (
            lambda: (
                Trial(build_linear(), torch.optim.Adam(nn.Linear(2, 2).parameters()), squared).with_data((X, Y)).run(1)
            ),
            "not the model's",
        ),
        (lambda: build_trial().with_data((X, Y * math.nan)).run(1), "not finite"),
    ],
)
def test_a_mistake_is_said_in_one_sentence(make, words):
    with pytest.raises(SubsongError, match=words):
        make()


def test_an_optimizer_that_needs_a_closure_is_refused():
    module = build_linear()
    with pytest.raises(SubsongError, match="LBFGS"):
        Trial(module, torch.optim.LBFGS(module.parameters()), squared).with_data((X, Y)).run(1)


def test_a_key_object_and_its_name_are_one_entry():
    key = StateKey("mu")
    state = State({key: 1})
    assert state["mu"] == state[key] == 1


def test_a_key_nobody_wrote_names_the_nearest():
    with pytest.raises(KeyError, match="did you mean 'logvar'"):
        State({"logvar": 1})["logva"]
