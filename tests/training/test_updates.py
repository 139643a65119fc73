"""Updates: micro-batches, clipping, running average, rates, precision."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from subsong.core.errors import SubsongError
from subsong.training.config import AdamConfig, CosineRate, ImportedOptimizer, PlateauRate, SgdConfig, TrainingConfig
from subsong.training.fabric import build_fabric
from subsong.training.optimizers import build_optimizer, build_rate_schedule, restore_schedule, schedule_state
from subsong.training.run_folder import RunFolder

from .tiny import Recorder, build_engine, fit, read_lines, weights


def one_parameter(rate=1.0):
    return torch.optim.SGD([nn.Parameter(torch.zeros(1))], lr=rate)


def follow(config, optimizer, losses):
    """Return the rates after each of `losses`, and the schedule."""
    schedule = build_rate_schedule(config, optimizer, len(losses))
    rates = []
    for loss in losses:
        optimizer.step()
        schedule.step(loss) if isinstance(config, PlateauRate) else schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return rates, schedule


@pytest.mark.parametrize("num_accumulated", [3, 16])
def test_micro_batches_give_the_same_weights_and_noise(num_accumulated):
    whole, parts = fit(), fit(num_accumulated=num_accumulated)
    torch.testing.assert_close(weights(parts), weights(whole), rtol=0, atol=1e-6)
    assert parts.position == whole.position
    for first, second in zip(parts.records, whole.records, strict=True):
        assert first["train"] == pytest.approx(second["train"], rel=1e-6)


def test_corrupted_inputs_do_not_depend_on_micro_batches():
    settings = {"corruption": ({"kind": "gaussian", "std": 0.2}, {"kind": "masking", "fraction": 0.3})}
    torch.testing.assert_close(weights(fit(**settings)), weights(fit(num_accumulated=4, **settings)), rtol=0, atol=1e-6)


def test_the_norm_of_the_gradient_is_bounded():
    recorder, optimizer = Recorder(), SgdConfig(learning_rate=1.0)
    settings = {"num_epochs": 1, "batch_size": 40, "optimizer": optimizer, "gradient_clipping": {"max_norm": 0.5}}
    engine = build_engine(callbacks=[recorder], **settings)
    before = weights(engine)
    engine.fit()
    (gradient,) = recorder.gradients
    assert gradient.norm() > 0.5
    assert (weights(engine) - before).norm().item() == pytest.approx(0.5, rel=1e-3)
    torch.testing.assert_close(before - weights(engine), 0.5 * gradient / gradient.norm(), rtol=1e-3, atol=1e-6)


def test_the_entries_of_the_gradient_are_bounded():
    recorder, optimizer = Recorder(), SgdConfig(learning_rate=1.0)
    settings = {"num_epochs": 1, "batch_size": 40, "optimizer": optimizer, "gradient_clipping": {"max_value": 0.01}}
    engine = build_engine(callbacks=[recorder], **settings)
    before = weights(engine)
    engine.fit()
    (gradient,) = recorder.gradients
    torch.testing.assert_close(before - weights(engine), gradient.clamp(-0.01, 0.01), rtol=0, atol=1e-6)


def test_the_running_average_is_evaluated(tmp_path):
    states = []

    class Keep(Recorder):
        def on_step(self, engine):
            states.append(weights(engine))

    engine = fit(run=RunFolder(tmp_path), ema_decay=0.7, callbacks=[Keep()])
    average = states[0]
    for state in states[1:]:
        average = 0.7 * average + 0.3 * state
    evaluated = torch.cat([value.detach().flatten() for value in engine.evaluated_module.parameters()])
    torch.testing.assert_close(evaluated, average, rtol=0, atol=1e-6)
    engine.task.module.load_state_dict(engine.evaluated_module.state_dict())
    plain = build_engine(num_epochs=2)
    plain.task.module.load_state_dict(engine.evaluated_module.state_dict())
    assert plain.validator.score_split().losses == pytest.approx(engine.records[-1]["validation"], rel=1e-6)


def test_the_running_average_survives_an_interruption(tmp_path):
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    fit(run=RunFolder(tmp_path / "a"), ema_decay=0.7, num_epochs=1)
    resumed, whole = (fit(run=RunFolder(tmp_path / name), ema_decay=0.7, num_epochs=3) for name in "ab")
    for first, second in zip(resumed.evaluated_module.parameters(), whole.evaluated_module.parameters(), strict=True):
        assert torch.equal(first, second)


def test_half_a_cosine_with_warm_up():
    rates, _ = follow(CosineRate(warmup_fraction=0.2, final_fraction=0.1), one_parameter(), [None] * 20)
    assert rates[:4] == pytest.approx([2 / 5, 3 / 5, 4 / 5, 1])
    assert rates[11] == pytest.approx(0.1 + 0.9 * 0.5)
    assert rates[-1] == pytest.approx(0.1)
    assert max(rates) == pytest.approx(1)


def test_the_first_update_of_a_warm_up_moves_the_weights():
    recorder = Recorder()
    engine = fit(callbacks=[recorder], rate_schedule={"kind": "cosine", "warmup_fraction": 0.5})
    assert engine.records[0]["learning_rate"] > 0
    assert recorder.logged[0]["learning_rate"] == pytest.approx(0.01 / 4)


def test_the_rate_falls_on_a_plateau():
    config = PlateauRate(factor=0.5, patience=1, min_rate=0.3)
    rates, _ = follow(config, one_parameter(), [3, 2, 2, 2, 2, 2, 2, 2])
    assert rates == [1, 1, 1, 0.5, 0.5, 0.3, 0.3, 0.3]


@pytest.mark.parametrize("sign", [1, -1])
def test_an_improvement_below_the_smallest_is_none_for_losses_of_either_sign(sign):
    config = PlateauRate(factor=0.5, patience=0, min_delta=0.01)
    loss = 100.0 * sign
    rates, _ = follow(config, one_parameter(), [loss, loss - 2, loss - 2.5, loss - 6])
    assert rates == [1, 1, 0.5, 0.5]


@pytest.mark.parametrize("config", [PlateauRate(patience=1, factor=0.5), CosineRate(warmup_fraction=0.3)])
def test_a_schedule_comes_back_from_its_state(config):
    losses = [5.0, 5.0, 4.0, 4.0, 4.0, 4.0, 4.0, 4.0]
    expected, _ = follow(config, one_parameter(), losses)
    optimizer = one_parameter()
    schedule = build_rate_schedule(config, optimizer, len(losses))
    rates = []
    for number, loss in enumerate(losses):
        if number == 4:
            state, optimizer_state = schedule_state(schedule), optimizer.state_dict()
            optimizer = one_parameter()
            schedule = build_rate_schedule(config, optimizer, len(losses))
            optimizer.load_state_dict(optimizer_state)
            restore_schedule(schedule, state)
        optimizer.step()
        schedule.step(loss) if isinstance(config, PlateauRate) else schedule.step()
        rates.append(optimizer.param_groups[0]["lr"])
    assert rates == pytest.approx(expected)


@pytest.mark.parametrize(
    ("config", "kind"),
    [
        (AdamConfig(betas=(0.5, 0.9), weight_decay=0.1), torch.optim.Adam),
        (AdamConfig(kind="adamw"), torch.optim.AdamW),
        (SgdConfig(momentum=0.9, nesterov=True), torch.optim.SGD),
        (ImportedOptimizer(target="torch.optim:RMSprop", arguments={"alpha": 0.5}), torch.optim.RMSprop),
    ],
)
def test_optimizers_are_torch_s_own(config, kind):
    module = nn.Linear(2, 2)
    module.bias.requires_grad_(False)
    optimizer = build_optimizer(config, module.parameters())
    assert type(optimizer) is kind
    assert [parameter.shape for parameter in optimizer.param_groups[0]["params"]] == [(2, 2)]
    assert optimizer.param_groups[0]["lr"] == config.learning_rate


def test_fused_adam_is_the_same_formula():
    fused, plain = (fit(optimizer=AdamConfig(learning_rate=1e-2, fused=fused)) for fused in (True, False))
    torch.testing.assert_close(weights(fused), weights(plain), rtol=0, atol=1e-5)


def test_a_ready_optimizer_must_be_the_model_s():
    foreign = torch.optim.SGD(nn.Linear(1, 1).parameters(), lr=1.0)
    with pytest.raises(SubsongError, match="are not the model's"):
        build_optimizer(foreign, nn.Linear(1, 1).parameters())


def test_bf16_runs_on_the_cpu_and_keeps_float32_weights():
    half, full = fit(precision="bf16", num_epochs=4), fit(num_epochs=4)
    assert weights(half).dtype == torch.float32
    for first, second in zip(half.records, full.records, strict=True):
        assert first["validation"]["loss"] == pytest.approx(second["validation"]["loss"], rel=0.02)
        assert math.isfinite(first["train"]["kl"])


def test_float16_on_the_cpu_is_one_sentence():
    with pytest.raises(SubsongError, match="needs a GPU"):
        build_fabric(TrainingConfig(device="cpu", precision="float16"))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_missing_device_is_one_sentence():
    with pytest.raises(SubsongError, match="no CUDA device"):
        build_fabric(TrainingConfig(device="cuda"))


def test_the_batch_size_must_leave_a_batch():
    with pytest.raises(SubsongError, match="40 training examples make no batch of 41"):
        build_engine(batch_size=41, drop_last=True)


def test_timing_is_written_when_asked(tmp_path):
    fit(run=RunFolder(tmp_path), debug_timing=True)
    steps = [line for line in read_lines(tmp_path / "timings.jsonl") if line["event"] == "step"]
    assert set(steps[0]) == {"event", "step", "data_s", "forward_s", "backward_s", "update_s"}
    assert all(value >= 0 for name, value in steps[0].items() if name.endswith("_s"))


def test_seconds_are_kept_out_of_the_metrics(tmp_path):
    fit(run=RunFolder(tmp_path))
    timings = read_lines(tmp_path / "timings.jsonl")
    assert {line["event"] for line in timings} == {"epoch"}
    assert np.all([line["examples_per_s"] > 0 for line in timings])
    assert "_s" not in {name[-2:] for line in read_lines(tmp_path / "metrics.jsonl") for name in line}


def test_a_run_resumed_with_another_learning_rate_takes_it(tmp_path: Path) -> None:
    from subsong.recipes import run as recipes

    settings = {"training.num_epochs": 1, "training.device": "cpu", "training.figure_epochs": None}
    run = recipes.train("digits-vae", overrides=settings, root=tmp_path)
    recipes.resume(run.path, {"optimizer.learning_rate": 0.25, "training.num_epochs": 2})
    assert run.history.epochs["learning_rate"].to_list() == [0.001, 0.25]
