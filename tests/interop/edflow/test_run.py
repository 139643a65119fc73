"""A script in the manner of VUNet's training page, on the engine."""

from __future__ import annotations

import json
import os
import signal
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from subsong.core.errors import Interrupted, SubsongError
from subsong.core.imports import load_object
from subsong.core.yaml_files import load_yaml
from subsong.interop.edflow import load_outputs
from subsong.interop.edflow.run import Command, rescore_outputs, run_edflow

from .runs import BASE, SCRIPT, train, write_bases


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four epochs of three updates."""
    return train(tmp_path_factory.mktemp("edflow"), "--num_epochs", "4", name="first")


def read_metrics(run: Path) -> list[dict]:
    return [json.loads(line) for line in (run / "train" / "metrics.jsonl").read_text().splitlines()]


def read_weights(run: Path, step: int) -> dict[str, torch.Tensor]:
    return torch.load(run / "train" / "checkpoints" / f"model-{step}.ckpt", weights_only=True)["model"]


def find_outputs(run: Path, step: int) -> Path:
    return sorted(run.glob(f"eval/*/{step}/model_outputs"))[-1]


def assert_equal_weights(first: Path, second: Path, step: int) -> None:
    ours, theirs = read_weights(first, step), read_weights(second, step)
    assert all(torch.equal(ours[name], theirs[name]) for name in ours)


def test_the_run_folder_is_the_one_edflow_makes(trained: Path) -> None:
    assert trained.name[4] == "-"
    assert trained.name.endswith("_first")
    assert len(list(trained.glob("configs/train_*.yaml"))) == 1
    assert (trained / "train" / "log.txt").read_text()
    files = sorted(path.name for path in (trained / "train" / "checkpoints").iterdir())
    assert files == ["last.ckpt", "model-12.ckpt", "model-3.ckpt", "model-6.ckpt", "model-9.ckpt"]
    assert len(find_outputs(trained, 12).parent.parent.name) >= len("2026-11-21T10-15-00")


def test_the_configuration_is_merged_deeply_and_kept_as_it_was_used(trained: Path) -> None:
    config = load_yaml(next(trained.glob("configs/train_*.yaml"))).values
    assert config["losses"]["color_L1"] == {"weight": 1}
    assert config["losses"]["KL"]["end_ramp_it"] == 6
    assert config["num_epochs"] == 4
    assert config["test_batch_size"] == 8


def test_logs_are_written_for_training_and_one_validation_batch(trained: Path) -> None:
    steps = [record for record in read_metrics(trained) if record["event"] == "step"]
    assert [record["step"] for record in steps] == [0, 2, 4, 8]
    for record in steps:
        assert record["train"].keys() == record["validation"].keys() == {"color_L1", "KL", "total"}
    for split in ("train", "validation"):
        names = sorted(path.name for path in (trained / "train" / split / "log_op").iterdir())
        assert names[:2] == ["prediction_0000000.png", "prediction_0000002.png"]


def test_a_ramp_reaches_the_losses(trained: Path) -> None:
    steps = {record["step"]: record["train"] for record in read_metrics(trained) if record["event"] == "step"}
    for step, weight in {0: 0.0, 2: 0.0, 4: 0.5, 8: 1.0}.items():
        losses = steps[step]
        assert losses["total"] == pytest.approx(losses["color_L1"] + weight * losses["KL"], rel=1e-5)


def test_the_whole_validation_split_is_stored_in_order_after_each_epoch(trained: Path) -> None:
    epochs = [record for record in read_metrics(trained) if record["event"] == "epoch"]
    assert [record["step"] for record in epochs] == [3, 6, 9, 12]
    for record in epochs:
        outputs = load_outputs(find_outputs(trained, record["step"]))
        assert [str(name) for name in outputs.labels["name"]] == [f"figure {i}" for i in range(7)]
        assert record["validation"]["total"] == pytest.approx(float(outputs.labels["total"].mean()))
        assert record["callbacks"] == {"count": {"num_examples": 7.0}}


def test_stored_outputs_are_exact_and_keep_the_declared_range(trained: Path) -> None:
    data_in = load_object(f"{SCRIPT}:HeldOut")({})
    outputs = load_outputs(find_outputs(trained, 12))
    for row in range(7):
        assert np.array_equal(outputs[row]["target"], data_in[row]["target"])
    with Image.open(outputs.root / "target_000000.png") as picture:
        pixels = np.asarray(picture)
    assert np.array_equal(pixels, np.round((data_in[0]["target"] + 1) * 127.5).astype(np.uint8))


def test_outputs_can_be_moved(trained: Path, tmp_path: Path) -> None:
    moved = tmp_path / "elsewhere"
    os.symlink(find_outputs(trained, 12), moved)
    assert load_outputs(moved)[3]["prediction"].shape == (8, 8, 3)


def test_outputs_are_scored_again_without_the_model(trained: Path) -> None:
    folder = find_outputs(trained, 12)
    settings = ["--eval_pipeline/callbacks/error", f"{SCRIPT}:squared_error", "--model", "no.such.Model"]
    found = rescore_outputs(folder, [], settings)
    assert found["error"]["mse"] > 0
    doubled = rescore_outputs(folder, [], [*settings, "--eval_pipeline/callback_kwargs/error/scale", "2"])
    assert doubled["error"]["mse"] == pytest.approx(2 * found["error"]["mse"])
    assert json.loads((folder.parent / "error.json").read_text()) == doubled["error"]


def test_a_continued_run_equals_an_uninterrupted_one(trained: Path, tmp_path: Path) -> None:
    half = train(tmp_path, "--num_epochs", "2")
    train(tmp_path, "--num_epochs", "4", project=half)
    assert_equal_weights(trained, half, 12)
    assert read_metrics(half) == read_metrics(trained)


def test_a_run_cut_off_within_an_epoch_goes_on_there(trained: Path, tmp_path: Path) -> None:
    half = train(tmp_path, "--num_steps", "5", "--num_epochs", "4")
    config = next(half.glob("configs/*.yaml"))
    train(tmp_path, "--num_steps", "12", project=config)
    assert_equal_weights(trained, half, 12)


def test_a_signal_leaves_a_checkpoint_from_which_the_run_goes_on(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    script = load_object(f"{SCRIPT}:Iterator")
    original = script.step_op

    def stop_at_seven(self, model, **batch):
        if self.get_global_step() == 7:
            os.kill(os.getpid(), signal.SIGTERM)
        return original(self, model, **batch)

    monkeypatch.setattr(script, "step_op", stop_at_seven)
    with pytest.raises(Interrupted, match="subsong edflow -t -p") as caught:
        train(tmp_path, "--num_epochs", "4")
    assert caught.value.signal_number == signal.SIGTERM
    monkeypatch.undo()
    run = next((tmp_path / "logs").iterdir())
    train(tmp_path, project=run)
    assert_equal_weights(trained, run, 12)
    assert read_metrics(run) == read_metrics(trained)


def test_evaluation_alone_equals_the_evaluation_in_training(trained: Path, tmp_path: Path) -> None:
    run = run_edflow(Command(project=trained, name="again"))
    assert run == trained
    again, before = (load_outputs(folder) for folder in sorted(trained.glob("eval/*/12/model_outputs"))[::-1])
    assert again.root.parent.parent.name.endswith("_again")
    for row in range(7):
        assert np.array_equal(again[row]["prediction"], before[row]["prediction"])


def test_retraining_takes_the_weights_alone_into_a_new_folder(trained: Path, tmp_path: Path) -> None:
    run = train(tmp_path, "--num_epochs", "1", "--lr", "0", project=trained, is_retraining=True)
    assert run != trained
    ours, theirs = read_weights(run, 3), read_weights(trained, 12)
    assert ours.keys() == theirs.keys()
    assert [record["step"] for record in read_metrics(run) if record["event"] == "epoch"] == [3]


def test_an_earlier_checkpoint_can_be_gone_back_to(tmp_path: Path, trained: Path) -> None:
    run = train(tmp_path, "--num_epochs", "4")
    checkpoint = run / "train" / "checkpoints" / "model-6.ckpt"
    train(tmp_path, project=run, checkpoint=checkpoint)
    assert_equal_weights(trained, run, 12)
    assert read_metrics(run) == read_metrics(trained)
    assert len(list((run / "train").glob("metrics_until_*.jsonl"))) == 1


def test_a_run_of_edflow_itself_is_gone_on_with_from_its_latest_checkpoint(trained: Path, tmp_path: Path) -> None:
    run = train(tmp_path, "--num_epochs", "2")
    (run / "train" / "checkpoints" / "last.ckpt").unlink()
    train(tmp_path, "--num_epochs", "4", project=run)
    assert_equal_weights(trained, run, 12)


def test_a_checkpoint_of_another_model_is_refused(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match=r"another model: parameter posterior.weight has shape \(4, 3\)"):
        train(tmp_path, "--model_pars/width", "5", "--num_epochs", "5", project=trained)
    assert len(list(trained.glob("configs/train_*.yaml"))) == 1  # the next start does not take it up


def test_a_finished_run_says_what_to_do(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="12 steps are done, the configuration asks for 12: give more"):
        train(tmp_path, project=trained)


def test_a_loss_that_is_not_finite_stops_the_run_and_keeps_the_last_good_state(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match="total of the training batch is not finite at step 4"):
        train(tmp_path, "--losses/KL/end_ramp_val", "1e39")
    (run,) = (tmp_path / "logs").iterdir()
    assert [path.name for path in (run / "train" / "checkpoints").glob("model-*")] == ["model-3.ckpt"]


def test_training_needs_no_validation_split(tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(BASE + f"datasets: {{train: '{SCRIPT}:Figures'}}\nnum_steps: 1")
    run = run_edflow(Command([tmp_path / "base.yaml"], is_training=True, root=tmp_path / "logs"))
    step, epoch = read_metrics(run)
    assert "validation" not in step
    assert "validation" not in epoch


def test_a_changed_weight_changes_the_run_and_is_told(trained: Path, tmp_path: Path) -> None:
    run = train(tmp_path, "--num_epochs", "1")
    train(tmp_path, "--num_epochs", "2", "--losses/color_L1/weight", "3", project=run)
    assert "changed since the last start: losses/color_L1/weight: 1 -> 3" in (run / "train" / "log.txt").read_text()
    assert not torch.equal(read_weights(run, 6)["head.weight"], read_weights(trained, 6)["head.weight"])


def test_a_key_nobody_reads_is_warned_of_with_the_nearest(tmp_path: Path) -> None:
    run = train(tmp_path, "--num_steps", "1", "--losses/colour_L1/weight", "2", "--debug_timming", "1")
    told = (run / "train" / "log.txt").read_text()
    assert "nothing has read losses/colour_L1/weight of the configuration; did you mean losses/color_L1/weight?" in told
    assert "nothing has read debug_timming of the configuration; did you mean debug_timing?" in told
    assert told.count("nothing has read") == 3  # num_epochs, where num_steps wins


def test_debug_uses_a_few_batches_and_no_integrations(tmp_path: Path) -> None:
    options = {"is_debug": True}
    settings = ["--debug/max_examples", "8", "--debug/max_steps", "3", "--integrations/tensorboardX/active", "true"]
    run = train(tmp_path, "--num_epochs", "100", *settings, **options)
    assert run.parent.name == "debug_runs"
    assert read_metrics(run)[-1]["step"] == 3
    assert not list(run.glob("events.out.tfevents.*"))


def test_timing_is_logged_on_request(tmp_path: Path) -> None:
    run = train(tmp_path, "--num_steps", "1", "--debug_timing", "true")
    assert "train step needed" in (run / "train" / "log.txt").read_text()
    laps = json.loads((run / "train" / "timings.jsonl").read_text().splitlines()[0])
    assert {"data_s", "step_op_s", "train_op_s"} <= laps.keys()


@pytest.mark.filterwarnings("ignore")
def test_the_graph_goes_to_tensorboard(tmp_path: Path) -> None:
    pytest.importorskip("tensorboard")
    run = train(tmp_path, "--num_steps", "1", "--integrations/tensorboardX/active", "true")
    assert list(run.glob("events.out.tfevents.*"))
    assert "Added model graph" in (run / "train" / "log.txt").read_text()


def test_nothing_is_left_of_a_run_that_could_not_begin(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match=r"model: .* has no 'Netwrok'; did you mean 'Network'"):
        train(tmp_path, "--model", f"{SCRIPT}:Netwrok")
    assert list((tmp_path / "logs").iterdir()) == []


def test_missing_modules_of_vunet_are_pointed_to_ours(tmp_path: Path) -> None:
    with pytest.raises(SubsongError, match=r"write subsong.interop.edflow.vunet:Iterator"):
        train(tmp_path, "--iterator", "VUNet.iterator.Iterator")


def test_without_a_checkpoint_evaluation_says_so(tmp_path: Path) -> None:
    run = run_edflow(Command(write_bases(tmp_path), root=tmp_path / "logs"))
    assert "no checkpoint: the weights are untrained" in (run / "train" / "log.txt").read_text()
    assert find_outputs(run, 0).is_dir()
