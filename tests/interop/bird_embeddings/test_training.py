"""The trainer: the plain loop's history, on our engine; its checkpoints, and going on from them."""

from __future__ import annotations

import copy

import numpy as np
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from subsong.core.errors import SubsongError
from subsong.core.noise import ItemNoise, StepNoise
from subsong.datasets.order import epoch_order
from subsong.interop.bird_embeddings import (
    VariationalAutoencoder,
    add_noise,
    get_device,
    load_checkpoint,
    save_checkpoint,
    set_seed,
    train_variational_autoencoder,
    variational_autoencoder_loss_function,
)

NAMES = ("train_loss", "train_recon_loss", "train_kl_loss", "val_loss", "val_recon_loss", "val_kl_loss")


def build_model(loaders, seed=0):
    set_seed(seed)
    return VariationalAutoencoder(loaders[0].dataset.num_species, 4, 32)


def train_plainly(model, loaders, num_epochs, seed=None, optimizer=None, history=None, learning_rate=1e-3):
    """Train as checklists.md 1.5-1.6 says: summed losses, Adam, averages over the data set, the noise on the input off.

    With a seed, order and latent draws are the engine's, so that both loops can be compared closely.
    """
    optimizer = optimizer or torch.optim.Adam(model.parameters(), lr=learning_rate)
    train, val, size = loaders[0].dataset.data, loaders[1].dataset.data, loaders[0].batch_size
    history = history or {name: [] for name in NAMES}
    step = 0
    for epoch in range(num_epochs):
        sums = np.zeros(6)
        order = torch.from_numpy(epoch_order(len(train), seed or 0, epoch))
        for rows in order.split(size):
            noise = None if seed is None else StepNoise(seed, step, len(rows))
            output, mean, log_variance = model(train[rows], noise)
            losses = variational_autoencoder_loss_function(output, train[rows], mean, log_variance)
            optimizer.zero_grad()
            losses[0].backward()
            optimizer.step()
            sums[:3] += [loss.item() / len(train) for loss in losses]
            step += 1
        with torch.no_grad():
            noise = None if seed is None else ItemNoise(seed, np.arange(len(val)))
            losses = variational_autoencoder_loss_function(*(o := model(val, noise))[:1], val, *o[1:])
            sums[3:] = [loss.item() / len(val) for loss in losses]
        for name, value in zip(NAMES, sums, strict=True):
            history[name].append(value)
    return history, optimizer


def test_the_history_is_the_plain_loop_s_when_both_draw_alike(loaders):
    model = build_model(loaders, seed=3)
    plain = copy.deepcopy(model)
    set_seed(3)
    found = train_variational_autoencoder(model, *loaders, num_epochs=8, noise_std=0.0, print_every=0)
    expected, _ = train_plainly(plain, loaders, 8, seed=3)
    for name in NAMES:
        np.testing.assert_allclose(found[name], expected[name], rtol=1e-4, atol=1e-4)


def test_the_history_is_the_plain_loop_s_but_for_chance(loaders):
    model = build_model(loaders, seed=3)
    plain = copy.deepcopy(model)
    found = train_variational_autoencoder(model, *loaders, num_epochs=10, noise_std=0.0, print_every=0)
    expected, _ = train_plainly(plain, loaders, 10)
    for name in ("train_loss", "train_recon_loss", "val_loss", "val_recon_loss"):
        np.testing.assert_allclose(found[name], expected[name], rtol=0.06)


def test_noise_is_put_on_the_training_input_alone(loaders):
    seen = {True: [], False: []}

    class Watched(VariationalAutoencoder):
        def forward(self, x, noise=None):
            seen[self.training].append(x.detach().clone())
            return super().forward(x, noise)

    set_seed(0)
    model = Watched(loaders[0].dataset.num_species, 4, 32)
    train_variational_autoencoder(model, *loaders, num_epochs=1, noise_std=0.1, print_every=0)
    noisy = torch.cat(seen[True])
    assert ((noisy >= 0) & (noisy <= 1)).all()
    assert ((noisy > 0) & (noisy < 1)).float().mean() == pytest.approx(0.5, abs=0.05)
    assert torch.equal(seen[False][-1].unique(), torch.tensor([0.0, 1.0]))


def test_equal_seeds_train_alike_and_others_do_not(loaders):
    histories = []
    for seed in (1, 1, 2):
        model = build_model(loaders)
        set_seed(seed)
        histories.append(train_variational_autoencoder(model, *loaders, num_epochs=2, print_every=0))
    assert histories[0] == histories[1]
    assert histories[0] != histories[2]


