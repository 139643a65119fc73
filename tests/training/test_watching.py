"""What looks on: early stopping, the collapse watch, losses that are not finite, logs, TensorBoard, corruption."""

from __future__ import annotations

import logging
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch import nn

from subsong.core.errors import SubsongError
from subsong.datasets.types import Splits
from subsong.models.vae import Vae
from subsong.objectives.objective import build_objective
from subsong.objectives.schedules import LinearConfig
from subsong.objectives.terms import KlTerm, ReconstructionTerm
from subsong.training.callbacks.collapse import CollapseWatch
from subsong.training.callbacks.early_stopping import EarlyStopping
from subsong.training.callbacks.tensorboard import TensorBoard
from subsong.training.checkpoints import read_checkpoint
from subsong.training.config import EvaluationConfig
from subsong.training.run_folder import RunFolder
from subsong.training.task import ModelTask
from subsong.training.validation import Validation

from .tiny import IMAGES, MODEL, Recorder, build_engine, fit, make_data, make_dataset, read_lines, weights


class Judge:
    """Stands for an engine that is told to stop."""

    reason = ""

    def stop(self, reason):
        self.reason = reason


def stop_after(callback, losses):
    """Return after how many of `losses` the callback asks to stop, or None."""
    for number, loss in enumerate(losses, start=1):
        judge = Judge()
        callback.on_epoch(judge, {}, None if loss is None else Validation({"loss": loss}, {}, {}))
        if judge.reason:
            return number
    return None


@pytest.mark.parametrize(
    ("settings", "losses", "expected"),
    [
        ({"patience": 2}, [5, 4, 4, 3, 3, 3, 1], 6),
        ({"patience": 2}, [5, 4, 4, 3, 3], None),
        ({"patience": 1}, [5, 5], 2),
        ({"patience": 2, "min_delta": 1.0}, [5, 4.5, 4.1, 0], 3),
        ({"patience": 2}, [5, None, None, None, 5, 5], 6),
        ({"patience": 1}, [5, math.nan], 2),
        ({"patience": 1}, [-5, -6, -5.9], 3),
    ],
)
def test_early_stopping_waits_for_an_improvement(settings, losses, expected):
    assert stop_after(EarlyStopping(**settings), losses) == expected


def test_early_stopping_comes_back_from_its_state():
    callback, again = EarlyStopping(3), EarlyStopping(3)
    assert stop_after(callback, [5, 5, 5]) is None
    again.load_state_dict(callback.state_dict())
    assert stop_after(again, [5]) == 1


def test_a_run_that_stopped_early_stays_stopped(tmp_path):
    settings = {"run": RunFolder(tmp_path), "num_epochs": 9}
    engine = fit(callbacks=[EarlyStopping(1, min_delta=1e6)], **settings)
    assert engine.position.epoch == 2
    again = fit(callbacks=[EarlyStopping(1, min_delta=1e6)], **settings)
    assert again.position.epoch == 2
    assert again.stop_reason.startswith("the validation loss has not improved for 1")


def judge_collapse(mean, reconstruction=50.0, baseline=100.0, caplog=None):
    record = {"epoch": 0}
    latents = {"latent_mean": mean, "latent_log_variance": np.zeros_like(mean)}
    CollapseWatch(baseline).on_epoch(
        SimpleNamespace(task=None), record, Validation({"reconstruction": reconstruction}, latents, {})
    )
    return record


ACTIVE = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)


@pytest.mark.parametrize(
    ("mean", "reconstruction", "sentence"),
    [
        (0 * ACTIVE, 50.0, "none of 3 latent dimensions is active"),
        (0.3 * ACTIVE, 99.5, "no better than the mean example's"),
    ],
)
def test_a_collapse_is_warned_of_with_both_remedies(mean, reconstruction, sentence, caplog):
    with caplog.at_level(logging.WARNING, "subsong"):
        record = judge_collapse(mean, reconstruction)
    assert sentence in record["warning"]
    assert "contrast" in record["warning"]
    assert "precision" in record["warning"]
    assert record["warning"] in caplog.text


