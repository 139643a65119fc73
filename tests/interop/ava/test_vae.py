"""The VAE under AVA's calls, against AVA's network written anew."""

from __future__ import annotations

import logging
import math
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from subsong.core.errors import SubsongError
from subsong.interop.ava.models import convert_printed_loss
from subsong.interop.ava.models.callbacks import compute_mean_picture_error
from subsong.interop.ava.models.checkpoints import LAYER_NAMES
from subsong.interop.ava.models.vae import VAE
from subsong.interop.ava.models.vae_dataset import (
    Loaders,
    SyllableDataset,
    get_syllable_data_loaders,
    get_syllable_partition,
)

from .files import make_specs
from .reference import ReferenceAva, save_reference, train_reference

SPECS = torch.from_numpy(make_specs(7, 12).astype(np.float32))


@pytest.fixture
def loaders(spec_dirs: list[str]) -> Loaders:
    return get_syllable_data_loaders(get_syllable_partition(spec_dirs, 0.75), batch_size=8, num_workers=0)


@pytest.fixture(scope="module")
def avas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, ReferenceAva]]:
    """Return a checkpoint with AVA's keys, and the network it holds, in evaluation mode."""
    path = tmp_path_factory.mktemp("ava") / "checkpoint_002.tar"
    network, optimizer = train_reference(SPECS)
    save_reference(path, network, optimizer)
    yield path, network.eval()
    path.unlink()


def build(save_dir: Path | str = "", **settings) -> VAE:
    torch.manual_seed(11)
    return VAE(save_dir=save_dir, device_name="cpu", **settings)


def weights(model: VAE) -> torch.Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def test_the_network_has_avas_layers_and_number_of_parameters() -> None:
    model, reference = build(), ReferenceAva()
    assert sum(parameter.numel() for parameter in model.parameters()) == 17_426_323
    assert sorted(LAYER_NAMES) == sorted(name for name, _ in reference.named_children())
    shapes = [tuple(parameter.shape) for parameter in model.parameters()]
    assert shapes == [tuple(parameter.shape) for parameter in reference.parameters()]


def test_a_checkpoint_of_avas_gives_avas_latents_and_reconstructions(avas: tuple[Path, ReferenceAva]) -> None:
    path, reference = avas
    model = build()
    model.load_state(path)
    model.eval()
    with torch.no_grad():
        ours, theirs = model.encode(SPECS), reference.encode(SPECS)
        for found, expected in zip(ours, theirs, strict=True):
            torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(model.decode(ours[0]), reference.decode(theirs[0]), rtol=1e-5, atol=1e-5)
    latent = model.get_latent((SPECS, SPECS))
    assert latent.dtype == np.float64
    np.testing.assert_allclose(latent, theirs[0].numpy(), rtol=1e-5, atol=1e-5)
    assert (model.epoch, model.loss["train"]) == (3, {0: 80.5})


def test_a_checkpoint_that_an_old_torch_wrote_is_read_and_trained_on(
    avas: tuple[Path, ReferenceAva], tmp_path: Path
) -> None:
    content = torch.load(avas[0], weights_only=True)
    old = {"lr", "betas", "eps", "weight_decay", "amsgrad", "params"}
    groups = [{key: value for key, value in group.items() if key in old}
              for group in content["optimizer_state"]["param_groups"]]  # fmt: skip
    moments = content["optimizer_state"]["state"]
    content["optimizer_state"] = {
        "param_groups": groups,
        "state": {number: {**state, "step": int(state["step"])} for number, state in moments.items()},
    }
    torch.save(content, tmp_path / "old.tar", _use_new_zipfile_serialization=False)
    model = build(tmp_path)
    model.load_state(tmp_path / "old.tar")
    np.testing.assert_allclose(
        model.get_latent((SPECS, SPECS)), avas[1].encode(SPECS)[0].detach().numpy(), rtol=1e-5, atol=1e-5
    )
    assert model.train_epoch((SPECS, SPECS)) == model.loss["train"][3]


