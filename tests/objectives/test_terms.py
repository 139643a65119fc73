"""The terms of a loss and how they are configured."""

from __future__ import annotations

import math
from pathlib import Path
from typing import NamedTuple

import pytest
import torch
from pydantic import TypeAdapter, ValidationError
from torch import Tensor

from subsong.datasets.types import Batch
from subsong.models.likelihoods import Bernoulli, Gaussian, Likelihood
from subsong.models.posteriors import DiagonalGaussian
from subsong.objectives.colour import ColourTerm
from subsong.objectives.gram import GramTerm
from subsong.objectives.perceptual import PerceptualTerm
from subsong.objectives.schedules import LinearConfig, schedule_value
from subsong.objectives.similarity import SimilarityTerm
from subsong.objectives.terms import Capacity, DistanceTerm, KlTerm, LossConfig, ReconstructionTerm

RAMP = {"start_ramp_it": 2000, "start_ramp_val": 0.0, "end_ramp_it": 3500, "end_ramp_val": 1.0}
READ = TypeAdapter(LossConfig)


class Output(NamedTuple):
    posterior: DiagonalGaussian
    likelihood: Likelihood


TARGET = torch.tensor([[0.0, 1.0], [1.0, 1.0]])
BATCH = Batch(torch.arange(2), TARGET, TARGET)
MASKED = BATCH._replace(mask=torch.tensor([[True, False], [True, True]]))
# The KL of each dimension is 0, 0.5, 2 and 4.5 nats.
OUTPUT = Output(
    DiagonalGaussian(torch.tensor([[0.0, 1.0], [2.0, 3.0]]), torch.zeros(2, 2)), Bernoulli(torch.zeros(2, 2))
)


def compute(term, batch=BATCH, output=OUTPUT, step=0, num_steps=10) -> Tensor:
    return term.build()(output, batch, step, num_steps)


def test_the_kl_is_summed_over_dimensions():
    assert compute(KlTerm()).tolist() == [0.5, 6.5]


def test_the_kl_is_also_called_as_in_vunet():
    assert compute(READ.validate_python({"kind": "KL"})).tolist() == compute(KlTerm()).tolist()


def test_free_bits_bound_each_dimension_from_below():
    assert compute(KlTerm(free_bits=1.0)).tolist() == [2.0, 6.5]


def test_no_gradient_flows_into_dimensions_within_their_free_bits():
    mean = torch.tensor([[0.1, 3.0]], requires_grad=True)
    output = OUTPUT._replace(posterior=DiagonalGaussian(mean, torch.zeros(1, 2)))
    compute(KlTerm(free_bits=1.0), output=output).sum().backward()
    assert mean.grad.tolist() == [[0.0, 3.0]]


def test_the_capacity_holds_the_kl():
    term = KlTerm(capacity=Capacity(nats=2.0, gamma=10.0))
    assert compute(term).tolist() == pytest.approx([15.0, 45.0])


def test_the_capacity_grows_with_its_schedule():
    term = KlTerm(capacity=Capacity(nats=LinearConfig(end_step=10, end_value=5.0), gamma=1.0))
    assert [compute(term, step=step)[1].item() for step in (0, 4, 10)] == pytest.approx([6.5, 4.5, 1.5])


def test_the_reconstruction_is_the_negative_log_likelihood():
    assert compute(ReconstructionTerm()).tolist() == pytest.approx([2 * math.log(2)] * 2)
    assert compute(ReconstructionTerm(), MASKED).tolist() == pytest.approx([math.log(2), 2 * math.log(2)])


@pytest.mark.parametrize(
    ("kind", "batch", "expected"),
    [("l1", BATCH, [3, 1]), ("l2", BATCH, [5, 1]), ("l1", MASKED, [2, 1]), ("l2", MASKED, [4, 1])],
)
def test_distances_are_sums_over_observed_entries(kind, batch, expected):
    output = OUTPUT._replace(likelihood=Gaussian(torch.tensor([[2.0, 2.0], [1.0, 2.0]]), 1.0))
    assert compute(DistanceTerm(kind=kind), batch, output).tolist() == expected


@pytest.mark.parametrize(("step", "weight"), [(0, 0), (2000, 0), (2750, 0.5), (3500, 1), (10_000, 1)])
def test_edflow_s_ramp_keys_are_a_linear_weight(step, weight):
    assert schedule_value(KlTerm(**RAMP).weight_schedule, step, 10_000) == weight


def test_a_ramp_of_no_length_is_a_jump():
    ramp = KlTerm(**{**RAMP, "end_ramp_it": 2000}).weight_schedule
    assert [schedule_value(ramp, step, 10_000) for step in (1999, 2000)] == [0, 1]


@pytest.mark.parametrize("left_out", list(RAMP))
def test_a_partial_ramp_is_refused(left_out):
    with pytest.raises(ValidationError, match="a ramp needs all"):
        KlTerm(**{name: value for name, value in RAMP.items() if name != left_out})


def test_a_ramp_beside_another_weight_is_refused():
    with pytest.raises(ValidationError, match="not both"):
        KlTerm(weight=2.0, **RAMP)


def test_a_ramp_goes_over_the_weight_of_a_preset():
    assert schedule_value(KlTerm(weight=1.0, **RAMP).weight_schedule, 2750, 10_000) == 0.5


@pytest.mark.parametrize("mode", ["json", "python"])
@pytest.mark.parametrize(
    "config",
    [
        KlTerm(**RAMP),
        KlTerm(weight=LinearConfig(end_fraction=0.5), free_bits=0.1),
        KlTerm(capacity=Capacity(nats=LinearConfig(end_step=3))),
        ReconstructionTerm(weight=2.0),
        DistanceTerm(kind="l2"),
        KlTerm(kind="KL", **RAMP),
        ColourTerm(kind="color_gradient", weight=0.5),
        SimilarityTerm(kind="ms_ssim", data_range=1.0),
        PerceptualTerm(weights=Path("vgg19.pth"), feature_weights=(0, 1, 1, 1, 1, 0.5)),
        GramTerm(substitute="random", value_range=(0.0, 1.0)),
    ],
)
def test_what_is_written_can_be_read_again(config, mode):
    written = config.model_dump(mode=mode)
    again = READ.validate_python(written)
    assert again == config
    assert again.weight_schedule == config.weight_schedule
    assert again.model_dump(mode=mode) == written
