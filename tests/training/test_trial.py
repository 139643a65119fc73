"""Any module trains through `Trial`, and its promises hold."""

import pytest
import torch
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from subsong import SubsongError, Trial, set_seed
from subsong.core.errors import Interrupted
from subsong.models.mlp import MlpConfig
from subsong.models.vae import VaeConfig
from subsong.objectives.schedules import LinearConfig
from subsong.training.callbacks.base import Callback
from subsong.training.callbacks.early_stopping import EarlyStopping
from subsong.training.config import SgdConfig
from subsong.training.engine import Engine
from subsong.training.state import LOSS
from subsong.training.trial_task import StepCallback

GENERATOR = torch.Generator().manual_seed(0)
X = torch.randn(50, 3, generator=GENERATOR)
Y = X @ torch.tensor([[1.0], [-2.0], [0.5]]) + 0.1 * torch.randn(50, 1, generator=GENERATOR)


def squared(output, target):
    return (output - target).square().sum(dim=1)


def off_by(output, batch):
    return (output - batch.target).abs().sum(dim=1)


def build_linear():
    set_seed(1)
    return nn.Linear(3, 1)


def build_trial(**options):
    module = build_linear()
    options = {"criterion": squared, **options}
    return Trial(module, torch.optim.Adam(module.parameters(), lr=0.05), **options)


def weights(trial):
    return torch.cat([parameter.detach().flatten() for parameter in trial.model.parameters()])


def test_it_learns_and_says_how_it_went():
    trial = build_trial(metrics=[off_by]).with_data((X[:40], Y[:40]), (X[40:], Y[40:]), batch_size=8)
    history = trial.run(20)
    assert len(history) == 20
    assert set(history[0]) == {"epoch", "learning_rate", "loss", "off_by", "val_loss", "val_off_by"}
    assert history[-1]["val_loss"] < 0.1 * history[0]["val_loss"]


def test_it_runs_on_the_engine():
    trial = build_trial().with_data((X, Y))
    trial.run(1)
    assert isinstance(trial.session.engine, Engine)


@pytest.mark.parametrize("optimizer", [None, SgdConfig(learning_rate=0.01)])
def test_an_optimizer_may_be_a_configuration_or_left_out(optimizer):
    trial = Trial(build_linear(), optimizer, squared).with_data((X, Y))
    assert trial.run(2)[1]["loss"] < trial.history[0]["loss"]


def test_a_ready_optimizer_is_used_itself():
    module = build_linear()
    optimizer = torch.optim.SGD(module.parameters(), lr=0.01, momentum=0.9)
    Trial(module, optimizer, squared).with_data((X, Y)).run(1)
    assert all("momentum_buffer" in optimizer.state[parameter] for parameter in module.parameters())


def test_the_update_is_that_of_the_mean_over_examples():
    module, reference = build_linear(), build_linear()
    Trial(module, torch.optim.SGD(module.parameters(), lr=0.1), squared).with_data((X, Y), batch_size=50).run(1)
    squared(reference(X), Y).mean().backward()
    expected = reference.weight.detach() - 0.1 * reference.weight.grad
    assert torch.allclose(module.weight.detach(), expected, atol=1e-6)


@pytest.mark.parametrize("reduction", ["mean", "sum"])
def test_a_reduced_criterion_gives_the_same_as_one_per_example(reduction):
    def reduced(output, target):
        return getattr(squared(output, target), reduction)()

    trials = [build_trial(), build_trial(criterion=reduced, reduction=reduction)]
    for trial in trials:
        trial.with_data((X, Y), (X, Y), batch_size=16).run(3)
    losses = [[epoch["loss"] for epoch in trial.history] for trial in trials]
    assert losses[1] == pytest.approx(losses[0], rel=1e-5)
    assert trials[1].evaluate()["loss"] == pytest.approx(trials[0].evaluate()["loss"], rel=1e-5)


def test_a_reduced_criterion_without_a_reduction_is_refused():
    with pytest.raises(SubsongError, match="reduction='mean'"):
        build_trial(criterion=functional.mse_loss).with_data((X, Y)).run(1)


@pytest.mark.parametrize("batch_size", [1, 7, 50])
def test_the_reported_loss_does_not_depend_on_the_batch_size(batch_size):
    module = build_linear()
    trial = Trial(module, torch.optim.SGD(module.parameters(), lr=0.0), squared)
    history = trial.with_data((X, Y), (X, Y), batch_size=batch_size).run(1)
    expected = squared(build_linear()(X), Y).mean().item()
    assert history[0]["loss"] == pytest.approx(expected, rel=1e-6)
    assert history[0]["val_loss"] == pytest.approx(expected, rel=1e-6)


def test_epochs_are_counted_over_all_runs():
    whole, parts = (build_trial().with_data((X, Y), (X, Y), batch_size=8) for _ in range(2))
    whole.run(3)
    assert len(parts.run(2)) == 2
    assert len(parts.run(2)) == 2
    assert parts.run(3) == whole.history
    assert torch.equal(weights(parts), weights(whole))


