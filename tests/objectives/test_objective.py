"""The table of weighted terms."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.datasets.types import Batch
from subsong.models.likelihoods import Bernoulli
from subsong.models.posteriors import DiagonalGaussian
from subsong.models.vae import VaeOutput
from subsong.objectives.objective import Objective, WeightedTerm, build_objective
from subsong.objectives.schedules import LinearConfig
from subsong.objectives.terms import Capacity, KlTerm, ReconstructionTerm
from subsong.training.sums import RunningSums, means_of


def make_batch(num_rows):
    return Batch(torch.arange(num_rows), torch.zeros(num_rows, 1), torch.zeros(num_rows, 1))


def term(values, weight=1.0):
    return WeightedTerm(lambda output, batch, step, num_steps: values[batch.rows], weight)


def fail(output, batch, step, num_steps):
    raise AssertionError("was computed")


def test_a_total_worked_out_by_hand():
    target = torch.tensor([[1.0, 0.0]])
    posterior = DiagonalGaussian(torch.tensor([[1.0, 0.0]]), torch.tensor([[0.0, math.log(2)]]))
    output = VaeOutput(posterior, posterior.mean_BL, Bernoulli(torch.tensor([[math.log(3), 0.0]])))
    losses = {"reconstruction": ReconstructionTerm(weight=2.0), "kl": KlTerm(weight=0.5)}
    table = build_objective(losses, 1)(output, Batch(torch.arange(1), target, target), 0)
    reconstruction = -math.log(0.75) - math.log(0.5)
    kl = 0.5 + 0.5 * (2 - math.log(2) - 1)
    assert table.terms["reconstruction"].item() == pytest.approx(reconstruction)
    assert table.terms["kl"].item() == pytest.approx(kl)
    assert table.total_B.item() == pytest.approx(2 * reconstruction + 0.5 * kl)
    assert table.weights == {"reconstruction": 2.0, "kl": 0.5}


def test_weight_0_skips_the_computation():
    objective = Objective({"a": term(torch.ones(3)), "b": WeightedTerm(fail, 0.0)}, 10)
    table = objective(None, make_batch(3), 0)
    assert list(table.terms) == ["a"]
    assert table.weights == {"a": 1.0, "b": 0.0}


def test_a_ramp_is_computed_while_it_is_0_so_that_several_processes_meet_every_gradient():
    objective = Objective({"a": term(torch.ones(3)), "b": term(torch.ones(3), LinearConfig(end_step=10))}, 10)
    table = objective(None, make_batch(3), 0)
    assert list(table.terms) == ["a", "b"]
    assert torch.equal(table.total_B, torch.ones(3))
    assert objective(None, make_batch(3), 5).total_B.tolist() == [1.5] * 3


def test_a_loss_without_any_weight_is_an_error():
    with pytest.raises(SubsongError, match="every loss weight is 0 at step 4"):
        Objective({"a": WeightedTerm(fail, 0.0)}, 10)(None, make_batch(3), 4)


@pytest.mark.parametrize("value", [torch.tensor(1.0), torch.ones(2), torch.ones(3, 1), 1.0, None])
def test_a_term_of_a_wrong_shape_is_named(value):
    objective = Objective({"mine": WeightedTerm(lambda *arguments: value, 1.0)}, 10)
    with pytest.raises(SubsongError, match=r"loss term 'mine' must return one value per example.*\(3,\)"):
        objective(None, make_batch(3), 0)


@pytest.mark.parametrize(
    "config",
    [
        KlTerm(weight=LinearConfig(end_step=11)),
        KlTerm(capacity=Capacity(nats=LinearConfig(end_step=11))),
        KlTerm(start_ramp_it=0, start_ramp_val=0, end_ramp_it=11, end_ramp_val=1),
    ],
)
def test_a_schedule_that_cannot_finish_names_its_term(config):
    with pytest.raises(SubsongError, match=r"losses\.kl: .*cannot finish within the run of 10 steps"):
        build_objective({"kl": config}, 10)


@pytest.mark.parametrize("name", ["loss", "a/b"])
def test_a_term_cannot_be_called_as_the_total(name):
    with pytest.raises(SubsongError, match="call it otherwise"):
        build_objective({name: KlTerm()}, 10)


@pytest.mark.parametrize("batch_size", [1, 3, 7, 16, 50])
def test_the_reported_loss_does_not_depend_on_the_batch_size(batch_size):
    """The last batch is smaller than the others for most of these sizes."""
    values = torch.from_numpy(np.random.default_rng(0).normal(100, 30, (2, 50)).astype(np.float32))
    objective = Objective({"a": term(values[0]), "b": term(values[1], 0.5)}, 1)
    sums = RunningSums()
    for rows in torch.arange(50).split(batch_size):
        sums.add(objective(None, make_batch(len(rows))._replace(rows=rows), 0))
    exact = values.double().mean(dim=1)
    means = sums.means()
    assert means["a"] == pytest.approx(exact[0].item(), rel=1e-12)
    assert means["b"] == pytest.approx(exact[1].item(), rel=1e-12)
    assert means["loss"] == pytest.approx((exact[0] + 0.5 * exact[1]).item(), rel=1e-7)


def test_a_term_that_was_skipped_for_a_while_counts_where_it_was_computed():
    objective = Objective({"a": term(torch.ones(4)), "b": term(torch.full((4,), 6.0), LinearConfig(end_step=2))}, 2)
    sums = RunningSums()
    for step in range(3):
        sums.add(objective(None, make_batch(4), step))
    assert sums.means() == {"loss": pytest.approx((1 + 4 + 7) / 3), "a": 1.0, "b": 6.0}


def test_sums_come_back_from_their_state():
    sums, again = RunningSums(), RunningSums()
    table = Objective({"a": term(torch.rand(4))}, 2)(None, make_batch(4), 0)
    sums.add(table)
    again.load_state_dict(sums.state_dict())
    again.add(table)
    sums.add(table)
    assert again.means() == sums.means() == means_of(table)
