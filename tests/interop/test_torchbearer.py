"""torchbearer scripts run on our engine: both styles of guide 001, the events, the callbacks, the metrics."""

import runpy
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from small_trials import X, Y, build_trial, make_blobs, sum_of_squares, weights, write_mnist
from torch import nn
from torch.nn import functional
from torch.utils.data import DataLoader, TensorDataset

from subsong import SubsongError
from subsong.interop import torchbearer
from subsong.interop.torchbearer import callbacks
from subsong.interop.torchbearer.reduction import find_reduction
from subsong.sources.idx import find_idx_pairs, read_idx_pictures
from subsong.training.engine import Engine

HERE = Path(__file__).parent
GUIDE_WARNINGS = [
    pytest.mark.filterwarnings("ignore:This DataLoader will create"),
    pytest.mark.filterwarnings("ignore:this machine offers no CUDA device"),
]


@pytest.fixture(params=["made-up pictures", "MNIST"])
def digits(request, tmp_path, monkeypatch):
    """A working folder with the four files where the guide looks for them; the last batches are short."""
    if request.param == "MNIST":
        folder = request.getfixturevalue("real_data") / "mnist"
        pairs = {pair.split: read_idx_pictures(pair.images_path, pair.labels_path) for pair in find_idx_pairs(folder)}
        parts = {"train": [a[:2000] for a in pairs["train"]], "t10k": [a[:300] for a in pairs["test"]]}
    else:
        parts = {"train": make_blobs(400, 0), "t10k": make_blobs(150, 1)}
    write_mnist(tmp_path / "data" / "mnist", parts)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run_guide(style, epochs=1, seed=0):
    return runpy.run_path(str(HERE / f"guide_{style}.py"), init_globals={"SEED": seed, "EPOCHS": epochs})


class TestGuide:
    pytestmark = GUIDE_WARNINGS

    def test_both_styles_train_and_give_the_same_numbers(self, digits):
        packed, state = run_guide("packed", epochs=2), run_guide("state", epochs=2)
        history = packed["state"][torchbearer.HISTORY]
        assert history == state["state"][torchbearer.HISTORY]
        assert torch.equal(weights(packed["model"]), weights(state["model"]))
        assert history[1]["val_loss"] < history[0]["val_loss"] < 600
        assert sorted(path.name for path in (digits / "results").iterdir()) == [
            "reconstruction_0.png",
            "reconstruction_1.png",
        ]

    def test_the_reported_loss_is_the_closed_form_per_picture(self, digits):
        guide = run_guide("packed")
        model, pictures = guide["model"].eval(), guide["test_digits"].data.reshape(-1, 784) / 255
        with torch.no_grad():
            p, mean, log_variance = model(pictures)
        cross_entropy = -(pictures * p.log().clamp(min=-100) + (1 - pictures) * (1 - p).log().clamp(min=-100)).sum(1)
        kl = 0.5 * (mean**2 + log_variance.exp() - 1 - log_variance).sum(1)
        reported = guide["state"][torchbearer.METRICS]["val_loss"]
        assert reported == pytest.approx((cross_entropy + kl).mean().item(), rel=1e-5)

    def test_a_picture_holds_eight_originals_above_their_reconstructions(self, digits):
        guide = run_guide("state")
        grid = np.asarray(Image.open(digits / "results" / "reconstruction_0.png"))
        assert grid.shape == (2 * 30 + 2, 8 * 30 + 2)
        assert np.array_equal(grid[2:30, 2:30], guide["test_digits"].data[0].numpy())

    def test_it_runs_on_our_engine(self, digits):
        trial = run_guide("packed")["torchbearer_model"].trial
        assert isinstance(trial._session.engine, Engine)


def test_without_cuda_a_trial_warns_and_stays_on_the_cpu():
    if torch.cuda.is_available():
        pytest.skip("this machine has CUDA")
    with pytest.warns(UserWarning, match="stays on the CPU"):
        trial = torchbearer.Trial(nn.Linear(3, 1)).to("cuda")
    assert trial.state[torchbearer.DEVICE] == "cpu"


