"""What users have becomes a dataset of ours."""

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset, IterableDataset, Subset, TensorDataset, WeightedRandomSampler

from subsong.core.errors import SubsongError
from subsong.datasets.adapters import NoRows, adapt_data, concatenate_rows

X, Y = torch.arange(12.0).reshape(6, 2), torch.arange(6)
ROWS = np.array([4, 0])


class Squares(Dataset):
    def __len__(self):
        return 6

    def __getitem__(self, index):
        return X[index], index


@pytest.mark.parametrize(
    "data",
    [
        (X, Y),
        [X.numpy(), Y.numpy()],
        TensorDataset(X, Y),
        Squares(),
        Subset(Squares(), range(6)),
        [(X[row], row) for row in range(6)],
        DataLoader(Squares(), batch_size=3),
    ],
    ids=["tensors", "arrays", "TensorDataset", "map", "Subset", "list", "DataLoader"],
)
def test_inputs_and_targets_come_by_row(data):
    batch = adapt_data(data).dataset.fetch(ROWS)
    assert batch.rows.tolist() == [4, 0]
    assert torch.equal(batch.input, X[ROWS])
    assert batch.target.tolist() == [4, 0]


@pytest.mark.parametrize("data", [X, X.numpy(), TensorDataset(X), list(X)])
def test_a_tensor_alone_is_its_own_target(data):
    batch = adapt_data(data).dataset.fetch(ROWS)
    assert batch.input is batch.target
    assert torch.equal(batch.input, X[ROWS])


@pytest.mark.parametrize("data", [(X.double(), Y), [(X[row].double().numpy(), 0.5) for row in range(6)]])
def test_floating_point_numbers_become_float32(data):
    assert adapt_data(data).dataset.fetch(ROWS).input.dtype == torch.float32


def test_a_loader_s_batches_are_kept():
    adapted = adapt_data(DataLoader(Squares(), batch_size=4, shuffle=True, drop_last=True))
    assert (adapted.batch_size, adapted.shuffle, adapted.drop_last) == (4, True, True)
    assert adapt_data(DataLoader(Squares(), batch_size=4)).shuffle is False


def test_a_dataset_of_ours_is_taken_as_it_is():
    ours = adapt_data((X, Y)).dataset
    assert adapt_data(ours).dataset is ours
    assert adapt_data(DataLoader(ours, batch_size=2)).dataset is ours


def test_several_targets_stay_a_list():
    batch = adapt_data([(X[row], row, -row) for row in range(6)]).dataset.fetch(ROWS)
    assert [target.tolist() for target in batch.target] == [[4, 0], [-4, 0]]


class Endless(IterableDataset):
    def __iter__(self):
        yield X


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (Endless(), "read by row"),
        (3, "type int"),
        ((X, Y[:2]), "as many targets"),
        (DataLoader(Squares(), sampler=WeightedRandomSampler([1.0] * 6, 6)), "WeightedRandomSampler"),
        (DataLoader(Squares(), batch_size=None), "sampler of its own"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(data, words):
    with pytest.raises(SubsongError, match=words):
        adapt_data(data)


def test_a_missing_split_has_no_rows():
    assert len(NoRows()) == 0
    with pytest.raises(IndexError):
        NoRows().fetch(ROWS)


def test_outputs_of_any_nesting_are_put_together():
    part = {"a": torch.ones(2, 3), "b": (torch.zeros(2), [torch.ones(2)])}
    whole = concatenate_rows([part, part])
    assert whole["a"].shape == (4, 3)
    assert whole["b"][1][0].shape == (4,)


@pytest.mark.parametrize(("parts", "words"), [([torch.ones(2, 3), torch.ones(2, 4)], "shapes"), (["a"], "type str")])
def test_outputs_that_do_not_fit_are_refused(parts, words):
    with pytest.raises(SubsongError, match=words):
        concatenate_rows(parts)
