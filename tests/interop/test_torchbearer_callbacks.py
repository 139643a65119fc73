"""Callbacks and metrics under torchbearer's names."""

import csv
import math

import pytest
import torch
from small_trials import X, Y, build_trial, sum_of_squares, weights
from torch import nn
from torch.nn import functional

from subsong import SubsongError
from subsong.interop import torchbearer
from subsong.interop.torchbearer import callbacks, metrics

CLASSES = torch.tensor([0, 1, 2, 1])
SCORES = functional.one_hot(torch.tensor([0, 1, 1, 1]), 3).float()


class TestMetrics:
    @pytest.mark.parametrize(
        ("criterion", "output", "target", "expected"),
        [
            (nn.CrossEntropyLoss(), SCORES, CLASSES, 0.75),
            (functional.nll_loss, SCORES, CLASSES, 0.75),
            (lambda p, t: p.sum(), SCORES, CLASSES, 0.75),
            (nn.BCELoss(), torch.tensor([[0.9], [0.6]]), torch.tensor([[1.0], [0.0]]), 0.5),
            (nn.BCEWithLogitsLoss(), torch.tensor([[0.2], [-0.2]]), torch.tensor([[1.0], [0.0]]), 1.0),
            (functional.mse_loss, torch.tensor([[1.0], [3.0]]), torch.tensor([[1.0], [1.0]]), 2.0),
        ],
    )
    def test_acc_is_the_one_that_fits_the_criterion(self, criterion, output, target, expected):
        from subsong.interop.torchbearer.accuracy import find_accuracy

        found = find_accuracy(criterion, output, target)(output, target)
        assert found.mean().item() == pytest.approx(expected)

    def test_acc_of_an_unknown_criterion_is_refused(self):
        from subsong.interop.torchbearer.accuracy import find_accuracy

        with pytest.raises(SubsongError, match="binary_acc, cat_acc or mse"):
            find_accuracy(sum_of_squares, Y, Y)

    def test_metrics_are_named_as_before(self):
        history = build_trial(metrics=["loss", "acc", "mse", "lr", "epoch"]).run(1)
        assert {"loss", "running_loss", "acc", "mse", "lr", "epoch", "val_loss", "val_acc", "val_mse"} <= set(
            history[0]
        )
        assert history[0]["lr"] == 0.01

    def test_a_script_s_own_metrics_are_reported(self):
        class Largest(metrics.Metric):
            def __init__(self):
                super().__init__("largest")

            def reset(self, state):
                self.value = -math.inf

            def process(self, state):
                self.value = max(self.value, state[torchbearer.Y_PRED].max().item())

            def process_final(self, state):
                return self.value

        @metrics.lambda_metric("off_by")
        def off_by(y_pred, y_true):
            return (y_pred - y_true).abs().mean(dim=1)

        history = build_trial(metrics=[Largest, off_by]).run(1)
        assert {"largest", "val_largest", "off_by", "val_off_by"} <= set(history[0])

    def test_top_k_counts_the_classes_among_the_largest(self):
        from subsong.interop.torchbearer.accuracy import compute_top_hits

        assert compute_top_hits(torch.tensor([[3.0, 2.0, 1.0]] * 2), torch.tensor([1, 2]), 2).tolist() == [1, 0]

    @pytest.mark.parametrize("metric", ["los", 3])
    def test_an_unknown_metric_is_refused(self, metric):
        with pytest.raises(SubsongError, match="loss"):
            build_trial(metrics=[metric])