def test_a_healthy_code_is_only_counted():
    record = judge_collapse(ACTIVE * [1, 1, 0])
    assert "warning" not in record
    assert record["active_units"] == 2
    assert record["kl_per_dimension"] == pytest.approx([*(0.5 * (ACTIVE[:, :2] ** 2).mean(0)), 0], abs=1e-5)


def test_a_code_that_tells_examples_apart_is_not_collapsed_however_bad_the_decoder_still_is():
    assert "warning" not in judge_collapse(3 * ACTIVE, 1e4)


def test_without_a_baseline_only_the_code_is_judged():
    assert "warning" not in judge_collapse(ACTIVE, 1e9, baseline=None)


def test_a_run_with_a_collapsed_model_warns(caplog):
    class Deaf(Vae):
        def encode(self, x):
            posterior = super().encode(x)
            return type(posterior)(posterior.mean_BL * 0, posterior.log_variance_BL * 0)

    model = MODEL.build(IMAGES.shape[1:])
    model.__class__ = Deaf
    engine = fit(model=model, callbacks=[CollapseWatch()])
    assert engine.records[-1]["active_units"] == 0
    assert "posterior collapse" in caplog.text


def test_a_collapse_is_not_warned_of_while_the_kl_warms_up(caplog):
    weight = LinearConfig(start_value=0.0, end_value=1.0, end_step=10)
    objective = build_objective({"reconstruction": ReconstructionTerm(), "kl": KlTerm(weight=weight)}, 20)
    latents = {"latent_mean": 0 * ACTIVE, "latent_log_variance": 0 * ACTIVE}
    warned = []
    for step in (5, 9, 10, 20):
        engine = SimpleNamespace(task=ModelTask(torch.nn.Identity(), objective), position=SimpleNamespace(step=step))
        record = {"epoch": 0}
        CollapseWatch().on_epoch(engine, record, Validation({}, latents, {}))
        assert record["active_units"] == 0
        warned.append("warning" in record)
    assert warned == [False, False, True, True]
    assert caplog.text.count("posterior collapse") == 2


class Poisoned:
    """A dataset one row of which is not a number."""

    def __init__(self, dataset, row):
        self.dataset, self.row, self.items = dataset, row, dataset.items

    def __len__(self):
        return len(self.dataset)

    def fetch(self, index):
        batch = self.dataset.fetch(index)
        batch.input[batch.rows == self.row] = math.nan
        return batch


@pytest.mark.parametrize("num_accumulated", [1, 3])
def test_a_loss_that_is_not_finite_names_the_row_and_its_file(tmp_path, num_accumulated):
    data = Splits(Poisoned(make_dataset(IMAGES[:40], "bad.npy"), 23), make_data().validation)
    engine = build_engine(run=RunFolder(tmp_path), data=data, num_accumulated=num_accumulated)
    with pytest.raises(SubsongError, match=r"not finite at step \d \(term .*\) for source bad\.npy, row 23:"):
        engine.fit()


def test_the_last_good_state_is_kept_when_the_loss_is_not_finite(tmp_path):
    data = make_data()
    engine = build_engine(run=RunFolder(tmp_path), data=data._replace(train=Poisoned(data.train, 23)))
    with pytest.raises(SubsongError):
        engine.fit()
    state = read_checkpoint(tmp_path / "checkpoints" / "last.ckpt")
    clean = build_engine(data=data)
    for _ in range(state["position"]["step"]):
        (first, *_) = clean.plan.steps(0, clean.position.batch)
        clean.updater.compute_gradient(clean.position.step, first, iter([data.train.fetch(first.rows_G)]))
        clean.updater.apply_gradient()
        clean.position.advance(first.rows_G)
    assert all(torch.equal(state["model"][name], value) for name, value in clean.task.module.state_dict().items())


class Breaks(Recorder):
    """Spoils the weights after a number of updates."""

    def __init__(self, step):
        super().__init__()
        self.step = step

    def on_step(self, engine):
        if engine.position.step == self.step:
            with torch.no_grad():
                next(engine.task.module.parameters()).fill_(math.nan)


