"""Which rows an update uses, when it is logged, and how batches are fetched."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch

from subsong.training.config import TrainingConfig
from subsong.training.loader import BatchLoader
from subsong.training.log_schedule import is_log_step
from subsong.training.position import Plan, Position

from .tiny import make_data


@pytest.mark.parametrize("num_ranks", [1, 2, 3])
@pytest.mark.parametrize("num_accumulated", [1, 3, 8])
@pytest.mark.parametrize("drop_last", [False, True])
def test_ranks_and_micro_batches_partition_each_batch(num_ranks, num_accumulated, drop_last):
    config = TrainingConfig(batch_size=8, num_accumulated=num_accumulated, drop_last=drop_last)
    plans = [Plan(37, config, 5, (rank, num_ranks)).steps(2) for rank in range(num_ranks)]
    assert len(plans[0]) == (4 if drop_last else 5)
    used = []
    for steps in zip(*plans, strict=True):
        assert all(np.array_equal(step.rows_G, steps[0].rows_G) for step in steps)
        positions = np.concatenate([part for step in steps for part in step.parts])
        assert sorted(positions) == list(range(len(steps[0].rows_G)))
        used.extend(steps[0].rows_G)
    assert len(set(used)) == len(used) == (32 if drop_last else 37)


def test_a_resumed_epoch_goes_on_where_it_stood():
    plan = Plan(37, TrainingConfig(batch_size=8), 0)
    whole, rest = plan.steps(1), plan.steps(1, first_batch=3)
    assert [step.rows_G.tolist() for step in rest] == [step.rows_G.tolist() for step in whole[3:]]


def test_each_epoch_and_seed_has_its_own_order():
    config = TrainingConfig(batch_size=37)
    orders = [tuple(Plan(37, config, seed).steps(epoch)[0].rows_G) for seed in (0, 1) for epoch in (0, 1)]
    assert len(set(orders)) == 4


def test_without_shuffling_rows_come_in_order():
    steps = Plan(5, TrainingConfig(batch_size=2, shuffle=False), 0).steps(3)
    assert [step.rows_G.tolist() for step in steps] == [[0, 1], [2, 3], [4]]


def test_the_digest_tells_orders_apart():
    first, second = Position(), Position()
    for position, rows in ((first, [[1, 2], [3]]), (second, [[1], [2, 3]])):
        for row in rows:
            position.advance(np.array(row))
    assert first.order_digest != second.order_digest
    assert (first.batch, first.step) == (2, 2)
    first.end_epoch()
    assert Position(**first.state_dict()) == first
    assert (first.epoch, first.batch, first.step) == (1, 0, 2)


def test_logs_come_often_at_first_and_then_rarely():
    logged = [step for step in range(5001) if is_log_step(step, "doubling")]
    assert logged == [0, *(2**power for power in range(10)), 1000, 2000, 3000, 4000, 5000]


def test_logs_may_come_every_nth_step():
    assert [step for step in range(10) if is_log_step(step, 3)] == [0, 3, 6, 9]


@pytest.mark.parametrize("num_prefetched", [1, 2, 50])
def test_fetching_ahead_gives_the_same_batches(num_prefetched):
    data, rows = make_data().train, np.array_split(np.random.default_rng(0).permutation(40), 7)
    now, ahead = BatchLoader(data).iterate(rows), BatchLoader(data, num_prefetched).iterate(rows)
    for first, second in zip(now, ahead, strict=True):
        assert torch.equal(first.rows, second.rows)
        assert torch.equal(first.input, second.input)


def test_an_abandoned_loader_leaves_no_thread():
    iterator = BatchLoader(make_data().train, 2).iterate([np.arange(2)] * 20)
    next(iterator)
    iterator.close()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("subsong-fetch")]


@pytest.mark.parametrize("num_prefetched", [0, 2])
def test_an_error_while_fetching_reaches_the_engine(num_prefetched):
    with pytest.raises(IndexError):
        list(BatchLoader(make_data().train, num_prefetched).iterate([np.arange(2), np.array([1000])]))