def test_a_checkpoint_of_ours_has_avas_keys_and_loads_into_avas_network(tmp_path: Path, loaders: Loaders) -> None:
    model = build(tmp_path)
    model.train_loop(loaders, epochs=1, vis_freq=None)
    content = torch.load(tmp_path / "checkpoint_000.tar", weights_only=True)
    assert set(LAYER_NAMES) | {"optimizer_state", "loss", "z_dim", "epoch", "lr", "save_dir"} <= set(content)
    reference = ReferenceAva()
    for name, layer in reference.named_children():
        layer.load_state_dict(content[name])
    optimizer = torch.optim.Adam(reference.parameters(), lr=1e-3)
    optimizer.load_state_dict(content["optimizer_state"])
    for parameter, state in zip(reference.parameters(), optimizer.state.values(), strict=True):
        assert state["exp_avg"].shape == parameter.shape
    reference.compute_printed_loss(SPECS).backward()
    optimizer.step()
    reference.load_state_dict({f"{name}.{key}": value for name in LAYER_NAMES for key, value in content[name].items()})
    np.testing.assert_allclose(
        model.get_latent((SPECS, SPECS)), reference.eval().encode(SPECS)[0].detach().numpy(), rtol=1e-5, atol=1e-5
    )


def test_moments_of_avas_optimizer_go_on(avas: tuple[Path, ReferenceAva], tmp_path: Path) -> None:
    """One more epoch of one batch: the step ours makes is the one AVA's optimizer would make on the same gradient."""
    path, _ = avas
    model = build(tmp_path)
    model.load_state(path)
    before = {name: value.clone() for name, value in model.named_parameters()}
    kept = torch.load(path, weights_only=True)["optimizer_state"]["state"]
    model.train_loop({"train": (SPECS, SPECS)}, epochs=1, test_freq=None, vis_freq=None)
    for number, (name, parameter) in enumerate(model.named_parameters()):
        state = model.optimizer.state[parameter]
        gradient = (state["exp_avg"] - 0.9 * kept[number]["exp_avg"]) / 0.1
        variance = 0.999 * kept[number]["exp_avg_sq"] + 0.001 * gradient**2
        step = 1e-3 * state["exp_avg"] / (1 - 0.9**4) / ((variance / (1 - 0.999**4)).sqrt() + 1e-8)
        assert int(state["step"]) == 4
        torch.testing.assert_close(parameter.detach(), before[name] - step, rtol=1e-3, atol=1e-5)


def test_the_gradient_is_that_of_avas_loss_summed_over_the_batch(tmp_path: Path) -> None:
    """With a posterior so narrow beside its means that whichever generator draws tells little."""
    torch.manual_seed(8)
    network = ReferenceAva()
    with torch.no_grad():
        network.fc42.weight.zero_()
        network.fc42.bias.zero_()
        network.fc43.weight.zero_()
        network.fc43.bias.fill_(-14.0)
        network.fc41.weight.mul_(3000)
    save_reference(tmp_path / "narrow.tar", network, torch.optim.Adam(network.parameters(), lr=1e-3), epoch=0)
    network.compute_printed_loss(SPECS).backward()
    model = build(tmp_path)
    # With channels last, torch sums up the statistics of a batch with three digits less.
    model.network.to(memory_format=torch.contiguous_format)
    model.load_state(tmp_path / "narrow.tar")
    model.train_loop({"train": (SPECS, SPECS)}, epochs=1, test_freq=None, vis_freq=None)
    for (name, theirs), ours in zip(network.named_parameters(), model.parameters(), strict=True):
        gradient = model.optimizer.state[ours]["exp_avg"] / 0.1
        # The factor and the diagonal scale nothing but the draw.
        if name.split(".")[0] not in ("fc32", "fc42", "fc33", "fc43"):
            assert float((gradient - theirs.grad).norm()) < 0.03 * float(theirs.grad.norm()), name