def test_the_first_and_every_nth_epoch_are_printed(loaders, capsys):
    train_variational_autoencoder(build_model(loaders), *loaders, num_epochs=5, print_every=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == ["1/5", "2/5", "4/5"]
    assert "Train: " in lines[0]
    assert "KL" in lines[0]


def test_a_module_of_one_s_own_and_any_loader_will_do(loaders):
    class Own(nn.Module):
        def __init__(self):
            super().__init__()
            self.mean, self.out = nn.Linear(5, 2), nn.Linear(2, 5)

        def forward(self, x):
            mean = self.mean(x)
            return self.out(mean + torch.randn_like(mean)).sigmoid(), mean, torch.zeros_like(mean)

    loader = DataLoader(TensorDataset((torch.rand(40, 5) > 0.5).float()), batch_size=8, shuffle=True)
    history = train_variational_autoencoder(Own(), loader, loader, num_epochs=2, print_every=0)
    assert len(history["val_loss"]) == 2


def test_checkpoints_hold_the_documented_keys(loaders, tmp_path):
    model = build_model(loaders)
    set_seed(7)
    history = train_variational_autoencoder(
        model, *loaders, num_epochs=4, print_every=0, checkpoint_dir=tmp_path / "new", save_every=2, noise_std=0.2
    )
    assert sorted(path.name for path in (tmp_path / "new").iterdir()) == [
        "checkpoint_epoch_2.pt",
        "checkpoint_epoch_4.pt",
    ]
    checkpoint = torch.load(tmp_path / "new" / "checkpoint_epoch_2.pt", weights_only=True)
    assert set(checkpoint) == {
        "epoch", "model_state_dict", "optimizer_state_dict", "train_loss", "val_loss", "history", "metadata"
    }  # fmt: skip
    assert checkpoint["epoch"] == 2
    assert checkpoint["val_loss"] == history["val_loss"][1]
    assert checkpoint["history"]["train_kl_loss"] == history["train_kl_loss"][:2]
    metadata = checkpoint["metadata"]
    assert (metadata["latent_dim"], metadata["hidden_dim"], metadata["noise_std"], metadata["seed"]) == (4, 32, 0.2, 7)
    assert metadata["species"] == loaders[0].dataset.species_columns


@pytest.fixture
def foreign(loaders, tmp_path):
    """A checkpoint that plain torch wrote, as bird-embeddings does; and the loop's state behind it."""
    model = build_model(loaders, seed=5)
    history, optimizer = train_plainly(model, loaders, 3, learning_rate=2e-3)
    path = tmp_path / "theirs" / "checkpoint_epoch_3.pt"
    path.parent.mkdir()
    torch.save(
        {
            "epoch": 3,
            "model_state_dict": model.state_dict(),
            "optimizer_state_dict": optimizer.state_dict(),
            "train_loss": history["train_loss"][-1],
            "val_loss": history["val_loss"][-1],
            "history": history,
            "metadata": {"latent_dim": 4, "hidden_dim": 32, "noise_std": 0.0},
        },
        path,
    )
    return path, model, optimizer


def test_a_checkpoint_of_bird_embeddings_goes_on_with_its_adam(foreign, loaders, tmp_path):
    path, _, optimizer = foreign
    model = build_model(loaders)
    load_checkpoint(path, model)
    history = train_variational_autoencoder(
        model, *loaders, num_epochs=4, print_every=0, checkpoint_dir=tmp_path, save_every=4
    )
    assert {len(values) for values in history.values()} == {4}
    saved = torch.load(tmp_path / "checkpoint_epoch_4.pt", weights_only=True)["optimizer_state_dict"]
    num_steps = 4 * len(loaders[0])
    assert {int(state["step"]) for state in saved["state"].values()} == {num_steps}
    assert saved["param_groups"][0]["lr"] == 1e-3
    assert len(saved["state"]) == len(optimizer.state_dict()["state"])


def test_moments_of_adam_matter_to_what_follows(foreign, loaders):
    path, *_ = foreign
    kept, fresh = build_model(loaders), build_model(loaders)
    load_checkpoint(path, kept)
    train_variational_autoencoder(kept, *loaders, num_epochs=4, print_every=0)
    load_checkpoint(path, fresh)
    optimizer = torch.optim.Adam(fresh.parameters(), lr=1e-3)
    train_variational_autoencoder(fresh, *loaders, num_epochs=4, print_every=0, optimizer=optimizer)
    assert not torch.equal(kept.latent_mean_layer.weight, fresh.latent_mean_layer.weight)


def test_optimizer_epoch_and_history_can_be_given(foreign, loaders):
    path, *_ = foreign
    noted, given = build_model(loaders), build_model(loaders)
    load_checkpoint(path, noted)
    set_seed(9)
    expected = train_variational_autoencoder(noted, *loaders, num_epochs=5, print_every=0)
    optimizer = torch.optim.Adam(given.parameters(), lr=1e-3, fused=True)
    checkpoint = load_checkpoint(path, given, optimizer)
    optimizer.param_groups[0]["lr"] = 1e-3
    set_seed(9)
    found = train_variational_autoencoder(
        given, *loaders, num_epochs=5, print_every=0, optimizer=optimizer,
        start_epoch=checkpoint["epoch"] + 1, history=checkpoint["history"],
    )  # fmt: skip
    np.testing.assert_allclose(found["val_loss"], expected["val_loss"], rtol=1e-5)


def test_a_checkpoint_is_gone_on_from_once(foreign, loaders):
    path, *_ = foreign
    model = build_model(loaders)
    load_checkpoint(path, model)
    assert len(train_variational_autoencoder(model, *loaders, num_epochs=4, print_every=0)["val_loss"]) == 4
    assert len(train_variational_autoencoder(model, *loaders, num_epochs=2, print_every=0)["val_loss"]) == 2


def test_a_run_that_is_done_says_so_and_can_begin_anew(foreign, loaders):
    path, *_ = foreign
    model = build_model(loaders)
    load_checkpoint(path, model)
    with pytest.raises(SubsongError, match="3 epochs are done already and num_epochs=3"):
        train_variational_autoencoder(model, *loaders, num_epochs=3, print_every=0)
    # The note of the checkpoint outlives the mistake.
    assert len(train_variational_autoencoder(model, *loaders, num_epochs=4, print_every=0)["val_loss"]) == 4
    load_checkpoint(path, model)
    anew = train_variational_autoencoder(model, *loaders, num_epochs=1, print_every=0, start_epoch=1)
    assert len(anew["val_loss"]) == 1


def test_a_checkpoint_of_another_model_names_the_parameter(foreign, loaders):
    path, *_ = foreign
    with pytest.raises(SubsongError, match=r"parameter encoder_network.0.weight has shape \(32, \d+\), this model's"):
        load_checkpoint(path, VariationalAutoencoder(loaders[0].dataset.num_species, 4, 16))


def test_missing_damaged_and_foreign_files_are_named(tmp_path, loaders):
    model = build_model(loaders)
    with pytest.raises(FileNotFoundError, match="no model file at"):
        load_checkpoint(tmp_path / "no.pt", model)
    (tmp_path / "bad.pt").write_bytes(b"not torch")
    with pytest.raises(SubsongError, match="damaged"):
        load_checkpoint(tmp_path / "bad.pt", model)
    torch.save({"epoch": 1}, tmp_path / "short.pt")
    with pytest.raises(SubsongError, match="lacks model_state_dict, optimizer_state_dict"):
        load_checkpoint(tmp_path / "short.pt", model)


def test_a_pickled_object_is_not_executed_unasked(tmp_path, loaders):
    model = build_model(loaders)
    optimizer = torch.optim.Adam(model.parameters())
    odd = {"model_state_dict": model.state_dict(), "optimizer_state_dict": optimizer.state_dict(), "epoch": 1}
    torch.save({**odd, "metadata": {"loader": nn.Linear(2, 2)}}, tmp_path / "odd.pt")
    with pytest.raises(SubsongError, match="trust=True"):
        load_checkpoint(tmp_path / "odd.pt", model)
    assert load_checkpoint(tmp_path / "odd.pt", model, trust=True)["epoch"] == 1


def test_save_checkpoint_leaves_out_what_is_not_given(tmp_path, loaders):
    model = build_model(loaders)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    save_checkpoint(model, optimizer, 50, 120.5, 125.3, tmp_path / "deep" / "best_model.pt")
    checkpoint = load_checkpoint(tmp_path / "deep" / "best_model.pt", model, optimizer)
    assert set(checkpoint) == {"epoch", "model_state_dict", "optimizer_state_dict", "train_loss", "val_loss"}


def test_no_epoch_counts_from_zero_and_no_data_train_nothing(loaders):
    model = build_model(loaders)
    with pytest.raises(SubsongError, match="start_epoch is 0: epochs are counted from 1"):
        train_variational_autoencoder(model, *loaders, start_epoch=0)
    empty = DataLoader(TensorDataset(torch.zeros(0, 3)))
    with pytest.raises(SubsongError, match="val_loader has no checklists"):
        train_variational_autoencoder(model, loaders[0], empty)


def test_added_noise_is_normal_and_clipped():
    torch.manual_seed(0)
    noisy = add_noise(torch.full((10_000,), 0.5), noise_std=0.1)
    assert noisy.std().item() == pytest.approx(0.1, rel=0.05)
    clean = torch.tensor([[0.0, 1.0, 0.0, 1.0]])
    assert ((add_noise(clean) >= 0) & (add_noise(clean) <= 1)).all()
    assert torch.equal(add_noise(clean, noise_std=0.0), clean)


@pytest.mark.parametrize(
    ("cuda", "mps", "prefer_cuda", "expected"),
    [
        (True, True, True, "cuda"),
        (True, True, False, "mps"),
        (True, False, False, "cuda"),
        (False, True, True, "mps"),
        (False, False, True, "cpu"),
        (False, False, False, "cpu"),
    ],
)
def test_the_device_is_the_best_there_is(monkeypatch, cuda, mps, prefer_cuda, expected):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert get_device(prefer_cuda) == expected
