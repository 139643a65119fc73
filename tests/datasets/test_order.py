"""The order of an epoch is a pure function of the seed and the epoch."""

from __future__ import annotations

import numpy as np
import pytest

from subsong.datasets.order import batch_rows, epoch_order, num_batches


def test_an_order_visits_every_example_once():
    order = epoch_order(1000, seed=0, epoch=0)
    assert order.dtype == np.int64
    assert sorted(order) == list(range(1000))


def test_an_order_depends_on_seed_and_epoch_alone():
    np.testing.assert_array_equal(epoch_order(100, 5, 7), epoch_order(100, 5, 7))
    assert not np.array_equal(epoch_order(100, 5, 7), epoch_order(100, 5, 8))
    assert not np.array_equal(epoch_order(100, 5, 7), epoch_order(100, 6, 7))


def test_an_order_is_the_same_on_every_machine():
    assert epoch_order(8, seed=0, epoch=0).tolist() == [3, 0, 7, 1, 2, 4, 6, 5]


def test_without_shuffling_the_order_is_that_of_the_data():
    assert epoch_order(4, seed=0, epoch=3, shuffle=False).tolist() == [0, 1, 2, 3]


@pytest.mark.parametrize(
    ("num_examples", "batch_size", "drop_last", "expected"),
    [(10, 3, False, 4), (10, 3, True, 3), (9, 3, False, 3), (9, 3, True, 3), (2, 3, False, 1), (2, 3, True, 0)],
)
def test_batches_are_counted(num_examples, batch_size, drop_last, expected):
    assert num_batches(num_examples, batch_size, drop_last) == expected


@pytest.mark.parametrize("num_examples", [1, 9, 10])
def test_the_batches_of_an_epoch_are_its_order(num_examples):
    order = epoch_order(num_examples, 0, 0)
    batches = [batch_rows(order, batch, 3) for batch in range(num_batches(num_examples, 3))]
    np.testing.assert_array_equal(np.concatenate(batches), order)


@pytest.mark.parametrize("batch", [-1, 4])
def test_a_batch_outside_the_epoch_is_a_mistake(batch):
    with pytest.raises(AssertionError):
        batch_rows(np.arange(10), batch, 3)