def test_the_loss_is_the_true_negative_elbo_for_any_batch_size(loaders: Loaders, tmp_path: Path) -> None:
    model = build(tmp_path).eval()
    torch.manual_seed(3)
    with torch.no_grad():
        drawn = [float(model.forward(SPECS)) / len(SPECS) for _ in range(30)]
        mean, u, d = model.encode(SPECS)
        posterior = torch.distributions.LowRankMultivariateNormal(mean, u, d)
        z = posterior.sample((30,))
        log_p = torch.distributions.Normal(0.0, 1.0).log_prob(z).sum(-1)
        decoded = model.decode(z.flatten(0, 1)).reshape(30, len(SPECS), -1)
        log_x = torch.distributions.Normal(decoded, math.sqrt(0.1)).log_prob(SPECS.flatten(1)).sum(-1)
        expected = -(log_x + log_p - posterior.log_prob(z)).mean()
    assert np.mean(drawn) == pytest.approx(float(expected), abs=1.5)
    dataset = loaders["train"].dataset
    small, large = (
        model.test_epoch(torch.utils.data.DataLoader(dataset, batch_size=size)) for size in (2, len(dataset))
    )
    assert small == pytest.approx(large, rel=1e-6)


def test_avas_printed_loss_is_converted() -> None:
    network = ReferenceAva().eval()
    with torch.no_grad():
        losses = [float(network.compute_printed_loss(batch)) for batch in SPECS.split(5)]
    constants = 16.0 * math.log(2 * math.pi) + 8192 * math.log(2 * math.pi / 10)
    true = sum(losses) + (len(SPECS) - len(losses)) * constants
    printed = sum(losses) / len(SPECS)
    assert convert_printed_loss(printed, len(SPECS), batch_size=5) == pytest.approx(true / len(SPECS), rel=1e-6)


def test_training_prints_as_ava_does_saves_and_draws(
    tmp_path: Path, loaders: Loaders, capsys: pytest.CaptureFixture[str]
) -> None:
    model = build(tmp_path)
    model.train_loop(loaders, epochs=3, save_freq=1)
    lines = capsys.readouterr().out.splitlines()
    num_train, num_test = len(loaders["train"].dataset), len(loaders["test"].dataset)
    assert lines[:5] == [
        "=" * 40,
        "Training: epochs 0 to 2",
        f"Training set: {num_train}",
        f"Test set: {num_test}",
        "=" * 40,
    ]
    said = [re.sub(r"-?\d+\.\d{4}.*", "x", line) for line in lines[5:]]
    epochs = ["Epoch: 0 Average loss: x", "Test loss: x", "Epoch: 1 Average loss: x", "Epoch: 2 Average loss: x"]
    assert said == [*epochs, "Test loss: x"]
    assert sorted(path.name for path in tmp_path.glob("*.tar")) == ["checkpoint_001.tar", "checkpoint_002.tar"]
    assert (tmp_path / "reconstruction.pdf").read_bytes().startswith(b"%PDF")
    assert sorted(model.loss["train"]) == [0, 1, 2]
    assert sorted(model.loss["test"]) == [0, 2]
    assert model.loss["train"][2] < model.loss["train"][0]


def test_the_last_epoch_is_saved_and_all_files_may_be_trained_on(tmp_path: Path, spec_dirs: list[str]) -> None:
    loaders = get_syllable_data_loaders(get_syllable_partition(spec_dirs, 1.0), num_workers=0)
    build(tmp_path).train_loop(loaders, epochs=2)
    assert sorted(path.name for path in tmp_path.iterdir() if path.suffix in (".tar", ".pdf")) == [
        "checkpoint_001.tar",
        "reconstruction.pdf",
    ]


def test_training_that_is_continued_equals_one_that_was_not_interrupted(tmp_path: Path, loaders: Loaders) -> None:
    whole = build(tmp_path / "whole")
    whole.train_loop(loaders, epochs=3, save_freq=None, vis_freq=None)
    build(tmp_path / "first").train_loop(loaders, epochs=1, vis_freq=None)
    torch.manual_seed(99)
    second = VAE(save_dir=tmp_path / "second", device_name="cpu")
    second.load_state(tmp_path / "first" / "checkpoint_000.tar")
    second.train_loop(loaders, epochs=2, vis_freq=None)
    assert second.epoch == 3
    assert second.loss == whole.loss
    assert torch.equal(weights(second), weights(whole))
    assert (tmp_path / "second" / "checkpoint_002.tar").is_file()