class TestLoss:
    @pytest.mark.parametrize(
        ("criterion", "expected"),
        [
            (functional.mse_loss, "mean"),
            (nn.MSELoss(reduction="sum"), "sum"),
            (sum_of_squares, "sum"),
            (lambda state: (state["y_pred"] - state["y_true"]).square().sum(), "sum"),
            (lambda state: (state["mu"].square()).mean(), "mean"),
        ],
    )
    def test_it_is_found_out_how_a_criterion_reduces(self, criterion, expected):
        from subsong.training.trial_task import build_criterion_call

        state = torchbearer.State({"y_pred": X[:, :1], "y_true": Y, "mu": X})
        call = build_criterion_call(criterion)
        value = call(state["y_pred"], state["y_true"], state)
        assert find_reduction(criterion, call, state, value) == expected

    def test_a_criterion_that_is_neither_is_named_in_a_warning(self):
        state = torchbearer.State({"y_pred": X[:, :1], "y_true": Y})
        with pytest.warns(UserWarning, match="neither a mean nor a sum"):
            find_reduction(None, lambda p, t, s: (p - t).norm(), state, (X[:, :1] - Y).norm())

    @pytest.mark.parametrize("batch_size", [1, 16, 50])
    @pytest.mark.parametrize("criterion", [sum_of_squares, nn.MSELoss()])
    def test_no_reported_loss_depends_on_the_batch_size(self, criterion, batch_size):
        trial = build_trial(criterion, lr=0.0).with_data(X, Y, X, Y, batch_size=batch_size)
        history = trial.run(1)
        expected = (trial.state[torchbearer.MODEL](X) - Y).square().mean().item()
        assert history[0]["loss"] == pytest.approx(expected, rel=1e-5)
        assert history[0]["val_loss"] == pytest.approx(expected, rel=1e-5)

    @pytest.mark.parametrize("criterion", [sum_of_squares, nn.MSELoss()])
    def test_the_gradient_is_that_of_the_criterion_as_it_stands(self, criterion):
        kept = []

        @callbacks.on_backward
        def keep(state):
            kept.append(state[torchbearer.MODEL].weight.grad.clone())

        build_trial(criterion, callbacks=[keep]).with_train_data(X, Y, batch_size=50).run(1)
        torch.manual_seed(0)
        reference = nn.Linear(3, 1)
        criterion(reference(X), Y).backward()
        assert torch.allclose(kept[0], reference.weight.grad, rtol=1e-4)

    def test_a_callback_class_may_replace_the_loss(self):
        class Ten(torchbearer.Callback):
            def on_criterion(self, state):
                super().on_criterion(state)
                state[torchbearer.LOSS] = state[torchbearer.LOSS] + 10

        plain, raised = build_trial(lr=0.0).run(1)[0], build_trial(lr=0.0, callbacks=[Ten()]).run(1)[0]
        assert raised["loss"] == pytest.approx(plain["loss"] + 10)
        assert raised["val_loss"] == plain["val_loss"]

    def test_a_trial_without_a_criterion_learns_from_callbacks_alone(self):
        @callbacks.add_to_loss
        def loss(state):
            return (state[torchbearer.Y_PRED] - state[torchbearer.Y_TRUE]).square().mean()

        model = nn.Linear(3, 1)
        trial = torchbearer.Trial(model, torch.optim.SGD(model.parameters(), lr=0.01), None, ["loss"], [loss])
        history = trial.with_train_data(X, Y, batch_size=10).run(3)
        assert history[2]["loss"] < history[0]["loss"]


class TestEvents:
    def test_every_event_comes_in_torchbearer_s_order(self):
        seen = []
        listening = [
            getattr(callbacks, event)(lambda state, event=event: seen.append(event)) for event in callbacks.base.EVENTS
        ]
        trial = build_trial(callbacks=listening).for_steps(train_steps=1, val_steps=1)
        trial.run(1)
        assert seen == list(callbacks.base.EVENTS)

    def test_batches_and_epochs_count_from_zero(self):
        seen = []

        @callbacks.on_step_validation
        @callbacks.on_step_training
        def look(state):
            seen.append((state[torchbearer.EPOCH], state["t"], len(state["x"])))

        build_trial(callbacks=[look]).run(2)
        one_epoch = [(0, 16), (1, 16), (2, 16), (3, 2)] * 2
        assert seen == [(epoch, *step) for epoch in (0, 1) for step in one_epoch]

    def test_a_callback_is_limited_by_conditions(self):
        seen = {"once": 0, "epoch": 0, "if": 0}

        def count(name):
            def add(state):
                seen[name] += 1

            return add

        limited = [
            callbacks.on_sample(callbacks.once(count("once"))),
            callbacks.once_per_epoch(callbacks.on_sample(count("epoch"))),
            callbacks.on_sample(callbacks.only_if(lambda state: state[torchbearer.BATCH] == 1)(count("if"))),
        ]
        build_trial(callbacks=limited).run(3)
        assert seen == {"once": 1, "epoch": 3, "if": 3}

    def test_a_method_may_be_limited(self):
        class Mine(torchbearer.Callback):
            num = 0

            @callbacks.once
            def on_sample(self, state):
                self.num += 1

        mine = Mine()
        build_trial(callbacks=[mine]).run(2)
        assert mine.num == 1

    def test_a_run_can_be_stopped_at_once(self):
        @callbacks.on_step_training
        def stop(state):
            state[torchbearer.STOP_TRAINING] = state[torchbearer.BATCH] == 1

        trial = build_trial(callbacks=[stop])
        assert trial.run(3) == []
        assert trial._session.engine.position.step == 2

    def test_what_is_no_callback_is_refused(self):
        with pytest.raises(SubsongError, match="is not a callback"):
            build_trial(callbacks=[print])

    def test_evaluation_counts_for_no_schedule(self):
        trial = build_trial(callbacks=[callbacks.StepLR(1, gamma=0.5)])
        trial.evaluate()
        assert trial.state[torchbearer.OPTIMIZER].param_groups[0]["lr"] == 0.01