def test_a_state_goes_on_in_another_trial(tmp_path):
    whole = build_trial().with_data((X, Y), batch_size=8)
    whole.run(3)
    first, second = (build_trial().with_data((X, Y), batch_size=8) for _ in range(2))
    first.run(1)
    torch.save(first.state_dict(), tmp_path / "trial.pt")
    second.load_state_dict(torch.load(tmp_path / "trial.pt"))
    assert second.run(3) == whole.history
    assert torch.equal(weights(second), weights(whole))


def test_a_state_of_another_model_is_refused():
    with pytest.raises(SubsongError, match="another model"):
        Trial(nn.Linear(4, 1), criterion=squared).load_state_dict(build_trial().state_dict())


EVENTS = (
    "on_start",
    "on_epoch_start",
    "on_gradient",
    "on_step",
    "on_validation_start",
    "on_epoch",
    "on_epoch_end",
    "on_end",
)


class Listen(Callback):
    def __init__(self):
        self.seen = []


for event in EVENTS:
    setattr(Listen, event, lambda self, *_, event=event: self.seen.append(event))


def test_a_callback_of_the_engine_is_told_of_every_event_in_order():
    callback = Listen()
    build_trial(callbacks=[callback]).with_data((X, Y), (X, Y)).run(1)
    assert callback.seen == list(EVENTS)


class StopAt(Callback):
    def __init__(self, step):
        self.step = step

    def on_step(self, engine):
        if engine.position.step == self.step:
            raise RuntimeError("killed")


@pytest.mark.parametrize("step", [3, 7, 11])
def test_a_run_that_was_broken_off_ends_as_one_that_was_not(tmp_path, step):
    data = {"train": (X, Y), "validation": (X, Y), "batch_size": 10}
    whole = build_trial().with_data(**data)
    whole.run(3, folder=tmp_path / "whole")
    broken = build_trial(callbacks=[StopAt(step)]).with_data(**data)
    with pytest.raises(RuntimeError, match="killed"):
        broken.run(3, folder=tmp_path / "run")
    again = build_trial().with_data(**data)
    assert again.run(3, folder=tmp_path / "run") == whole.history
    assert torch.equal(weights(again), weights(whole))
    names = [tmp_path / name / "metrics.jsonl" for name in ("whole", "run")]
    assert names[0].read_bytes() == names[1].read_bytes()


def test_a_folder_is_named_at_the_first_run(tmp_path):
    trial = build_trial().with_data((X, Y))
    trial.run(1)
    with pytest.raises(SubsongError, match="first run"):
        trial.run(2, folder=tmp_path)


def test_ctrl_c_keeps_what_was_trained():
    import os
    import signal

    def interrupt(state):
        if state["step"] == 2:
            os.kill(os.getpid(), signal.SIGINT)

    trial = build_trial(callbacks=[interrupt]).with_data((X, Y), batch_size=10)
    with pytest.raises(Interrupted, match="step 3 of 10; run again"):
        trial.run(2)
    whole = build_trial().with_data((X, Y), batch_size=10)
    whole.run(2)
    trial.run(2)
    assert torch.equal(weights(trial), weights(whole))


class TinyVae(nn.Module):
    def __init__(self):
        super().__init__()
        self.encode, self.decode = nn.Linear(3, 4), nn.Linear(2, 3)

    def forward(self, x, state):
        state["mean"], state["log_variance"] = self.encode(x).chunk(2, dim=1)
        draw = torch.randn_like(state["mean"]) if self.training else 0.0
        return self.decode(state["mean"] + draw * (0.5 * state["log_variance"]).exp())


class PackedVae(TinyVae):
    def forward(self, x):
        state = {}
        return super().forward(x, state), state["mean"], state["log_variance"]


def compute_kl(mean, log_variance):
    return 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(dim=1)


def test_both_loss_styles_give_the_same_losses_and_gradients():
    def packed_loss(output, target):
        picture, mean, log_variance = output
        return squared(picture, target) + compute_kl(mean, log_variance)

    def kl(output, batch, state):
        return compute_kl(state["mean"], state["log_variance"])

    gradients = ([], [])
    trials = []
    for build, losses, kept in (
        (PackedVae, {"criterion": packed_loss}, gradients[0]),
        (TinyVae, {"criterion": squared, "terms": {"kl": kl}}, gradients[1]),
    ):
        set_seed(2)
        callback = KeepGradient(kept)
        trials.append(Trial(build(), callbacks=[callback], **losses).with_data(X, X, batch_size=16))
        trials[-1].run(2)
    assert [epoch["loss"] for epoch in trials[0].history] == [epoch["loss"] for epoch in trials[1].history]
    assert all(torch.equal(a, b) for a, b in zip(*gradients, strict=True))
    assert trials[0].evaluate()["loss"] == trials[1].evaluate()["loss"]
    assert set(trials[1].history[0]) >= {"criterion", "kl", "val_kl"}