def test_a_latent_is_the_same_alone_and_in_any_company(loaders: Loaders, tmp_path: Path) -> None:
    model = build(tmp_path)
    model.train_loop(loaders, epochs=1, test_freq=None, vis_freq=None)
    dataset = SyllableDataset(loaders["train"].dataset.filenames)
    whole = model.get_latent(torch.utils.data.DataLoader(dataset, batch_size=5))
    alone = np.concatenate([model.get_latent((spec[None], spec[None])) for spec in dataset[range(4)]])
    np.testing.assert_allclose(whole[:4], alone, atol=1e-5)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    model.visualize(loaders["test"])
    assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())


def test_an_interrupt_leaves_a_checkpoint_to_go_on_from(tmp_path: Path, loaders: Loaders) -> None:
    model = build(tmp_path)
    model.visualize = lambda loader: signal_myself()  # type: ignore[method-assign]
    with pytest.raises(SubsongError, match="stopped at step"):
        model.train_loop(loaders, epochs=5)
    again = build(tmp_path)
    again.load_state(tmp_path / "checkpoint_interrupted.tar")
    assert again.epoch == 1
    assert torch.equal(weights(again), weights(model))


def signal_myself() -> None:
    import os
    import signal

    os.kill(os.getpid(), signal.SIGINT)


def test_a_collapsed_posterior_warns_with_the_guides_two_remedies(
    tmp_path: Path, spec_dirs: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    loaders = get_syllable_data_loaders(get_syllable_partition(spec_dirs, 1.0), num_workers=0)
    # So little precision that the prior is all that counts.
    model = build(tmp_path, model_precision=1e-9)
    for parameter in model.network.encoder.parameters():
        parameter.data.mul_(0.01)
    with caplog.at_level(logging.WARNING):
        model.train_loop(loaders, epochs=1, vis_freq=None)
    assert "posterior collapse" in caplog.text
    assert "'spec_min_val' and 'spec_max_val'" in caplog.text
    assert "model_precision=20.0" in caplog.text


def test_the_mean_pictures_error_is_the_variance_summed_over_pixels(loaders: Loaders) -> None:
    dataset = loaders["train"].dataset
    specs = torch.stack(dataset[range(len(dataset))]).numpy()
    assert compute_mean_picture_error(dataset) == pytest.approx(specs.var(axis=0).sum(), rel=1e-5)


def test_precision_and_seed_are_kept_and_another_latent_size_is_refused(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    build(tmp_path, model_precision=20.0).save_state("model.tar")
    model = build()
    model.load_state(tmp_path / "model.tar")
    assert model.model_precision == model.network.likelihood.precision == 20.0
    sharper = build(model_precision=40.0)
    sharper.load_state(tmp_path / "model.tar")
    assert sharper.model_precision == sharper.network.likelihood.precision == 40.0
    assert "was trained with model_precision=20; it goes on with 40" in caplog.text
    with pytest.raises(SubsongError, match=r"build it with VAE\(z_dim=32\)"):
        build(z_dim=8).load_state(tmp_path / "model.tar")


def test_a_checkpoint_of_something_else_changes_nothing(tmp_path: Path) -> None:
    model = build()
    before = weights(model)
    torch.save({"z_dim": 32}, tmp_path / "other.tar")
    with pytest.raises(SubsongError, match="lacks fc1"):
        model.load_state(tmp_path / "other.tar")
    model.save_state(tmp_path / "mine.tar")
    content = torch.load(tmp_path / "mine.tar", weights_only=True)
    content["convt7"] = {"weight": torch.zeros(3), "bias": torch.zeros(1)}
    torch.save(content, tmp_path / "wrong.tar")
    with pytest.raises(SubsongError, match=r"convt7\.weight has shape"):
        model.load_state(tmp_path / "wrong.tar")
    assert torch.equal(weights(model), before)


def test_more_epochs_than_none_are_needed(loaders: Loaders) -> None:
    with pytest.raises(SubsongError, match="at least 1"):
        build().train_loop(loaders, epochs=0)
