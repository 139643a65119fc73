"""A user's own module, terms and data in a configuration."""

import pytest
import torch

import subsong
from subsong import SubsongError
from subsong.datasets.types import Splits
from subsong.models.portable import read_model
from subsong.recipes.catalogue import load_preset
from subsong.recipes.configuring import resolve_config
from subsong.recipes.custom import build_splits

PAIR = (torch.zeros(4, 2), torch.zeros(4, 1))


def test_the_preset_trains_as_it_stands(tmp_path):
    overrides = {"training.num_epochs": 3, "training.batch_size": 64}
    run = subsong.train("custom", overrides=overrides, root=tmp_path)
    losses = run.history.epochs["validation_loss"].to_list()
    assert losses[2] < losses[0]
    module, description = read_model(run.path / "model", trust=True)
    assert description.preprocessing["item_shape"] == [1]
    assert module(torch.zeros(2, 1)).mean.shape == (2, 1)


def test_a_run_can_be_resumed_with_more_epochs(tmp_path):
    run = subsong.train("custom", overrides={"training.num_epochs": 1}, root=tmp_path)
    assert len(subsong.resume(run.path, {"training.num_epochs": 2}).history.epochs) == 2


def test_the_example_s_term_is_left_out_beside_another():
    own = {"losses.mine": {"kind": "import", "target": "subsong.recipes.custom_example:compute_gaussian_loss"}}
    assert set(resolve_config("custom", overrides=own)[1].losses) == {"negative_log_density", "mine"}
    own = {"losses.mine": {"kind": "import", "target": "my_file.py:mine"}}
    assert set(resolve_config("custom", overrides=own)[1].losses) == {"mine"}
    assert "negative_log_density" in load_preset("custom").values["losses"]


@pytest.mark.parametrize(
    ("parts", "has_test"),
    [
        ((PAIR, PAIR), False),
        ((PAIR, None, PAIR), True),
        ({"train": PAIR, "test": PAIR}, True),
        ([PAIR[0], PAIR[0]], False),
    ],
)
def test_data_come_in_parts(parts, has_test):
    splits = build_splits(parts, "f.py:read")
    assert len(splits.train) == 4
    assert (splits.test is not None) == has_test


def test_splits_are_taken_as_they_are():
    splits = build_splits((PAIR, PAIR), "f.py:read")
    assert isinstance(splits, Splits)
    assert build_splits(splits, "f.py:read") is splits


@pytest.mark.parametrize("parts", [3, (PAIR,) * 4, {"train": PAIR, "valid": PAIR}, {"validation": PAIR}])
def test_other_returns_are_said_in_one_sentence(parts):
    with pytest.raises(SubsongError, match=r"f\.py:read returned"):
        build_splits(parts, "f.py:read")