class KeepGradient(Callback):
    def __init__(self, kept):
        self.kept = kept

    def on_gradient(self, engine):
        self.kept.append(torch.cat([p.grad.flatten() for p in engine.task.module.parameters()]))


def test_the_loss_equals_its_closed_form():
    set_seed(0)
    vae = TinyVae()
    trial = Trial(vae, terms={"kl": lambda output, batch, state: compute_kl(state["mean"], state["log_variance"])})
    mean, log_variance = vae.encode(X).chunk(2, dim=1)
    expected = compute_kl(mean, log_variance).mean().item()
    assert trial.with_data(X, X).evaluate()["kl"] == pytest.approx(expected, rel=1e-6)


def test_a_criterion_may_take_the_state():
    def from_state(state):
        return squared(state["output"], state["target"])

    def besides(output, target, state):
        assert state["output"] is output
        return squared(output, target)

    losses = [build_trial(criterion=c).with_data((X, Y)).run(2)[1]["loss"] for c in (squared, from_state, besides)]
    assert losses[0] == losses[1] == losses[2]


def test_a_mistake_in_a_criterion_that_takes_the_state_is_its_own():
    def broken(state):
        return len(3)

    with pytest.raises(TypeError, match="object of type 'int' has no len"):
        build_trial(criterion=broken).with_data((X, Y)).run(1)


def test_our_models_are_called_with_batch_and_noise():
    set_seed(0)
    vae = VaeConfig(latent_dim=2, network=MlpConfig(hidden=(8,))).build((3,))
    terms = {"likelihood": lambda output, batch: -output.likelihood.log_prob(batch.target)}
    inputs = torch.rand(20, 3, generator=torch.Generator().manual_seed(0))
    assert len(Trial(vae, terms=terms).with_data(inputs).run(1)) == 1


def test_callbacks_take_part_in_a_step():
    class Double(StepCallback):
        def __init__(self):
            self.seen = []

        def on_output(self, state):
            self.seen.append((state["training"], len(state["output"])))

        def on_loss(self, state):
            state[LOSS] = 2 * state[LOSS]

    callback = Double()
    trial = build_trial(callbacks=[callback]).with_data((X, Y), (X, Y))
    assert trial.evaluate()["loss"] == pytest.approx(2 * build_trial().with_data((X, Y), (X, Y)).evaluate()["loss"])
    assert callback.seen == [(False, 50)]
    trial.run(1)
    assert (True, 50) in callback.seen


def test_the_state_is_fresh_at_every_step():
    seen = []

    def look(state):
        seen.append("mine" in state)
        state["mine"] = 1

    build_trial(callbacks=[look]).with_data((X, Y), batch_size=10).run(1)
    assert seen == [False] * 5


def test_early_stopping_stops_and_a_further_run_goes_on():
    module = build_linear()
    trial = Trial(module, torch.optim.SGD(module.parameters(), lr=0.0), squared, callbacks=[EarlyStopping(1)])
    assert len(trial.with_data((X, Y), (X, Y)).run(9)) == 2
    assert len(trial.run(9)) == 3


@pytest.mark.parametrize("batch_size", [1, 7, 50])
def test_evaluation_and_prediction_do_not_depend_on_the_batch_size(batch_size):
    set_seed(0)
    module = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Dropout(0.5), nn.Linear(4, 1))
    trial = Trial(module, criterion=squared).with_data((X, Y))
    trial.run(1)
    assert torch.allclose(trial.predict(X, batch_size), module.eval()(X).detach(), atol=1e-6)


def test_predictions_keep_the_shape_of_the_output():
    trial = Trial(PackedVae(), criterion=lambda output, target: squared(output[0], target)).with_data(X, test=X)
    picture, mean, _ = trial.predict("test", batch_size=8)
    assert picture.shape == (50, 3)
    assert mean.shape == (50, 2)


def test_a_loader_s_batches_are_kept():
    trial = build_trial().with_data(DataLoader(TensorDataset(X, Y), batch_size=10, shuffle=True), batch_size=99)
    trial.run(1)
    assert trial.session.engine.position.step == 5


def test_weights_of_terms_may_be_schedules():
    schedule = LinearConfig(end_fraction=1.0)
    trial = build_trial(terms={"size": (lambda output, batch: output.square().sum(dim=1), schedule)})
    history = trial.with_data((X, Y), batch_size=10).run(2)
    assert {"criterion", "size"} <= set(history[0])
    late = build_trial(terms={"size": (off_by, LinearConfig(end_step=11))}).with_data((X, Y), batch_size=10)
    with pytest.raises(SubsongError, match="'size': a schedule"):
        late.run(2)


def test_settings_of_the_engine_can_be_chosen():
    trial = build_trial().with_data((X, Y), batch_size=10)
    trial.with_settings({"gradient_clipping": {"max_norm": 1e-9}, "device": "cpu"}).run(1)
    assert trial.session.engine.config.gradient_clipping.max_norm == 1e-9
