"""Guide 002's complete pipeline and its resume recipe, with nothing changed but the imports."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import torch

from subsong.interop import bird_embeddings
from subsong.interop.bird_embeddings import VariationalAutoencoder, load_checkpoint, set_seed

PIPELINE = """
from src.models import VariationalAutoencoder
from src.data import (
    load_ebird_data,
    create_species_matrix,
    split_train_val,
    create_dataloaders
)
from src.training import (
    train_variational_autoencoder,
    get_device,
    set_seed,
    print_model_summary,
    save_checkpoint
)
import matplotlib.pyplot as plt

# 1. Set random seed for reproducibility
set_seed(42)

# 2. Load and preprocess data
print("Loading data...")
data = load_ebird_data("kerala_data.txt", nrows=500000)

print("Creating species matrix...")
matrix, species = create_species_matrix(
    data,
    min_species_observations=50
)

print("Splitting into train/val...")
train_ds, val_ds = split_train_val(matrix, species, val_size=0.2)

print("Creating DataLoaders...")
train_loader, val_loader = create_dataloaders(
    train_ds, val_ds,
    batch_size=128,
    num_workers=4,
    pin_memory=True  # For GPU training
)

# 3. Create model
print("\\nCreating model...")
model = VariationalAutoencoder(
    input_dimension=len(species),
    latent_dimension=16,
    hidden_dimension=512
)

print_model_summary(model)

# 4. Setup training
device = get_device()

# 5. Train
print("\\nStarting training...")
history = train_variational_autoencoder(
    model,
    train_loader,
    val_loader,
    num_epochs=50,
    learning_rate=1e-3,
    noise_std=0.1,
    device=device,
    checkpoint_dir='checkpoints/kerala_vae',
    save_every=10,
    print_every=5
)

# 6. Save final model
import torch
torch.save(model.state_dict(), 'vae_kerala_final.pt')

# 7. Plot training curves
fig, axes = plt.subplots(1, 3, figsize=(15, 4))

# Total loss
axes[0].plot(history['train_loss'], label='Train')
axes[0].plot(history['val_loss'], label='Val')
axes[0].set_xlabel('Epoch')
axes[0].set_ylabel('Total Loss')
axes[0].set_title('Total Loss')
axes[0].legend()

# Reconstruction loss
axes[1].plot(history['train_recon_loss'], label='Train')
axes[1].plot(history['val_recon_loss'], label='Val')
axes[1].set_xlabel('Epoch')
axes[1].set_ylabel('Reconstruction Loss')
axes[1].set_title('Reconstruction Loss (BCE)')
axes[1].legend()

# KL divergence
axes[2].plot(history['train_kl_loss'], label='Train')
axes[2].plot(history['val_kl_loss'], label='Val')
axes[2].set_xlabel('Epoch')
axes[2].set_ylabel('KL Divergence')
axes[2].set_title('KL Divergence')
axes[2].legend()

plt.tight_layout()
plt.savefig('training_curves.png', dpi=300)
plt.show()

print("\\n✅ Training complete!")
"""
NEW_IMPORTS = "from subsong.interop.bird_embeddings."


@pytest.fixture
def folder(files, tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "Agg")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "kerala_data.txt").write_bytes(files.ebd.read_bytes())
    return tmp_path


@pytest.mark.filterwarnings("ignore:This DataLoader will create")
@pytest.mark.filterwarnings("ignore:FigureCanvasAgg is non-interactive")
@pytest.mark.filterwarnings("ignore:Glyph")
def test_the_complete_pipeline_runs_with_only_its_imports_changed(folder, capsys):
    names = {"__name__": "__main__"}
    exec(compile(PIPELINE.replace("from src.", NEW_IMPORTS), "guide", "exec"), names)
    history, species = names["history"], names["species"]
    assert set(history) == {
        "train_loss", "train_recon_loss", "train_kl_loss", "val_loss", "val_recon_loss", "val_kl_loss"
    }  # fmt: skip
    assert {len(values) for values in history.values()} == {50}
    assert history["val_loss"][-1] < history["val_loss"][0]
    assert history["train_loss"][3] == pytest.approx(history["train_recon_loss"][3] + history["train_kl_loss"][3])
    saved = sorted(path.name for path in (folder / "checkpoints" / "kerala_vae").iterdir())
    assert saved == [f"checkpoint_epoch_{epoch}.pt" for epoch in (10, 20, 30, 40, 50)]
    assert (folder / "training_curves.png").stat().st_size > 10_000
    final = torch.load(folder / "vae_kerala_final.pt", weights_only=True)
    assert final["decoder_network.6.weight"].shape == (len(species), 512)
    printed = capsys.readouterr().out
    assert re.findall(r"^Epoch (\d+)/50", printed, re.M) == ["1", *(str(n) for n in range(5, 51, 5))]


@pytest.mark.parametrize("name", ["models", "data", "training", "inference"])
def test_the_guide_s_modules_have_their_names(name):
    expected = {
        "models": {"VariationalAutoencoder", "variational_autoencoder_loss_function"},
        "data": {"load_ebird_data", "create_species_matrix", "split_train_val", "create_dataloaders"},
        "training": {"train_variational_autoencoder", "get_device", "set_seed", "add_noise", "load_checkpoint"},
        "inference": {"EmbeddingExtractor", "load_and_extract", "save_embeddings", "load_embeddings"},
    }[name]
    module = __import__(f"subsong.interop.bird_embeddings.{name}", fromlist=list(expected))
    assert expected <= set(dir(module))
    assert expected <= set(dir(bird_embeddings))


def run_recipe(folder, loaders, num_epochs):
    """Follow the guide's section on loading a checkpoint, in a fresh process's objects."""
    train_loader, val_loader = loaders
    set_seed(1234)  # another script, another seed: the checkpoint knows better
    dimension = train_loader.dataset.num_species
    model = VariationalAutoencoder(input_dimension=dimension, latent_dimension=4, hidden_dimension=32)
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-3)
    checkpoint = load_checkpoint(
        filepath=folder / "checkpoint_epoch_3.pt", model=model, optimizer=optimizer, device="cpu"
    )
    assert checkpoint["epoch"] + 1 == 4
    assert len(checkpoint["history"]["val_loss"]) == 3
    history = bird_embeddings.train_variational_autoencoder(
        model, train_loader, val_loader, num_epochs=num_epochs, print_every=0
    )
    return model, history


def test_the_resume_recipe_ends_bit_for_bit_where_an_uninterrupted_run_does(loaders, tmp_path):
    dimension = loaders[0].dataset.num_species
    set_seed(42)
    whole = VariationalAutoencoder(dimension, 4, 32)
    expected = bird_embeddings.train_variational_autoencoder(
        whole, *loaders, num_epochs=6, print_every=0, checkpoint_dir=tmp_path, save_every=3
    )
    model, history = run_recipe(tmp_path, loaders, num_epochs=6)
    assert history == expected
    assert all(torch.equal(a, b) for a, b in zip(model.state_dict().values(), whole.state_dict().values(), strict=True))


@pytest.mark.slow
def test_the_code_of_the_how_to_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    page = Path(__file__).resolve().parents[3] / "docs" / "how_to" / "come_from_bird_embeddings.md"
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE):
        exec(compile(block, page.name, "exec"), names)
    assert (tmp_path / "embeddings.npz").is_file()