@pytest.mark.parametrize(("step", "sentence"), [(5, "loss is not finite"), (6, "parameter .* is no longer finite")])
def test_weights_that_are_not_finite_do_not_replace_the_last_good_checkpoint(tmp_path, step, sentence):
    """Of the three updates of the second epoch, the one before the last, and the last."""
    with pytest.raises(SubsongError, match=sentence):
        build_engine(run=RunFolder(tmp_path), num_epochs=3, callbacks=[Breaks(step)]).fit()
    state = read_checkpoint(tmp_path / "checkpoints" / "last.ckpt")
    assert state["position"]["step"] == 3
    assert all(bool(torch.isfinite(value).all()) for value in state["model"].values())


def test_the_watch_can_be_turned_off():
    data = make_data()
    engine = fit(data=data._replace(train=Poisoned(data.train, 3)), watch={"non_finite": False})
    assert math.isnan(engine.records[-1]["train"]["loss"])


class Spy(nn.Module):
    """Keeps what the model was shown, in training and in evaluation."""

    def __init__(self, vae):
        super().__init__()
        self.vae, self.seen = vae, {True: [], False: []}

    def forward(self, batch, noise=None):
        self.seen[self.training].append((batch.input.clone(), batch.target.clone()))
        return self.vae(batch, noise)


def test_inputs_are_corrupted_in_training_only_and_targets_never():
    spy = Spy(MODEL.build(IMAGES.shape[1:]))
    fit(model=spy, corruption=({"kind": "gaussian", "std": 0.3},))
    assert all(torch.equal(shown, target) for shown, target in spy.seen[False])
    assert spy.seen[False]
    for shown, target in spy.seen[True]:
        assert not torch.equal(shown, target)
        assert shown.min() >= 0
        assert shown.max() <= 1
    targets = torch.cat([target for _, target in spy.seen[True][:3]])
    assert targets.sum().item() == pytest.approx(IMAGES[:40].sum() / 255, rel=1e-5)


def test_a_log_scores_a_validation_batch_without_an_update():
    recorder = Recorder()
    logged = fit(callbacks=[recorder], log_steps=1)
    silent = fit(log_steps=1000)
    assert [record["step"] for record in recorder.logged] == list(range(6))
    assert all(record["validation"]["loss"] > 0 for record in recorder.logged)
    assert torch.equal(weights(logged), weights(silent))
    assert recorder.logged[0]["weights"] == {"reconstruction": 1.0, "kl": 1.0}


def test_the_validation_loss_does_not_depend_on_the_batch_size():
    first, second = (fit(evaluation=EvaluationConfig(batch_size=size)) for size in (3, 20))
    assert first.records[-1]["validation"] == pytest.approx(second.records[-1]["validation"], rel=1e-6)


def test_the_split_is_scored_after_every_nth_epoch_and_the_last(tmp_path):
    fit(run=RunFolder(tmp_path), num_epochs=5, evaluation=EvaluationConfig(every_epochs=2))
    epochs = [line for line in read_lines(tmp_path / "metrics.jsonl") if line["event"] == "epoch"]
    assert [line["epoch"] + 1 for line in epochs if "validation" in line] == [2, 4, 5]


def test_the_watchers_change_no_weight(tmp_path):
    plain = fit()
    watched = fit(run=RunFolder(tmp_path), callbacks=[CollapseWatch(), EarlyStopping(5)], num_prefetched=2)
    assert torch.equal(weights(plain), weights(watched))


def test_tensorboard_gets_scalars_pictures_and_the_graph(tmp_path):
    pytest.importorskip("tensorboard")
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    fit(callbacks=[TensorBoard(tmp_path / "tensorboard")])
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    tags = events.Tags()
    assert tags["graph"]
    assert {"epoch/validation_loss", "step/train_kl"} <= set(tags["scalars"])
    assert tags["images"] == ["reconstruction"]
    assert [event.step for event in events.Scalars("epoch/validation_loss")] == [3, 6]