class TestCallbacks:
    def test_gradients_are_clipped_at_every_batch(self):
        norms = []

        @callbacks.on_backward
        def look(state):
            norms.append(torch.cat([p.grad.flatten() for p in state["model"].parameters()]).norm().item())

        trial = build_trial(sum_of_squares, lr=1e-4, callbacks=[callbacks.GradientNormClipping(0.5), look])
        trial.run(1)
        assert norms == pytest.approx([0.5] * 4, rel=1e-3)

    def test_gradients_are_clipped_by_value(self):
        kept = []
        look = callbacks.on_backward(lambda state: kept.append(state["model"].weight.grad.abs().max().item()))
        build_trial(sum_of_squares, callbacks=[callbacks.GradientClipping(0.1), look], lr=1e-4).run(1)
        assert max(kept) == pytest.approx(0.1)

    @pytest.mark.parametrize(("decay", "p"), [(callbacks.L1WeightDecay, 1), (callbacks.L2WeightDecay, 2)])
    def test_weight_decay_is_added_at_every_batch(self, decay, p):
        losses = []
        look = callbacks.on_step_training(lambda state: losses.append(state[torchbearer.LOSS].item()))
        build_trial(lr=0.0, callbacks=[look]).run(1)
        trial = build_trial(lr=0.0, callbacks=[decay(0.5), look])
        trial.run(1)
        model = trial.state["model"]
        penalty = 0.5 * sum(torch.linalg.vector_norm(w.detach(), p).item() for w in model.parameters())
        assert [after - before for before, after in zip(losses[:4], losses[4:], strict=True)] == pytest.approx(
            [penalty] * 4, rel=1e-4
        )

    @pytest.mark.parametrize(
        ("schedule", "expected"),
        [
            (callbacks.StepLR(1, gamma=0.1), [0.1, 0.01]),
            (callbacks.MultiStepLR([2], gamma=0.1), [0.1, 0.1]),
            (callbacks.ExponentialLR(0.5), [0.1, 0.05]),
            (callbacks.LambdaLR(lambda epoch: 1 / (1 + epoch)), [0.1, 0.05]),
            (callbacks.CosineAnnealingLR(2), [0.1, 0.05]),
            (callbacks.ReduceLROnPlateau(patience=0), [0.1, 0.1]),
            (callbacks.CyclicLR(0.1, 0.2, step_size_up=4), [0.2 - 0.025, 0.1 + 0.025]),
        ],
        ids=lambda value: type(value).__name__,
    )
    def test_schedules_change_the_rate(self, schedule, expected):
        rates = []
        look = callbacks.on_end_training(lambda state: rates.append(state["optimizer"].param_groups[0]["lr"]))
        if isinstance(schedule, callbacks.CyclicLR):
            look = callbacks.on_step_training(lambda state: rates.append(state["optimizer"].param_groups[0]["lr"]))
        build_trial(lr=0.1, callbacks=[look, schedule]).run(2)
        found = [rates[3], rates[7]] if isinstance(schedule, callbacks.CyclicLR) else rates
        assert found == pytest.approx(expected)

    def test_a_plateau_lowers_the_rate(self):
        trial = build_trial(lr=1e-6, callbacks=[callbacks.ReduceLROnPlateau(patience=0)])
        trial.run(3)
        assert trial.state["optimizer"].param_groups[0]["lr"] == pytest.approx(1e-8)

    def test_early_stopping_stops_after_its_patience(self):
        assert len(build_trial(lr=0.0, callbacks=[callbacks.EarlyStopping(patience=1)]).run(9)) == 3

    def test_a_loss_that_is_not_finite_ends_the_run_before_it_is_learned_from(self):
        trial = build_trial(callbacks=[callbacks.TerminateOnNaN()]).with_train_data(X, Y * math.nan, batch_size=10)
        assert trial.run(2) == []
        assert torch.isfinite(weights(trial.state["model"])).all()

    def test_checkpoints_are_read_as_they_are(self, tmp_path):
        build_trial(callbacks=[callbacks.ModelCheckpoint(str(tmp_path / "m.{epoch:02d}-{val_loss:.2f}.pt"))]).run(2)
        files = sorted(tmp_path.iterdir())
        assert [file.name[:5] for file in files] == ["m.00-", "m.01-"]
        other = build_trial()
        other.load_state_dict(torch.load(files[1]))
        assert len(other.run(2)) == 2

    @pytest.mark.parametrize("make", [callbacks.MostRecent, callbacks.Best])
    def test_the_checkpoint_before_goes(self, tmp_path, make):
        build_trial(callbacks=[make(str(tmp_path / "m{epoch}.pt"), save_model_params_only=True)]).run(3)
        assert [file.name for file in tmp_path.iterdir()] == ["m2.pt"]
        assert set(torch.load(tmp_path / "m2.pt")) == {"weight", "bias"}

    def test_a_checkpoint_can_be_kept_at_every_batch(self, tmp_path):
        build_trial(callbacks=[callbacks.Interval(str(tmp_path / "m{t}.pt"), period=2, on_batch=True)]).run(1)
        assert sorted(file.name for file in tmp_path.iterdir()) == ["m1.pt", "m3.pt"]

    def test_the_default_name_works_without_validation(self, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        model = nn.Linear(3, 1)
        trial = torchbearer.Trial(model, None, nn.MSELoss(), ["loss"], [callbacks.ModelCheckpoint()], verbose=0)
        trial.with_train_data(X, Y, batch_size=25).run(1)
        assert [file.name for file in tmp_path.iterdir()] == ["model.00.pt"]

    def test_a_name_that_asks_for_too_much_is_said_in_one_sentence(self, tmp_path):
        with pytest.raises(SubsongError, match="did you mean 'val_loss'"):
            build_trial(callbacks=[callbacks.MostRecent(str(tmp_path / "{val_los}.pt"))]).run(1)

    def test_the_table_gets_a_row_an_epoch(self, tmp_path):
        build_trial(callbacks=[callbacks.CSVLogger(tmp_path / "log.csv")]).run(2)
        build_trial(callbacks=[callbacks.CSVLogger(tmp_path / "log.csv", append=True)], metrics=["loss", "mse"]).run(1)
        with open(tmp_path / "log.csv", newline="") as file:
            rows = list(csv.DictReader(file))
        assert [row["epoch"] for row in rows] == ["0", "1", "0"]
        assert rows[0]["mse"] == ""
        assert float(rows[2]["val_mse"]) > 0

    def test_tensorboard_files_are_written(self, tmp_path):
        pytest.importorskip("tensorboard")
        build_trial(callbacks=[callbacks.TensorBoard(str(tmp_path), write_batch_metrics=True, batch_step_size=2)]).run(
            1
        )
        assert any((tmp_path / "Linear_torchbearer").iterdir())

    @pytest.mark.parametrize("name", ["LiveLossPlot", "PyCM"])
    def test_what_is_left_out_says_what_to_use(self, name):
        with pytest.raises(AttributeError, match="left out of Subsong"):
            getattr(callbacks, name)

    def test_a_metric_that_is_watched_in_vain_is_named(self):
        with pytest.raises(SubsongError, match="watches 'val_lss'"):
            build_trial(callbacks=[callbacks.EarlyStopping("val_lss")]).run(1)