class TestRuns:
    def test_epochs_are_counted_over_all_runs(self):
        whole, parts = build_trial(), build_trial()
        whole.run(3)
        assert len(parts.run(2)) == 2
        assert parts.run(3) == whole.run(3)
        assert torch.equal(weights(parts.state["model"]), weights(whole.state["model"]))

    def test_a_model_is_fitted_anew_at_every_call(self):
        torch.manual_seed(0)
        net = nn.Linear(3, 1)
        model = torchbearer.Model(net, torch.optim.SGD(net.parameters(), lr=0.01), nn.MSELoss(), ["loss", "epoch"])
        model.fit(X, Y, batch_size=10, epochs=2)
        state = model.fit(X, Y, batch_size=10, epochs=2, validation_split=0.2)
        assert [record["epoch"] for record in state[torchbearer.HISTORY]] == [0, 1, 0, 1]
        assert state[torchbearer.HISTORY][3]["train_steps"] == 4
        assert model.evaluate(X, Y)["val_loss"] < state[torchbearer.HISTORY][0]["loss"]
        assert model.predict(X).shape == (50, 1)

    def test_predictions_come_in_the_order_of_the_data(self):
        trial = build_trial()
        trial.run(1)
        loader = DataLoader(TensorDataset(X, Y), batch_size=7, shuffle=True)
        predicted = trial.with_test_generator(loader).predict()
        assert torch.allclose(predicted, trial.state["model"](X).detach(), atol=1e-6)
        assert trial.state[torchbearer.FINAL_PREDICTIONS] is predicted

    def test_a_state_goes_on_in_another_trial(self, tmp_path):
        def build():
            return build_trial(callbacks=[callbacks.ExponentialLR(0.5), callbacks.Best(tmp_path / "best.pt")])

        whole, first, second = build(), build(), build()
        whole.run(3)
        first.run(1)
        torch.save(first.state_dict(), tmp_path / "trial.pt")
        second.load_state_dict(torch.load(tmp_path / "trial.pt"))
        assert second.run(3) == whole.run(3)
        assert torch.equal(weights(second.state["model"]), weights(whole.state["model"]))

    @pytest.mark.parametrize("steps", [0, 5])
    def test_more_steps_than_there_are_are_refused(self, steps):
        with pytest.raises(SubsongError, match="ask for 1 to that"):
            build_trial().for_train_steps(steps)

    def test_missing_data_are_named(self):
        with pytest.raises(SubsongError, match="no test data"):
            build_trial().predict()

    def test_a_trial_shows_its_parts(self):
        text = str(build_trial(callbacks=[callbacks.TerminateOnNaN()]))
        assert "TerminateOnNaN" in text
        assert "Linear" in text

    def test_numbers_other_than_float32_are_refused(self):
        with pytest.raises(SubsongError, match="float32"):
            build_trial().to(torch.float64)


class TestState:
    def test_a_key_and_its_name_are_one_entry(self):
        assert torchbearer.State({torchbearer.X: 1})["x"] == 1

    def test_keys_of_one_name_differ(self):
        first, second = torchbearer.state_key("mu"), torchbearer.state_key("mu")
        assert first != second
        assert torchbearer.state_key("model") != torchbearer.MODEL

    def test_a_key_nobody_wrote_names_the_nearest(self):
        with pytest.raises(KeyError, match="did you mean 'logvar'"):
            torchbearer.State({"logvar": 1})["log_var"]


def test_the_look_of_the_engine_at_a_validation_batch_is_none_of_the_script_s_business():
    seen = []
    look = callbacks.on_step_validation(lambda state: seen.append(state[torchbearer.BATCH]))
    build_trial(callbacks=[look]).run(1)
    assert seen == [0, 1, 2, 3]
