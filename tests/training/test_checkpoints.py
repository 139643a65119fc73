"""Checkpoints: whole or not at all, and never executed."""

from __future__ import annotations

import os
import pickle
import random
from pathlib import Path

import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.models.mlp import MlpConfig
from subsong.models.vae import VaeConfig
from subsong.training.checkpoints import read_checkpoint, write_checkpoint
from subsong.training.run_folder import RunFolder

from .tiny import build_engine, fit, read_lines, weights

STATE = {"numbers": [1, 2.5], "model": {"w": torch.arange(6.0).reshape(2, 3)}}


class Malicious:
    """Leaves a file when it is unpickled."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def damage(path, content):
    path.write_bytes(content)
    with pytest.raises(SubsongError, match=path.name):
        read_checkpoint(path)


def test_a_state_comes_back_under_each_name(tmp_path):
    write_checkpoint([tmp_path / "best.ckpt", tmp_path / "last.ckpt"], STATE)
    for name in ("best.ckpt", "last.ckpt"):
        state = read_checkpoint(tmp_path / name)
        assert state["numbers"] == [1, 2.5]
        assert torch.equal(state["model"]["w"], STATE["model"]["w"])
    assert len(list(tmp_path.iterdir())) == 2


@pytest.mark.parametrize("wrapped", [False, True])
def test_a_pickle_in_its_place_is_refused_and_not_executed(tmp_path, wrapped):
    path, trace = tmp_path / "last.ckpt", tmp_path / "ran"
    if wrapped:
        torch.save({"format": "subsong-checkpoint", "version": 1, "model": Malicious(trace)}, path)
    else:
        path.write_bytes(pickle.dumps(Malicious(trace)))
    with pytest.raises(SubsongError, match="nothing in it was executed"):
        read_checkpoint(path)
    assert not trace.exists()
    (torch.load if wrapped else lambda file, **_: pickle.loads(file.read_bytes()))(path, weights_only=False)  # noqa: S301
    assert trace.exists()  # it would have been


def test_truncated_files_are_refused(tmp_path):
    write_checkpoint([tmp_path / "whole"], STATE)
    content = (tmp_path / "whole").read_bytes()
    for length in range(0, len(content), len(content) // 20):
        damage(tmp_path / "last.ckpt", content[:length])


def test_a_flipped_bit_in_the_weights_is_noticed(tmp_path):
    write_checkpoint([tmp_path / "whole"], STATE)
    content = bytearray((tmp_path / "whole").read_bytes())
    content[content.index(STATE["model"]["w"].numpy().tobytes()) + 4] ^= 1
    damage(tmp_path / "last.ckpt", bytes(content))


def test_random_bytes_are_refused(tmp_path):
    source = random.Random(0)
    for _ in range(200):
        damage(tmp_path / "last.ckpt", source.randbytes(source.randrange(100)))


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        ({"format": "other"}, "is not a Subsong checkpoint"),
        ([1], "is not a Subsong checkpoint"),
        ({"format": "subsong-checkpoint", "version": 7}, "version 7, this program reads 1"),
        ({"format": "subsong-checkpoint"}, "version None"),
    ],
)
def test_another_kind_or_version_is_one_sentence(tmp_path, state, sentence):
    torch.save(state, tmp_path / "last.ckpt")
    with pytest.raises(SubsongError, match=sentence):
        read_checkpoint(tmp_path / "last.ckpt")


def test_a_missing_file_is_one_sentence(tmp_path):
    with pytest.raises(SubsongError, match="no checkpoint at"):
        read_checkpoint(tmp_path / "last.ckpt")


def test_a_write_that_fails_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "last.ckpt"
    write_checkpoint([path], STATE)
    before = path.read_bytes()

    def fail(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(SubsongError, match="the disk is full"):
        write_checkpoint([path], {"other": 1})
    assert path.read_bytes() == before
    assert [file.name for file in tmp_path.iterdir()] == ["last.ckpt"]


@pytest.mark.parametrize(
    "model",
    [
        VaeConfig(latent_dim=3, network=MlpConfig(hidden=(12,))),
        VaeConfig(latent_dim=2, network=MlpConfig(hidden=(12, 4))),
    ],
)
def test_a_checkpoint_of_another_model_names_the_parameter(tmp_path, model):
    fit(run=RunFolder(tmp_path), num_epochs=1)
    with pytest.raises(SubsongError, match=r"another model: parameter encoder\.\S+ has shape"):
        build_engine(run=RunFolder(tmp_path), model=model).fit()


def test_a_checkpoint_of_another_seed_is_refused(tmp_path):
    fit(run=RunFolder(tmp_path), num_epochs=1)
    with pytest.raises(SubsongError, match="seed 0, the config says 1"):
        build_engine(run=RunFolder(tmp_path), seed=1).fit()


def test_the_last_the_best_and_every_nth_epoch_are_kept(tmp_path):
    fit(run=RunFolder(tmp_path), num_epochs=5, checkpoint={"every_epochs": 2})
    names = sorted(path.name for path in (tmp_path / "checkpoints").iterdir())
    assert names == ["best.ckpt", "epoch-0002.ckpt", "epoch-0004.ckpt", "last.ckpt"]


def test_a_finished_run_is_not_trained_again(tmp_path):
    first = fit(run=RunFolder(tmp_path))
    before = (tmp_path / "metrics.jsonl").read_bytes()
    again = fit(run=RunFolder(tmp_path))
    assert torch.equal(weights(first), weights(again))
    assert (tmp_path / "metrics.jsonl").read_bytes() == before


def test_more_epochs_go_on_where_the_run_ended(tmp_path):
    for name in ("short", "whole"):
        (tmp_path / name).mkdir()
    fit(run=RunFolder(tmp_path / "short"), num_epochs=1)
    longer = fit(run=RunFolder(tmp_path / "short"), num_epochs=3)
    whole = fit(run=RunFolder(tmp_path / "whole"), num_epochs=3)
    assert torch.equal(weights(longer), weights(whole))
    epochs = [line for line in read_lines(tmp_path / "short" / "metrics.jsonl") if line["event"] == "epoch"]
    assert [line["epoch"] for line in epochs] == [0, 1, 2]
